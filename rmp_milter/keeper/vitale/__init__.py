"""Attestations of the Vitale card, and whose word counts."""
