"""In which of the shapes that clients send a mail came, and where its ciphertexts are.

The table is in docs/formats.md (Mail that is read). Content decides, not names or types: both
lie, above all behind Exchange. No key is needed here, and nothing is decrypted.
"""

from collections.abc import Iterator
from enum import IntEnum, StrEnum

import msgspec

from rmp_milter.mail.incoming import armor
from rmp_milter.mail.incoming.armor import ArmorError, OctetsKind
from rmp_milter.mail.incoming.beside import Beside, ClearWords, InClear, in_clear
from rmp_milter.mail.incoming.clear_words import says_words, words_around
from rmp_milter.mail.incoming.leaves import Leaf, leaves_of
from rmp_milter.mail.incoming.mimetree import Part, content, scan
from rmp_milter.mail.incoming.surplus import Surplus, surplus_of, without_repetitions
from rmp_milter.mail.incoming.transfer import Buffer

_MAX_BLOCKS = 16  # armored messages in one text
_MAX_PAGE_BLOCKS = 4  # in a page, which takes longer to look through
_WORDS_AROUND = 4  # texts around whose armor words are looked for
_PAYLOAD_NAMES = frozenset(
    {
        *(
            "encrypted.asc",
            "msg.asc",
            "openpgp encrypted message",
            "openpgp encrypted message.asc",
        ),
        *("openpgp-encrypted-message.asc", "gpgolpgp.dat", "gpgol_mime_structure.mime"),
    }
)
_ENVELOPE_NAMES = frozenset(
    {"", "smime.p7m"}
)  # under which programs send a mail (RFC 8551, 3.2.1)
_TWIN_NAMES = ("pgpexch.htm", "pgpexch.html", "pgpexch.rtf")  # the body once more, as HTML


class ShapeName(StrEnum):
    """The shapes."""

    PGP_MIME = "pgp-mime"
    MIXED_UP = "mixed-up"
    INLINE = "inline"
    INLINE_HTML = "inline-html"
    PARTITIONED = "partitioned"
    SMIME = "smime"
    CLEAR = "clear"


class Piece(msgspec.Struct, frozen=True):
    """One encrypted message in the mail, OpenPGP's or S/MIME's; :func:`octets_of` takes it out.

    ``name`` is the visible file name, decoded (``""`` for bodies); ``main`` marks the one
    whose text opens with the routing header; ``entity`` says that the plaintext is a MIME
    entity; ``charset`` is what the armor says of the plaintext, or ``""``. ``part``,
    ``armored``, ``wraps`` (extra layers of base64) and ``block`` (number of the armored
    message in the part) say how it is taken out.
    """

    name: str
    main: bool
    entity: bool
    charset: str
    part: Part
    armored: bool = True
    wraps: int = 0
    block: int = 0
    source: Buffer | None = None


class Shape(msgspec.Struct, frozen=True):
    """What :func:`recognise` found.

    ``pieces`` has the main one first and is empty for clear mail.
    ``clear`` is what travels unencrypted beside what is encrypted. ``signed_outside`` says
    that a signature encloses the body; ``winmail`` that Outlook packed the mail, or some of
    it, into a ``winmail.dat``; ``surplus`` what of the pieces may not stand beside the main
    one.
    """

    name: ShapeName
    pieces: tuple[Piece, ...] = ()
    clear: InClear = InClear()
    signed_outside: bool = False
    winmail: bool = False
    surplus: Surplus | None = None

    @property
    def wanted(self) -> tuple[Piece, ...]:
        """The pieces that are opened: with a surplus the main one, which may be an emergency."""
        return self.pieces[:1] if self.surplus else self.pieces

    @property
    def clear_attachments(self) -> tuple[str, ...]:
        """The names (or media types) of the documents in clear."""
        return tuple(file.name for file in self.clear.files)


class _Role(IntEnum):
    """What a ciphertext is in its mail; the smaller goes before as the main one.

    An envelope of S/MIME is always a whole mail (RFC 8551, 3.3), but beside somebody's encrypted
    text it is a file that came along: it must not keep an emergency from being read.
    """

    ENTITY = 0
    INLINE = 1
    INLINE_HTML = 2
    ENVELOPE = 3
    FILE = 4


_TEXTS = (_Role.INLINE, _Role.INLINE_HTML)
_ENTITIES = (_Role.ENTITY, _Role.ENVELOPE)


