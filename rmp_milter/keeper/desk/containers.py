"""What an opened body is, and what it was signed as, by its octets alone.

Nobody signs what stands around a signed content: the shape of the mail, the armor's header
lines, the name and format in the literal packet. Whoever holds it may send it on in another
shape; it must not be read in another way there.
"""

import re
from collections.abc import Sequence

import msgspec

from rmp_milter.calls.protocol.opening import Doubt
from rmp_milter.dossier.rules import BY_SIGNATURE
from rmp_milter.keeper.desk.signed_part import SignedPart
from rmp_milter.keeper.openpgp.decrypt import Plain
from rmp_milter.keeper.openpgp.signatures import kinds
from rmp_milter.mail.incoming.mimetree import MAX_HEADER, MimeLimit, header_fields
from rmp_milter.mail.meaning.meaning import Meaning, asked

_MIME_FIELDS = frozenset(
    {"content-type", "mime-version", "content-transfer-encoding", "content-disposition"}
)
# What stands for a file's name where there was no file: for your eyes only, a pipe of GPGME.
_NO_NAME = re.compile(r"|_CONSOLE|-(?:&\d{1,9})?|stdin")
# Names that clients give to a text, which they mark as one: mutt's and Emacs' own files, what
# OpenPGP.js called every message.
_OF_A_TEXT = re.compile(r"(?:neo)?mutt-[\w.-]{1,200}|epg-input\w{1,20}|msg\.txt", re.ASCII)


def is_entity(data: bytes) -> bool:
    """Return whether the octets open with a MIME header; else they are a bare text.

    Nothing else is asked, so that one content is never both.
    """
    try:
        fields, _ = header_fields(data, 0, min(len(data), MAX_HEADER))
    except MimeLimit:  # so many lines in one block are no header
        return False
    return any(field.name in _MIME_FIELDS for field in fields)


def entity_in_doubt(signed: SignedPart, read: Meaning) -> Meaning:
    """Return what an entity means, in doubt where its line ends are none for everybody."""
    is_odd = signed.in_text_form and _has_lone_returns(signed.data)
    return _doubted(read, [Doubt.LINE_ENDS] if is_odd else [])


def text_in_doubt(plain: Plain, read: Meaning, this_year: int) -> Meaning:
    """Return what a bare text means, in doubt where it may have been signed as something else.

    A signature tells one thing only of what was signed: whether it was a text. So a binary one
    is enough for what the sender alone gains by, and not for the rest: it may have been made
    over a file that somebody gave him.
    """
    if not plain.signatures:
        return read
    found = kinds(plain.signatures)
    doubts = [Doubt.LINE_ENDS] if "text" in found and _has_lone_returns(plain.data) else []
    is_alone = "binary" in found and asked(read, this_year).verb in BY_SIGNATURE
    return _doubted(
        read, [*doubts, Doubt.FILE] if is_alone or _is_named_file(plain) else doubts
    )


def _doubted(read: Meaning, doubts: Sequence[Doubt]) -> Meaning:
    return msgspec.structs.replace(read, doubts=(*read.doubts, *doubts)) if doubts else read


def _is_named_file(plain: Plain) -> bool:
    if _NO_NAME.fullmatch(plain.name):
        return False
    return not (plain.textual and _OF_A_TEXT.fullmatch(plain.name))


def may_be_of_a_text(name: str) -> bool:
    """Return whether the name in the packet may be that of a mail's text, and of no file."""
    return bool(_NO_NAME.fullmatch(name) or _OF_A_TEXT.fullmatch(name))


def _has_lone_returns(data: bytes) -> bool:
    """Return whether a CR stands without its LF: a line end for some, and not for others."""
    return data.count(b"\r") != data.count(b"\r\n")
