"""How records become bytes: MessagePack inside AES-256-GCM, each bound to its place.

sealed = nonce (12) ‖ ciphertext ‖ tag (16), under a subkey of the table's own, with
``table ‖ 00 ‖ record key`` authenticated: a record that is altered, or moved to another
key or table, does not open. Nonces are random; NIST SP 800-38D, 8.3 allows 2^32 of them
a key, hence a subkey (HKDF-SHA256) for every table.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Generic, TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rmp_milter.dossier.credentials import fingerprints_of
from rmp_milter.dossier.model import (
    Doctor,
    Dossier,
    Emergency,
    Fault,
    PostalLetter,
    ReceiptLine,
    Tally,
)
from rmp_milter.dossier.naming import name_words
from rmp_milter.store.format.blind import Blind, LinkKind
from rmp_milter.store.format.failures import DamagedRecordError
from rmp_milter.store.format.keys import StoreKeys, subkey
from rmp_milter.store.format.records import (
    Head,
    Ledger,
    OutboxLedger,
    SentNote,
    StoredDossier,
    StoredEntry,
    StoredKeyPackets,
    StoredMail,
    StoredWaiting,
    WaitingMail,
)
from rmp_milter.store.format.terms import TermKeys
from rmp_milter.store.format.words import WordKeys

T = TypeVar("T")

ID_BYTES = 16
LINK_BYTES = 32
NONCE_BYTES = 12
REMEMBERED = 64
"""Records of a table that are remembered as they were opened: some hundred kilobytes."""
_LATEST = 0xFFFFFFFF
_encode = msgspec.msgpack.Encoder().encode


class Codec(Generic[T]):
    """Seals and opens the records of one table."""

    def __init__(
        self,
        table: str,
        key: bytes,
        kind: type[T],
        nonces: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self.table = table
        self.kind = kind
        self._place = table.encode() + b"\0"
        self._cipher = AESGCM(subkey(key, table))
        self._decode = msgspec.msgpack.Decoder(kind).decode
        self._nonces = nonces

    def seal(self, record: bytes, value: T) -> bytes:
        """Return ``value`` sealed for the key ``record`` of this table."""
        nonce = self._nonces(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, _encode(value), self._place + record)

    def open(self, record: bytes, sealed: bytes | memoryview) -> T:
        """Return the value sealed at ``record``; raises :class:`DamagedRecordError`."""
        nonce, rest = bytes(sealed[:NONCE_BYTES]), sealed[NONCE_BYTES:]
        try:
            plain = self._cipher.decrypt(nonce, rest, self._place + record)
            return self._decode(plain)
        except (InvalidTag, ValueError, msgspec.MsgspecError) as error:
            raise DamagedRecordError(
                f"record {record.hex()} of table {self.table} does not open"
            ) from error


class RememberingCodec(Codec[T]):
    """The same for records that one mail reads several times, who sent it among them.

    What was opened lately is known by all of its octets and its place: whatever is stored there
    otherwise is opened, and authenticated, anew.
    """

    def __init__(self, table: str, key: bytes, kind: type[T]) -> None:
        super().__init__(table, key, kind)
        self._lately = lru_cache(maxsize=REMEMBERED)(super().open)

    def open(self, record: bytes, sealed: bytes | memoryview) -> T:
        """Return the value sealed at ``record``; raises :class:`DamagedRecordError`."""
        return self._lately(record, bytes(sealed))


class Codecs:
    """All that the milter's tables need, from its two keys."""

    def __init__(self, keys: StoreKeys) -> None:
        self.blind = Blind(keys.index)
        self.turns = Blind(keys.index, "turns")
        self.terms = TermKeys(keys.index)
        self.words = WordKeys(keys.index)
        self.dossiers = Codec("dossiers", keys.metadata, StoredDossier)
        self.heads = Codec("heads", keys.metadata, Head)
        self.entries = Codec("entries", keys.metadata, StoredEntry)
        self.doctors = RememberingCodec("doctors", keys.metadata, Doctor)
        self.key_packets = Codec("envelopes", keys.metadata, StoredKeyPackets)
        self.waiting = Codec("waiting", keys.metadata, StoredWaiting)
        self.tallies = Codec("tallies", keys.metadata, Tally)
        self.receipts = Codec("receipts", keys.metadata, ReceiptLine)
        self.emergencies = Codec("emergencies", keys.metadata, Emergency)
        self.letters = Codec("letters", keys.metadata, PostalLetter)
        self.ledger = Codec("meta", keys.metadata, Ledger)
        self.outbox = OutboxCodecs(keys.outbox)


