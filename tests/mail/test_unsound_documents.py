"""A stored body that is not what was stored: its reader is told in its place, the rest goes."""

import email
import email.policy

import pytest
from msgspec.structs import replace
from test_reply_forms import BODY, enclosure, frame, parsed, raw

from rmp_milter.calls.protocol.releasing import TRANSLATED
from rmp_milter.dossier.model import BodySlice, Container, OutgoingMail, ReplyForm
from rmp_milter.mail.outgoing.encode import UnsoundBodyError, encode
from rmp_milter.mail.outgoing.letter import Enclosure, Letter
from rmp_milter.mail.outgoing.replies import Order, SealAnew, SealPieces, build

TOLD = "n'est pas joint"
OPENS = bytes.fromhex("3003020100")  # a RecipientInfo as far as its version
ENTITY, FILE = Container.ENTITY, Container.FILE


def answered(
    files: tuple[Enclosure, ...], form: ReplyForm, damaged: set[int]
) -> tuple[tuple[OutgoingMail, ...], list[str]]:
    """Return the mails of an answer, and what was sealed for it, some bodies being damaged."""
    sealed: list[str] = []
    steps = build(Letter("s", "t\n", enclosures=files), frame(form))

    def fulfil(order: Order) -> bytes:
        needed = [order.enclosure.document.document_id] if isinstance(order, SealAnew) else []
        if isinstance(order, SealPieces):
            bodies = [each for each in order.pieces if isinstance(each, BodySlice)]
            needed = [each.document_id for each in bodies]
        for each in needed:
            if each[0] in damaged:
                raise UnsoundBodyError(each, "is missing")
        sealed.append(raw(order.pieces).decode() if isinstance(order, SealPieces) else "ANEW")
        return b"SEALED"

    try:
        order = next(steps)
        while True:
            try:
                given = fulfil(order)
            except UnsoundBodyError as error:
                order = steps.throw(error)
            else:
                order = steps.send(given)
    except StopIteration as done:
        return done.value, sealed


@pytest.mark.parametrize("form", [ReplyForm.SEPARATE, ReplyForm.GROUPED])
def test_a_file_that_is_damaged_is_left_out_with_its_number_and_the_others_go(
    form: ReplyForm,
) -> None:
    files = tuple(enclosure(2, FILE, f"{name}.pdf.pgp") for name in "abc")
    other = replace(files[1], document=replace(files[1].document, document_id=b"\x09" * 16))
    mails, (_, sealed) = answered((files[0], other), form, {9})
    assert len(mails) == 2
    assert "Le document 02 n'est pas joint" in " ".join(sealed.split())
    inner = email.message_from_string(sealed, policy=email.policy.default)
    assert [each.get_filename() for each in inner.iter_attachments()] == ["a.pdf.pgp"]


def test_when_every_file_is_damaged_only_words_go() -> None:
    files = tuple(enclosure(number, FILE, "a.pdf.pgp") for number in (2, 3))
    _, (_, first, second) = answered(files, ReplyForm.SEPARATE, {2, 3})
    for sealed in (first, second):
        assert TOLD in sealed
        assert "a.pdf.pgp" not in sealed


@pytest.mark.parametrize("form", ReplyForm)
def test_of_what_is_translated_the_damaged_one_becomes_words_and_the_other_goes(
    form: ReplyForm,
) -> None:
    files = tuple(enclosure(each, ENTITY, packets=TRANSLATED) for each in (1, 2, 3))
    whole, all_sealed = answered(files, form, set())
    mails, sealed = answered(files, form, {2})
    assert len(mails) == len(whole)
    assert len(sealed) == len(all_sealed)
    assert sealed.count("ANEW") == 2
    (told,) = [each for each in sealed if TOLD in each]
    assert "Le document 02" in told
    assert [parsed(each).get_content_type() for each in mails] == [
        parsed(each).get_content_type() for each in whole
    ]


def test_what_no_document_is_to_blame_for_is_not_caught() -> None:
    steps = build(Letter("s", "t\n"), frame(ReplyForm.SEPARATE))
    next(steps)
    with pytest.raises(UnsoundBodyError):
        steps.throw(UnsoundBodyError(b"?" * 16, "is missing"))


@pytest.mark.parametrize("form", ReplyForm)
@pytest.mark.parametrize("container", Container)
def test_every_stored_body_that_leaves_is_held_to_its_digest(
    form: ReplyForm, container: Container
) -> None:
    files = tuple(
        enclosure(number, container, "a.pdf.pgp", packets=OPENS) for number in (1, 2, 3)
    )
    digests = [bytes([number]) * 32 for number in (1, 2, 3)]
    dated = tuple(
        replace(each, document=replace(each.document, digest=digest))
        for each, digest in zip(files, digests, strict=True)
    )
    steps = build(Letter("s", "t\n", enclosures=dated), frame(form))
    pieces = []
    try:
        order = next(steps)
        while True:
            assert isinstance(order, SealPieces)
            pieces += order.pieces
            order = steps.send(b"SEALED")
    except StopIteration as done:
        pieces += [piece for mail in done.value for piece in mail.pieces]
    bodies = [each for each in pieces if isinstance(each, BodySlice)]
    assert [each.digest for each in bodies] == digests
    for each in bodies:
        with pytest.raises(UnsoundBodyError):
            next(encode(each, BODY))
