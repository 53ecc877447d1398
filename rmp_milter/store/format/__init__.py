"""What lies on disk: the environment, its tables, keys and sealed records."""
