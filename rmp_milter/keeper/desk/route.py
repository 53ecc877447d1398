"""What says whose a mail is: its own words, HPRIM, or a part for machines.

a first part ``text/x-rmp-routing``, before all else
the text, where it is an HPRIM message
attached HPRIM files, where the text has no header

Where the text has one, HPRIM files must not name another patient.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

import msgspec

from rmp_milter.calls.protocol.opening import Doubt, Standing
from rmp_milter.mail.header import hprim
from rmp_milter.mail.header.cutting import Cut, cut
from rmp_milter.mail.header.hprim import HprimMessage, messages, one_patient
from rmp_milter.mail.header.patients import names_another
from rmp_milter.mail.incoming.charsets import decode
from rmp_milter.mail.incoming.mimetree import Part, content, walk
from rmp_milter.mail.incoming.transfer import first
from rmp_milter.mail.meaning.meaning import Meaning, meaning
from rmp_milter.mail.meaning.texts import MailText
from rmp_milter.mail.meaning.whole import meaning_of_mail
from rmp_milter.mail.whose.reading import read_plain
from rmp_milter.mail.whose.words import Whose

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


class TextLimits(NamedTuple):
    """How texts are read: the octets of each that are looked at, the year they came in."""

    most: int
    this_year: int


class Route(NamedTuple):
    """What says whose the mail is; ``files`` are the parts that were read for it.

    ``pieces`` are there where the messages name several patients, or leave one unclear;
    ``letter`` is the first part of the mail's own running text, if it has any.
    """

    meaning: Meaning
    pieces: tuple[HprimPiece, ...] = ()
    files: tuple[Part, ...] = ()
    letter: Part | None = None


def route_of_text(text: str, source: HprimSource, limits: TextLimits) -> Route:
    """Return the route of a bare text: HPRIM, or its own header."""
    own = meaning(read_plain(text), limits.this_year)
    # What carries a code is never kept as it came, whatever else it looks like.
    return (_by_hprim(_messages([source])) if own.keeps_text else None) or Route(own)


def route_of_entity(
    data: bytes, root: Part, leaves: Sequence[Part], limits: TextLimits
) -> Route:
    """Return the route of an entity; ``leaves`` are its parts that are content."""
    own, text = meaning_of_mail(data, root, limits.most, limits.this_year)
    letter = next(iter(text.leaves), None)
    if machine := _machine_part(root):
        said = cut(decode(_octets(data, machine, limits.most), ""))
        return Route(_both(said, own), letter=letter)
    if not own.keeps_text:
        return Route(own, letter=letter)
    source = _text_source(data, text, limits.most)
    route = _by_hprim(_messages([source] if source else []))
    if route is None:
        files = [leaf for leaf in leaves if leaf is not letter and _may_be_hprim(leaf)]
        route = _by_files(own, [_source(data, leaf) for leaf in files], limits.this_year)
    return route._replace(letter=letter)


def _by_files(own: Meaning, sources: Sequence[HprimSource], this_year: int) -> Route:
    """Return the route that HPRIM files give where the text gives none, else the text's."""
    read = _messages(sources)
    route = _by_hprim(read)
    if route is None:
        return Route(own)
    if own.standing is not Standing.HEADER:
        return route._replace(meaning=_with_letter(route.meaning, own))
    lines = [line for _, all_of in read for each in all_of for line in each.header.splitlines()]
    if names_another(lines, own.cut.header, this_year):
        doubts = (*own.doubts, Doubt.OTHER_PATIENT)
        return Route(msgspec.structs.replace(own, doubts=doubts))
    return Route(own)


def _with_letter(said: Meaning, own: Meaning) -> Meaning:
    has_words = own.standing is not Standing.NOTHING
    return msgspec.structs.replace(
        said, cut=msgspec.structs.replace(said.cut, letter=has_words)
    )


_Messages = list[tuple[HprimSource, tuple[HprimMessage, ...]]]


def _messages(sources: Sequence[HprimSource]) -> _Messages:
    return [(source, messages(source.data, source.charset)) for source in sources]


def _by_hprim(read: _Messages) -> Route | None:
    """Return the route that HPRIM texts give, all of them together; None if none is one."""
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
    return Route(Meaning(says, Standing.HEADER), tuple(pieces), tuple(files))


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


def _both(machine: Cut, own: Meaning) -> Meaning:
    """Return the machine part's header; what the text has of secrets counts as well."""
    both = msgspec.structs.replace(
        machine,
        code=machine.code or own.cut.code,
        attestation=machine.attestation or own.cut.attestation,
        letter=machine.letter or own.cut.letter or own.standing is not Standing.NOTHING,
    )
    keeps = own.keeps_text and not both.has_secret
    return Meaning(both, Standing.HEADER, keeps_text=keeps)


def _may_be_hprim(leaf: Part) -> bool:
    return leaf.filename.lower().endswith(hprim.ENDINGS)


def _source(data: bytes, leaf: Part) -> HprimSource:
    file = _octets(data, leaf, hprim.MAX_OCTETS + 1)
    return HprimSource(file, leaf.params.get("charset", ""), leaf)


def _text_source(data: bytes, text: MailText, most: int) -> HprimSource | None:
    """Return the mail's first text, which may be an HPRIM message as a whole."""
    letter = next(iter(text.leaves), None)
    if letter is None:
        return None
    if letter.media_type == "text/html":
        words = text.readings[0].text(Whose.FOREIGN)[:most]
        return HprimSource(words.encode(), "", letter)
    return _source(data, letter)


def _octets(data: bytes, leaf: Part, most: int) -> bytes:
    return first(content(data, leaf), most)
