"""Which OpenPGP keys are the service's, and which are not any more: by their ids alone."""

from typing import NamedTuple

from rmp_milter.keeper.openpgp.packets import EncryptedMessage

_HIDDEN = bytes(8)


class OwnKeys(NamedTuple):
    """Ids (8 octets each) of keys that open mails, and of former ones that do no more."""

    present: frozenset[bytes] = frozenset()
    over: frozenset[bytes] = frozenset()

    def only_over(self, message: EncryptedMessage) -> bool:
        """Whether a message is encrypted to a former key and to none that opens it still.

        The keeper judges like that; a reader who shall not be seen may be any of them.
        """
        named = {packet[1:9] for packet in message.key_packets}
        return bool(named & self.over) and not named & (self.present | {_HIDDEN})


UNKNOWN = OwnKeys()
"""Nothing is known of them: every message may be to one that opens it."""
