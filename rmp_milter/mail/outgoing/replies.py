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

from rmp_milter.credentials import CertificateKind, kind_of
from rmp_milter.dossier.model import BodySlice, Container, OutgoingMail, ReplyForm, Slice
from rmp_milter.mail.catalogue.inert import inert
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.attachment import attached
from rmp_milter.mail.outgoing.encode import UnsoundBodyError, armored, armored_key
from rmp_milter.mail.outgoing.letter import Attachment, Enclosure, HeaderFile, Letter
from rmp_milter.mail.outgoing.loads import is_entity, loads
from rmp_milter.mail.outgoing.narrow import ready
from rmp_milter.mail.outgoing.parts import KEYS_NAME, Pieces, data_part, file_part, keys_part
from rmp_milter.mail.outgoing.wording import bare_name, ranges
from rmp_milter.mail.outgoing.wrapping import (
    Frame,
    PlaceInAnswer,
    files_entity,
    index_entity,
    later,
    mixed_mail,
    own_mail,
    protected_head,
    sealed_pieces,
    stapled_mail,
    stored_pieces,
    text_entity,
)


class SealPieces(msgspec.Struct, frozen=True):
    """Ask for ``pieces`` to be signed and encrypted to the reader; bytes are sent back.

    A ``held_code`` is written in place of each mark (:data:`.CODE_MARK`).
    """

    pieces: Pieces
    held_code: bytes = b""


class SealAnew(msgspec.Struct, frozen=True):
    """Ask for a document to be opened and sealed anew for the reader; bytes are sent back.

    ``head`` are the header lines of the entity that it becomes.
    """

    enclosure: Enclosure
    head: bytes
    original: bool = False


Order = SealPieces | SealAnew
Sealing = Generator[Order, bytes, tuple[OutgoingMail, ...]]
"""Yields what is to be sealed, and is sent the sealed bytes.

:class:`UnsoundBodyError` is thrown in where a stored body is none to seal; then the reader is told
so in its place, and all the rest goes its way.
"""


def build(letter: Letter, frame: Frame) -> Sealing:
    """Return the mails of an answer, the one with the index or the plain words first."""
    letter = msgspec.structs.replace(letter, text=ready(letter.text, frame.service))
    if frame.form is ReplyForm.PARTITIONED:
        return (yield from _partitioned(letter, frame))
    return (yield from _mails(letter, frame))


def _mails(letter: Letter, frame: Frame) -> Sealing:
    """PGP/MIME or S/MIME: the index, then the documents in mails behind it, the résumé first.

    A body that is a MIME entity travels as it came in, behind the reader's key packet, or
    translated; bare files go as attachments of a sealed mail (a client opens them one by one).
    """
    parted = loads(letter.enclosures, frame.room)
    words = letter.text + _of_mails(parted, frame)
    beside = _headers_beside(letter, parted)
    in_index = [each for each in letter.headers if each.number not in beside]
    index = _index(letter, words, in_index, frame)
    sealed = yield SealPieces((Slice(index),), letter.held_code)
    mails = [own_mail(sealed_pieces(sealed, frame), frame)]
    labels = _labels(parted, letter.last, frame.language)
    for number, (load, label) in enumerate(zip(parted, labels, strict=True), 2):
        place = PlaceInAnswer(number, label, mails[0].message_id)
        if _is_stapled(load):
            mails.append((yield from _stapled(letter, frame, place, load)))
        elif is_entity(load[0]):
            pieces = yield from _message(letter, frame, place, load[0])
            mails.append(own_mail(pieces, frame, place))
        else:
            # With the first of an entry's mails; an entity's mail takes none.
            headers = [beside.pop(each.number, None) for each in load]
            parts = [data_part(each.name, each.data) for each in headers if each]
            mails.append((yield from _files_mail(letter.subject, frame, place, load, parts)))
    return tuple(mails)


def _of_mails(parted: Sequence[Sequence[Enclosure]], frame: Frame) -> str:
    """Return what the index says of the mails behind it, such as their readers see them."""
    if not parted:
        return ""
    language = frame.language
    words = "\n" + text("index-mails", language, count=str(len(parted))) + "\n"
    if not all(each.is_translated for load in parted for each in load):
        authors = "index-authors-smime" if frame.is_smime else "index-authors"
        words += text(authors, language) + "\n"
    if any(_is_stapled(load) for load in parted):
        words += text("index-stapled", language) + "\n"
    return words


