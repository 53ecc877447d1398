"""The store at one moment."""
