"""Measurements of the product: how well it detects, how fast it is. Not part of the package."""
