"""Runs from the wild, rebuilt: figures of public sources carry over, everything between them is made here."""
