"""What the signatures of an opened entity are over: those octets, and no others, are read.

RFC 3156: either the entity as a whole is signed within the encryption (section 6.2), or it is a
``multipart/signed`` whose first part is signed by the second (section 5). What stands around
that first part, in its preamble, its header or beside the signature, anybody may have put there.
"""

from typing import NamedTuple

from rmp_milter.keeper.openpgp.decrypt import Plain
from rmp_milter.keeper.openpgp.signatures import Content, as_signed, detached, kinds
from rmp_milter.mail.incoming.mimetree import Part, content, scan

_CONTENT_AND_SIGNATURE = 2


class SignedPart(NamedTuple):
    """An entity to read: ``data``, its structure, and what was signed of it (all, or nothing).

    ``contents`` are the forms in which ``data`` may have been signed; ``in_text_form`` says that
    line ends were of no account, ``is_apart`` that there is more of the entity than ``data``.
    """

    data: bytes
    root: Part
    contents: tuple[Content, ...] = ()
    packets: tuple[bytes, ...] = ()
    in_text_form: bool = False
    is_apart: bool = False


def signed_part(plain: Plain) -> SignedPart:
    """Return what is to be read of an entity.

    Raises :class:`rmp_milter.mail.incoming.mimetree.MimeLimit` like the scan.
    """
    root = scan(plain.data)
    if plain.signatures:
        is_text = "text" in kinds(plain.signatures)
        return SignedPart(
            plain.data, root, (lambda: plain.data,), plain.signatures, in_text_form=is_text
        )
    if not _is_signed(root):
        return SignedPart(plain.data, root)
    inside, signature = root.children
    data = plain.data[inside.headers_start : inside.body_end]
    packets = detached(b"".join(content(plain.data, signature)))
    return SignedPart(
        data, scan(data), as_signed(data), packets, in_text_form=True, is_apart=True
    )


def _is_signed(root: Part) -> bool:
    """Only where it spans the whole: a signed part among others proves nothing of those."""
    return (
        root.media_type == "multipart/signed"
        and len(root.children) == _CONTENT_AND_SIGNATURE
        and root.children[1].media_type == "application/pgp-signature"
    )
