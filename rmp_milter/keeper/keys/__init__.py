"""The keeper's own keys, and what they seal."""