def _labels(
    parted: Sequence[Sequence[Enclosure]], last: int, language: Language
) -> Iterator[str]:
    """Yield what each mail is called: ``07/12``, its entry's number of the index's last one.

    An entry whose files need a second mail is ``07-2/12`` there; one that holds several
    entries says which.
    """
    mails: Counter[int] = Counter()
    for load in parted:
        numbers = {each.number for each in load}
        if len(numbers) > 1:
            yield text("documents", language, numbers=ranges(numbers, language))
            continue
        (number,) = numbers
        mails[number] += 1
        yield f"{numbered(number, mails[number])}/{last:02}"


def numbered(number: int, nth: int = 1) -> str:
    """Return an entry's number as mails and files bear it; ``nth`` of several of one kind."""
    return f"{number:02}" if nth == 1 else f"{number:02}-{nth}"


def _headers_beside(
    letter: Letter, parted: Sequence[Sequence[Enclosure]]
) -> dict[int, HeaderFile]:
    """Return, by entry, the headers that go where the entry's files go.

    An entity's mail is its author's and takes nothing: its header goes beside the index.
    """
    bare = {each.number for load in parted for each in load if not is_entity(each)}
    return {each.number: each for each in letter.headers if each.number in bare}


def _index(letter: Letter, words: str, headers: Sequence[HeaderFile], frame: Frame) -> bytes:
    parts = [attached(file) for file in letter.files]
    if keys := _keys(letter, frame):
        words += "\n" + text("index-keys", frame.language, name=KEYS_NAME) + "\n"
        parts.append(keys_part(armored_key(b"".join(keys))))
    if letter.headers:
        words += "\n" + text("index-hprim", frame.language) + "\n"
        parts += [data_part(each.name, each.data) for each in headers]
    if not parts:
        return text_entity(letter.subject, words, frame)
    return index_entity(letter.subject, words, parts, frame)


def _keys(letter: Letter, frame: Frame) -> list[bytes]:
    """Return the authors' OpenPGP certificates; those of S/MIME stand in the signatures."""
    if frame.is_smime:
        return []
    return [each for each in letter.certificates if kind_of(each) is CertificateKind.OPENPGP]


def _is_stapled(load: Sequence[Enclosure]) -> bool:
    return len(load) > 1 and is_entity(load[0])


def _message(
    letter: Letter, frame: Frame, place: PlaceInAnswer, each: Enclosure
) -> Generator[Order, bytes, Pieces]:
    """Return a document as a message of its own: as its author sealed it, or translated."""
    if not each.is_translated:
        return stored_pieces(each)
    dated = later(frame, place)
    try:
        head = protected_head(letter.subject, dated)
        sealed = yield SealAnew(each, head, letter.originals)
    except UnsoundBodyError:
        entity = text_entity(letter.subject, _unsound(each, frame), dated)
        sealed = yield SealPieces((Slice(entity),))
    return sealed_pieces(sealed, frame)


def _unsound(each: Enclosure, frame: Frame) -> str:
    """Return what a reader is told of a document that is not what was stored."""
    return text("unsound-document", frame.language, number=numbered(each.number))


def _stapled(
    letter: Letter, frame: Frame, place: PlaceInAnswer, load: Sequence[Enclosure]
) -> Generator[Order, bytes, OutgoingMail]:
    # Thunderbird has a button that opens all, but for OpenPGP alone.
    stapled = "stapled-smime" if frame.is_smime else "stapled"
    words = text(stapled, frame.language, numbers=place.label)
    documents: list[tuple[int, Pieces]] = []
    for each in load:
        pieces = yield from _message(letter, frame, place, each)
        documents.append((each.number, pieces))
    return stapled_mail(words, documents, frame, place)


def _files_mail(
    subject: str,
    frame: Frame,
    place: PlaceInAnswer,
    load: Sequence[Enclosure],
    parts: Sequence[bytes],
) -> Generator[Order, bytes, OutgoingMail]:
    """Bare files, of one entry or of several; then each name begins with its number."""
    if len({each.number for each in load}) == 1:
        title = load[0].entry.document_type
        words = text("enclosed", frame.language, number=place.label, title=title)
        files = [(real_name(each), each) for each in load]
    else:
        words = text("enclosed-several", frame.language, numbers=place.label)
        files = [(real_name(each, among_others=True), each) for each in load]
    sealed = yield from _sealed_entity(subject, words, files, later(frame, place), parts)
    return own_mail(sealed_pieces(sealed, frame), frame, place)


