"""What handlers have written to people."""
