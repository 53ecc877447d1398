"""What of a dossier a reader sees."""
