"""A secret key handed to ``rmp inspect``: read here, or by gpg where it is of an old kind.

RSA, ECDH and X25519 keys open key packets with the keeper's own code. gpg stands in for
other kinds (ElGamal, keys under old passphrase protections), and only for that one step:
it gets the key packets and a stub of a body, and gives the session key; the body itself
never leaves this process.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

import msgspec

from rmp_milter.inspection.gpg import GpgError, session_key_by_gpg
from rmp_milter.keeper.keys.service_certificates import ServiceCertificate
from rmp_milter.keeper.keys.smime_identity import IdentityError, read_identity
from rmp_milter.keeper.openpgp import packets
from rmp_milter.keeper.openpgp.keypackets import session_keys
from rmp_milter.keeper.openpgp.packets import (
    PacketError,
    Stream,
    read_body,
    read_header,
    unreadable,
)
from rmp_milter.keeper.openpgp.secretkeys import (
    ECDH,
    RSA_ALGORITHMS,
    X25519,
    DecryptionKey,
    SecretKeyError,
    decryption_keys,
)
from rmp_milter.keeper.openpgp.sessionkey import SessionKey, SessionKeyError, checked
from rmp_milter.mail.incoming.transfer import base64_octets

MAX_KEYS = 32
"""Secret keys of one file that are looked at."""
_SECRET_KEY = 5  # the packet that a transferable secret key opens with (RFC 9580, 10.2)
_ARMOR = re.compile(
    rb"-----BEGIN PGP PRIVATE KEY BLOCK-----[ \t]*\r?\n"
    rb"(?:[^\r\n:]+:[^\r\n]*\r?\n)*+\s*+(.*?)-----END PGP PRIVATE KEY BLOCK-----",
    re.DOTALL,
)
_OURS = RSA_ALGORITHMS | {ECDH, X25519}
_ALGORITHM_AT = 9  # in a version 3 key packet


class KeyUnusable(ValueError):  # noqa: N818 -- reads as what it is where it is caught
    """The secret key cannot be used; one clear line, nothing of the key in it."""


class KeyFile(msgspec.Struct, frozen=True):
    """The keys of a file; ``file`` is its content, for gpg; the repr shows nothing.

    ``smime`` are S/MIME certificates with their keys; a file has these or OpenPGP's.
    """

    file: bytes
    passphrase: bytes
    keys: tuple[DecryptionKey, ...]
    faults: tuple[str, ...]
    smime: tuple[ServiceCertificate, ...] = ()

    def __repr__(self) -> str:
        return f"KeyFile({len(self.keys) + len(self.smime)} keys)"


def read_key_file(content: bytes, passphrase: bytes) -> KeyFile:
    """Read all secret keys of a file: OpenPGP's, armored or binary, or S/MIME's.

    Those stand in PEM with their certificates beside, or in PKCS#12. Raises
    :class:`KeyUnusable` where there is none in it. An OpenPGP key that cannot be read here is
    a fault only when gpg cannot use it either.
    """
    try:
        identity = read_identity(content, passphrase)
    except IdentityError as error:
        raise KeyUnusable(str(error)) from None
    if identity:
        return KeyFile(content, passphrase, (), (), identity)
    found: list[DecryptionKey] = []
    faults: list[str] = []
    whole = False
    for key in _secret_keys(content):
        whole = True
        try:
            found += decryption_keys(key, passphrase)
        except (SecretKeyError, PacketError) as error:
            faults.append(str(error))
    if not whole:
        raise KeyUnusable("holds no OpenPGP secret key, nor one of S/MIME")
    return KeyFile(content, passphrase, tuple(found), tuple(faults))


def _secret_keys(content: bytes) -> list[bytes]:
    """Return the binary transferable secret keys in the file."""
    blocks = [b"".join(base64_octets([found[1]])) for found in _ARMOR.finditer(content)]
    keys = [key for block in blocks or [content] for key in _cut_apart(block)]
    return keys[:MAX_KEYS]


def _cut_apart(data: bytes) -> list[bytes]:
    """Cut keys that stand one behind another apart; stop at the first damage."""
    starts: list[int] = []
    stream = Stream([data])
    try:
        at = 0
        while header := read_header(stream):
            for _ in read_body(stream, header):
                pass
            if header.tag == _SECRET_KEY:
                starts.append(at)
            at = stream.position
    except PacketError:
        pass
    return _between(data, starts)


def _between(data: bytes, starts: list[int]) -> list[bytes]:
    return [data[start:end] for start, end in pairwise([*starts, len(data)])]


def keys_for(key_file: KeyFile, key_packets: Iterable[bytes]) -> Iterator[SessionKey]:
    """Yield the session keys that the packets may hold, the likeliest first.

    Raises :class:`KeyUnusable` where gpg alone could open one and cannot, and
    :class:`PacketError` where the session key is for a cipher that is not AES.
    """
    given = tuple(key_packets)
    if key_file.smime:
        return
    yield from session_keys(given, key_file.keys)
    if not key_file.keys or any(_is_foreign(packet) for packet in given):
        yield from _by_gpg(key_file, given)


def _is_foreign(packet: bytes) -> bool:
    return packet[_ALGORITHM_AT : _ALGORITHM_AT + 1] not in {bytes((each,)) for each in _OURS}


def _by_gpg(key_file: KeyFile, key_packets: tuple[bytes, ...]) -> Iterator[SessionKey]:
    stub = packets.frame(packets.SEIPD, b"\x01" + bytes(64))
    message = b"".join(packets.frame(packets.PKESK, packet) for packet in key_packets) + stub
    try:
        opened = session_key_by_gpg(key_file.file, key_file.passphrase, message)
    except GpgError as error:
        raise KeyUnusable("; ".join(dict.fromkeys([*key_file.faults, str(error)]))) from None
    if opened is None:
        return
    try:
        yield checked(*opened)
    except SessionKeyError:
        raise unreadable("encrypted with a cipher that the service does not read") from None