class _Found(msgspec.Struct, frozen=True):
    leaf: Leaf
    role: _Role
    block: int = 0
    charset: str = ""

    @property
    def is_entity(self) -> bool:
        return self.role in _ENTITIES

    @property
    def is_text(self) -> bool:
        return self.role in _TEXTS


def recognise(buffer: Buffer, root: Part | None = None) -> Shape:
    """Return the shape of the mail in ``buffer`` (``root`` is its scan, if already there).

    Raises :class:`rmp_milter.mail.incoming.mimetree.MimeLimit` like the scan.
    """
    leaves = leaves_of(buffer, scan(buffer) if root is None else root)
    bodiless = not any(map(_is_body, leaves))
    everything = [found for leaf in leaves for found in _ciphertexts(leaf, bodiless=bodiless)]
    if not everything:
        return _without_ciphertext(leaves)
    main, *others = sorted(_without_twins(everything), key=_rank)
    others = without_repetitions(main, others)
    kept = [main, *others]
    return Shape(
        name=_shape_name(main, kept),
        pieces=tuple(_piece(found, main=found is main) for found in kept),
        clear=_in_clear(leaves, everything, kept),
        signed_outside=main.leaf.signed_outside,
        winmail=_has_winmail(leaves),
        surplus=surplus_of(main, others),
    )


def _in_clear(
    leaves: tuple[Leaf, ...], everything: list[_Found], kept: list[_Found]
) -> InClear:
    words = ClearWords(leaves)
    beside = in_clear(leaves, [found.leaf for found in everything], words)
    return InClear(
        files=beside.files,
        dropped=tuple(dict.fromkeys([*beside.dropped, *_around(kept)])),
        text=_is_file(kept[0]) and says_words(leaves, words),
    )


def _is_file(main: _Found) -> bool:
    """Whether the main one is a file of a mail whose own text is another."""
    name = main.leaf.part.filename.lower()
    named = main.role is _Role.ENVELOPE and name not in _ENVELOPE_NAMES
    return main.role is _Role.FILE or named


def _around(kept: list[_Found]) -> Iterator[Beside]:
    """Yield what encloses the ciphertexts and is dropped with its place."""
    if any(found.leaf.unwrapped for found in kept):
        yield Beside.SIGNATURE
    texts = [found.leaf for found in kept if found.role in _TEXTS]
    if any(map(words_around, texts[:_WORDS_AROUND])):
        yield Beside.FOOTER


def octets_of(buffer: Buffer, piece: Piece) -> Iterator[bytes]:
    """Yield the piece's binary message in chunks of up to about 1 MiB.

    Raises :class:`ArmorError` where no message comes out; damage further in is left to what
    protects the message's integrity.
    """
    chunks = armor.unwrapped(_shown(buffer, piece), piece.wraps)
    if piece.armored:
        chunks = armor.dearmor(chunks, piece.block)
    empty = True
    for chunk in chunks:
        empty = empty and not chunk
        yield chunk
    if empty:
        raise ArmorError("no data")


def _shown(buffer: Buffer, piece: Piece) -> Iterator[bytes]:
    source = buffer if piece.source is None else piece.source
    return armor.shown(content(source, piece.part), html=piece.part.media_type == "text/html")


def _ciphertexts(leaf: Leaf, *, bodiless: bool) -> Iterator[_Found]:
    """Yield what is encrypted in the leaf, with its role in the mail."""
    if leaf.kind is OctetsKind.CMS_ENCRYPTED:
        yield _Found(leaf, _Role.ENVELOPE)
    if leaf.kind is OctetsKind.ENCRYPTED:
        yield _Found(leaf, _role(leaf, bodiless=bodiless))
    if leaf.kind is not OctetsKind.ARMORED:
        return
    in_text = _MAX_PAGE_BLOCKS if leaf.part.media_type == "text/html" else _MAX_BLOCKS
    most = in_text if leaf.is_loose_text else 1
    body, *others = armor.blocks_in(leaf.shown(), most) or (armor.ArmoredBlock(b"", ""),)
    if _is_encrypted(body, damaged=True):
        yield _Found(leaf, _role(leaf, bodiless=bodiless), charset=body.charset)
    for at, block in enumerate(others, 1):
        if _is_encrypted(block, damaged=False):
            yield _Found(leaf, _Role.FILE, at, block.charset)


