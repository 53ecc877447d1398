"""The calls, one after the other: what each does, and that its leaf comes first."""
