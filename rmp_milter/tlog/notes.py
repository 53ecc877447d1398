"""Signed notes (C2SP signed-note) with Ed25519: a text, an empty line, signature lines.

A signature line is ``— name base64(key id ‖ signature)``, the dash U+2014. Lines of keys
that are not known (witnesses, other algorithms, a key that came after) are kept and
ignored, as the specification asks.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from rmp_milter.phrases.phrase import Phrase

MAX_NOTE = 1 << 20
"""Bytes; the specification asks for a bound and for at least 16 signatures."""
ED25519 = b"\x01"
_DASH = "\u2014 "
_KEY_ID, _KEY = 4, 32


class NoteError(ValueError):
    """A note, a verifier key or a signature that cannot be accepted; one clear line."""


def key_id_of(name: str, material: bytes) -> bytes:
    """Return the id of a key; its ``material`` is the byte of its type and the public key."""
    return sha256(name.encode() + b"\n" + material).digest()[:_KEY_ID]


def written_key(name: str, material: bytes) -> str:
    """Return a key's one-line form, whatever its type."""
    return f"{name}+{key_id_of(name, material).hex()}+{_base64(material)}"


def read_key(text: str) -> tuple[str, bytes]:
    """Return name and material of a key in its one-line form; raise :class:`NoteError`."""
    name, _, rest = text.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    check_name(name)
    material = _unbase64(encoded)
    if key_id_of(name, material).hex() != key_id:
        raise NoteError("the verifier key's id is not that of its name and key")
    return name, material


@dataclass(frozen=True)
class VerifierKey:
    """A public key with its name, written ``name+hex8+base64(01 ‖ public key)``."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """SHA-256(name ‖ 0A ‖ 01 ‖ public key), the first four bytes."""
        return key_id_of(self.name, ED25519 + self.public)

    @property
    def short(self) -> str:
        """How it is told from others of its log in a line; proves nothing."""
        return self.key_id.hex()

    def __str__(self) -> str:
        return written_key(self.name, ED25519 + self.public)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the one-line form; raise :class:`NoteError`."""
        name, material = read_key(text)
        if material[:1] != ED25519 or len(material) != 1 + _KEY:
            raise NoteError("not an Ed25519 verifier key")
        return cls(name, material[1:])


@dataclass(frozen=True)
class NoteSignature:
    """One signature line."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {_base64(self.key_id + self.signature)}"


@dataclass(frozen=True)
class Note:
    """A text that ends in a line feed, and its signatures, not yet verified."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def encode(self) -> bytes:
        """Return the note as it is stored and sent."""
        return "".join([self.text, "\n", *(f"{line}\n" for line in self.signatures)]).encode()


def check_name(name: str) -> None:
    """Raise :class:`NoteError` for a name that no key may have."""
    if not name or "+" in name or any(char.isspace() or char < " " for char in name):
        raise NoteError(
            Phrase("{name!r}: not a key's name (empty, or with a space or a plus)", name=name)
        )


def sign(text: str, key: VerifierKey, signer: Callable[[bytes], bytes]) -> Note:
    """Return the text signed; ``signer`` makes the Ed25519 signature (RFC 8032)."""
    check_name(key.name)
    return Note(text, (NoteSignature(key.name, key.key_id, signer(text.encode())),))


def sign_too(data: bytes, key: VerifierKey, signer: Callable[[bytes], bytes]) -> bytes:
    """Return a note with one more signature, behind those that it has."""
    note = parse(data)
    return with_signatures(note, sign(note.text, key, signer).signatures).encode()


def with_signatures(note: Note, more: Sequence[NoteSignature]) -> Note:
    """Return a note with further signatures behind its own; none stands there twice."""
    return Note(note.text, tuple(dict.fromkeys((*note.signatures, *more))))


def read_signatures(lines: bytes) -> tuple[NoteSignature, ...]:
    """Read signature lines without their note, not yet verified; raise :class:`NoteError`."""
    return parse(b"-\n\n" + lines).signatures


def parse(data: bytes) -> Note:
    """Read a note without verifying it; raise :class:`NoteError`."""
    if len(data) > MAX_NOTE:
        raise NoteError("note too long")
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        raise NoteError("not UTF-8") from None
    if any(char < " " and char != "\n" for char in whole):
        raise NoteError("control characters (line ends must be LF alone)")
    text, empty_line, lines = whole.rpartition("\n\n")
    if not empty_line or not text or not lines.endswith("\n"):
        raise NoteError("no signature lines behind an empty line")
    return Note(f"{text}\n", tuple(map(_signature, lines[:-1].split("\n"))))


def _signature(line: str) -> NoteSignature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise NoteError("a signature line of a wrong form")
    check_name(name)
    raw = _unbase64(encoded)
    if len(raw) <= _KEY_ID:
        raise NoteError("a signature line without a signature")
    return NoteSignature(name, raw[:_KEY_ID], raw[_KEY_ID:])


def verify(note: Note, keys: Sequence[VerifierKey]) -> VerifierKey:
    """Return the first of ``keys`` that signed the note.

    Raises :class:`NoteError` where none did, and where a line of one of them is wrong.
    """
    known = {(key.name, key.key_id): key for key in keys}
    signed = [
        (known[line.name, line.key_id], line.signature)
        for line in note.signatures
        if (line.name, line.key_id) in known
    ]
    for key, signature in signed:
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(signature, note.text.encode())
        except (InvalidSignature, ValueError):
            line = Phrase("the signature of {name} is wrong", name=key.name)
            raise NoteError(line) from None
    if not signed:
        raise NoteError("not signed by the expected key")
    return signed[0][0]


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _unbase64(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteError("not base64") from None
    if _base64(raw) != text:
        raise NoteError("base64 with bits that say nothing")
    return raw
