"""The way into a dossier: admitted, proven, written down, unlocked."""
