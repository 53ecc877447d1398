"""Files that are encrypted by themselves: opened in memory, checked, forgotten.

Nothing binds such a file to the mail that it came in, nor to who wrote that: whoever has a
copy of a colleague's ciphertext could attach it and read it back. So its integrity has to
hold, a signature inside must be the sender's, and what is inside must not be a mail.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from rmp_milter.calls.protocol.message import Span, Why
from rmp_milter.calls.protocol.opening import FileFault, Signature, Trust
from rmp_milter.keeper.desk.inner_mail import reads_as_mail
from rmp_milter.keeper.openpgp.decrypt import Plain, decrypt
from rmp_milter.keeper.openpgp.keypackets import Unwrapping
from rmp_milter.keeper.openpgp.layers import is_encrypted_to
from rmp_milter.keeper.openpgp.packets import (
    EncryptedMessage,
    PacketError,
    ReadAt,
    read_message,
    unreadable,
)
from rmp_milter.keeper.openpgp.sessionkey import SessionKey
from rmp_milter.keeper.openpgp.signatures import verify
from rmp_milter.keeper.openpgp.work import Work

_ALL_LOOKED_AT = 1 << 18  # octets of all files by which it is told that one is a mail
_LOOKED_AT = 1 << 14  # octets of one
_LEAST_LOOKED_AT = 1 << 12
_MOST_GUESSES = 4  # session keys under which a body is decrypted, to see which is the right one
_UNSIGNED = frozenset({Trust.NONE, Trust.UNKNOWN})

_FAULTS = {
    Why.UNREADABLE: FileFault.UNREADABLE,
    Why.NO_INTEGRITY: FileFault.NO_INTEGRITY,
    Why.UNSUPPORTED: FileFault.UNSUPPORTED,
    Why.TOO_MANY_RECIPIENTS: FileFault.TOO_MANY_RECIPIENTS,
}

SessionKeys = Callable[[EncryptedMessage], Iterable[SessionKey]]
"""Gives the session keys that a message's key packets may hold."""


def file_fault(error: PacketError) -> FileFault:
    """Return the fault of a file whose packets cannot be used; raise the error for others."""
    if error.why not in _FAULTS:
        raise error
    return _FAULTS[error.why]


class Framed(NamedTuple):
    """The files' packets, or why one of them cannot be used; no key is needed for it."""

    messages: tuple[EncryptedMessage, ...] = ()
    fault: FileFault | None = None


def framed(spans: Iterable[Span], read: ReadAt, most_keys: int, work: Work) -> Framed:
    """Find key packets and encrypted data of each file."""
    try:
        return Framed(tuple(read_message(read, span, most_keys, work) for span in spans))
    except PacketError as error:
        return Framed(fault=file_fault(error))


class Attached(NamedTuple):
    """The files' session keys, in their order, who signed them, or why they are not taken."""

    keys: tuple[SessionKey, ...] = ()
    signers: tuple[str, ...] = ()
    fault: FileFault | None = None


class Checks(NamedTuple):
    """What files are held against.

    ``main`` is what the text's signature is worth, ``by_account`` whether its sender is known
    without one, ``senders`` the fingerprints of his certificates; ``candidates`` are the
    certificates that may have signed, ``service`` has the service's keys. ``work`` is what may
    be spent on the mail, ``left`` how many octets may come out of all files together; ``now``
    and ``this_year`` say when the mail came.
    ``judges_signers`` is False where there is nobody's certificate to hold a signature against
    (``rmp inspect``). ``beside_entity`` says that the text is a MIME entity, which holds its
    own files.
    """

    main: Signature
    by_account: bool
    candidates: tuple[bytes, ...]
    service: Unwrapping
    work: Work
    left: int
    now: int
    this_year: int
    judges_signers: bool = True
    beside_entity: bool = False
    senders: frozenset[str] = frozenset()


def open_attached(
    files: Framed, read: ReadAt, session_keys_of: SessionKeys, checks: Checks
) -> Attached:
    """Open the files one by one, check them and keep their session keys alone.

    None is opened for a sender whom nobody knows, whose mail is refused for that. Raises
    :class:`PacketError` ``TOO_LARGE``.
    """
    messages, fault = files
    if fault is not None or not _is_known(checks):
        return Attached(fault=fault)
    if messages and checks.beside_entity:
        return Attached(fault=FileFault.BESIDE)
    looking = max(_LEAST_LOOKED_AT, min(_LOOKED_AT, _ALL_LOOKED_AT // max(1, len(messages))))
    left = checks.left
    keys: list[SessionKey] = []
    signers: list[str] = []
    for message in messages:
        try:
            key, plain = _opened(message, read, session_keys_of(message), left, checks.work)
        except PacketError as error:
            return Attached(fault=file_fault(error))
        left -= len(plain.data)
        signer, fault = _judged(plain, checks, looking)
        if fault is not None:
            return Attached(fault=fault)
        keys.append(key)
        signers.append(signer)
    if any(signers) and not all(signers):
        return Attached(fault=FileFault.SIGNATURE)
    return Attached(tuple(keys), tuple(dict.fromkeys(filter(None, signers))))


def _is_known(checks: Checks) -> bool:
    trust = checks.main.trust
    return trust is Trust.GOOD or (checks.by_account and trust in _UNSIGNED)


def keys_to_try(
    message: EncryptedMessage, unwrapping: Unwrapping, decoy: Callable[[], SessionKey]
) -> Iterator[SessionKey]:
    """Yield the first session keys that the packets give, or one that opens nothing.

    It is there so that a key packet that was tried and did not open costs the work of one that
    does: the time of a refusal must not tell them apart. A message that names nobody of us
    is no secret and costs nothing.
    """
    tried = unwrapping.tries
    found = False
    for key in islice(unwrapping.session_keys(message.key_packets), _MOST_GUESSES):
        found = True
        yield key
    if not found and unwrapping.tries > tried:
        yield decoy()


def _opened(
    message: EncryptedMessage, read: ReadAt, keys: Iterable[SessionKey], left: int, work: Work
) -> tuple[SessionKey, Plain]:
    """Return the session key and what it opens; the file's integrity decides."""
    for key in keys:
        try:
            return key, decrypt(read, message.body, key, left, work)
        except PacketError as error:
            if error.why is not Why.UNREADABLE:
                raise
    raise unreadable("not encrypted to the service, or damaged")


def _judged(plain: Plain, checks: Checks, looking: int) -> tuple[str, FileFault | None]:
    """Return who signed the file (nobody: an empty string), and what is wrong with it."""
    signer = ""
    if plain.signatures and checks.judges_signers:
        found = verify(
            (lambda: plain.data,), plain.signatures, checks.candidates, checks.now, checks.work
        )
        if not _is_senders(found, checks):
            return "", FileFault.SIGNATURE
        signer = found.fingerprint
    if is_encrypted_to(checks.service, plain.data):
        return signer, FileFault.LAYERED
    if reads_as_mail(plain, looking, checks.this_year):
        return signer, FileFault.MAIL
    return signer, None


def _is_senders(file: Signature, checks: Checks) -> bool:
    """Return whether the file's signature is by who signed the text, or has the account."""
    if file.trust is not Trust.GOOD:
        return False
    main, senders = checks.main, checks.senders
    if main.trust is Trust.GOOD and main.fingerprint not in senders:
        senders = frozenset({main.fingerprint})
    return not senders or file.fingerprint in senders
