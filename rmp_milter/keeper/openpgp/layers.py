"""Whether what came out of an encryption is encrypted to the service once more."""

from rmp_milter.calls.protocol.message import Span
from rmp_milter.keeper.openpgp.keypackets import Unwrapping
from rmp_milter.keeper.openpgp.packets import PacketError, read_message
from rmp_milter.mail.incoming.armor import HEAD, ArmorError, OctetsKind, dearmor, kind_of

_SEALED = frozenset({OctetsKind.ENCRYPTED, OctetsKind.ARMORED})


def looks_encrypted(head: bytes) -> bool:
    """Return whether octets that begin with ``head`` may be an encrypted OpenPGP message."""
    kind, _ = kind_of(head[:HEAD])
    return kind in _SEALED


def is_encrypted_to(unwrapping: Unwrapping, data: bytes) -> bool:
    """Return whether ``data``, armored or binary, is a message that one of our keys opens.

    Raises :class:`PacketError` where there is nothing left for another try.
    """
    if not looks_encrypted(data):
        return False
    binary = _without_armor(data)
    whole = Span(0, len(binary))
    try:
        message = read_message(lambda at, size: binary[at : at + size], whole)
    except PacketError:
        return False
    return next(unwrapping.session_keys(message.key_packets), None) is not None


def _without_armor(data: bytes) -> bytes:
    try:
        return b"".join(dearmor([data])) if b"-----BEGIN PGP MESSAGE" in data else data
    except ArmorError:
        return b""
