"""What a service says of itself while it runs, and what the host noted of his own works."""
