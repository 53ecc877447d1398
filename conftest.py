"""Puts the repository's root on the path, so that tests find the testbed."""