class OutboxCodecs:
    """All that the outbox's tables need, from the one key that the courier has too.

    Bodies have blind keys of the outbox's own: rows name together what lies in one
    dossier, which nobody may read from the files.
    """

    def __init__(self, key: bytes) -> None:
        self.blind = Blind(key, "outbox_bodies")
        self.leases = Blind(key, "leases")
        self.mails = Codec("outbox", key, StoredMail)
        self.states = Codec("outbox_state", key, WaitingMail)
        self.notes = Codec("sent", key, SentNote)
        self.ledger = Codec("outbox_meta", key, OutboxLedger)


def doctor_links(blind: Blind, doctor: Doctor) -> frozenset[bytes]:
    """Return the blind keys that lead to ``doctor``; no other doctor may have one."""
    return frozenset(blind.of(kind, value) for kind, value in _doctor_names(doctor) if value)


def _doctor_names(doctor: Doctor) -> Iterator[tuple[LinkKind, str | bytes]]:
    yield LinkKind.MAIL, doctor.mail.casefold()
    yield LinkKind.RPPS, doctor.rpps
    yield LinkKind.ACCOUNT, doctor.account
    for fingerprint in fingerprints_of(doctor):
        yield LinkKind.FINGERPRINT, fingerprint.lower()
    yield LinkKind.PATIENT, doctor.patient_of
    for key_id in doctor.key_ids:
        yield LinkKind.KEY_ID, key_id.lower()


def shared_doctor_links(blind: Blind, doctor: Doctor) -> frozenset[bytes]:
    """Return the blind keys that lead to ``doctor`` and may lead to others as well.

    From whom he declared as his locum, whatever the days, and from the words of his name. They
    say where to look: whose days they are, and who is meant, their readers decide.
    """
    locums = {blind.of(LinkKind.LOCUM, each.doctor_id) for each in doctor.locums}
    name = "" if doctor.patient_of else name_value(doctor.name)  # patients are found by nobody
    return frozenset(locums | ({blind.of(LinkKind.NAME, name)} if name else set()))


def name_value(name: str) -> str:
    """Return what of a name is looked up: its words without titles, in an order of their own.

    What :func:`~rmp_milter.dossier.naming.name_words` makes of names is part of the format.
    """
    return " ".join(name_words(name))


def erasure_key(dossier: Dossier) -> bytes | None:
    """Return where a closed dossier stands among those to be erased: u32 time ‖ dossier.

    None for one that is open, or erased. What is due later than such a time can say stands last.
    """
    closure = dossier.closure
    if closure is None or closure.erased_at:
        return None
    return u32(min(closure.erase_at, _LATEST)) + dossier.dossier_id


def trait_links(blind: Blind, kind: LinkKind, trait_keys: Iterable[str]) -> tuple[bytes, ...]:
    """Return the blind keys of folded traits, each once, sorted."""
    return tuple(sorted({blind.of(kind, key) for key in trait_keys}))


def key_packets_key(blind: Blind, document_id: bytes, fingerprint: str) -> bytes:
    """Return where a reader's key packets for a document are: document ‖ 16 bytes.

    The digest is of both, so that the files do not show which documents share a reader.
    """
    reader = document_id + fingerprint.lower().encode()
    return document_id + blind.short(LinkKind.KEY_PACKETS, reader)


def tally_key(blind: Blind, fault: Fault, subject: bytes) -> bytes:
    """Return the blind key under which the tries of one subject are counted."""
    return blind.of(LinkKind.TALLY, fault.value.encode() + b"\0" + subject)


def emergency_key(blind: Blind, reference: str) -> bytes:
    """Return where the emergency of this public reference is."""
    return blind.short(LinkKind.EMERGENCY, reference)


def dossier_links(blind: Blind, stored: StoredDossier) -> frozenset[bytes]:
    """Return the blind keys that lead to the dossier: its traits', its treating doctor's."""
    return frozenset(stored.traits) | {treating_link(blind, stored.dossier)}


def treating_link(blind: Blind, dossier: Dossier) -> bytes:
    """Return the blind key under which the treating doctor's dossiers are found."""
    return blind.of(LinkKind.TREATING, dossier.treating)


def u32(number: int) -> bytes:
    """Return ``number`` as 4 bytes, most significant first, so that keys sort by it."""
    return number.to_bytes(4, "big")


def u64(number: int) -> bytes:
    """Return ``number`` as 8 bytes, most significant first."""
    return number.to_bytes(8, "big")


def number_of(key: bytes | memoryview) -> int:
    """Return the number that ``u32`` or ``u64`` wrote."""
    return int.from_bytes(key, "big")
