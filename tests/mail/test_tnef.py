"""What Outlook packs into winmail.dat, and what a stranger may write into one."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tnefparse import TNEF

from rmp_milter.mail.incoming import tnef as tnef_module
from rmp_milter.mail.incoming.tnef import MAX_FILES, TnefError, Unpacked, unpacked
from testbed.examples import some
from testbed.tnef import (
    ATTACHDATA,
    BINARY,
    BODY,
    DATA_OBJ,
    EMBEDDED,
    LONG_NAME,
    MAPIPROPS,
    MIME_TAG,
    OBJECT,
    OEM_CODE_PAGE,
    PLAIN_BODY,
    SIGNATURE,
    STRING,
    attachment,
    item,
    listed,
    message,
    tnef,
    unicode,
    variable,
)

PDF = b"%PDF-1.4\n" + bytes(range(256)) + bytes(7)
TEXT = "Patient : DUPONT Jean\r\nNé le : 30/01/1959\r\n\r\nŒdème « post-opératoire ».\r\n"
READ = TEXT.replace("\r\n", "\n")


def files(found: Unpacked) -> list[tuple[str, str, bytes]]:
    return [(each.name, each.media_type, bytes(each.data)) for each in found.files]


def test_text_and_files_come_out_as_they_went_in() -> None:
    tag = variable(MIME_TAG, b"application/pdf\0", STRING)
    packed = tnef(
        message(TEXT),
        attachment("échographie d'Hélène.pdf", PDF, tag),
        attachment("suivi.txt", b"a\nb"),
    )
    found = unpacked(packed)
    assert (found.plain, found.html) == (READ, "")
    assert files(found) == [
        ("échographie d'Hélène.pdf", "application/pdf", PDF),
        ("suivi.txt", "application/octet-stream", b"a\nb"),
    ]


@pytest.mark.parametrize(
    ("stored", "page"),
    [
        (item(1, PLAIN_BODY, TEXT.encode("windows-1252") + b"\0", 2), 1252),
        (item(1, PLAIN_BODY, TEXT.encode(), 2), 65001),
        (item(1, MAPIPROPS, listed(variable(BODY, TEXT.encode("cp1252"), STRING))), 1252),
        (item(1, MAPIPROPS, listed(variable(BODY, TEXT.encode("cp1252"), STRING))), 99999),
    ],
)
def test_a_text_is_read_in_its_code_page(stored: bytes, page: int) -> None:
    assert unpacked(tnef(stored, page=page)).plain == READ


@pytest.mark.parametrize("charset", ["utf-8", "windows-1252"])
def test_a_text_in_html_comes_as_html(charset: str) -> None:
    page = "<p>Patient : DUPONT Zoé</p>"
    assert unpacked(tnef(message(html=page.encode(charset)))).html == page


def test_a_name_is_made_safe_and_the_short_one_serves_where_there_is_no_long_one() -> None:
    found = unpacked(
        tnef(
            attachment("../../etc/pass\u202ewd\0x", b"x"),
            attachment("", b"y", title="Hélène.pdf".encode("cp1252")),
            attachment("", b"z", title=b"\0"),
        )
    )
    assert [each.name for each in found.files] == ["passwdx", "Hélène.pdf", ""]


def test_other_properties_are_passed_over() -> None:
    named = struct.pack("<HH", 0x1F, 0x8001) + bytes(16) + struct.pack("<II", 1, 6)
    named += "abc".encode("utf-16-le") + bytes(2) + struct.pack("<II", 1, 2) + b"x\0\0\0"
    numbered = struct.pack("<HH", 3, 0x8002) + bytes(16) + struct.pack("<III", 0, 7, 9)
    short = struct.pack("<HHHxx", 2, 0x0017, 1)
    many = struct.pack("<HHI", 0x1002, 0x1234, 3) + bytes(6) + bytes(2)
    properties = listed(named, numbered, short, many, unicode(BODY, "lu"))
    assert unpacked(tnef(item(1, MAPIPROPS, properties))).plain == "lu"


def test_an_embedded_message_comes_as_files() -> None:
    inner = tnef(message("mot\u00e0 mot"), attachment("a.pdf", PDF))
    holder = attachment("Tr votre patient", None, variable(DATA_OBJ, EMBEDDED + inner, OBJECT))
    assert files(unpacked(tnef(message("ci-joint"), holder))) == [
        ("Tr votre patient.txt", "text/plain", "mot\u00e0 mot".encode()),
        ("a.pdf", "application/octet-stream", PDF),
    ]


def test_an_object_in_the_place_of_octets_keeps_all_of_them() -> None:
    holder = attachment("tableau.xls", None, variable(DATA_OBJ, PDF, OBJECT))
    assert files(unpacked(tnef(holder))) == [("tableau.xls", "application/octet-stream", PDF)]


def test_what_a_gateway_left_behind_it_is_passed_over() -> None:
    assert files(unpacked(tnef(attachment("a", PDF)) + b"\r\n-- \r\nfooter" * 20))[0][2] == PDF


@pytest.mark.parametrize("cut", range(0, 240, 3))
def test_a_cut_one_is_an_error_and_never_half_of_it(cut: int) -> None:
    whole = tnef(message(TEXT), attachment("a.pdf", PDF))
    with pytest.raises(TnefError):
        unpacked(whole[: len(whole) - 240 + cut][:-1])


def tower(height: int) -> bytes:
    packed = tnef(attachment("a.pdf", PDF))
    for _ in range(height):
        packed = tnef(attachment("m", None, variable(DATA_OBJ, EMBEDDED + packed, OBJECT)))
    return packed


LIES = {
    "no TNEF": b"%PDF-1.4",
    "empty": b"",
    "a tower of messages": tower(5),
    "files without number": tnef(attachment("a", b"x") * (MAX_FILES + 1)),
    "objects without number": tnef(item(1, 0x8004, b"") * 5000),
    "properties without number": tnef(item(1, MAPIPROPS, b"\xff\xff\xff\xff")),
    "values without number": tnef(
        item(1, MAPIPROPS, struct.pack("<IHHI", 1, 0x1002, 0x1234, 0xFFFFFFFF) + bytes(99))
    ),
    "strings without number": tnef(
        item(1, MAPIPROPS, struct.pack("<IHHI", 1, 0x1E, BODY, 0xFFFFFFFF) + bytes(99))
    ),
    "a value beyond the end": tnef(
        item(1, MAPIPROPS, struct.pack("<IHHII", 1, BINARY, BODY, 1, 0xFFFFFFF0) + b"x")
    ),
    "an unknown type": tnef(item(1, MAPIPROPS, struct.pack("<IHH", 1, 0x7777, BODY))),
    "an object beyond the end": SIGNATURE + struct.pack("<BHHI", 1, PLAIN_BODY, 2, 0xFFFFFFFF),
    "half a character": tnef(item(1, MAPIPROPS, listed(variable(BODY, b"\x00\xd8", 0x1F)))),
    "a file without octets": tnef(attachment("a", None)),
}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.promise(number=11)
def test_a_lie_is_found_out(lie: str) -> None:
    try:
        found = unpacked(LIES[lie])
    except TnefError:
        return
    assert (found.plain, found.files) == ("", ())


@pytest.mark.promise(number=11)
def test_the_octets_of_files_are_not_copied_for_each_object(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given_to_the_library = []

    def counting(data: bytes, **options: bool) -> object:
        given_to_the_library.append(len(data))
        return TNEF(data, **options)

    for name in dir(TNEF):
        if name.isupper():
            setattr(counting, name, getattr(TNEF, name))
    monkeypatch.setattr(tnef_module, "TNEF", counting)
    packed = tnef(message("x"), *[attachment(f"{at}.bin", bytes(1 << 16)) for at in range(40)])
    assert len(unpacked(packed).files) == 40
    assert len(given_to_the_library) == 41
    assert sum(given_to_the_library) < 41 * 500


WHOLE = tnef(
    message(TEXT, html=b"<p>x"),
    attachment("a.pdf", PDF, variable(LONG_NAME, b"b.pdf\0", STRING)),
    attachment("m", None, variable(DATA_OBJ, EMBEDDED + tnef(message("y")), OBJECT)),
)


@settings(derandomize=True, max_examples=some(400), deadline=None)
@given(
    st.integers(0, len(WHOLE)),
    st.binary(max_size=12),
    st.sampled_from(["put", "replace", "cut"]),
)
def test_no_octets_break_it(at: int, noise: bytes, how: str) -> None:
    damaged = {
        "put": WHOLE[:at] + noise + WHOLE[at:],
        "replace": WHOLE[:at] + noise + WHOLE[at + len(noise) :],
        "cut": WHOLE[:at] + WHOLE[at + len(noise) :],
    }[how]
    try:
        found = unpacked(damaged)
    except TnefError:
        return
    assert sum(len(each.data) for each in found.files) <= 2 * len(damaged)


@settings(derandomize=True, max_examples=some(200), deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([1, 2]),
            st.sampled_from([MAPIPROPS, OEM_CODE_PAGE, ATTACHDATA, PLAIN_BODY, 0x9002, 0x9005]),
            st.binary(max_size=60),
        ),
        max_size=8,
    )
)
def test_no_objects_break_it(objects: list[tuple[int, int, bytes]]) -> None:
    packed = SIGNATURE + b"".join(item(*each) for each in objects)
    try:
        found = unpacked(packed)
    except TnefError:
        return
    assert len(found.files) <= len(objects)
