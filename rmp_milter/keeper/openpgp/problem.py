"""How an OpenPGP message fails that cannot be used."""

from rmp_milter.calls.protocol.message import Why


class PacketError(ValueError):
    """A message that cannot be used; ``why`` may be told, ``args[0]`` is for the log."""

    def __init__(self, why: Why, detail: str) -> None:
        super().__init__(detail)
        self.why = why


def unreadable(detail: str) -> PacketError:
    """Return the one error for a foreign key, damage and noise alike."""
    return PacketError(Why.UNREADABLE, detail)
