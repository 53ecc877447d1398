"""The folder of the service's S/MIME keys and certificates: read whole, only ever added to.

Each private key is a file (PKCS#8 PEM), each certificate with its chain another (PEM); the
public key says which belong together. A key without a certificate waits for one. Every file
appears whole or not at all, a key before its certificate: whatever is killed between them leaves
a key that waits.
"""

import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from rmp_milter.cms.errors import CmsError
from rmp_milter.disk.new_files import sync_folder, write_whole
from rmp_milter.disk.write_turn import WriteTurn
from rmp_milter.keeper.cms.keys import PrivateKey, PublicKey, public_key
from rmp_milter.keeper.keys.key_files import OWNERS, PUT_BACK, KeyFileError, read_private
from rmp_milter.keeper.keys.service_certificates import (
    PublicCertificate,
    ServiceCertificate,
    in_order,
    public_certificate_of,
    service_certificate_of,
)
from rmp_milter.x509 import X509, X509Error, read_several
from rmp_milter.x509.signatures import parsed

SMIME = "smime"
"""The folder's name, below the keeper's."""
KEYS, CERTIFICATES, PARTS = "*.key", "*.pem", "*.part"
MAX_CHAIN = 16
"""Certificates in a file."""
_NAME = 32  # hexadecimal digits of a file's name: half of SHA-256


class WaitingKey(NamedTuple):
    """A private key that has no certificate yet; its repr shows only where it lies."""

    file: Path
    private: PrivateKey

    def __repr__(self) -> str:
        return f"WaitingKey({self.file.name})"


class SmimeFolder(NamedTuple):
    """What lies there.

    ``certificates`` are in the order of :func:`.in_order`, ``files`` where each lies, by its DER;
    ``keys`` are all private keys by the digest of their public halves; ``waiting`` those without
    a certificate, the oldest first.
    """

    certificates: tuple[ServiceCertificate, ...]
    files: dict[bytes, Path]
    keys: dict[bytes, PrivateKey]
    waiting: tuple[WaitingKey, ...]

    def __repr__(self) -> str:
        return f"SmimeFolder({len(self.certificates)} certificates)"


def read_smime(folder: Path) -> SmimeFolder:
    """Read all of it; a folder that is not there holds nothing.

    Raises :class:`KeyFileError` for the first file that cannot be used.
    """
    try:
        found = sorted(folder.iterdir())
    except FileNotFoundError:
        return SmimeFolder((), {}, {}, ())
    except OSError as error:
        raise KeyFileError(f"{folder}: {error.strerror}") from None
    keys = {digest_of(key.private.public_key()): key for key in _keys(found)}
    certificates, files, used = [], {}, set()
    for file in (each for each in found if each.match(CERTIFICATES)):
        one, digest = _certificate(file, keys)
        certificates.append(one)
        files[one.certificate] = file
        used.add(digest)
    waiting = [key for digest, key in keys.items() if digest not in used]
    return SmimeFolder(
        in_order(certificates),
        files,
        {digest: key.private for digest, key in keys.items()},
        tuple(sorted(waiting, key=lambda key: (key.file.stat().st_mtime_ns, key.file))),
    )


def read_public(folder: Path) -> tuple[PublicCertificate, ...]:
    """Read the certificates without their keys; a folder that is not there holds none.

    Raises :class:`KeyFileError` for the first file that cannot be used, and ``OSError``.
    """
    try:
        files = sorted(each for each in folder.iterdir() if each.match(CERTIFICATES))
    except FileNotFoundError:
        return ()
    found = []
    for file in files:
        try:
            first, *_ = read_several(read_private(file), MAX_CHAIN)
        except X509Error as error:
            raise KeyFileError(f"{file}: {error}") from None
        found.append(public_certificate_of(first))
    return in_order(found)


def digest_of(public: PublicKey) -> bytes:
    """Return by what a key is known here: SHA-256 of its SubjectPublicKeyInfo."""
    info = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(info).digest()


def _keys(files: list[Path]) -> Iterator[WaitingKey]:
    for file in files:
        if file.match(KEYS):
            yield WaitingKey(file, _private_key(file))


def _private_key(file: Path) -> PrivateKey:
    try:
        private = load_pem_private_key(read_private(file), None)
    except (ValueError, UnsupportedAlgorithm):
        raise KeyFileError(f"{file}: not a private key in PEM") from None
    except TypeError:
        raise KeyFileError(f"{file}: is under a passphrase, which nobody could type") from None
    if not isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise KeyFileError(f"{file}: neither an RSA key nor one on a curve")
    return private


def _certificate(file: Path, keys: dict[bytes, WaitingKey]) -> tuple[ServiceCertificate, bytes]:
    """Read a certificate with its chain, and find its key; return that key's digest too."""
    try:
        first, *chain = read_several(read_private(file), MAX_CHAIN)
        digest = digest_of(public_key(first.der))
        if digest not in keys:
            line = f"{file}: the private key of this certificate is missing"
            raise KeyFileError(line, PUT_BACK)
        return service_certificate_of(keys[digest].private, first, chain), digest
    except X509Error as error:
        raise KeyFileError(f"{file}: {error}") from None
    except CmsError as error:
        raise KeyFileError(f"{file}: {error.args[0]}") from None


def add_key(folder: Path, private: PrivateKey) -> Path:
    """Write a private key for its owner only, durable on return; return its file.

    Raises :class:`KeyFileError` where it is there already, and ``OSError``.
    """
    name = digest_of(private.public_key()).hex()[:_NAME]
    content = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return _add(folder, f"{name}.key", content)


def add_certificate(folder: Path, certificate: X509, chain: tuple[X509, ...] = ()) -> Path:
    """Write a certificate and those above it; return their file.

    Its key must lie there before. Raises as :func:`add_key`.
    """
    content = b"".join(
        parsed(each).public_bytes(Encoding.PEM) for each in (certificate, *chain)
    )
    return _add(folder, f"{certificate.digest[:_NAME]}.pem", content)


def _add(folder: Path, name: str, content: bytes) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    sync_folder(folder.parent)
    with _turn(folder):
        for left in folder.glob(PARTS):  # of one that was killed
            left.unlink()
        try:
            write_whole(folder / name, content, OWNERS)
        except FileExistsError:
            raise KeyFileError(f"{folder / name}: exists already, is not overwritten") from None
    return folder / name


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Have the folder for oneself."""
    with closing(WriteTurn(folder)) as turn, turn:
        yield
