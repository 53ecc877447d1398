"""Answers as mail: from a letter and its enclosures to complete outgoing mails.

Like the handlers, a generator without I/O: it yields what is to be sealed (signed by the
service, encrypted to the reader) and is sent the sealed bytes. The forms and what real
clients do with them are in docs/formats.md, Replies. Nothing of a patient and no word of
a user stands in a header or a file name outside the encryption.
"""

from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from pathlib import PurePosixPath

import msgspec

from rmp_milter.dossier.model import BodySlice, Container, OutgoingMail, ReplyForm, Slice
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.attachment import attached
from rmp_milter.mail.outgoing.encode import armored, armored_key, encoded_size
from rmp_milter.mail.outgoing.letter import Attachment, Enclosure, HeaderFile, Letter
from rmp_milter.mail.outgoing.parts import KEYS_NAME, Pieces, data_part, file_part, keys_part
from rmp_milter.mail.outgoing.wording import bare_name
from rmp_milter.mail.outgoing.wrapping import (
    Frame,
    PlaceInAnswer,
    files_entity,
    index_entity,
    later,
    mixed_mail,
    pgp_mime_mail,
    text_entity,
)


class SealPieces(msgspec.Struct, frozen=True):
    """Ask for ``pieces`` to be signed and encrypted to the reader; bytes are sent back.

    A ``held_code`` is written in place of each mark (:data:`rmp_milter.calls.protocol.CODE_MARK`).
    """

    pieces: Pieces
    held_code: bytes = b""


Sealing = Generator[SealPieces, bytes, tuple[OutgoingMail, ...]]


def build(letter: Letter, frame: Frame) -> Sealing:
    """Return the mails of an answer, the one with the index or the plain words first."""
    if frame.reader.reply_form is ReplyForm.PARTITIONED:
        return (yield from _partitioned(letter, frame))
    return (yield from _separate(letter, frame))


def _separate(letter: Letter, frame: Frame) -> Sealing:
    """PGP/MIME: the index, then each entry as a mail of its own, the résumé before all.

    A body that is a MIME entity travels as it came in, behind the reader's key packet;
    bare files go as attachments of a sealed mail (a client opens them one by one).
    """
    groups = _groups(letter.enclosures, frame.answer_bytes)
    words = letter.text
    if groups:
        words += "\n" + text("index-mails", frame.language, count=str(len(groups))) + "\n"
    beside = _headers_beside(letter, groups)
    in_index = [each for each in letter.headers if each.number not in beside]
    index = _index(letter, words, in_index, frame)
    sealed = yield SealPieces((Slice(index),), letter.held_code)
    mails = [pgp_mime_mail((Slice(armored(sealed)),), frame)]
    labels = _labels(groups, letter.last)
    for number, (group, label) in enumerate(zip(groups, labels, strict=True), 2):
        place = PlaceInAnswer(number, label, mails[0].message_id)
        # With the first of an entry's mails; an entity's mail takes none.
        headers = [] if _is_entity(group[0]) else [beside.pop(group[0].number, None)]
        parts = [data_part(each.name, each.data) for each in headers if each]
        mails.append((yield from _enclosing_mail(letter, frame, place, group, parts)))
    return tuple(mails)


def _labels(groups: Sequence[Sequence[Enclosure]], last: int) -> Iterator[str]:
    """Yield what each mail is called: ``07/12``, its entry's number of the index's last one.

    An entry whose files need a second mail is ``07-2/12`` there.
    """
    mails: Counter[int] = Counter()
    for group in groups:
        number = group[0].number
        mails[number] += 1
        yield f"{numbered(number, mails[number])}/{last:02}"


def numbered(number: int, nth: int = 1) -> str:
    """Return an entry's number as mails and files bear it; ``nth`` of several of one kind."""
    return f"{number:02}" if nth == 1 else f"{number:02}-{nth}"


def _headers_beside(
    letter: Letter, groups: Sequence[Sequence[Enclosure]]
) -> dict[int, HeaderFile]:
    """Return, by entry, the headers that go where the entry's files go.

    An entity's mail is its author's and takes nothing: its header goes beside the index.
    """
    bare = {group[0].number for group in groups if not _is_entity(group[0])}
    return {each.number: each for each in letter.headers if each.number in bare}


def _is_entity(each: Enclosure) -> bool:
    return each.document.container is Container.ENTITY


def _index(letter: Letter, words: str, headers: Sequence[HeaderFile], frame: Frame) -> bytes:
    parts = [attached(file) for file in letter.files]
    if letter.certificates:
        words += "\n" + text("index-keys", frame.language, name=KEYS_NAME) + "\n"
        parts.append(keys_part(armored_key(b"".join(letter.certificates))))
    if letter.headers:
        words += "\n" + text("index-hprim", frame.language) + "\n"
        parts += [data_part(each.name, each.data) for each in headers]
    if not parts:
        return text_entity(letter.subject, words, frame)
    return index_entity(letter.subject, words, parts, frame)


def _enclosing_mail(
    letter: Letter,
    frame: Frame,
    place: PlaceInAnswer,
    group: Sequence[Enclosure],
    parts: Sequence[bytes],
) -> Generator[SealPieces, bytes, OutgoingMail]:
    first = group[0]
    if _is_entity(first):
        body = BodySlice(first.packets, first.document.document_id, armor=True)
        return pgp_mime_mail((body,), frame, place)
    title = first.entry.document_type
    words = text("enclosed", frame.language, number=place.label, title=title)
    files = tuple((real_name(each), each) for each in group)
    dated = later(frame, place)
    sealed = yield SealPieces(files_entity(letter.subject, words, files, dated, parts))
    return pgp_mime_mail((Slice(armored(sealed)),), frame, place)


