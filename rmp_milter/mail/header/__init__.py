"""The routing header: what a doctor types in the first lines of his mail."""
