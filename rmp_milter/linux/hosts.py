"""This host's name, as others are shown it."""

import socket

MOST_CHARACTERS = 50
"""With a word before it, it is no longer than PostgreSQL lets a connection be called."""


def short_name() -> str:
    """Return the host's name, cut to as many characters."""
    return socket.gethostname()[:MOST_CHARACTERS]
