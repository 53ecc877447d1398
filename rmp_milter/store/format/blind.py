"""Look-up keys: digests that say nothing without the index key, and what they lead from.

Where the index key has followed others, a digest goes through all of them: HMAC of the value
under the first, of that digest under the second, and so on. So a store is brought under another
key without the values, which are stored nowhere; and who has the former keys alone computes no
digest that is in it. A digest of which 16 bytes are kept goes on from these.
"""

import hmac
from enum import StrEnum

from rmp_milter.store.format.keys import each_key, subkey

SHORT_BYTES = 16
"""What is kept of a digest that is a record's key by itself, or behind another."""


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


class Followed:
    """What becomes of digests when the key under which they were made is followed by another."""

    def __init__(self, key: bytes) -> None:
        self._keyed = hmac.new(subkey(key, "index again"), digestmod="sha256")

    def digest(self, before: bytes) -> bytes:
        """Return the digest that follows one of before, as long as that."""
        keyed = self._keyed.copy()
        keyed.update(before)
        return keyed.digest()[: len(before)]


class Blind:
    """Look-up keys that say nothing to whoever has the files but not the index key.

    ``keys`` are the index key's, the oldest first, one behind the other.
    """

    def __init__(self, keys: bytes, purpose: str = "index") -> None:
        first, *later = each_key(keys)
        self._keyed = hmac.new(subkey(first, purpose), digestmod="sha256")
        self._later = tuple(map(Followed, later))

    def of(self, kind: LinkKind, value: bytes | str) -> bytes:
        """Return the 32 bytes under which ``value`` is found (HMAC-SHA256)."""
        return self._through_all(self._first(kind, value))

    def short(self, kind: LinkKind, value: bytes | str) -> bytes:
        """Return the 16 bytes under which ``value`` is found where its key is a short one."""
        return self._through_all(self._first(kind, value)[:SHORT_BYTES])

    def _first(self, kind: LinkKind, value: bytes | str) -> bytes:
        text = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
        keyed = self._keyed.copy()  # half of it is done already: that of the key alone
        keyed.update(kind.encode() + b"\0" + text)
        return keyed.digest()

    def _through_all(self, digest: bytes) -> bytes:
        for followed in self._later:
            digest = followed.digest(digest)
        return digest

    def check_value(self) -> bytes:
        """Return what the store keeps to know its index key again.

        With another key nobody would be found, and every patient would seem new.
        """
        return self.of(LinkKind.CHECK, b"")
