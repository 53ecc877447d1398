"""What a stored S/MIME body holds, once more: its octets were verified when they came.

Nothing can be asked by it any more, and it may be large: so each form that it goes through is let
go of before the next one is made.
"""

from rmp_milter.calls.memory import room_for
from rmp_milter.cms import CmsKind, looks_like_cms
from rmp_milter.cms.recognise import HEAD
from rmp_milter.cms.tlv import reading
from rmp_milter.keeper.cms.signed import read_signed
from rmp_milter.keeper.desk.signed_inside import signed_entity
from rmp_milter.mail.incoming.mimetree import content, scan
from rmp_milter.mail.incoming.transfer import first

_OPAQUE, _APART = "original.p7m", "original.eml"


def signed_by_author(clear: bytes) -> tuple[str, bytes]:
    """Return what the author signed of an envelope's plaintext, and a name for it as a file.

    SignedData (DER), or the entity in which the signature stands beside what it is over; without
    a name the plaintext, where nobody signed. Raises
    :class:`~rmp_milter.mail.incoming.mimetree.MimeLimit`.
    """
    if _is_signed(clear):
        return _OPAQUE, clear
    root = scan(clear)
    if root.children:
        return (_APART if root.media_type == "multipart/signed" else ""), clear
    if not _is_signed(first(content(clear, root), HEAD)):
        return "", clear
    inner = room_for(len(clear) * 3 // 4)
    for piece in content(clear, root):
        inner.write(piece)
    inner.truncate()
    return _OPAQUE, inner.getvalue()


def entity_in(name: str, signed: bytes) -> bytes:
    """Return what is to be read of that; raise :class:`~rmp_milter.cms.CmsError`."""
    if name == _OPAQUE:
        return read_signed(reading(signed), 0, len(signed)).content
    return signed_entity(signed)[0] if name else signed


def _is_signed(data: bytes) -> bool:
    return looks_like_cms(data[:HEAD]) is CmsKind.SIGNED
