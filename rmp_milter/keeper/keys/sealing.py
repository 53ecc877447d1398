"""What opens a dossier: sealed session keys, and the slots for code, custody and Vitale.

Layouts are written down in docs/formats.md. Every seal binds what it belongs to, so that
none can be moved to another dossier, document or purpose.
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from rmp_milter.calls.protocol.answering import CODE_LIMIT
from rmp_milter.calls.protocol.releasing import TRANSLATED, SealedDocument
from rmp_milter.dossier.model import NO_PEPPER, CodeSlot
from rmp_milter.dossier.spoken import ALPHABET, spoken
from rmp_milter.dossier.weak_codes import is_weak
from rmp_milter.keeper.keys.custody import (
    CustodyAway,
    CustodyKey,
    CustodyPublic,
    open_slot,
    seal_slot,
)
from rmp_milter.keeper.openpgp.sessionkey import (
    SessionKey,
    SessionKeyError,
    packed_with_notes,
    unpacked,
)

Random = Callable[[int], bytes]
"""``random(n)`` gives n unpredictable bytes (:func:`secrets.token_bytes`)."""

VERSION = b"1"
ID_SIZE, DIGEST_SIZE, KEY_SIZE = 16, 32, 32
SALT_SIZE, NONCE_SIZE = 16, 12
_DOSSIER_PURPOSE, _WAITING_PURPOSE = b"rmp session key", b"rmp waiting session key"
_TRANSLATION, _WAITING_TRANSLATION = b"rmp translation key", b"rmp waiting translation key"
ARGON2_MEMORY = 19 * 1024  # KiB; OWASP's first choice with t=2, p=1
ARGON2_ITERATIONS = 2

_CHOSEN_CODE = re.compile(r"[A-Z0-9]+")
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class SealError(ValueError):
    """A seal that does not open; never says more."""


class CodeKey(NamedTuple):
    """What is Argon2's secret for the code slots that name the pepper of this id."""

    pepper: bytes
    secret: bytes

    def __repr__(self) -> str:
        return f"CodeKey({self.pepper.hex()})"


def framed(*fields: bytes) -> bytes:
    """Join fields unambiguously: each behind its length in two bytes, big-endian."""
    return b"".join(len(field).to_bytes(2) + field for field in fields)


def _info(purpose: bytes, owner_id: bytes, document: SealedDocument) -> bytes:
    """Return what a sealed session key is bound to."""
    return framed(
        purpose,
        VERSION,
        _exactly(ID_SIZE, owner_id),
        _exactly(ID_SIZE, document.document_id),
        document.container.value.encode(),
        _exactly(DIGEST_SIZE, document.digest),
    )


def _exactly(size: int, value: bytes) -> bytes:
    if len(value) != size:
        raise SealError
    return value


def seal_session_key(
    key: SessionKey, public_key: bytes, dossier_id: bytes, document: SealedDocument
) -> bytes:
    """Seal a session key to the dossier (HPKE); ``document.sealed_key`` is not read.

    An AES-256 key gives 81 bytes, more with what is noted of it. Raises :class:`SealError` for
    ids of a wrong length or a public key that is none.
    """
    return _seal(key, _public(public_key), _info(_DOSSIER_PURPOSE, dossier_id, document))


def open_session_key(
    private: X25519PrivateKey, dossier_id: bytes, document: SealedDocument
) -> SessionKey:
    """Open :func:`seal_session_key`; raise :class:`SealError` if anything does not fit."""
    info = _info(_DOSSIER_PURPOSE, dossier_id, document)
    return _open(document.sealed_key, private, info)


def seal_waiting_key(
    key: SessionKey, waiting: X25519PublicKey, waiting_id: bytes, document: SealedDocument
) -> bytes:
    """Seal a session key to the keeper's waiting key, for a deposit without a dossier.

    The purpose is another one than the dossier's, so neither ever opens as the other.
    Raises as :func:`seal_session_key`.
    """
    return _seal(key, waiting, _info(_WAITING_PURPOSE, waiting_id, document))


def open_waiting_key(
    waiting: Sequence[X25519PrivateKey], waiting_id: bytes, document: SealedDocument
) -> SessionKey:
    """Open :func:`seal_waiting_key`; raise :class:`SealError` if anything does not fit.

    A seal does not say for which key it is: all of them are tried, always.
    """
    info = _info(_WAITING_PURPOSE, waiting_id, document)
    return _open_by_one(document.sealed_key, waiting, info)


class Copy(NamedTuple):
    """For what copy of a document a seal is made; what it is bound to.

    ``reader`` (32 octets) names the reader's key; ``owner_id`` is the id of the dossier, or of
    the deposit that ``waits`` for one. ``act`` is the mail whose answer it is for, empty for a
    reader who has a standing in the dossier.
    """

    reader: bytes
    owner_id: bytes
    act: bytes = b""
    waits: bool = False


