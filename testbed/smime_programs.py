"""Doctors whose mail programs stand on gpgsm or on NSS: they write and read as Outlook does.

What is signed, encrypted, opened and verified is theirs alone; the MIME around it is that of
:class:`testbed.outlook.Outlook`.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from testbed.folders import own_folder
from testbed.outlook import CannotOpen, Outlook, p7m
from testbed.smime_clients import Gpgsm, Nss
from testbed.x509_maker import Made

_GPGSM = {"aes-128-cbc": "AES", "aes-192-cbc": "AES192", "aes-256-cbc": "AES256"}


class Believed(NamedTuple):
    """Certificates (DER) that a program has: an authority, one below it, the service's."""

    root: bytes
    between: bytes
    service: bytes


class _Owner(NamedTuple):
    name: str
    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    certificate: bytes


class _Program(Outlook, ABC):
    """What both have in common: a signed entity, opaque or with its signature beside."""

    def signed(
        self, entity: bytes, options: Sequence[str] = (), *, detached: bool = False
    ) -> bytes:
        """Return an entity that is signed: opaque, or with it beside."""
        made = self._sign(entity, [*options], detached=detached)
        return self.beside(entity, made) if detached else p7m(made, "signed-data")

    @abstractmethod
    def _sign(self, entity: bytes, options: list[str], *, detached: bool) -> bytes:
        """Return the signature as the program makes it."""


class GpgsmProgram(_Program):
    """On gpgsm; close it, for it has an agent."""

    def __init__(self, folder: Path, name: str, mail: str, own: Made, has: Believed) -> None:
        """Make gpgsm's home, beside the ``folder`` (its agent wants a short path)."""
        super().__init__(folder, name, mail, own, service=b"", trusted=b"")
        self.home = own_folder("gpgsm-")
        self._gpgsm = Gpgsm(self.home)
        self._gpgsm.trust(has.root)
        self._gpgsm.add(*has)
        self._gpgsm.take_secret(_Owner("own", own.key, own.der))

    def encrypted(
        self, entity: bytes, cipher: str = "aes-256-cbc", options: Sequence[str] = ()
    ) -> bytes:
        """Return the envelope for the service and for himself."""
        readers = ["-r", f"<{self.address}>", "-r", f"<{self.mail}>"]
        chosen = ["--cipher-algo", _GPGSM[cipher], *options]
        return self._gpgsm.run(*chosen, "--encrypt", *readers, data=entity)

    def decrypted(self, envelope: bytes) -> bytes:
        """Open an envelope; raises :class:`CannotOpen`."""
        try:
            return self._gpgsm.run("--decrypt", data=envelope)
        except RuntimeError as error:
            raise CannotOpen(*error.args) from None

    def verified(self, signed: bytes) -> tuple[bytes, str]:
        """Return what is signed and who signed it; raises :class:`CannotOpen`."""
        content = self.home / "content"
        try:
            signer = self._gpgsm.signer(signed, content)
        except RuntimeError as error:
            raise CannotOpen(*error.args) from None
        return content.read_bytes(), signer

    def close(self) -> None:
        """End the agent and forget the keys."""
        self._gpgsm.end()
        for path in sorted(self.home.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)
        self.home.rmdir()

    def _sign(self, entity: bytes, options: list[str], *, detached: bool) -> bytes:
        how = "--detach-sign" if detached else "--sign"
        whose = ["--include-certs", "-2", "--local-user", f"<{self.mail}>"]
        return self._gpgsm.run(*options, *whose, how, data=entity)


class NssProgram(_Program):
    """On NSS's cmsutil, which chooses the cipher by what it knows of its readers."""

    def __init__(self, folder: Path, name: str, mail: str, own: Made, has: Believed) -> None:
        """Make NSS's database in the ``folder``."""
        super().__init__(folder, name, mail, own, service=b"", trusted=b"")
        database = folder / "nss"
        database.mkdir()
        self._nss = Nss(database)
        self._nss.take(_Owner("own", own.key, own.der))
        self._nss.trust("root", has.root)
        self._nss.add("between", has.between)
        self._nss.add("service", has.service)

    def encrypted(self, entity: bytes, cipher: str = "", options: Sequence[str] = ()) -> bytes:
        """Return the envelope for the service and for himself."""
        del cipher  # NSS chooses
        return self._nss.run("-E", "-r", f"{self.address},{self.mail}", *options, data=entity)

    def decrypted(self, envelope: bytes) -> bytes:
        """Open an envelope; raises :class:`CannotOpen`."""
        try:
            return self._nss.run("-D", data=envelope)
        except RuntimeError as error:
            raise CannotOpen(*error.args) from None

    def verified(self, signed: bytes) -> tuple[bytes, str]:
        """Return what is signed and who signed it; raises :class:`CannotOpen`."""
        try:
            return self._nss.run("-D", data=signed), self._nss.signer(signed)
        except RuntimeError as error:
            raise CannotOpen(*error.args) from None

    def _sign(self, entity: bytes, options: list[str], *, detached: bool) -> bytes:
        how = ["-S", "-T"] if detached else ["-S"]
        # With its time, what it opens, and its certificate to write to, as Thunderbird signs.
        said = ["-N", "own", "-G", "-P", "-Y", "own", *options]
        return self._nss.run(*how, *said, data=entity)