def _groups(enclosures: Sequence[Enclosure], limit: int) -> list[list[Enclosure]]:
    """Part the enclosures into mails: an entity alone, an entry's bare files together.

    Files of one entry are spread over several mails where they exceed ``limit`` bytes; a
    single one that is larger still goes alone, since a body is never cut.
    """
    groups: list[list[Enclosure]] = []
    room = 0
    for each in (each for each in enclosures if each.packets):
        size = _attached_size(each)
        if not (not _is_entity(each) and groups and _joins(groups[-1], each) and size <= room):
            groups.append([])
            room = limit
        groups[-1].append(each)
        room -= size
    return groups


def _attached_size(each: Enclosure) -> int:
    piece = BodySlice(each.packets, each.document.document_id, armor=False)
    return encoded_size(piece, each.document.size)


def _joins(group: Sequence[Enclosure], each: Enclosure) -> bool:
    last = group[-1]
    return not _is_entity(last) and last.number == each.number


def _partitioned(letter: Letter, frame: Frame) -> Sealing:
    """Inline armor and ``.pgp`` files, for Eudora and old plug-ins.

    File names are neutral since they are not encrypted here; the index in the first mail
    tells which is which.
    """
    sent = [each for each in letter.enclosures if each.packets]
    named = list(zip(neutral_names(sent), sent, strict=True))
    made = [(_file_name(place, file), file) for place, file in enumerate(letter.files, 1)]
    lines = [f"  {name} : {file.name}" for name, file in made]
    lines += [_name_line(name, each) for name, each in named]
    words = letter.text + ("\n" + "\n".join(lines) + "\n" if lines else "")
    if letter.headers:
        words += "\n" + text("index-hprim", frame.language) + "\n"
    files = [file_part(name, each) for name, each in named]
    files = yield from _with_headers(letter.headers, files, sent)
    batches = _batches(files, sent, frame)
    batches[0] = (*(yield from _sealed_files(made, letter.held_code)), *batches[0])
    mails: list[OutgoingMail] = []
    for index, batch in enumerate(batches, 1):
        place = None
        if len(batches) > 1:
            facts = {"index": str(index), "count": str(len(batches))}
            label = text("part", frame.language, **facts)
            place = PlaceInAnswer(index, label, mails[0].message_id if mails else "")
            words += text("numbered", frame.language, **facts)
        sealed = yield SealPieces(
            (Slice(words.encode()),), letter.held_code if index == 1 else b""
        )
        mails.append(mixed_mail(armored(sealed), batch, frame, place))
        words = ""
    return tuple(mails)


def _sealed_files(
    made: Sequence[tuple[str, Attachment]], held_code: bytes
) -> Generator[SealPieces, bytes, list[Slice]]:
    parts = []
    for name, file in made:
        sealed = yield SealPieces((Slice(file.data),), held_code)
        parts.append(Slice(data_part(name, sealed)))
    return parts


def _file_name(place: int, file: Attachment) -> str:
    return f"document-{place:02}{PurePosixPath(file.name).suffix}.pgp"


def _with_headers(
    headers: Sequence[HeaderFile], files: Sequence[Pieces], sent: Sequence[Enclosure]
) -> Generator[SealPieces, bytes, list[Pieces]]:
    """Put each header, encrypted by itself, in front of its entry's first file."""
    ahead = {each.number: each for each in headers}
    found = []
    for pieces, each in zip(files, sent, strict=True):
        header = ahead.pop(each.number, None)
        if header is None:
            found.append(pieces)
            continue
        sealed = yield SealPieces((Slice(header.data),))
        found.append((Slice(data_part(f"{header.name}.pgp", sealed)), *pieces))
    return found


def _name_line(name: str, each: Enclosure) -> str:
    titles = [bare_name(part.name) for part in each.document.parts if part.name]
    return f"  {name} : {', '.join([each.entry.document_type, *titles])}"


def neutral_names(sent: Sequence[Enclosure]) -> list[str]:
    """Return file names that say nothing of the patient: kind, entry's number, type only."""
    kinds: Counter[tuple[int, Container]] = Counter()
    names = []
    for each in sent:
        kind = each.number, each.document.container
        kinds[kind] += 1
        names.append(_neutral_name(each, numbered(each.number, kinds[kind])))
    return names


def _neutral_name(each: Enclosure, number: str) -> str:
    if each.document.container is Container.ENTITY:
        return f"entree-{number}.eml.pgp"
    if each.document.container is Container.TEXT:
        return f"lettre-{number}.txt.pgp"
    names = [bare_name(part.name) for part in each.document.parts if part.name]
    ending = PurePosixPath(names[0]).suffix.lower() if names else ""
    safe = ending if ending[1:].isascii() and ending[1:].isalnum() and len(ending) <= 6 else ""  # noqa: PLR2004 -- a dot and five letters
    return f"document-{number}{safe}.pgp"


def _batches(files: Sequence[Pieces], sent: Sequence[Enclosure], frame: Frame) -> list[Pieces]:
    """Part the files into mails of at most ``answer_bytes``; the first holds the index."""
    batches: list[list[Slice | BodySlice]] = [[]]
    room = frame.answer_bytes
    for pieces, each in zip(files, sent, strict=True):
        size = sum(encoded_size(piece, each.document.size) for piece in pieces)
        if size > room and batches[-1]:
            batches.append([])
            room = frame.answer_bytes
        batches[-1] += pieces
        room -= size
    return [tuple(batch) for batch in batches]


def real_name(each: Enclosure) -> str:
    """Return a bare file's own name, for use inside the encryption only."""
    names = [part.name for part in each.document.parts if part.name]
    neutral = _neutral_name(each, numbered(each.number))
    name = bare_name(names[0]) if names else PurePosixPath(neutral).stem
    return f"{name}.pgp"
