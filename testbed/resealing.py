"""What anybody can do with a signed mail that he can read: seal it anew, for somebody else."""

import base64
import re
import secrets
import time

from rmp_milter.certificates import encryption_keys
from rmp_milter.keeper.desk.sealmail import seal_message
from testbed import shapes
from testbed.doctor import NO_FILES, Doctor
from testbed.shapes import Files, Writer

_ARMOR = re.compile(rb"-----BEGIN PGP MESSAGE-----.*?-----END PGP MESSAGE-----\r?\n", re.DOTALL)


def armored(mail: bytes) -> bytes:
    """Return the first armored message in a mail."""
    found = _ARMOR.search(mail)
    if found is None:
        raise ValueError("no armored message in the mail")
    return found[0]


def signed_packets(reader: Doctor, mail: bytes) -> bytes:
    """Return what is inside the encryption of a mail that ``reader`` can open."""
    return reader.keyring.unwrap(armored(mail))


def sealed_anew(packets: bytes, service_key: bytes) -> bytes:
    """Return signed packets encrypted to the service under a fresh session key, armored."""
    keys = encryption_keys(service_key, int(time.time()))
    sealed = base64.encodebytes(seal_message([packets], keys, secrets.token_bytes))
    head, tail = b"-----BEGIN PGP MESSAGE-----\n\n", b"-----END PGP MESSAGE-----\n"
    return head + sealed + tail


def resealed(reader: Doctor, mail: bytes, service_key: bytes) -> bytes:
    """Return a PGP/MIME mail of ``reader``'s with what somebody else signed inside."""
    writer = Writer(reader.keyring, f"{reader.name} <{reader.mail}>", reader.service)
    message = sealed_anew(signed_packets(reader, mail), service_key)
    return writer.mail("...", shapes.encrypted(message))


def written_to(
    author: Doctor, readers: tuple[str, ...], text: str, files: Files = NO_FILES, to: str = ""
) -> bytes:
    """Return a mail as Thunderbird writes it, to ``readers`` whose keys its author holds.

    ``to`` is what stands there, if it is somebody else: the readers are in blind copy then.
    """
    sender, to = f"{author.name} <{author.mail}>", to or ", ".join(readers)
    writer = Writer(author.keyring, sender, to)
    inside = shapes.protected(writer, shapes.letter(text, files), "RMP")
    message = author.keyring.encrypt(inside, readers, sign=True, armor=True)
    return writer.mail("...", shapes.encrypted(message))
