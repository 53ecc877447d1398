"""What the main body's plaintext holds: routing header, names of parts, documents, keys."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from rmp_milter.calls.protocol.message import Why
from rmp_milter.calls.protocol.opening import Signature, Standing, Trust
from rmp_milter.dossier.model import PartName
from rmp_milter.keeper.desk.containers import entity_in_doubt, is_entity, text_in_doubt
from rmp_milter.keeper.desk.desk import CallFailed, Limits
from rmp_milter.keeper.desk.enclosed_keys import KEYS, EnclosedKeys
from rmp_milter.keeper.desk.packed import Spread, spread_out
from rmp_milter.keeper.desk.route import (
    ROUTING_TYPE,
    HprimPiece,
    HprimSource,
    Route,
    TextLimits,
    route_of_entity,
    route_of_text,
)
from rmp_milter.keeper.desk.signed_part import SignedPart, signed_part
from rmp_milter.keeper.openpgp.certificate_files import (
    MAX_FILE,
    certificates_in,
    first_of_each,
    holds_certificates,
)
from rmp_milter.keeper.openpgp.decrypt import Plain
from rmp_milter.keeper.openpgp.signatures import Content, verify
from rmp_milter.keeper.openpgp.work import Work
from rmp_milter.mail.incoming.charsets import decode_unsigned
from rmp_milter.mail.incoming.mimetree import MimeLimit, Part, content, walk
from rmp_milter.mail.meaning.meaning import Meaning, agreed, meaning
from rmp_milter.mail.meaning.texts import is_running

MAX_NAME = 200  # characters
_NOT_CONTENT = frozenset(
    {
        KEYS,
        ROUTING_TYPE,
        "application/pgp-signature",
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
    }
)


class InnerDocument(NamedTuple):
    """A document inside an entity; ``data`` yields its bytes, transfer encoding undone."""

    part: PartName
    data: Callable[[], Iterator[bytes]]


class Opening(NamedTuple):
    """What was read in a main body.

    ``parts`` name the documents and, unless it is nothing but the routing header, the text;
    ``keys`` are the certificates that came with it, binary; ``pieces`` the messages of HPRIM
    texts that name several patients, which are then not among ``documents``; ``packed`` those
    of the documents that came out of Outlook's ``winmail.dat``, to be kept beside it;
    ``is_entity`` says that it was read as a MIME entity.
    """

    meaning: Meaning
    parts: tuple[PartName, ...]
    documents: tuple[InnerDocument, ...]
    signed: tuple[tuple[Content, ...], tuple[bytes, ...]]
    keys: tuple[bytes, ...] = ()
    pieces: tuple[HprimPiece, ...] = ()
    packed: tuple[InnerDocument, ...] = ()
    is_entity: bool = False


def read_main(plain: Plain, charset: str, limits: Limits, this_year: int) -> Opening:
    """Read a main body as what its octets are; raises what the two below raise."""
    if is_entity(plain.data):
        return read_entity(plain, limits, this_year)
    return read_text(plain, charset, limits, this_year)


def read_text(plain: Plain, charset: str, limits: Limits, this_year: int) -> Opening:
    """Read a bare text; ``charset`` is the armor's. Raises ``NO_TEXT`` for other things.

    ``this_year`` is the year in which the mail came, for years of two digits.
    """
    if b"\0" in plain.data[:8192]:
        raise CallFailed(Why.NO_TEXT, "the main body is no text")
    text = decode_unsigned(plain.data[: limits.text], charset)
    part = PartName(name="", media_type="text/plain", size=len(plain.data))
    route = route_of_text(text, HprimSource(plain.data, ""), TextLimits(limits.text, this_year))
    read = text_in_doubt(plain, route.meaning, this_year)
    keys = certificates_in(plain.data[:MAX_FILE]) if holds_certificates(plain.data) else []
    parts = (part,) if read.cut.letter else ()
    signed = ((lambda: plain.data,), plain.signatures)
    return Opening(read, parts, (), signed, first_of_each(keys), route.pieces)


def read_entity(plain: Plain, limits: Limits, this_year: int) -> Opening:
    """Read a MIME entity; raises ``NO_TEXT`` without a text, ``UNREADABLE`` beyond bounds.

    ``this_year`` is the year in which the mail came, for years of two digits.
    """
    try:
        signed = signed_part(plain)
        if signed.is_apart and not is_entity(signed.data):
            return _signed_file(signed, limits, this_year)
        spread = spread_out(signed.data, signed.root, limits.text)
    except MimeLimit as error:
        raise CallFailed(Why.UNREADABLE, f"MIME structure: {error}") from None
    if sum(1 for _ in walk(spread.root)) > limits.parts:
        raise CallFailed(Why.UNREADABLE, "MIME structure: too many parts")
    enclosed = EnclosedKeys()
    found = [(leaf, enclosed.of(spread.data, leaf)) for leaf in _leaves(spread.root)]
    leaves = [leaf for leaf, keys in found if not keys and leaf.media_type not in _NOT_CONTENT]
    route = _routed(spread, leaves, TextLimits(limits.text, this_year))
    if route.meaning.standing is Standing.NOTHING and not any(map(is_running, leaves)):
        raise CallFailed(Why.NO_TEXT, "no text in the entity")
    keys = first_of_each(key for _, keys in found for key in keys)
    return _opened_entity(signed, spread, leaves, route, keys)


def _routed(spread: Spread, leaves: Sequence[Part], limits: TextLimits) -> Route:
    """Read the texts, those that Outlook packed and nobody unpacks included."""
    route = route_of_entity(spread.data, spread.root, leaves, limits)
    if not spread.unread:
        return route
    other = [meaning(words, limits.this_year) for words in spread.unread]
    return route._replace(meaning=agreed([*other, route.meaning], limits.this_year))


def _opened_entity(
    signed: SignedPart,
    spread: Spread,
    leaves: Sequence[Part],
    route: Route,
    keys: tuple[bytes, ...],
) -> Opening:
    """Name what is in an entity: its own parts, and apart those out of a ``winmail.dat``."""
    data = spread.data
    named = [
        (leaf, _part_name(data, leaf))
        for leaf in leaves
        if not is_running(leaf) or leaf is route.letter
    ]
    split = route.files if route.pieces else ()
    documents = [
        (leaf, InnerDocument(name, _reader(data, leaf)))
        for leaf, name in named
        if name.name and leaf not in split
    ]
    own = [name for leaf, name in named if not name.name or not spread.was_packed(leaf)]
    own += (_part_name(signed.data, part) for part in spread.packed)
    return Opening(
        entity_in_doubt(signed, route.meaning),
        tuple(name for name in own if name.name or route.meaning.cut.letter),
        tuple(document for _, document in documents),
        (signed.contents, signed.packets),
        keys,
        route.pieces,
        tuple(document for leaf, document in documents if spread.was_packed(leaf)),
        is_entity=True,
    )


def _signed_file(signed: SignedPart, limits: Limits, this_year: int) -> Opening:
    """Read what a detached signature is over as the text that it is: it has no MIME header."""
    opening = read_text(Plain(signed.data, "", signed.packets), "", limits, this_year)
    return opening._replace(signed=(signed.contents, signed.packets), is_entity=True)


def _leaves(part: Part) -> Iterator[Part]:
    """Yield what a reader sees as one thing; an attached message is one."""
    if part.children and part.media_type != "message/rfc822":
        for child in part.children:
            yield from _leaves(child)
    elif not part.media_type.startswith("multipart/"):
        yield part


def _part_name(data: bytes, leaf: Part) -> PartName:
    size = sum(len(piece) for piece in content(data, leaf))
    name = "" if is_running(leaf) else _name(leaf)
    return PartName(name=name, media_type=leaf.media_type[:MAX_NAME], size=size)


def _name(leaf: Part) -> str:
    """Return the file's name; what came without one is named after its type."""
    kind = leaf.media_type.rpartition("/")[2]
    ending = {"jpeg": "jpg", "rfc822": "eml", "octet-stream": "bin", "plain": "txt"}
    plain = "".join(c for c in kind if c.isalnum() or c in "-+")[:20]
    return leaf.filename[:MAX_NAME] or f"document.{ending.get(kind, plain or 'bin')}"


def _reader(data: bytes, leaf: Part) -> Callable[[], Iterator[bytes]]:
    return lambda: content(data, leaf)


def weigh(
    opening: Opening, candidates: tuple[bytes, ...], now: int, work: Work | None = None
) -> Signature:
    """Return what the signature over the main body is worth; ``work`` is the mail's.

    Raises :class:`~rmp_milter.keeper.openpgp.problem.PacketError` like :func:`verify`.
    """
    contents, packets = opening.signed
    if not packets:
        return Signature(Trust.NONE)
    return verify(contents, packets, candidates, now, work)
