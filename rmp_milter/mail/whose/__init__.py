"""Whose words a text holds: the sender's own, somebody else's, or in doubt.

The groundwork of reading own words only; the keeper does not read mail by it yet.
"""
