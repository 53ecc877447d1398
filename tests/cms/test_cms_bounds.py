"""Envelopes as an intruder would write them: each is refused, and soon."""

from collections.abc import Callable

import pytest
from cms_case import envelope_of
from cms_openssl import KINDS, LETTER, P256, RSA, OpenSsl, person
from test_cms_making import sent

from rmp_milter.cms import CmsError, CmsFault, CmsKind, looks_like_cms, read_body, read_envelope
from rmp_milter.cms.tlv import FREE_STEPS, MAX_DEPTH, MAX_OPEN, framed, head, reading
from testbed.cms_tree import Branch, tree

MIB = 1 << 20
SEQUENCE, SET, OID, OCTETS = 0x30, 0x31, 6, 4
RECIPIENTS = (1, 0, 1)
"""Where they lie in the tree of an envelope."""
ENCRYPTED = (1, 0, 2)


class Counting:
    """Reads what is in memory, and counts."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.calls = self.octets = 0

    def __call__(self, offset: int, size: int) -> bytes:
        self.calls += 1
        self.octets += size
        return self._data[offset : offset + size]


def fault_of(data: bytes, read: Callable[[int, int], bytes] | None = None) -> CmsFault:
    with pytest.raises(CmsError) as error:
        read_envelope(read or reading(data), 0, len(data))
    return error.value.fault


def with_content(content: bytes) -> bytes:
    """Return an envelope with this instead of the ciphertext."""
    made = tree(sent(person("reader")))
    made.at(*ENCRYPTED).inside[2] = Branch(0xA0, content, open=True)
    return made.octets()


def with_recipients(*recipients: Branch) -> bytes:
    made = tree(sent(person("reader")))
    made.at(*RECIPIENTS).inside = list(recipients)
    return made.octets()


def recipient(kind: str = RSA) -> Branch:
    return tree(sent(person("reader", kind))).at(*RECIPIENTS, 0)


def nested(depth: int, inner: bytes = b"", *, is_open: bool) -> Branch:
    made = Branch(SEQUENCE, inner, open=is_open)
    for _ in range(depth):
        made = Branch(SEQUENCE, inside=[made], open=is_open)
    return made


@pytest.mark.parametrize("is_open", [False, True])
@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 200])
def test_deep_nesting_among_recipients(depth: int, is_open: bool) -> None:  # noqa: FBT001 -- a parameter
    assert fault_of(with_recipients(nested(depth, is_open=is_open))) is CmsFault.UNREADABLE


def test_nesting_in_front_of_the_recipients_is_not_followed() -> None:
    made = tree(sent(person("reader")))
    deep = Branch(SEQUENCE, b"\x30\x80" * 100_000)
    made.at(1, 0).inside.insert(1, Branch(0xA0, inside=[deep]))
    assert len(envelope_of(made.octets()).recipients) == 1
    made.at(1, 0, 1).open = deep.open = True
    read = Counting(made.octets())
    assert fault_of(made.octets(), read) is CmsFault.UNREADABLE
    assert read.octets < MIB / 16


def test_strings_nested_in_strings() -> None:
    data = with_content(b"\x24\x80" * 50 + b"\4\1x" + b"\0\0" * 50)
    assert fault_of(data) is CmsFault.UNREADABLE


def test_a_crowd_of_elements_without_a_length() -> None:
    data = with_content(b"\x24\x80\4\1x\0\0" * (MAX_OPEN + 1))
    assert fault_of(data) is CmsFault.TOO_LARGE


@pytest.mark.parametrize("size", [65, 100_000])
def test_a_giant_object_identifier(size: int) -> None:
    giant = Branch(OID, b"\x2a" + b"\x81" * (size - 2) + b"\1")
    made = tree(sent(person("reader")))
    for place in (made, made.at(*ENCRYPTED), made.at(*ENCRYPTED, 1)):
        before, place.inside[0] = place.inside[0], giant
        assert fault_of(made.octets()) is CmsFault.UNREADABLE
        place.inside[0] = before
    first = made.at(*RECIPIENTS, 0, 1, 0, 0, 0)
    first.inside[0] = giant
    assert fault_of(made.octets()) is CmsFault.UNREADABLE


@pytest.mark.parametrize("kind", KINDS)
def test_at_most_64_recipients(kind: str) -> None:
    assert len(envelope_of(with_recipients(*[recipient(kind)] * 64)).recipients) == 64
    assert fault_of(with_recipients(*[recipient(kind)] * 65)) is CmsFault.TOO_MANY_RECIPIENTS


def test_recipients_of_one_agreement_count_each() -> None:
    one = recipient(P256)
    one.inside[-1].inside *= 64
    assert len(envelope_of(with_recipients(one)).recipients[0].names) == 64
    assert fault_of(with_recipients(one, recipient())) is CmsFault.TOO_MANY_RECIPIENTS


@pytest.mark.parametrize("tag", [0xA1, 0xA2, 0xA3, 0xA4])
def test_a_recipient_without_names_counts_too(tag: int) -> None:
    empty = recipient(P256)
    empty.tag, empty.inside[-1].inside = tag, []
    assert fault_of(with_recipients(*[empty] * 65)) is CmsFault.TOO_MANY_RECIPIENTS


def test_a_giant_recipient() -> None:
    giant = recipient()
    giant.inside[3].content = bytes(1 << 16)
    assert fault_of(with_recipients(giant)) is CmsFault.UNREADABLE


def test_chunks_of_one_octet_are_refused_early() -> None:
    data = with_content(b"\4\1x" * MIB)
    read = Counting(data)
    assert fault_of(data, read) is CmsFault.TOO_LARGE
    assert read.octets < 16 * FREE_STEPS


def test_empty_chunks_are_refused_early() -> None:
    data = with_content(b"\4\0" * MIB)
    read = Counting(data)
    assert fault_of(data, read) is CmsFault.TOO_LARGE
    assert read.octets < 16 * FREE_STEPS


def test_tiny_chunks_behind_a_large_one_spend_what_it_allowed_and_no_more() -> None:
    data = with_content(b"\4\x83\x10\0\0" + bytes(MIB) + b"\4\1x" * MIB)
    read = Counting(data)
    assert fault_of(data, read) is CmsFault.TOO_LARGE
    assert read.octets < 4 * MIB


def test_20_megabytes_in_chunks_of_a_kilobyte_are_walked_once_for_each_question() -> None:
    chunk = framed(OCTETS, bytes(1024))
    data = with_content(chunk * 20 * 1024)
    read = Counting(data)
    envelope = read_envelope(read, 0, len(data))
    assert read.octets < 1.1 * len(data)
    assert read.calls < 6 * 1024
    body = read_body(read, *envelope.body, envelope.kind)
    assert body.length == 20 * MIB
    assert sum(map(len, body.pieces(read))) == 20 * MIB


def test_of_a_content_with_a_length_only_its_header_is_read() -> None:
    data = sent(person("reader"), data=bytes(MIB))
    read = Counting(data)
    envelope = read_envelope(read, 0, len(data))
    read_body(read, *envelope.body, envelope.kind)
    assert read.octets < MIB / 16


@pytest.mark.parametrize("options", [(), ("-stream",)])
@pytest.mark.parametrize("kind", [RSA, P256])
def test_an_envelope_cut_anywhere(
    openssl: OpenSsl, kind: str, options: tuple[str, ...]
) -> None:
    data = openssl.encrypt(person("reader", kind), options=options)
    for length in range(len(data)):
        assert fault_of(data[:length]) is CmsFault.UNREADABLE


@pytest.mark.parametrize("more", [b"\0", b"\0\0", b"\r\n", b"\x30\0"])
@pytest.mark.parametrize("options", [(), ("-stream",)])
def test_octets_behind_an_envelope(
    openssl: OpenSsl, options: tuple[str, ...], more: bytes
) -> None:
    data = openssl.encrypt(person("reader"), options=options) + more
    assert fault_of(data) is CmsFault.UNREADABLE


def test_a_length_beyond_the_end_at_every_level() -> None:
    made = tree(sent(person("reader")))
    for branch in made.all():
        inside, content = branch.inside, branch.content
        whole = branch.octets()
        branch.inside, branch.content = [], whole[len(head(branch.tag, len(whole))) :]
        data = made.octets().replace(
            head(branch.tag, len(branch.content)) + branch.content,
            head(branch.tag, len(made.octets()) + 1) + branch.content,
        )
        branch.inside, branch.content = inside, content
        assert fault_of(data) is CmsFault.UNREADABLE


@pytest.mark.parametrize(
    "beginning",
    [
        b"\x30\x89" + bytes(8) + b"\1",  # a length of nine octets
        b"\x30\xff" + bytes(127),
        b"\x3f\x81\1\0",  # a tag of several octets
        b"\x10\x80\0\0",  # primitive without a length
        b"\0\0",
        b"\x30\x80\0\1\0",  # an end of contents with contents
        b"",
    ],
)
def test_headers_that_are_none(beginning: bytes) -> None:
    assert fault_of(beginning) is CmsFault.UNREADABLE


def test_lengths_of_eight_octets_are_lengths(openssl: OpenSsl) -> None:
    data = openssl.encrypt(person("reader"))
    content = tree(data).inside
    inner = b"".join(each.octets() for each in content)
    assert envelope_of(b"\x30\x88" + len(inner).to_bytes(8) + inner).cipher.key_size == 32


@pytest.mark.parametrize("place", range(3))
def test_a_part_too_many_or_too_few(place: int) -> None:
    made = tree(sent(person("reader")))
    removed = made.at(1, 0).inside.pop(place)
    assert fault_of(made.octets()) is CmsFault.UNREADABLE
    made.at(1, 0).inside[place:place] = [removed, removed]
    assert fault_of(made.octets()) is CmsFault.UNREADABLE


def test_what_lies_outside_the_body_is_dropped(openssl: OpenSsl) -> None:
    # The originator's certificates and the attributes that nobody protects.
    data = openssl.encrypt(person("reader"))
    made = tree(data)
    parts = made.at(1, 0).inside
    certificates = Branch(0xA0, person("author").certificate * 20)
    parts.insert(1, Branch(0xA0, inside=[certificates]))
    parts.append(Branch(0xA1, inside=[Branch(SEQUENCE, b"\6\1\x2a\x31\0")]))
    envelope, before = envelope_of(made.octets()), envelope_of(data)
    assert envelope.recipients == before.recipients
    offset, length = envelope.body
    stored = made.octets()[offset : offset + length]
    assert stored == data[before.body.offset :][: before.body.length]
    again = read_body(reading(stored), 0, len(stored), CmsKind.ENVELOPED)
    assert again.length == len(LETTER) // 16 * 16 + 16


@pytest.mark.parametrize("kind", CmsKind)
def test_noise_is_no_body(kind: CmsKind) -> None:
    for noise in (b"", b"\0", b"\x30\0", b"\x30\x80\0\0", b"\x30\0" * 9, bytes(99)):
        with pytest.raises(CmsError) as error:
            read_body(reading(noise), 0, len(noise), kind)
        assert error.value.fault is CmsFault.UNREADABLE


@pytest.mark.parametrize("beginning", [b"", b"\x30", b"\x30\x82", b"%PDF-1.7", b"\x30\x80\6\1"])
def test_other_files_are_not_taken_for_messages(beginning: bytes) -> None:
    assert looks_like_cms(beginning) is None
