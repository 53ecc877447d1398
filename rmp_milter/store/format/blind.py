"""Look-up keys: digests that say nothing without the index key, and what they lead from."""

import hmac
from enum import StrEnum

from rmp_milter.store.format.keys import subkey


class LinkKind(StrEnum):
    """What a blind key leads from."""

    TRAIT = "trait"
    TREATING = "treating"
    MAIL = "mail"
    RPPS = "rpps"
    ACCOUNT = "account"
    FINGERPRINT = "fingerprint"
    KEY_ID = "key id"
    PATIENT = "patient"
    WAITING = "waiting"
    SEEN = "seen"
    ONCE = "once"
    TALLY = "tally"
    KEY_PACKETS = "envelope"
    DOCUMENT = "document"
    EMERGENCY = "emergency"
    EMERGENCY_BY = "emergency by"
    LOCUM = "locum"
    NAME = "name"
    CHECK = "check"


class Blind:
    """Look-up keys that say nothing to whoever has the files but not the index key."""

    def __init__(self, key: bytes, purpose: str = "index") -> None:
        self._keyed = hmac.new(subkey(key, purpose), digestmod="sha256")

    def of(self, kind: LinkKind, value: bytes | str) -> bytes:
        """Return the 32 bytes under which ``value`` is found (HMAC-SHA256)."""
        text = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
        keyed = self._keyed.copy()  # half of it is done already: that of the key alone
        keyed.update(kind.encode() + b"\0" + text)
        return keyed.digest()

    def check_value(self) -> bytes:
        """Return what the store keeps to know its index key again.

        With another key nobody would be found, and every patient would seem new.
        """
        return self.of(LinkKind.CHECK, b"")
