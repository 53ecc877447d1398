"""A doctor whose Outlook speaks S/MIME and nothing else: a real openssl writes and reads for him.

He signs opaquely and encrypts what came of it, as Outlook does; other ways on demand. His keys
lie in a folder of the run, for openssl takes them from files.
"""

import base64
import re
import secrets
import subprocess
from collections.abc import Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import formataddr
from pathlib import Path
from typing import NamedTuple, cast

from testbed import mime
from testbed.sending import Reply, send
from testbed.shapes import Files, letter
from testbed.x509_maker import Made

NO_FILES: Files = {}
_P7M = "application/pkcs7-mime"
_READABLE = ("-nameopt", "oneline,-esc_msb")  # letters with accents as they are


class CannotOpen(Exception):  # noqa: N818 -- reads as what it is where it is caught
    """What openssl says of a mail that it does not open, or whose signature does not hold."""


class OpenedMail(NamedTuple):
    """A mail that came for him: what was sealed, and who signed it (subject), if anybody."""

    message: EmailMessage
    signer: str

    @property
    def text(self) -> str:
        """The words of the first text."""
        part = self.message.get_body(("plain",))
        return cast("str", part.get_content()).replace("\r\n", "\n") if part else ""

    @property
    def files(self) -> dict[str, bytes]:
        """The files, by their names, as deep as they lie."""
        return {
            name: cast("bytes", part.get_payload(decode=True))
            for part in self.message.walk()
            if (name := part.get_filename(failobj=""))
        }


