"""The outside of S/MIME mails that the service sends, and how large its translations are."""

import base64
import email
import email.policy
from email.message import EmailMessage

import pytest
from msgspec.structs import replace
from test_reply_forms import enclosure, frame, parsed, raw

from rmp_milter.calls.protocol.releasing import TRANSLATED
from rmp_milter.cms import CmsKind, head, looks_like_cms
from rmp_milter.dossier.model import Container, OutgoingMail, PartName, ReplyForm
from rmp_milter.mail.outgoing.encode import base64_lines
from rmp_milter.mail.outgoing.letter import Enclosure, Letter
from rmp_milter.mail.outgoing.loads import Room, loads, mails_needed
from rmp_milter.mail.outgoing.replies import Order, SealAnew, build
from rmp_milter.mail.outgoing.wrapping import Frame, answered_form

OPENS = bytes.fromhex("3003020100")  # a RecipientInfo as far as its version
SEALED = {kind: head(kind, [OPENS], 300) + bytes(300) for kind in CmsKind if kind != "signed"}
TYPES = {
    CmsKind.ENVELOPED: "enveloped-data",
    CmsKind.AUTHENTICATED: "authEnveloped-data",  # RFC 8551, 3.4
}


def smime(form: ReplyForm) -> Frame:
    made = frame(form)
    return replace(made, reader=replace(made.reader, certificate=b"\x30\x82"))


def answered(
    files: tuple[Enclosure, ...], form: ReplyForm, sealed: bytes
) -> tuple[OutgoingMail, ...]:
    steps = build(Letter("s", "t\n", enclosures=files), smime(form))

    def fulfilled(order: Order) -> bytes:
        assert isinstance(order, SealAnew) or order.pieces
        return sealed

    try:
        order = next(steps)
        while True:
            order = steps.send(fulfilled(order))
    except StopIteration as done:
        mails: tuple[OutgoingMail, ...] = done.value
        return mails


def envelopes(message: EmailMessage) -> list[EmailMessage]:
    found = [
        each for each in message.walk() if each.get_content_type() == "application/pkcs7-mime"
    ]
    assert all(isinstance(each, EmailMessage) for each in found)
    return found


@pytest.mark.parametrize("kind", SEALED)
@pytest.mark.parametrize("form", ReplyForm)
def test_the_header_says_what_the_envelope_is(form: ReplyForm, kind: CmsKind) -> None:
    mails = answered((), form, SEALED[kind])
    (part,) = envelopes(parsed(mails[0]))
    assert part.get_param("smime-type") == TYPES[kind]
    assert part.get_filename() == part.get_param("name") == "smime.p7m"
    assert part["Content-Transfer-Encoding"] == "base64"
    assert part.get_payload(decode=True) == SEALED[kind]


@pytest.mark.parametrize(
    ("container", "kind"),
    [
        (Container.ENVELOPED, CmsKind.ENVELOPED),
        (Container.AUTH_ENVELOPED, CmsKind.AUTHENTICATED),
    ],
)
@pytest.mark.parametrize("form", [ReplyForm.SEPARATE, ReplyForm.GROUPED])
def test_a_stored_envelope_is_named_so_too_in_a_mail_of_its_own_or_among_others(
    form: ReplyForm, container: Container, kind: CmsKind
) -> None:
    files = tuple(enclosure(each, container, packets=OPENS) for each in (1, 2, 3))
    index, *mails = answered(files, form, SEALED[CmsKind.ENVELOPED])
    assert envelopes(parsed(index))[0].get_param("smime-type") == "enveloped-data"
    found = [each for mail in mails for each in envelopes(parsed(mail))]
    assert [each.get_param("smime-type") for each in found] == [TYPES[kind]] * 3
    for each in found:
        data = each.get_payload(decode=True)
        assert isinstance(data, bytes)
        assert looks_like_cms(data[:32]) is kind


@pytest.mark.parametrize("form", ReplyForm)
def test_no_line_of_a_header_or_of_base64_is_too_long(form: ReplyForm) -> None:
    files = tuple(
        enclosure(each, Container.AUTH_ENVELOPED, packets=OPENS) for each in range(1, 5)
    )
    for mail in answered(files, form, SEALED[CmsKind.AUTHENTICATED]):
        data = raw(mail.pieces)
        assert max(map(len, data.split(b"\r\n"))) <= 78  # RFC 5322, 2.1.1
        assert data.count(b"\r\n") == data.count(b"\n") == data.count(b"\r")


def test_a_reader_with_smime_is_never_counted_on_in_the_form_of_files() -> None:
    reader = smime(ReplyForm.PARTITIONED).reader
    assert answered_form(reader) is ReplyForm.SEPARATE
    assert answered_form(replace(reader, certificate=b"\xc6")) is ReplyForm.PARTITIONED
    assert answered_form(replace(reader, reply_form=ReplyForm.GROUPED)) is ReplyForm.GROUPED


def test_what_is_packed_in_the_store_is_counted_as_it_is_sent() -> None:
    # A text of a megabyte is stored in some kilobytes by OpenPGP, and sent whole by S/MIME.
    def packed(number: int) -> Enclosure:
        made = enclosure(number, Container.ENTITY, size=20_000, packets=TRANSLATED)
        parts = (PartName("", "text/plain", 1_000_000),)
        return replace(made, document=replace(made.document, parts=parts))

    room = Room(ReplyForm.GROUPED, 6_000_000, 20)
    found = loads([packed(number) for number in range(1, 8)], room)
    sent = len(b"".join(base64_lines([b"".join(base64_lines([bytes(1_370_000)]))])))
    assert all(len(load) * sent <= room.octets for load in found)
    assert [len(load) for load in found] == [1, 2, 2, 2]
    assert mails_needed([packed(1)], room) == 2


def test_a_sealed_slice_that_is_no_envelope_is_sent_all_the_same() -> None:
    (mail,) = answered((), ReplyForm.SEPARATE, b"x")
    message = email.message_from_bytes(raw(mail.pieces), policy=email.policy.default)
    assert message.get_param("smime-type") == "enveloped-data"
    assert base64.b64decode(message.get_payload()) == b"x"