def _is_encrypted(block: armor.ArmoredBlock, *, damaged: bool) -> bool:
    """Look into the armor: MESSAGE may also be signed or compressed only.

    ``damaged`` is the answer where the octets make no packet: the keeper will say so.
    """
    if not block.sample:
        return damaged
    kind, _ = armor.kind_of(block.sample)
    return kind is OctetsKind.ENCRYPTED or (kind is OctetsKind.OTHER and damaged)


def _role(leaf: Leaf, *, bodiless: bool) -> _Role:
    if _is_payload(leaf):
        return _Role.ENTITY
    if leaf.is_loose_text:
        return _Role.INLINE_HTML if leaf.part.media_type == "text/html" else _Role.INLINE
    # A gateway may drop the control part and leave the payload by its usual name.
    named = leaf.part.filename.lower() in _PAYLOAD_NAMES
    return _Role.ENTITY if bodiless and named else _Role.FILE


def _is_body(leaf: Leaf) -> bool:
    if leaf.kind is OctetsKind.CMS_ENCRYPTED:
        return True
    armored_text = leaf.kind is OctetsKind.ARMORED and leaf.is_loose_text
    return armored_text or (
        leaf.kind in {OctetsKind.ARMORED, OctetsKind.ENCRYPTED} and _is_payload(leaf)
    )


def _is_payload(leaf: Leaf) -> bool:
    """Return whether the leaf is the second part of a PGP/MIME mail, mixed up or not."""
    lone = leaf.part.media_type == "application/pgp-encrypted" and not leaf.part.filename
    return leaf.after_control or lone or leaf.wrapped_entity


def _without_twins(everything: list[_Found]) -> list[_Found]:
    """Leave out the HTML that says the same as an encrypted plain text."""
    plain = (found.leaf for found in everything if found.role is _Role.INLINE)
    doubled = {id(around) for leaf in plain for around in leaf.alternatives}
    bodies = any(found.role is not _Role.FILE for found in everything)
    return [found for found in everything if not _is_twin(found, doubled, bodies=bodies)]


def _is_twin(found: _Found, doubled: set[int], *, bodies: bool) -> bool:
    if found.role is _Role.INLINE_HTML:
        return any(id(around) in doubled for around in found.leaf.alternatives)
    return bodies and _is_named_twin(found.leaf)


def _is_named_twin(leaf: Leaf) -> bool:
    return leaf.part.filename.lower().startswith(_TWIN_NAMES)


def _rank(found: _Found) -> tuple[bool, int]:
    return found.leaf.message is not None, found.role


def _shape_name(main: _Found, kept: list[_Found]) -> ShapeName:
    if main.leaf.kind is OctetsKind.CMS_ENCRYPTED:
        return ShapeName.SMIME
    if main.role is _Role.ENTITY:
        enclosed = main.leaf.within("multipart/encrypted") and not main.leaf.wrapped_entity
        return ShapeName.PGP_MIME if enclosed else ShapeName.MIXED_UP
    if any(found.role is _Role.FILE and not found.block for found in kept):
        return ShapeName.PARTITIONED
    return ShapeName.INLINE if main.role is _Role.INLINE else ShapeName.INLINE_HTML


def _piece(found: _Found, *, main: bool) -> Piece:
    part, entity = found.leaf.part, found.is_entity
    armored = found.leaf.kind is OctetsKind.ARMORED
    return Piece(
        name="" if entity else part.filename,
        main=main,
        entity=entity,
        charset="" if entity else found.charset,
        part=part,
        armored=armored,
        wraps=found.leaf.wraps,
        block=found.block,
        source=found.leaf.buffer if found.leaf.unwrapped else None,
    )


def _without_ciphertext(leaves: tuple[Leaf, ...]) -> Shape:
    signed = any(
        leaf.signed_outside or leaf.kind in {OctetsKind.SIGNED_TEXT, OctetsKind.CMS}
        for leaf in leaves
    )
    return Shape(ShapeName.CLEAR, signed_outside=signed, winmail=_has_winmail(leaves))


def _has_winmail(leaves: tuple[Leaf, ...]) -> bool:
    return any(leaf.kind is OctetsKind.TNEF for leaf in leaves)