def seal_to_translate(
    key: SessionKey, translation: X25519PublicKey, copy: Copy, document: SealedDocument
) -> bytes:
    """Seal a session key to the keeper's translation key, for one reader's copy.

    Begins with :data:`~rmp_milter.calls.protocol.releasing.TRANSLATED`. Raises as
    :func:`seal_session_key`.
    """
    return TRANSLATED + _seal(key, translation, _translation_info(copy, document))


def open_to_translate(
    translation: Sequence[X25519PrivateKey], copy: Copy, document: SealedDocument
) -> SessionKey:
    """Open :func:`seal_to_translate` by one of the keys; raise :class:`SealError` as above."""
    if not document.sealed_key.startswith(TRANSLATED):
        raise SealError
    sealed = document.sealed_key[len(TRANSLATED) :]
    return _open_by_one(sealed, translation, _translation_info(copy, document))


def _translation_info(copy: Copy, document: SealedDocument) -> bytes:
    purpose = _WAITING_TRANSLATION if copy.waits else _TRANSLATION
    reader = _exactly(DIGEST_SIZE, copy.reader)
    return _info(purpose, copy.owner_id, document) + framed(reader, copy.act)


def translation_key(waiting: X25519PrivateKey) -> X25519PrivateKey:
    """Return the keeper's translation key: derived, so that no host has to make and keep one.

    From the waiting key, which is always at hand as well; HKDF keeps the two apart (RFC 5869).
    """
    made = HKDF(SHA256(), KEY_SIZE, salt=None, info=b"rmp translation key 1")
    return X25519PrivateKey.from_private_bytes(made.derive(waiting.private_bytes_raw()))


def _seal(key: SessionKey, public: X25519PublicKey, info: bytes) -> bytes:
    return _SUITE.encrypt(packed_with_notes(key), public, info=info)


def _open(sealed: bytes, private: X25519PrivateKey, info: bytes) -> SessionKey:
    try:
        return unpacked(_SUITE.decrypt(sealed, private, info=info))
    except (InvalidTag, ValueError, SessionKeyError):
        raise SealError from None


def _open_by_one(
    sealed: bytes, privates: Sequence[X25519PrivateKey], info: bytes
) -> SessionKey:
    """Open by whichever key it is; the work is the same for each, and for none."""
    found = None
    for private in privates:
        try:
            found = _open(sealed, private, info)
        except SealError:
            continue
    if found is None:
        raise SealError
    return found


def _public(raw: bytes) -> X25519PublicKey:
    try:
        return X25519PublicKey.from_public_bytes(_exactly(KEY_SIZE, raw))
    except ValueError:
        raise SealError from None


def code_typed(typed: str, *, folded: bool) -> str:
    """Return the code as it counts for a slot; one that can be none counts as no sign at all.

    Folded (:func:`~rmp_milter.dossier.spoken.spoken`), or, for slots from before, NFKC and
    without blanks, its case kept. Both are worked out whatever the slot says, so that its
    mark does not show in the time.
    """
    said, plain = spoken(typed), "".join(unicodedata.normalize("NFKC", typed).split())
    code = said if folded else plain
    return code if len(code) <= CODE_LIMIT else ""


def chosen_code(typed: str, minimum: int, guessable: Iterable[str]) -> str:
    """Return a code that is being set, folded: this is what is told and what opens.

    Raises ``ValueError`` for one that is weak (:func:`~rmp_milter.dossier.weak_codes.is_weak`)
    or far too long, and for what cannot be printed on a slip and typed on every keyboard:
    only letters without accents and digits may be in it.
    """
    code = spoken(typed)
    if not _CHOSEN_CODE.fullmatch(code) or len(code) > CODE_LIMIT:
        raise ValueError("code too long, or with other signs than letters and digits")
    if is_weak(code, minimum, guessable):
        raise ValueError("code too short or easily guessed")
    return code


def draw_code(length: int, random: Random) -> str:
    """Return a fresh code of :data:`ALPHABET`, each sign equally likely."""
    fair = 256 - 256 % len(ALPHABET)
    code = ""
    while len(code) < length:
        value = random(1)[0]
        code += ALPHABET[value % len(ALPHABET)] if value < fair else ""
    return code


def _slot_key(code: str, salt: bytes, secret: bytes) -> bytes:
    return Argon2id(
        salt=salt,
        length=KEY_SIZE,
        iterations=ARGON2_ITERATIONS,
        lanes=1,
        memory_cost=ARGON2_MEMORY,
        secret=secret,
    ).derive(code.encode())


def _slot_binding(kind: bytes, dossier_id: bytes, *more: bytes) -> bytes:
    return framed(b"rmp slot", kind, VERSION, _exactly(ID_SIZE, dossier_id), *more)


