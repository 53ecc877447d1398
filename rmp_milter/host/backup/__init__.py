"""Copies of a running service: made at one moment, verified, put back."""
