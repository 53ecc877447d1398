"""How the documents of an answer are parted into mails: alone, together, as files.

A body that is a whole MIME entity can be a mail of its own, or travel with others in one
mail, each still encrypted by itself; bare files can only be attachments. A body is never
cut, so one that is larger than a mail may be goes alone. Parting depends on sizes alone: so
it is known how many mails an answer takes before any key is asked for.
"""

from collections.abc import Iterable, Sequence

import msgspec

from rmp_milter.dossier.model import BodySlice, ReplyForm
from rmp_milter.mail.outgoing.encode import encoded_size
from rmp_milter.mail.outgoing.letter import Enclosure

TOGETHER = 10
"""Documents in one mail: as many as a client's list of attachments shows at a glance."""

_PART_BYTES = 1024  # headers and boundaries around a document in a mail
_TRANSLATED_BYTES = 16_384  # what is said in front of it, the service's certificates


class Room(msgspec.Struct, frozen=True):
    """The form in which a reader is answered, and what he is sent at once.

    ``octets`` is how large one mail may be, ``mails`` how many one request is answered
    with, the index among them.
    """

    form: ReplyForm
    octets: int
    mails: int


def is_entity(each: Enclosure) -> bool:
    """Whether what is sent is a whole MIME entity, which can be a mail of its own."""
    return each.is_mail


def loads(enclosures: Iterable[Enclosure], room: Room) -> list[list[Enclosure]]:
    """Part what can be opened by its reader into mails, in order.

    In a load of more than one document all are entities, or none is. The first entry (the
    newest résumé, where there is one) is never behind a further click. A reader who wants
    each document in a mail of its own gets as many of them so as there may be, and the
    others together; whoever cuts an answer to ``room.mails`` does it before this.
    """
    sent = [each for each in enclosures if each.packets]
    if room.form is ReplyForm.PARTITIONED:
        return _next_fit(sent, room.octets, most=len(sent))
    alone = _by_entry(sent, room.octets)
    most = room.mails - 1
    if room.form is not ReplyForm.GROUPED:
        if len(alone) <= most:
            return alone
        for kept in range(most - 1, 1, -1):
            if (len(alone) - kept) > (most - kept) * TOGETHER:
                continue  # however small they are
            found = alone[:kept] + _together(alone[kept:], room.octets)
            if len(found) <= most:
                return found
    return alone[:1] + _together(alone[1:], room.octets)


def mails_needed(enclosures: Sequence[Enclosure], room: Room) -> int:
    """Return how many mails these documents take, with the index."""
    found = len(loads(enclosures, room))
    # The index of this form stands in the first mail of documents.
    return max(1, found) if room.form is ReplyForm.PARTITIONED else 1 + found


def _by_entry(sent: Sequence[Enclosure], octets: int) -> list[list[Enclosure]]:
    """Put an entity alone, an entry's bare files together as far as they fit."""
    found: list[list[Enclosure]] = []
    left = 0
    for each in sent:
        size = _size(each)
        if not (found and _same_entry(found[-1][-1], each) and size <= left):
            found.append([])
            left = octets
        found[-1].append(each)
        left -= size
    return found


def _same_entry(last: Enclosure, each: Enclosure) -> bool:
    return not (is_entity(last) or is_entity(each)) and last.number == each.number


def _together(alone: Sequence[Sequence[Enclosure]], octets: int) -> list[list[Enclosure]]:
    """Put entities with entities, files with files; the kind that comes first goes first."""
    rest = [each for load in alone for each in load]
    kinds = dict.fromkeys(map(is_entity, rest))
    return [
        load
        for kind in kinds
        for load in _next_fit([each for each in rest if is_entity(each) is kind], octets)
    ]


def _next_fit(
    sent: Sequence[Enclosure], octets: int, most: int = TOGETHER
) -> list[list[Enclosure]]:
    found: list[list[Enclosure]] = []
    left = 0
    for each in sent:
        size = _size(each) + _PART_BYTES
        if not found or size > left or len(found[-1]) >= most:
            found.append([])
            left = octets
        found[-1].append(each)
        left -= size
    return found


def _translated_size(each: Enclosure) -> int:
    """Return how long a document is at most when it is sealed anew.

    OpenPGP packs what it encrypts, S/MIME does not: by its parts, in base64, it may be far more
    than what is stored. Signed for S/MIME it is in base64 once more.
    """
    plain = sum(part.size for part in each.document.parts)
    return _in_base64(max(each.document.size, _in_base64(plain))) + _TRANSLATED_BYTES


def _in_base64(size: int) -> int:
    return encoded_size(BodySlice(b"", b"", armor=False), size)


def _size(each: Enclosure) -> int:
    size = _translated_size(each) if each.is_translated else each.document.size
    piece = BodySlice(each.packets, each.document.document_id, armor=is_entity(each))
    return encoded_size(piece, size)
