"""The shapes in which mail clients send encrypted mail, each made by a real gpg.

What a client puts where is copied from life: see docs/formats.md for the table of
shapes that the service reads.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from testbed import mime, tnef
from testbed.gpg import Keyring

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Writer:
    """Who writes to whom, with which keyring: all that a shape depends on."""

    keyring: Keyring
    sender: str
    recipient: str

    def mail(self, subject: str, content: bytes) -> bytes:
        """Return a whole mail around a ready-made entity."""
        headers = mime.top(self.sender, self.recipient, subject)
        return mime.entity(headers, b"").removesuffix(mime.CRLF) + content

    def sealed(self, data: bytes, *, sign: bool = True, name: str = "") -> bytes:
        """Return ``data`` encrypted to the recipient, armored unless it is a file."""
        return self.keyring.encrypt(
            data, [self.recipient], sign=sign, armor=not name, file_name=name
        )


def letter(text: str, files: Files) -> bytes:
    """Return the text and its files as one MIME entity."""
    parts = [mime.text_part(text), *(mime.file_part(*file) for file in files.items())]
    return mime.multipart("mixed", parts) if files else parts[0]


def pgp_mime(writer: Writer, text: str, files: Files, subject: str, *, sign: bool) -> bytes:
    """As Thunderbird: subject protected, one-pass signed, the own key inside."""
    inside = protected(writer, letter(text, files), subject)
    return writer.mail("...", encrypted(writer.sealed(inside, sign=sign)))


def encrypted(armored: bytes) -> bytes:
    """Return ``multipart/encrypted`` around a sealed entity (RFC 3156, section 4)."""
    control = mime.entity({"Content-Type": "application/pgp-encrypted"}, b"Version: 1\r\n")
    payload = {
        "Content-Type": 'application/octet-stream; name="encrypted.asc"',
        "Content-Disposition": 'inline; filename="encrypted.asc"',
    }
    parts = [control, mime.entity(payload, mime.crlf(armored))]
    return mime.multipart("encrypted", parts, '; protocol="application/pgp-encrypted"')


def signed_inside(writer: Writer, text: str, files: Files, forged: str = "") -> bytes:
    """As claws-mail: a ``multipart/signed`` of its own within the encrypted part.

    ``forged`` takes the text's place after the signature was made.
    """
    content = letter(text, files)
    signature = mime.entity(
        {"Content-Type": 'application/pgp-signature; name="signature.asc"'},
        mime.crlf(writer.keyring.sign_detached(content)),
    )
    protocol = '; protocol="application/pgp-signature"; micalg=pgp-sha512'
    shown = letter(forged, files) if forged else content
    inside = mime.multipart("signed", [shown, signature], protocol)
    return writer.mail("RMP", encrypted(writer.sealed(inside, sign=False)))


def mixed_up(writer: Writer, text: str, files: Files) -> bytes:
    """As Exchange leaves PGP/MIME behind: ``multipart/mixed`` with an empty text first."""
    inside = protected(writer, letter(text, files), "")
    parts = [
        mime.ascii_part(b""),
        mime.file_part("PGPMIME version.txt", b"Version: 1\r\n", "application/pgp-encrypted"),
        mime.file_part("encrypted.asc", writer.sealed(inside), "application/octet-stream"),
    ]
    return writer.mail("...", mime.multipart("mixed", parts))


def inline(writer: Writer, text: str, *, sign: bool) -> bytes:
    """As an old plug-in: the armored message is the mail's text."""
    armored = writer.sealed(mime.crlf(text.encode()), sign=sign)
    return writer.mail("RMP", mime.ascii_part(armored))


def inline_html(writer: Writer, text: str) -> bytes:
    """As Outlook or a webmail: the armored text as HTML, a ``div`` for each line."""
    lines = writer.sealed(mime.crlf(text.encode())).decode().splitlines()
    page = "\r\n".join(f"<div>{_as_html(line)}</div>" for line in lines)
    body = f"<html><body>\r\n{page}\r\n</body></html>\r\n"
    return writer.mail("RMP", mime.ascii_part(body.encode(), "html"))


def partitioned(writer: Writer, text: str, files: Files, *, sign: bool) -> bytes:
    """As PGP Desktop and Eudora: an armored text, each file encrypted by itself."""
    armored = writer.sealed(mime.crlf(text.encode()), sign=sign)
    sealed = [
        mime.file_part(f"{name}.pgp", writer.sealed(data, sign=sign, name=name))
        for name, data in files.items()
    ]
    return writer.mail("RMP", mime.multipart("mixed", [mime.ascii_part(armored), *sealed]))


def layered(writer: Writer, text: str, files: Files) -> bytes:
    """As medical software: PGP/MIME whose files are each encrypted once more."""
    sealed = {f"{name}.pgp": writer.sealed(data, name=name) for name, data in files.items()}
    return pgp_mime(writer, text, sealed, "RMP", sign=True)


def files_in_clear(writer: Writer, text: str, files: Files) -> bytes:
    """As claws-mail's inline mode: the text is encrypted, the files are not."""
    armored = writer.sealed(mime.crlf(text.encode()))
    open_files = [mime.file_part(name, data) for name, data in files.items()]
    return writer.mail("RMP", mime.multipart("mixed", [mime.ascii_part(armored), *open_files]))


def packed(writer: Writer, text: str, files: Files, subject: str) -> bytes:
    """As Outlook in Rich Text: what is encrypted is the text and a ``winmail.dat``."""
    found = [tnef.attachment(name, data) for name, data in files.items()]
    name, kind = "winmail.dat", "application/ms-tnef"
    winmail = mime.file_part(name, tnef.tnef(tnef.message(text), *found), kind)
    inside = mime.multipart("mixed", [mime.text_part(text), winmail])
    return writer.mail(subject, encrypted(writer.sealed(inside)))


def text_in_clear(writer: Writer, text: str, files: Files) -> bytes:
    """As a client that encrypts each file and forgets the text."""
    sealed = [
        mime.file_part(f"{name}.pgp", writer.sealed(data, name=name))
        for name, data in files.items()
    ]
    return writer.mail("RMP", mime.multipart("mixed", [mime.text_part(text), *sealed]))


def clear(writer: Writer, text: str, files: Files) -> bytes:
    """As a client that was not told to encrypt."""
    return writer.mail("RMP", letter(text, files))


def protected(writer: Writer, content: bytes, subject: str) -> bytes:
    """Return what Thunderbird encrypts: the entity, the own key, the header's fields above."""
    own_key = mime.file_part("OpenPGP.asc", writer.keyring.export(), "application/pgp-keys")
    inner = mime.multipart("mixed", [content, own_key], '; protected-headers="v1"; hp="cipher"')
    headers = mime.top(writer.sender, writer.recipient, subject)
    return mime.entity(headers, b"").removesuffix(mime.CRLF) + inner


def _as_html(line: str) -> str:
    return line.replace("+", "&#43;").replace(" ", "&nbsp;") or "<br>"