class Outlook:
    """Writes to the service and reads what comes back.

    ``own`` signs and is written to (``encryption`` where that is another certificate);
    ``service`` is the certificate (PEM) that he writes to, ``trusted`` the authorities (PEM)
    whom his program believes.
    """

    def __init__(  # noqa: PLR0913 -- what such a program is set up with
        self,
        folder: Path,
        name: str,
        mail: str,
        own: Made,
        *,
        service: bytes,
        trusted: bytes,
        encryption: Made | None = None,
        chain: bytes = b"",
        address: str = "rmp@rmp.test",
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.name, self.mail, self.address = name, mail, address
        self.own = own
        self._folder = folder
        keys = encryption or own
        for file, content in {
            "own.pem": own.pem,
            "own.key": own.key_pem,
            "encryption.pem": keys.pem,
            "encryption.key": keys.key_pem,
            "service.pem": service,
            "trusted.pem": trusted,
            "chain.pem": chain,
        }.items():
            (folder / file).write_bytes(content)

    def write(  # noqa: PLR0913 -- the ways in which programs differ
        self,
        text: str,
        files: Files = NO_FILES,
        *,
        cipher: str = "aes-256-cbc",
        sign: bool = True,
        detached: bool = False,
        encrypting: Sequence[str] = (),
        signing: Sequence[str] = (),
    ) -> bytes:
        """Return a mail to the service; ``encrypting`` and ``signing`` are openssl's options."""
        # No two mails are one, though signed in one second: programs draw their boundaries.
        own = f"X-Mail: {secrets.token_hex(8)}".encode() + mime.CRLF
        inside = own + letter(text, files)
        if sign:
            inside = self.signed(inside, signing, detached=detached)
        return self.mail_around(self.encrypted(inside, cipher, encrypting))

    def signed(
        self, entity: bytes, options: Sequence[str] = (), *, detached: bool = False
    ) -> bytes:
        """Return an entity that is signed: opaque (``smime.p7m``), or with it beside."""
        chain = self._path("chain.pem")
        arguments = ["-sign", "-binary", "-outform", "DER", *self.signer, *options]
        arguments += [] if detached else ["-nodetach"]
        if (self._folder / "chain.pem").stat().st_size:
            arguments += ["-certfile", chain]
        made = self.openssl(arguments, entity)
        if not detached:
            return p7m(made, "signed-data")
        return self.beside(entity, made)

    @staticmethod
    def beside(entity: bytes, signature: bytes) -> bytes:
        """Return an entity with a signature beside it (RFC 8551, 3.5.3)."""
        part = mime.entity(
            {
                "Content-Type": "application/pkcs7-signature; name=smime.p7s",
                "Content-Transfer-Encoding": "base64",
            },
            mime.crlf(base64.encodebytes(signature)),
        )
        said = '; protocol="application/pkcs7-signature"; micalg=sha-256'
        return mime.multipart("signed", [entity, part], said)

    def encrypted(
        self, entity: bytes, cipher: str = "aes-256-cbc", options: Sequence[str] = ()
    ) -> bytes:
        """Return the envelope in DER (BER with ``-stream``), for the service and for himself."""
        arguments = ["-encrypt", "-binary", "-outform", "DER", f"-{cipher}", *options]
        return self.openssl(
            [*arguments, self._path("service.pem"), self._path("encryption.pem")], entity
        )

    def mail_around(self, envelope: bytes, kind: str = "enveloped-data") -> bytes:
        """Return the mail around an envelope, its subject in clear as Outlook leaves it."""
        headers = mime.top(formataddr((self.name, self.mail)), self.address, "RMP")
        return mime.entity(headers, b"").removesuffix(mime.CRLF) + p7m(envelope, kind)

    def send(self, port: int, message: bytes, *, login: str = "", password: str = "") -> Reply:
        """Send by SMTP to the service; return the last reply."""
        return send(port, message, self.mail, (self.address,), login=login, password=password)

    def read(self, raw: bytes) -> OpenedMail:
        """Open a mail and see that its signature holds; raises :class:`CannotOpen`."""
        message = message_from_bytes(raw, policy=policy.default)
        inside = self.decrypted(cast("bytes", message.get_payload(decode=True)))
        entity = message_from_bytes(inside, policy=policy.default)
        if entity.get_content_type() != _P7M:
            return OpenedMail(entity, "")
        content, signer = self.verified(cast("bytes", entity.get_payload(decode=True)))
        return OpenedMail(message_from_bytes(content, policy=policy.default), signer)

    def decrypted(self, envelope: bytes) -> bytes:
        """Open an envelope; raises :class:`CannotOpen`."""
        recipient = ["-recip", self._path("encryption.pem")]
        key = ["-inkey", self._path("encryption.key")]
        decrypt = ["-decrypt", "-inform", "DER", "-binary", *recipient, *key]
        return self.openssl(decrypt, envelope)

    def verified(self, signed: bytes) -> tuple[bytes, str]:
        """Return what is signed and who signed it (subject); raises :class:`CannotOpen`."""
        signer = self._folder / "signer.pem"
        content = self.openssl(
            [
                *("-verify", "-inform", "DER", "-binary", "-purpose", "smimesign"),
                *("-CAfile", self._path("trusted.pem"), "-signer", str(signer)),
            ],
            signed,
        )
        return content, _subject(signer)

    @property
    def service(self) -> str:
        """The file with the certificate that he writes to."""
        return self._path("service.pem")

    @property
    def signer(self) -> list[str]:
        """The options by which openssl signs as him."""
        return ["-signer", self._path("own.pem"), "-inkey", self._path("own.key")]

    def content_of(self, signed: bytes, form: str = "DER") -> bytes:
        """Return the content of something signed, ``SMIME`` or ``DER``.

        Raises :class:`CannotOpen` where the signature is not valid for him.
        """
        trusted = ["-CAfile", self._path("trusted.pem")]
        return self.openssl(["-verify", "-inform", form, *trusted], signed)

    def openssl(self, arguments: Sequence[str], data: bytes) -> bytes:
        """Run ``openssl cms``; raises :class:`CannotOpen` with what it says."""
        done = subprocess.run(  # noqa: S603 -- an argument list of ours, no shell
            ["openssl", "cms", *arguments],  # noqa: S607 -- as a doctor's program finds it
            input=data,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise CannotOpen(done.stderr.decode(errors="replace"))
        return done.stdout

    def _path(self, name: str) -> str:
        return str(self._folder / name)


def p7m(cms: bytes, kind: str) -> bytes:
    """Return CMS as the one content of an entity (RFC 8551, 3.2)."""
    headers = {
        "Content-Type": f'{_P7M}; smime-type={kind}; name="smime.p7m"',
        "Content-Transfer-Encoding": "base64",
        "Content-Disposition": 'attachment; filename="smime.p7m"',
    }
    return mime.entity(headers, mime.crlf(base64.encodebytes(cms)))


def _subject(certificate: Path) -> str:
    said = subprocess.run(  # noqa: S603 -- an argument list of ours, no shell
        ["openssl", "x509", "-in", certificate, "-noout", "-subject", *_READABLE],  # noqa: S607 -- as above
        capture_output=True,
        check=True,
    ).stdout.decode()
    return re.sub(r"^subject=\s*", "", said).strip()
