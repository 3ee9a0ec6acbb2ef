"""The tables: a module per family of training, each with its `CASES`."""
