"""What the service does without being asked."""
