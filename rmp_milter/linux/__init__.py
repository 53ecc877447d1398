"""What the processes ask of Linux for themselves."""