def _sealed_entity(
    subject: str,
    words: str,
    files: Sequence[tuple[str, Enclosure]],
    frame: Frame,
    parts: Sequence[bytes],
) -> Generator[Order, bytes, bytes]:
    """Seal words and files; in the place of each that is unsound some words more."""
    while True:
        try:
            return (yield SealPieces(files_entity(subject, words, files, frame, parts)))
        except UnsoundBodyError as error:
            lost = [each for _, each in files if each.document.document_id == error.document_id]
            if not lost:
                raise
            words += "\n" + "\n".join(_unsound(each, frame) for each in lost)
            files = [each for each in files if each[1] not in lost]


def _partitioned(letter: Letter, frame: Frame) -> Sealing:
    """Inline armor and ``.pgp`` files, for Eudora and old plug-ins.

    File names are neutral since they are not encrypted here; the index in the first mail
    tells which is which.
    """
    parted = loads(letter.enclosures, frame.room)
    sent = [each for load in parted for each in load]
    names = neutral_names(sent)
    made = [(_file_name(place, file), file) for place, file in enumerate(letter.files, 1)]
    lines = [f"  {name} — {file.name}" for name, file in made]
    lines += [_name_line(name, each) for name, each in zip(names, sent, strict=True)]
    words = letter.text + ("\n" + "\n".join(lines) + "\n" if lines else "")
    if lines:
        words += "\n" + text("partitioned-open", frame.language) + "\n"
    if letter.headers:
        words += "\n" + text("index-hprim", frame.language) + "\n"
    batches = yield from _files(letter, frame, parted or [[]], iter(names))
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


def _files(
    letter: Letter,
    frame: Frame,
    parted: Sequence[Sequence[Enclosure]],
    names: Iterator[str],
) -> Generator[Order, bytes, list[Pieces]]:
    """Return the files of each mail: in front of an entry's first one its header, if any.

    A header is encrypted by itself; ``names`` has one for each file.
    """
    ahead = {each.number: each for each in letter.headers}
    batches: list[Pieces] = []
    for load in parted:
        pieces: list[Slice | BodySlice] = []
        for each in load:
            if header := ahead.pop(each.number, None):
                sealed = yield SealPieces((Slice(header.data),))
                pieces.append(Slice(data_part(f"{header.name}.pgp", sealed)))
            if each.is_translated:
                try:
                    head = protected_head(letter.subject, frame)
                    sealed = yield SealAnew(each, head, letter.originals)
                except UnsoundBodyError:
                    sealed = yield SealPieces((Slice(_unsound(each, frame).encode()),))
                pieces.append(Slice(data_part(next(names), sealed)))
            else:
                pieces += file_part(next(names), each)
        batches.append(tuple(pieces))
    return batches


def _sealed_files(
    made: Sequence[tuple[str, Attachment]], held_code: bytes
) -> Generator[Order, bytes, list[Slice]]:
    parts = []
    for name, file in made:
        sealed = yield SealPieces((Slice(file.data),), held_code)
        parts.append(Slice(data_part(name, sealed)))
    return parts


def _file_name(place: int, file: Attachment) -> str:
    return f"document-{place:02}{PurePosixPath(file.name).suffix}.pgp"


def _name_line(name: str, each: Enclosure) -> str:
    titles = [bare_name(part.name) for part in each.document.parts if part.name]
    return f"  {name} — {inert(', '.join([each.entry.document_type, *titles]))}"


def neutral_names(sent: Sequence[Enclosure]) -> list[str]:
    """Return file names that say nothing of the patient: entry's number, kind, type only.

    The number first: in a folder that all were saved to, an entry's files stand together.
    """
    kinds: Counter[tuple[int, Container]] = Counter()
    names = []
    for each in sent:
        kind = each.number, each.document.container
        kinds[kind] += 1
        names.append(_neutral_name(each, numbered(each.number, kinds[kind])))
    return names


def _neutral_name(each: Enclosure, number: str) -> str:
    if each.is_mail:
        return f"{number}-entree.eml.pgp"
    if each.document.container is Container.TEXT:
        return f"{number}-lettre.txt.pgp"
    ending = PurePosixPath(_own_name(each)).suffix.lower()
    safe = ending if ending[1:].isascii() and ending[1:].isalnum() and len(ending) <= 6 else ""  # noqa: PLR2004 -- a dot and five letters
    return f"{number}-document{safe}.pgp"


def _own_name(each: Enclosure) -> str:
    return next((bare_name(part.name) for part in each.document.parts if part.name), "")


def real_name(each: Enclosure, *, among_others: bool = False) -> str:
    """Return a bare file's own name, for use inside the encryption only.

    ``among_others``, of other entries, it begins with its entry's number.
    """
    number, own = numbered(each.number), _own_name(each)
    if not own:
        return _neutral_name(each, number)
    return f"{number}-{own}.pgp" if among_others else f"{own}.pgp"
