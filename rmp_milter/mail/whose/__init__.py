"""Whose words a text holds: the sender's own, somebody else's, or in doubt."""
