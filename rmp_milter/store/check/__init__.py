"""Independent verification of a whole store."""
