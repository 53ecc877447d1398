"""An entity in which Outlook packed text or files into a ``winmail.dat``, as if it had not.

For reading only: the entity is spread out in memory, the contents of each such part in its
place. What is stored of it is what came, and the files beside it, encrypted anew.
"""

import base64
import logging
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
from typing import NamedTuple
from urllib.parse import quote

from rmp_milter.mail.incoming.armor import OctetsKind, kind_of
from rmp_milter.mail.incoming.mimetree import Part, content, scan, walk
from rmp_milter.mail.incoming.tnef import TnefError, TnefFile, Unpacked, unpacked
from rmp_milter.mail.incoming.transfer import first
from rmp_milter.mail.meaning.texts import text_of_mail
from rmp_milter.mail.whose.reading import read_html, read_plain
from rmp_milter.mail.whose.words import Words

_HEAD = 64
_MOST = 4  # such parts of an entity; a mail has one
_CRLF = b"\r\n"

# What it says of damage could quote the mail.
logging.getLogger("tnefparse").setLevel(logging.CRITICAL + 1)


class Spread(NamedTuple):
    """The entity spread out: its octets, its structure, and where in it what was packed is.

    ``packed`` are the parts, of the entity as it came, that were opened; ``unread`` their texts
    that are not among those of the entity, since it has words of its own.
    """

    data: bytes
    root: Part
    packed: tuple[Part, ...] = ()
    inside: tuple[tuple[int, int], ...] = ()
    unread: tuple[Words, ...] = ()

    def was_packed(self, leaf: Part) -> bool:
        """Whether a leaf of ``root`` came out of a packed part."""
        return any(start <= leaf.headers_start < end for start, end in self.inside)


def spread_out(data: bytes, root: Part, most: int) -> Spread:
    """Return the entity with what is packed in it spread out; as it is, where nothing is.

    A packed text counts only where the mail has no other words: Outlook writes them twice, and
    the second time is another reading of the first.
    ``most`` bounds the octets of a text that are looked at. What cannot be unpacked stays
    packed. Raises :class:`rmp_milter.mail.incoming.mimetree.MimeLimit` like the scan.
    """
    found = list(islice(_unpacked_parts(data, root), _MOST))
    if not found:
        return Spread(data, root)
    has_words = bool(text_of_mail(data, root, most).readings)
    mark = sha256(data).hexdigest().encode()  # no boundary of the entity's own
    pieces: list[bytes] = []
    inside: list[tuple[int, int]] = []
    at = size = 0
    for part, held in found:
        entity = _as_entity(held, mark, with_text=not has_words)
        pieces += [data[at : part.headers_start], entity]
        size += part.headers_start - at
        inside.append((size, size + len(entity)))
        size += len(entity)
        at = part.body_end
    whole = b"".join([*pieces, data[at:]])
    return Spread(
        data=whole,
        root=scan(whole),
        packed=tuple(part for part, _ in found),
        inside=tuple(inside),
        unread=tuple(_unread([held for _, held in found], most, spread=not has_words)),
    )


def _unread(packed: list[Unpacked], most: int, *, spread: bool) -> Iterator[Words]:
    """Yield the readings of the packed texts, without those that were spread out."""
    for held in packed:
        if held.plain.strip() and not spread:
            yield read_plain(held.plain[:most])
        if held.html.strip() and (held.plain.strip() or not spread):
            yield read_html(held.html[:most])


def _unpacked_parts(data: bytes, root: Part) -> Iterator[tuple[Part, Unpacked]]:
    """Yield each packed part of the mail's own that can be opened and holds something."""
    attached = {
        id(leaf) for part in walk(root) if part.media_type == "message/rfc822"
        for leaf in walk(part)
    }  # fmt: skip
    for leaf in walk(root):
        if leaf.children or id(leaf) in attached:
            continue
        if kind_of(first(content(data, leaf), _HEAD)) != (OctetsKind.TNEF, 0):
            continue
        try:
            held = unpacked(b"".join(content(data, leaf)))
        except TnefError:
            continue
        if held.files or held.plain.strip() or held.html.strip():
            yield leaf, held


def _as_entity(held: Unpacked, mark: bytes, *, with_text: bool) -> bytes:
    """Return the contents as a multipart, in base64: no octet of a file bounds anything."""
    texts = [_text_part(held)] if with_text and (held.plain or held.html).strip() else []
    parts = [*texts, *map(_file_part, held.files)]
    head = b"Content-Type: multipart/mixed; boundary=" + mark + _CRLF * 2
    joined = b"".join(b"--" + mark + _CRLF + part + _CRLF for part in parts)
    return head + joined + b"--" + mark + b"--" + _CRLF


def _text_part(held: Unpacked) -> bytes:
    kind, words = ("plain", held.plain) if held.plain.strip() else ("html", held.html)
    head = f"Content-Type: text/{kind}; charset=utf-8".encode()
    return _part(head, words.encode("utf-8", "replace"))


def _file_part(file: TnefFile) -> bytes:
    name = quote(file.name, safe="", errors="replace")
    head = (
        f"Content-Type: {file.media_type}\r\n"
        f"Content-Disposition: attachment; filename*=utf-8''{name}"
    )
    return _part(head.encode("ascii", "replace"), file.data)


def _part(head: bytes, data: bytes | memoryview) -> bytes:
    coded = base64.b64encode(data)
    return head + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + coded
