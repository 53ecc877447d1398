"""Where a mail's routing header is, if it is not in the text itself: HPRIM, a part for machines.

a first part ``text/x-rmp-routing``, before all else
the text, where it is an HPRIM message
attached HPRIM files, where the text has no header
"""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

import msgspec

from rmp_milter.mail.header import hprim
from rmp_milter.mail.header.cutting import Cut, cut
from rmp_milter.mail.header.hprim import HprimMessage, messages, one_patient
from rmp_milter.mail.incoming.charsets import decode
from rmp_milter.mail.incoming.mimetree import Part, content, text_of, text_part, walk
from rmp_milter.mail.incoming.transfer import first

ROUTING_TYPE = "text/x-rmp-routing"


class HprimSource(NamedTuple):
    """A text or file that may be HPRIM, with the charset that is said of it."""

    data: bytes
    charset: str
    leaf: Part | None = None


class HprimPiece(NamedTuple):
    """One HPRIM message of several, to be kept by itself; no header if it is not clear."""

    header: str
    name: str
    data: bytes


class Route(NamedTuple):
    """What says whose the mail is; ``files`` are the parts that were read for it.

    ``pieces`` are there where the messages name several patients, or leave one unclear.
    """

    cut: Cut
    pieces: tuple[HprimPiece, ...] = ()
    files: tuple[Part, ...] = ()


def route_of_text(text: str, source: HprimSource) -> Route:
    """Return the route of a bare text: HPRIM, or its own header."""
    own = cut(text)
    # What carries a code is never kept as it came, whatever else it looks like.
    return (None if own.has_secret else _by_hprim([source])) or Route(own)


def route_of_entity(data: bytes, root: Part, leaves: Sequence[Part], most: int) -> Route | None:
    """Return the route of an entity; None where there is no text and nothing that says it.

    ``leaves`` are its parts that are content; ``most`` the octets of text that are read.
    """
    text = text_part(root)
    own = cut(text_of(data, root, most))
    if machine := _machine_part(root):
        return Route(_both(cut(decode(_octets(data, machine, most), "")), own))
    if own.has_secret:
        return Route(own)
    if text is not None and (route := _by_hprim([_text_source(data, text, most)])):
        return route
    files = [] if own.found else [leaf for leaf in leaves if _may_be_hprim(leaf, text)]
    if route := _by_hprim([_source(data, leaf) for leaf in files]):
        return route._replace(cut=msgspec.structs.replace(route.cut, letter=own.letter))
    return None if text is None else Route(own)


def _by_hprim(sources: Sequence[HprimSource]) -> Route | None:
    """Return the route that HPRIM texts give, all of them together; None if none is one."""
    read = [(source, messages(source.data, source.charset)) for source in sources]
    found = [(source, message) for source, all_of in read for message in all_of]
    if not found:
        return None
    every = tuple(message for _, message in found)
    fullest = next((each for each in every if each.nir), every[0])
    says = Cut(fullest.header, code="", found=True, letter=True)
    pieces = (
        () if one_patient(every) else [_piece(at, *each) for at, each in enumerate(found, 1)]
    )
    files = (source.leaf for source, all_of in read if all_of and source.leaf)
    return Route(says, tuple(pieces), tuple(files))


def _piece(at: int, source: HprimSource, message: HprimMessage) -> HprimPiece:
    named = source.leaf.filename if source.leaf else ""
    path = PurePosixPath(named or "message.hpr")
    return HprimPiece(
        header=message.header,
        name=f"{path.stem[:100]}-{at:02}{path.suffix}",
        data=source.data[message.start : message.end],
    )


def _machine_part(root: Part) -> Part | None:
    """Return the entity's first leaf if it is a routing header for machines."""
    leaf = next((part for part in walk(root) if not part.children), root)
    return leaf if leaf.media_type == ROUTING_TYPE else None


def _both(machine: Cut, own: Cut) -> Cut:
    """Return the machine part's header; what the text has of secrets counts as well."""
    return msgspec.structs.replace(
        machine,
        code=machine.code or own.code,
        attestation=machine.attestation or own.attestation,
        letter=machine.letter or own.letter,
    )


def _may_be_hprim(leaf: Part, text: Part | None) -> bool:
    return leaf is not text and leaf.filename.lower().endswith(hprim.ENDINGS)


def _source(data: bytes, leaf: Part) -> HprimSource:
    file = _octets(data, leaf, hprim.MAX_OCTETS + 1)
    return HprimSource(file, leaf.params.get("charset", ""), leaf)


def _text_source(data: bytes, text: Part, most: int) -> HprimSource:
    if text.media_type == "text/html":
        return HprimSource(text_of(data, text, most).encode(), "", text)
    return _source(data, text)


def _octets(data: bytes, leaf: Part, most: int) -> bytes:
    return first(content(data, leaf), most)
