"""Mail as it leaves: letters, their forms, the files that the service makes itself."""
