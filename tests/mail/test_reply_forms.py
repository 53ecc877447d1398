"""The mails that answers become, before any key is there: shape, names, sizes."""

import base64
import email
import email.policy
from collections.abc import Sequence
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rmp_milter.dossier.answers import same_answer
from rmp_milter.dossier.model import (
    BodySlice,
    Container,
    Doctor,
    Document,
    Entry,
    Onglet,
    OutgoingMail,
    PartName,
    ReplyForm,
    Slice,
)
from rmp_milter.mail.outgoing.encode import encode
from rmp_milter.mail.outgoing.letter import Enclosure, Letter
from rmp_milter.mail.outgoing.replies import SealPieces, build
from rmp_milter.mail.outgoing.wrapping import Frame

BODY = b"\xd2stored body" * 50


def reader(form: ReplyForm) -> Doctor:
    return Doctor(
        doctor_id=b"1" * 16,
        name="Dr Paul DEMO",
        rpps="10000000001",
        mail="paul@cabinet.example",
        profession="médecin",
        certificate=b"",
        fingerprint="",
        key_ids=(),
        reply_form=form,
    )


def frame(form: ReplyForm, *, answer_bytes: int = 10_000_000, in_reply_to: str = "") -> Frame:
    tokens = iter(f"{number:032x}" for number in range(1000))
    return Frame(
        service="rmp@rmp.example",
        service_name="Résumé médical partagé",
        reader=reader(form),
        at=1_780_000_000,
        in_reply_to=in_reply_to,
        language="fr",
        answer_bytes=answer_bytes,
        new_token=lambda: next(tokens),
    )


def enclosure(
    number: int,
    container: Container,
    name: str = "",
    size: int = len(BODY),
    packets: bytes = b"P",
) -> Enclosure:
    document = Document(
        document_id=bytes([number]) * 16,
        container=container,
        digest=b"",
        size=size,
        sealed_key=b"",
        parts=(PartName(name, "", size),),
    )
    title = f"Compte rendu {number} DUPONT"
    entry = Entry(1_780_000_000, b"", "Dr A", title, Onglet.DIVERS, "", (document,))
    return Enclosure(number, entry, document, packets)


def built(
    letter: Letter, with_frame: Frame
) -> tuple[tuple[OutgoingMail, ...], list[SealPieces]]:
    """Build an answer with a sealing that only marks what it was given."""
    orders: list[SealPieces] = []
    steps = build(letter, with_frame)
    try:
        order = next(steps)
        while True:
            orders.append(order)
            order = steps.send(b"SEALED")
    except StopIteration as done:
        return done.value, orders


def raw(pieces: Sequence[Slice | BodySlice]) -> bytes:
    return b"".join(chunk for piece in pieces for chunk in encode(piece, BODY))


