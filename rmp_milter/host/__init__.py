"""The machine it runs on: users, log lines, installation, checks."""
