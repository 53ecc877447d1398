"""The leaves of a mail with what their content is and where in the mail they stand."""

import re
from collections.abc import Iterator

import msgspec

from rmp_milter.cms import CmsError, signed_content
from rmp_milter.mail.incoming import armor
from rmp_milter.mail.incoming.armor import HEAD, OctetsKind
from rmp_milter.mail.incoming.mimetree import Part, content, scan
from rmp_milter.mail.incoming.transfer import Buffer, first

_CONTROL = re.compile(rb"\s*Version:\s*1\s*", re.IGNORECASE)
_CONTROL_SIZE = 256
_ARMOR_NAMES = (".pgp", ".gpg", ".asc")
_GATEWAY_FOOTER = re.compile(r"ATT\d{1,8}\.(txt|htm|html)", re.IGNORECASE)
# How far into an attached file its armor may begin; further in it is a clear text.
_LEADING_TEXT = 2048
_MAX_SIGNATURES = 4  # opaque S/MIME signatures of one mail that are taken off


class Leaf(msgspec.Struct, frozen=True, eq=False):
    """A part without parts of its own.

    ``buffer`` is what the part's offsets lie in: the mail, or, ``unwrapped``, the content of
    an S/MIME signature in it. ``ancestors`` are the parts around it, the outermost first;
    ``wraps`` the extra layers of base64; ``is_control`` marks the ``Version: 1`` part of
    PGP/MIME and ``after_control`` the first ciphertext behind one in the same multipart;
    ``wrapped_entity`` marks a file that holds a whole PGP/MIME mail as text (GpgOL).
    """

    buffer: Buffer
    part: Part
    ancestors: tuple[Part, ...]
    kind: OctetsKind
    wraps: int
    unwrapped: bool = False
    is_control: bool = False
    after_control: bool = False
    wrapped_entity: bool = False

    @property
    def message(self) -> Part | None:
        """The outermost attached message around the leaf, or None."""
        return next(
            (part for part in self.ancestors if part.media_type == "message/rfc822"), None
        )

    @property
    def is_loose_text(self) -> bool:
        """Whether the leaf is text of the mail itself and no attached file."""
        part = self.part
        return (
            part.media_type in {"text/plain", "text/html"}
            and part.disposition != "attachment"
            and (not part.filename or self._is_body_by_name)
        )

    @property
    def _is_body_by_name(self) -> bool:
        named = self.part.filename.lower()
        return self.kind is OctetsKind.ARMORED and not named.endswith(_ARMOR_NAMES)

    @property
    def is_gateway_footer(self) -> bool:
        """Whether the name is one under which Exchange attaches the text behind a body."""
        return bool(_GATEWAY_FOOTER.fullmatch(self.part.filename))

    @property
    def signed_outside(self) -> bool:
        """Whether a signature encloses the leaf."""
        return self.unwrapped or self.within("multipart/signed")

    def octets(self) -> Iterator[bytes]:
        """Yield what the leaf holds, its transfer encoding undone."""
        return content(self.buffer, self.part)

    def shown(self) -> Iterator[bytes]:
        """Yield the same as a reader sees it, tags and extra layers of base64 undone."""
        html = self.part.media_type == "text/html"
        return armor.unwrapped(armor.shown(self.octets(), html=html), self.wraps)

    def within(self, media_type: str) -> bool:
        """Return whether a part of that type encloses the leaf."""
        return any(part.media_type == media_type for part in self.ancestors)

    @property
    def alternatives(self) -> list[Part]:
        """The multipart/alternative parts around the leaf."""
        return [part for part in self.ancestors if part.media_type == "multipart/alternative"]


def leaves_of(buffer: Buffer, root: Part) -> tuple[Leaf, ...]:
    """Return the leaves in the order of the mail, each looked at once.

    In the place of an S/MIME signature around its content stand the leaves of the content.
    Raises :class:`rmp_milter.mail.incoming.mimetree.MimeLimit` where that is beyond bounds.
    """
    return tuple(_Walk(buffer).leaves(root, ()))


class _Walk:
    """One way through a mail; what it takes out of signatures is bounded in number."""

    def __init__(self, buffer: Buffer) -> None:
        self._buffer = buffer
        self._unwrapped = False
        self._signatures = _MAX_SIGNATURES

    def leaves(self, part: Part, ancestors: tuple[Part, ...]) -> Iterator[Leaf]:
        if not part.children:
            leaf = _leaf(self._buffer, part, ancestors, unwrapped=self._unwrapped)
            yield from self._without_signature(leaf)
            return
        control = False
        for child in part.children:
            for leaf in self.leaves(child, (*ancestors, part)):
                marked = leaf
                if (
                    control
                    and leaf.part is child
                    and leaf.kind in {OctetsKind.ARMORED, OctetsKind.ENCRYPTED}
                ):
                    marked = msgspec.structs.replace(leaf, after_control=True)
                if leaf.part is child and (leaf.is_control or marked.after_control):
                    control = leaf.is_control
                yield marked

    def _without_signature(self, leaf: Leaf) -> Iterator[Leaf]:
        """Yield the leaf, or what stands inside it if it is an S/MIME signature around that."""
        if leaf.kind is not OctetsKind.CMS or not self._signatures:
            yield leaf
            return
        self._signatures -= 1
        try:
            inner = signed_content(b"".join(leaf.shown()))
        except CmsError:
            yield leaf
            return
        if inner is None:
            yield msgspec.structs.replace(leaf, kind=OctetsKind.CMS_SIGNATURE)
            return
        entity = scan(inner)
        if "content-type" not in dict(entity.fields):  # a signed file, and no mail
            yield leaf
            return
        around = self._buffer, self._unwrapped
        self._buffer, self._unwrapped = inner, True
        yield from self.leaves(entity, (*leaf.ancestors, leaf.part))
        self._buffer, self._unwrapped = around


def _leaf(buffer: Buffer, part: Part, ancestors: tuple[Part, ...], *, unwrapped: bool) -> Leaf:
    html = part.media_type == "text/html"
    head = first(armor.shown(content(buffer, part), html=html), HEAD)
    kind, wraps = armor.kind_of(head)
    leading = armor.leading_text(head) if kind is OctetsKind.ARMORED and not wraps else b""
    leaf = Leaf(
        buffer=buffer,
        part=part,
        ancestors=ancestors,
        kind=kind,
        wraps=wraps,
        unwrapped=unwrapped,
        is_control=len(head) < _CONTROL_SIZE and bool(_CONTROL.fullmatch(head)),
        wrapped_entity=b"multipart/encrypted" in leading.lower(),
    )
    looked = _second_look(leaf, leading)
    return leaf if looked is kind else msgspec.structs.replace(leaf, kind=looked)


def _second_look(leaf: Leaf, leading: bytes) -> OctetsKind:
    """Search the whole of a text for armor, and take armor deep in a file for a quotation."""
    if (
        leaf.kind is OctetsKind.ARMORED
        and len(leading) > _LEADING_TEXT
        and not leaf.is_loose_text
    ):
        return OctetsKind.OTHER
    if leaf.kind is OctetsKind.OTHER and leaf.is_loose_text:
        return OctetsKind.ARMORED if armor.count_blocks(leaf.shown(), 1) else OctetsKind.OTHER
    return leaf.kind
