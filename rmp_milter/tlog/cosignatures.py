"""Cosignatures (C2SP tlog-cosignature): that a witness saw a log grow up to a checkpoint.

Whoever cosigns says that at this time the checkpoint was the largest tree of its log that he
had seen, and that it extends all those before. There are two kinds: Ed25519 over two lines and
the checkpoint's text, and ML-DSA-44 (FIPS 204) over a structure that names the cosigner too. Both
stand in a signature line as the time, 8 bytes, and the signature.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from rmp_milter.phrases.phrase import Phrase
from rmp_milter.tlog.checkpoints import parse_head
from rmp_milter.tlog.notes import (
    Note,
    NoteError,
    NoteSignature,
    key_id_of,
    read_key,
    written_key,
)

ED25519_COSIGNER = b"\x04"
ML_DSA_44_COSIGNER = b"\x06"
MOST_BY_ONE = 16
"""Lines of one cosigner in a note: more are nothing that a witness would leave."""
_TIME = 8
_LATEST = (1 << 63) - 1
_LABEL = b"subtree/v1\n\0"
_MOST_NAME = 255


class _Sizes(NamedTuple):
    """Octets of a kind's public key and of its signature."""

    public: int
    signature: int


_SIZES = {ED25519_COSIGNER: _Sizes(32, 64), ML_DSA_44_COSIGNER: _Sizes(1312, 2420)}


class UnknownKindError(NoteError):
    """A kind of signature that the cryptography that is installed here does not have."""


@dataclass(frozen=True)
class CosignerKey:
    """A witness's public key, with its name and of which kind it is."""

    name: str
    kind: bytes
    public: bytes

    @property
    def key_id(self) -> bytes:
        """What its signature lines begin with."""
        return key_id_of(self.name, self.kind + self.public)

    @property
    def short(self) -> str:
        """How it is told from others in a line; proves nothing."""
        return self.key_id.hex()

    def __str__(self) -> str:
        return written_key(self.name, self.kind + self.public)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the one-line form; raise :class:`~.notes.NoteError`."""
        name, material = read_key(text)
        kind, public = material[:1], material[1:]
        if kind not in _SIZES or len(public) != _SIZES[kind].public:
            raise NoteError("not the verifier key of a witness (Ed25519 or ML-DSA-44)")
        if len(name.encode()) > _MOST_NAME:
            raise NoteError("the name of a witness is too long")
        return cls(name, kind, public)


def cosigned_message(key: CosignerKey, text: str, at: int) -> bytes:
    """Return what ``key`` signs of a checkpoint's ``text`` at a time (epoch seconds).

    Raises :class:`~.notes.NoteError` for a text that is no checkpoint's.
    """
    head = parse_head(text)
    if key.kind == ED25519_COSIGNER:
        return f"cosignature/v1\ntime {at}\n{text}".encode()
    return b"".join(
        [
            _LABEL,
            _framed(key.name),
            at.to_bytes(_TIME),
            _framed(head.origin),
            (0).to_bytes(8),
            head.size.to_bytes(8),
            head.root,
        ]
    )


def _framed(name: str) -> bytes:
    raw = name.encode()
    if not 0 < len(raw) <= _MOST_NAME:
        raise NoteError("a name of more than 255 octets cannot be cosigned")
    return bytes([len(raw)]) + raw


def cosign(
    text: str, key: CosignerKey, at: int, signer: Callable[[bytes], bytes]
) -> NoteSignature:
    """Return the signature line for a checkpoint's text; ``signer`` makes the raw signature.

    Raises :class:`~.notes.NoteError` for what is no checkpoint, ``ValueError`` for a time that
    there is not.
    """
    if not 0 < at <= _LATEST:
        raise ValueError("a cosignature says when it was made")
    raw = signer(cosigned_message(key, text, at))
    return NoteSignature(key.name, key.key_id, at.to_bytes(_TIME) + raw)


def cosigned_at(note: Note, key: CosignerKey) -> int | None:
    """Return when ``key`` cosigned a note last, 0 for a time that it keeps to itself.

    None where it has not. Raises :class:`~.notes.NoteError` where one of its lines is wrong, and
    :class:`UnknownKindError` where nobody here can tell.
    """
    lines = [
        each.signature
        for each in note.signatures
        if (each.name, each.key_id) == (key.name, key.key_id)
    ]
    if len(lines) > MOST_BY_ONE:
        raise NoteError(Phrase("more signatures by {name} than it would make", name=key.name))
    times = [_verified(note.text, key, line) for line in lines]
    return max(times, default=None)


def _verified(text: str, key: CosignerKey, line: bytes) -> int:
    at, signature = int.from_bytes(line[:_TIME]), line[_TIME:]
    try:
        _check(key, at, signature, cosigned_message(key, text, at))
    except (InvalidSignature, ValueError):
        line_said = Phrase("the signature of {name} is wrong", name=key.name)
        raise NoteError(line_said) from None
    except UnsupportedAlgorithm:
        line_said = Phrase(
            "the signature of {name} cannot be verified here: this program's cryptography has"
            " no ML-DSA-44",
            name=key.name,
        )
        raise UnknownKindError(line_said) from None
    return at


def _check(key: CosignerKey, at: int, signature: bytes, message: bytes) -> None:
    """Raise ``InvalidSignature``, or ``UnsupportedAlgorithm``."""
    if len(signature) != _SIZES[key.kind].signature or at > _LATEST:
        raise InvalidSignature
    if key.kind == ED25519_COSIGNER:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    else:
        MLDSA44PublicKey.from_public_bytes(key.public).verify(signature, message)


def lines_by(
    lines: Sequence[NoteSignature], keys: Sequence[CosignerKey]
) -> list[NoteSignature]:
    """Return those of signature lines that are by these keys, not yet verified."""
    known = {(key.name, key.key_id) for key in keys}
    return [line for line in lines if (line.name, line.key_id) in known]