def _code_binding(dossier_id: bytes, *, folded: bool, pepper: bytes) -> bytes:
    """Return what a code slot is bound to: to its marks as well, where it has any."""
    marks = [*[b"folded"] * folded, *[b"pepper", pepper] * (pepper != NO_PEPPER)]
    return _slot_binding(b"code", dossier_id, *marks)


def make_code_slot(
    code: str, dossier_id: bytes, private: bytes, key: CodeKey, random: Random
) -> CodeSlot:
    """Put the dossier's private key (32 bytes) under the patient's code, which is folded."""
    salt, nonce = random(SALT_SIZE), random(NONCE_SIZE)
    binding = _code_binding(dossier_id, folded=True, pepper=key.pepper)
    sealed = AESGCM(_slot_key(code, salt, key.secret)).encrypt(nonce, private, binding)
    return CodeSlot(salt=salt, nonce=nonce, sealed=sealed, folded=True, pepper=key.pepper)


def open_code_slot(
    slot: CodeSlot, typed: str, dossier_id: bytes, keys: Sequence[CodeKey]
) -> X25519PrivateKey:
    """Open the code slot with a code as it was typed; raise :class:`SealError` for a wrong one.

    The hash is computed once, whatever code and slot look like and whether the slot's pepper is
    among ``keys``: so a slot that was made up for an unknown patient takes as long as a real one.
    """
    salt = slot.salt[:SALT_SIZE].ljust(SALT_SIZE, b"\0")
    nonce = slot.nonce[:NONCE_SIZE].ljust(NONCE_SIZE, b"\0")
    secret = {each.pepper: each.secret for each in keys}.get(slot.pepper, keys[0].secret)
    key = _slot_key(code_typed(typed, folded=slot.folded), salt, secret)
    binding = _code_binding(dossier_id, folded=slot.folded, pepper=slot.pepper)
    try:
        private = AESGCM(key).decrypt(nonce, slot.sealed, binding)
        return X25519PrivateKey.from_private_bytes(private)
    except (InvalidTag, ValueError):
        raise SealError from None


def make_custody_slot(custody: CustodyPublic, dossier_id: bytes, private: bytes) -> bytes:
    """Seal the dossier's private key to the custody key."""
    return seal_slot(private, custody, _slot_binding(b"custody", dossier_id))


def open_custody_slot(
    custody: Sequence[CustodyKey], dossier_id: bytes, slot: bytes
) -> X25519PrivateKey:
    """Open :func:`make_custody_slot` by one of the keys; raise :class:`SealError` for none.

    Raises :class:`.CustodyAway` where it may be for a key that is not to be had now.
    """
    return _open_slot(custody, slot, _slot_binding(b"custody", dossier_id))


def make_vitale_slot(
    custody: CustodyPublic, dossier_id: bytes, private: bytes, blind: bytes
) -> bytes:
    """Seal the dossier's private key to the custody key, bound to the patient's number.

    ``blind`` is :func:`blind_number` of it: an attestation of another number opens nothing.
    """
    return seal_slot(private, custody, _slot_binding(b"vitale", dossier_id, blind))


def open_vitale_slot(
    custody: Sequence[CustodyKey], dossier_id: bytes, slot: bytes, blinds: Sequence[bytes]
) -> X25519PrivateKey:
    """Open :func:`make_vitale_slot`; raise as :func:`open_custody_slot` does.

    A slot that is missing costs what one costs that does not fit; all keys are tried, and all
    of the ``blinds`` that the number may have.
    """
    return _by_whichever(
        partial(_open_slot, custody, slot, _slot_binding(b"vitale", dossier_id, blind))
        for blind in blinds
    )


def blind_number(nir: str, pepper: bytes) -> bytes:
    """Return what stands for the patient's number (15 characters) in the slot's binding."""
    return hmac.digest(pepper, b"rmp nir" + nir.encode(), hashlib.sha256)


def _open_slot(keys: Sequence[CustodyKey], slot: bytes, info: bytes) -> X25519PrivateKey:
    """Open by whichever key it is."""
    return _by_whichever(partial(_opened_by, key, slot, info) for key in keys)


def _opened_by(key: CustodyKey, slot: bytes, info: bytes) -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(open_slot(key, slot, info))


def _by_whichever(openings: Iterable[Callable[[], X25519PrivateKey]]) -> X25519PrivateKey:
    """Open in the way that does; all are tried, always: the work is the same for each, and none.

    Where none does, a key that is away may have been the one: its :class:`CustodyAway` is raised.
    """
    found, away = None, None
    for opened in openings:
        try:
            found = opened()
        except (InvalidTag, ValueError):  # a SealError is one
            continue
        except CustodyAway as error:
            away = error
    if found is None and away:
        raise away
    if found is None:
        raise SealError
    return found
