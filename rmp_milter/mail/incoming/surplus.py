"""What is encrypted beside a mail's main body and may not stand there.

A PGP/MIME body holds its own files, and its author's signature covers them: what is encrypted
beside it may have been added by anybody on the way. A second text would be filed unread under
the first one's patient. Files beside an armored text are its own (partitioned mail).
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from hashlib import sha256
from typing import Protocol, TypeVar

from rmp_milter.mail.incoming import armor
from rmp_milter.mail.incoming.armor import ArmorError, OctetsKind
from rmp_milter.mail.incoming.leaves import Leaf

_COMPARED = 4  # texts that may repeat the main one, as a page does that a server made of it


class Surplus(StrEnum):
    """Why something is too much; the values are keys of the text catalogue."""

    BODY = "second-body"  # a text, a whole mail, or a second block where one is taken
    FILE = "sealed-beside"  # a file beside a body that holds its own files


class Ciphertext(Protocol):
    """One OpenPGP message found in a mail."""

    @property
    def leaf(self) -> Leaf:
        """The leaf that it stands in."""

    @property
    def block(self) -> int:
        """Its number among the armored messages of the leaf."""

    @property
    def is_entity(self) -> bool:
        """Whether it holds a whole MIME entity."""

    @property
    def is_text(self) -> bool:
        """Whether it is a text of the mail."""


CiphertextT = TypeVar("CiphertextT", bound=Ciphertext)


def surplus_of(main: Ciphertext, others: Iterable[Ciphertext]) -> Surplus | None:
    """Return what of the ``others`` may not stand beside ``main``, the gravest, or None."""
    found = {_surplus(main, other) for other in others}
    if Surplus.BODY in found or _has_second_block(main.leaf):
        return Surplus.BODY
    return Surplus.FILE if Surplus.FILE in found else None


def _surplus(main: Ciphertext, other: Ciphertext) -> Surplus | None:
    elsewhere = other.leaf.message is not main.leaf.message
    if other.is_entity or other.is_text or other.block or elsewhere:
        return Surplus.BODY
    if _has_second_block(other.leaf):
        return Surplus.BODY
    return Surplus.FILE if main.is_entity else None


def _has_second_block(leaf: Leaf) -> bool:
    """Whether armor follows armor in a part that is taken for one message.

    Those of a text are found one by one.
    """
    if leaf.kind is not OctetsKind.ARMORED or leaf.is_loose_text:
        return False
    return armor.count_blocks(leaf.shown(), 2) > 1


def without_repetitions(main: CiphertextT, others: Sequence[CiphertextT]) -> list[CiphertextT]:
    """Return the ``others`` without texts that hold the very message that ``main`` is."""
    texts = [other for other in others if other.is_text and not other.block]
    if not main.is_text or not texts or len(texts) > _COMPARED:
        return list(others)
    same = _digest(main)
    repeated = {id(other) for other in texts if same and _digest(other) == same}
    return [other for other in others if id(other) not in repeated]


def _digest(found: Ciphertext) -> bytes:
    """Return a digest of the message, empty where there is none to be had."""
    digest = sha256()
    try:
        for chunk in armor.dearmor(found.leaf.shown(), found.block):
            digest.update(chunk)
    except ArmorError:
        return b""
    return digest.digest()
