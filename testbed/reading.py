"""Open an answer as a mail client with gpg does, and say what the doctor then sees."""

import re
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import lru_cache
from pathlib import PurePath

from testbed.gpg import Decrypted, Keyring, Verdict

_ARMOR = re.compile(rb"-----BEGIN PGP MESSAGE-----.*?-----END PGP MESSAGE-----", re.DOTALL)
_SEALED = (".pgp", ".gpg")


@dataclass
class Opened:
    """What a mail shows once opened: grown part by part while it is read.

    ``subject`` is the protected one where there is one; ``text`` all texts in order;
    ``files`` the attachments by name; ``verdicts`` every signature that was met;
    ``sealed`` how many encrypted things were opened.
    """

    outer_subject: str
    subject: str
    text: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    verdicts: list[Verdict] = field(default_factory=list)
    keys: list[bytes] = field(default_factory=list)
    sealed: int = 0


def open_mail(raw: bytes, keyring: Keyring) -> Opened:
    """Return what the owner of ``keyring`` sees; raises CannotDecrypt if it is not his."""
    message = parsed(raw)
    subject = str(message["Subject"] or "")
    opened = Opened(outer_subject=subject, subject=subject)
    _Reader(keyring, opened).read(message, raw)
    return opened


def code_told(text: str) -> str:
    """Return the patient's code as an answer shows it: groups of four, alone on a line."""
    found = re.search(r"^ {4}([0-9A-Z]{1,4}(?: [0-9A-Z]{1,4})*)$", text, re.MULTILINE)
    if found is None:
        raise AssertionError(f"no code in the answer: {text}")
    return found[1]


# As the default, which parses a field again each time that it is asked for: five times a part.
_POLICY = policy.default.clone(
    header_factory=lru_cache(maxsize=1000)(policy.default.header_factory)
)


def parsed(raw: bytes) -> EmailMessage:
    """Return the mail as the email package reads it."""
    return message_from_bytes(raw, policy=_POLICY)


class _Reader:
    def __init__(self, keyring: Keyring, opened: Opened) -> None:
        self._keyring = keyring
        self._opened = opened

    def read(self, part: EmailMessage, raw: bytes) -> None:
        match part.get_content_type():
            case "multipart/encrypted":
                self._encrypted(part)
            case "multipart/signed":
                self._signed(part, raw)
            case "message/rfc822":
                self._forwarded(part)
            case "application/pgp-keys":
                self._opened.keys.append(_content(part))
            case _ if part.is_multipart():
                for child in _children(part):
                    self.read(child, child.as_bytes())
            case _:
                self._leaf(part)

    def _encrypted(self, part: EmailMessage) -> None:
        inside = self._decrypt(_content(_children(part)[1])).data
        self._entity(inside)

    def _entity(self, raw: bytes) -> None:
        part = parsed(raw)
        if part["Subject"]:
            self._opened.subject = str(part["Subject"])
        self.read(part, raw)

    def _forwarded(self, part: EmailMessage) -> None:
        for child in _children(part):
            self.read(child, child.as_bytes())

    def _signed(self, part: EmailMessage, raw: bytes) -> None:
        content, signature = _children(part)[:2]
        signed = _first_part(raw, str(part.get_boundary()))
        self._opened.verdicts += self._keyring.verify(signed, _content(signature))
        self.read(content, signed)

    def _leaf(self, part: EmailMessage) -> None:
        data, name = _content(part), part.get_filename() or ""
        if name.endswith(_SEALED):
            self._sealed_file(name, data)
        elif name or part.get_content_maintype() != "text":
            self._keep(name or "sans nom", data)
        else:
            self._text(data, str(part.get_content_charset("utf-8")))

    def _text(self, data: bytes, charset: str) -> None:
        armored = _ARMOR.search(data)
        if armored:
            data, charset = self._decrypt(armored[0]).data, "utf-8"
        self._opened.text += data.decode(charset, errors="replace").replace("\r\n", "\n")

    def _sealed_file(self, name: str, data: bytes) -> None:
        inside = self._decrypt(data).data
        shown = PurePath(name).stem
        if shown.endswith(".eml"):
            self._entity(inside)
        else:
            self._keep(shown, inside)

    def _decrypt(self, data: bytes) -> Decrypted:
        done = self._keyring.decrypt(data)
        self._opened.verdicts += done.verdicts
        self._opened.sealed += 1
        return done

    def _keep(self, name: str, data: bytes) -> None:
        names = (name, *(f"{name} ({again})" for again in range(2, 1000)))
        self._opened.files[next(one for one in names if one not in self._opened.files)] = data


def _children(part: EmailMessage) -> list[EmailMessage]:
    return [child for child in part.iter_parts() if isinstance(child, EmailMessage)]


def _content(part: EmailMessage) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _first_part(raw: bytes, boundary: str) -> bytes:
    """Return the first part's exact bytes, which are what was signed (RFC 3156, 5)."""
    mark = b"--" + re.escape(boundary.encode())
    found = re.search(mark + rb"[ \t]*\r?\n(.*?)\r?\n" + mark, raw, re.DOTALL)
    return found[1].replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") if found else b""
