"""The ``rmp`` command."""