def parsed(mail: OutgoingMail) -> EmailMessage:
    message = email.message_from_bytes(raw(mail.pieces), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


LETTER = Letter("RMP : dossier de DUPONT Jean", "Dossier de DUPONT Jean\n")


@pytest.mark.promise(number=10)
def test_an_answer_is_pgp_mime_with_a_subject_that_says_nothing() -> None:
    (mail,), (order,) = built(LETTER, frame(ReplyForm.SEPARATE))
    message = parsed(mail)
    assert message.get_content_type() == "multipart/encrypted"
    assert [part.get_content_type() for part in message.iter_parts()] == [
        "application/pgp-encrypted",
        "application/octet-stream",
    ]
    assert message["Subject"] == "Réponse du service RMP"
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["To"] == "paul@cabinet.example"
    assert message["Message-ID"] == mail.message_id
    inner = email.message_from_bytes(raw(order.pieces), policy=email.policy.default)
    assert inner["Subject"] == LETTER.subject
    assert inner.get_content() == "Dossier de DUPONT Jean\r\n"


@given(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"))))
def test_any_subject_is_read_as_it_was_and_its_lines_are_short(subject: str) -> None:
    letter = Letter(subject, "Bonjour\n")
    _, (order,) = built(letter, frame(ReplyForm.SEPARATE))
    inner = raw(order.pieces)
    field = inner[inner.index(b"Subject:") : inner.index(b"\r\nFrom:")]
    assert field.isascii()
    assert all(len(line) <= 76 for line in field.split(b"\r\n"))  # RFC 2047, 2
    decoded = make_header(decode_header(field.partition(b": ")[2].decode()))
    assert str(decoded) == subject


@pytest.mark.promise(number=10)
def test_nothing_of_the_letter_stands_outside_the_encryption() -> None:
    files = (enclosure(1, Container.FILE, "radio DUPONT.pdf"), enclosure(2, Container.ENTITY))
    for form in ReplyForm:
        letter = Letter(LETTER.subject, LETTER.text, enclosures=files)
        mails, _ = built(letter, frame(form))
        assert not [mail for mail in mails if b"DUPONT" in raw(mail.pieces)]


def test_separate_sends_entities_as_they_came_and_files_inside_a_sealed_mail() -> None:
    files = (
        enclosure(1, Container.ENTITY),
        enclosure(2, Container.FILE, "éléctro.pdf.pgp"),
        enclosure(2, Container.TEXT),
    )
    mails, orders = built(Letter("s", "t", enclosures=files), frame(ReplyForm.SEPARATE))
    assert len(mails) == 3
    assert BodySlice(b"P", b"\x01" * 16, armor=True) in mails[1].pieces
    inner = email.message_from_bytes(raw(orders[1].pieces), policy=email.policy.default)
    assert isinstance(inner, EmailMessage)
    attachments = list(inner.iter_attachments())
    assert [each.get_filename() for each in attachments] == [
        "éléctro.pdf.pgp",
        "02-lettre.txt.pgp",
    ]
    assert attachments[0].get_content() == b"P" + BODY
    assert len({mail.message_id for mail in mails}) == 3


def test_a_document_without_key_packets_is_not_sent() -> None:
    files = (enclosure(1, Container.ENTITY, packets=b""),)
    for form in ReplyForm:
        mails, _ = built(Letter("s", "t", enclosures=files), frame(form))
        assert len(mails) == 1
        assert not [piece for piece in mails[0].pieces if isinstance(piece, BodySlice)]


def test_files_of_one_entry_are_spread_where_they_are_too_large() -> None:
    files = tuple(enclosure(1, Container.FILE, f"{n}.dcm", size=40_000) for n in range(5))
    letter = Letter("s", "t", enclosures=files)
    mails, _ = built(letter, frame(ReplyForm.SEPARATE, answer_bytes=120_000))
    assert len(mails) == 1 + 3


@pytest.mark.promise(number=10)
def test_partitioned_is_inline_armor_with_neutral_file_names() -> None:
    files = (
        enclosure(1, Container.ENTITY),
        enclosure(2, Container.FILE, "radio DUPONT.pdf.pgp"),
        enclosure(3, Container.TEXT),
        enclosure(4, Container.FILE, "x.exotic!"),
    )
    (mail,), (order,) = built(
        Letter("s", "t\n", enclosures=files), frame(ReplyForm.PARTITIONED)
    )
    message = parsed(mail)
    parts = list(message.iter_parts())
    assert parts[0].get_content().startswith("-----BEGIN PGP MESSAGE-----")
    assert [part.get_filename() for part in parts[1:]] == [
        "01-entree.eml.pgp",
        "02-document.pdf.pgp",
        "03-lettre.txt.pgp",
        "04-document.pgp",
    ]
    assert parts[2].get_content() == b"P" + BODY
    assert "02-document.pdf.pgp — Compte rendu 2 DUPONT, radio DUPONT.pdf".encode() in raw(
        order.pieces
    )


def attached(message: EmailMessage) -> list[EmailMessage]:
    """Return the mails that a mail holds."""
    found = [part for part in message.iter_attachments() if isinstance(part, EmailMessage)]
    assert {part.get_content_type() for part in found} == {"message/rfc822"}
    return [part.get_content() for part in found]


@pytest.mark.promise(number=10)
def test_grouped_holds_mails_that_are_each_encrypted_by_itself_and_say_nothing() -> None:
    files = tuple(enclosure(number, Container.ENTITY) for number in (7, 3, 12))
    letter = Letter(LETTER.subject, LETTER.text, enclosures=files)
    mails, (index,) = built(letter, frame(ReplyForm.GROUPED))
    assert len(mails) == 3
    assert parsed(mails[1]).get_content_type() == "multipart/encrypted"  # the résumé: at once
    group = parsed(mails[2])
    assert group.get_content_type() == "multipart/mixed"
    assert [each.get_filename() for each in group.iter_attachments()] == [
        "document-03.eml",
        "document-12.eml",
    ]
    inner = attached(group)
    assert [each["Subject"] for each in inner] == ["Document 03", "Document 12"]
    assert {each.get_content_type() for each in inner} == {"multipart/encrypted"}
    assert len({each["Message-ID"] for each in (*map(parsed, mails), *inner)}) == 5
    assert len({each.get_boundary() for each in (group, *inner)}) == 3
    assert [each for each in mails[2].pieces if isinstance(each, BodySlice)] == [
        BodySlice(b"P", bytes([number]) * 16, armor=True) for number in (3, 12)
    ]
    assert b"DUPONT" not in raw(mails[2].pieces)
    assert "double clic" in raw(index.pieces).decode()


def test_a_group_is_not_larger_than_its_reader_takes() -> None:
    files = tuple(enclosure(number, Container.ENTITY) for number in range(1, 20))
    letter = Letter("s", "t", enclosures=files)
    mails, _ = built(letter, frame(ReplyForm.GROUPED, answer_bytes=9_000))
    sizes = [len(raw(mail.pieces)) for mail in mails]
    # A group's own head, a few lines, is not counted.
    assert max(sizes) <= 9_000 + 1_000
    assert len(mails) == 1 + 1 + 5


def test_grouped_puts_bare_files_of_all_entries_into_one_mail_by_number() -> None:
    files = (
        enclosure(1, Container.ENTITY),
        enclosure(4, Container.FILE, "radio.pdf.pgp"),
        enclosure(5, Container.FILE, "radio.pdf.pgp"),
    )
    mails, orders = built(Letter("s", "t", enclosures=files), frame(ReplyForm.GROUPED))
    assert len(mails) == 3
    inner = email.message_from_bytes(raw(orders[1].pieces), policy=email.policy.default)
    assert isinstance(inner, EmailMessage)
    words, *attachments = inner.iter_parts()
    assert "documents 4, 5" in words.get_content()
    assert [each.get_filename() for each in attachments] == [
        "04-radio.pdf.pgp",
        "05-radio.pdf.pgp",
    ]
    assert {each.get_content_type() for each in attachments} == {"application/octet-stream"}


def test_separate_puts_together_what_would_be_too_many_mails() -> None:
    files = tuple(enclosure(number, Container.ENTITY) for number in range(1, 31))
    letter = Letter("s", "t", enclosures=files)
    mails, _ = built(letter, frame(ReplyForm.SEPARATE))
    kinds = [parsed(mail).get_content_type() for mail in mails]
    assert kinds == ["multipart/encrypted"] * 18 + ["multipart/mixed"] * 2
    assert parsed(mails[-1])["Subject"] == "Réponse du service RMP (documents 28 à 30)"


def test_partitioned_says_how_all_files_are_opened_at_once() -> None:
    letter = Letter("s", "t\n", enclosures=(enclosure(1, Container.FILE, "a.pdf"),))
    _, (order,) = built(letter, frame(ReplyForm.PARTITIONED))
    assert "Déchiffrer et vérifier" in raw(order.pieces).decode()
    _, (alone,) = built(Letter("s", "t\n"), frame(ReplyForm.PARTITIONED))
    assert "Déchiffrer" not in raw(alone.pieces).decode()


@pytest.mark.parametrize("form", ReplyForm)
@pytest.mark.parametrize("reply", [True, False])
def test_answering_machines_are_kept_quiet_and_bounces_are_not(
    form: ReplyForm,
    reply: bool,  # noqa: FBT001 -- pytest names it
) -> None:
    files = (enclosure(1, Container.ENTITY), enclosure(2, Container.ENTITY))
    mails, _ = built(Letter("s", "t", enclosures=files), replace(frame(form), reply=reply))
    for mail in mails:
        message = parsed(mail)
        assert message["Auto-Submitted"] == ("auto-replied" if reply else "auto-generated")
        suppressed = message["X-Auto-Response-Suppress"].split(", ")
        assert suppressed == ["DR", "RN", "NRN", "OOF", "AutoReply"]


def test_partitioned_is_split_and_its_first_mail_has_the_whole_index() -> None:
    files = tuple(enclosure(n, Container.FILE, "a.pdf", size=60_000) for n in range(1, 6))
    letter = Letter("s", "t", enclosures=files)
    mails, orders = built(letter, frame(ReplyForm.PARTITIONED, answer_bytes=200_000))
    assert len(mails) == 3
    assert raw(orders[0].pieces).count(b"-document.pdf.pgp ") == 5
    assert [raw(order.pieces).splitlines()[-1] for order in orders] == [
        b"Partie %d sur 3." % number for number in (1, 2, 3)
    ]


def test_documents_are_numbered_and_stand_behind_their_index_in_the_thread() -> None:
    files = (enclosure(11, Container.ENTITY), enclosure(7, Container.FILE, "a.pdf.pgp"))
    letter = Letter("s", "t", enclosures=files, last=12)
    mails, orders = built(letter, frame(ReplyForm.SEPARATE, in_reply_to="<a@b.example>"))
    index, *documents = map(parsed, mails)
    assert index["Subject"] == "Réponse du service RMP"
    assert index["In-Reply-To"] == "<a@b.example>"
    for number, document in zip(("11", "07"), documents, strict=True):
        assert document["Subject"] == f"Réponse du service RMP ({number}/12)"
        assert document["In-Reply-To"] == index["Message-ID"]
        assert document["References"] == f"<a@b.example> {index['Message-ID']}"
    assert "dans 2 message(s)" in raw(orders[0].pieces).decode()
    assert "Document 07/12, « " in raw(orders[1].pieces).decode()


def test_mails_of_one_answer_are_dated_a_second_apart_in_their_order() -> None:
    """Thunderbird and mutt sort by the date in the header: the index, then as it lists."""
    files = tuple(enclosure(n, Container.FILE, "a.pdf", size=60_000) for n in (12, 3, 7, 1))
    letter = Letter("s", "t", enclosures=files, last=12)
    for form in ReplyForm:
        mails, orders = built(letter, frame(form, answer_bytes=100_000))
        dates = [parsedate_to_datetime(str(parsed(mail)["Date"])) for mail in mails]
        steps = [(after - before).total_seconds() for before, after in pairwise(dates)]
        assert dates[0].timestamp() == 1_780_000_000
        assert len(steps) >= 3
        assert set(steps) == {1.0}
        if form is ReplyForm.SEPARATE:  # the dates under the encryption are the same
            inner = [email.message_from_bytes(raw(each.pieces)) for each in orders]
            assert [each["Date"] for each in inner] == [parsed(mail)["Date"] for mail in mails]


def test_mails_of_one_answer_are_known_by_their_message_ids() -> None:
    files = tuple(enclosure(n, Container.ENTITY) for n in (3, 2, 1))
    letter = Letter("s", "t", enclosures=files)
    with_frame = frame(ReplyForm.SEPARATE)
    mails, _ = built(letter, with_frame)
    other, _ = built(letter, with_frame)
    ids = [mail.message_id for mail in mails]
    assert [each.partition("@")[0][-2:] for each in ids[1:]] == [".2", ".3", ".4"]
    assert all(same_answer(ids[0], each) for each in ids)
    assert not any(same_answer(ids[0], each.message_id) for each in other)
    assert len({*ids, *(each.message_id for each in other)}) == 8


def test_one_number_in_subject_and_file_name_whatever_an_entry_holds() -> None:
    files = (
        enclosure(7, Container.TEXT),
        enclosure(7, Container.FILE, "radio.pdf"),
        enclosure(7, Container.FILE, "bilan.pdf"),
        enclosure(3, Container.ENTITY),
    )
    letter = Letter("s", "t\n", enclosures=files, last=12)
    (mail,), _ = built(letter, frame(ReplyForm.PARTITIONED))
    assert [part.get_filename() for part in parsed(mail).iter_attachments()] == [
        "07-lettre.txt.pgp",
        "07-document.pdf.pgp",
        "07-2-document.pdf.pgp",
        "03-entree.eml.pgp",
    ]
    mails, _ = built(letter, frame(ReplyForm.SEPARATE, answer_bytes=10))
    assert [str(parsed(each)["Subject"])[23:] for each in mails] == [
        "",
        "(07/12)",
        "(07-2/12)",
        "(07-3/12)",
        "(03/12)",
    ]


def test_a_split_partitioned_answer_is_numbered_like_its_text() -> None:
    files = tuple(enclosure(n, Container.FILE, "a.pdf", size=60_000) for n in range(1, 6))
    letter = Letter("s", "t", enclosures=files)
    mails, _ = built(letter, frame(ReplyForm.PARTITIONED, answer_bytes=200_000))
    first, *others = map(parsed, mails)
    assert first["Subject"] == "Réponse du service RMP (partie 1 sur 3)"
    assert first["In-Reply-To"] is None
    assert [each["Subject"][23:] for each in others] == [
        "(partie 2 sur 3)",
        "(partie 3 sur 3)",
    ]
    assert {each["In-Reply-To"] for each in others} == {first["Message-ID"]}


def test_certificates_go_with_the_index_as_one_attachment() -> None:
    letter = Letter("s", "t", certificates=(b"\x99one", b"\x99two"))
    _, (order,) = built(letter, frame(ReplyForm.SEPARATE))
    inner = email.message_from_bytes(raw(order.pieces), policy=email.policy.default)
    assert isinstance(inner, EmailMessage)
    words, keys = inner.iter_parts()
    assert "cles-des-auteurs.asc" in words.get_content()
    assert (keys.get_content_type(), keys.get_filename()) == (
        "application/pgp-keys",
        "cles-des-auteurs.asc",
    )
    lines = keys.get_content().splitlines()
    assert lines[0] == b"-----BEGIN PGP PUBLIC KEY BLOCK-----"
    assert lines[-1] == b"-----END PGP PUBLIC KEY BLOCK-----"
    assert base64.b64decode(lines[2]) == b"\x99one\x99two"


def test_the_askers_message_id_is_answered() -> None:
    (mail,), _ = built(LETTER, frame(ReplyForm.SEPARATE, in_reply_to="<a@b.example>"))
    assert parsed(mail)["In-Reply-To"] == "<a@b.example>"


def test_a_held_code_is_passed_on_to_be_written_in() -> None:
    letter = Letter("s", "code: @@CODE-PATIENT@@", held_code=b"held")
    for form in ReplyForm:
        _, orders = built(letter, frame(form))
        assert orders[0].held_code == b"held"
