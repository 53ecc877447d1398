"""Files of the service's own making: the PDF, its encoding, and the two forms of answers."""

import quopri
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_reply_forms import built, frame, parsed, raw

from rmp_milter.calls.protocol.answering import CODE_FIELD, CODE_LIMIT, CODE_MARK
from rmp_milter.dossier.model import Patient, ReplyForm, Sheet
from rmp_milter.keeper.desk.code_in_answer import with_code
from rmp_milter.mail.outgoing.attachment import quoted_printable
from rmp_milter.mail.outgoing.letter import Attachment, Letter
from rmp_milter.mail.outgoing.pdf import TYPEWRITER, PrintedLine, page
from rmp_milter.mail.outgoing.slip import code_slip
from rmp_milter.mail.outgoing.spelling import spelled_fields

FIELD = CODE_FIELD.encode()
SLIP = Attachment("fiche-code.pdf", "application/pdf", b"%PDF (" + FIELD + b") \xe9\n")
LETTER = Letter("Objet", "Voici.\n", b"held", files=(SLIP,))


def test_the_field_is_as_wide_as_the_longest_code() -> None:
    assert len(CODE_FIELD) == CODE_LIMIT
    assert CODE_FIELD.strip() == CODE_MARK


FIELDS = st.sampled_from([FIELD, *(field.encode() for field in spelled_fields("fr"))])


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=4), FIELDS)
def test_quoted_printable_gives_back_any_bytes_with_each_field_literal(
    pieces: list[bytes], field: bytes
) -> None:
    data = field.join(pieces)
    encoded = quoted_printable(data)
    assert encoded.isascii()
    assert encoded.count(field) >= len(pieces) - 1
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))
    assert quopri.decodestring(encoded) == data


def test_a_file_stands_beside_the_words_in_the_entity() -> None:
    (_,), (order,) = built(LETTER, frame(ReplyForm.SEPARATE))
    entity = raw(order.pieces)
    assert order.held_code == b"held"
    assert FIELD in entity
    assert b'filename="fiche-code.pdf"' in entity


@pytest.mark.promise(number=10)
def test_a_file_is_sealed_by_itself_under_a_neutral_name_in_the_partitioned_form() -> None:
    (mail,), (slip, words) = built(LETTER, frame(ReplyForm.PARTITIONED))
    assert raw(slip.pieces) == SLIP.data
    assert slip.held_code == words.held_code == b"held"
    assert "document-01.pdf.pgp — fiche-code.pdf" in raw(words.pieces).decode()
    _, part = parsed(mail).iter_parts()
    assert part.get_filename() == "document-01.pdf.pgp"
    assert part.get_content() == b"SEALED"


def test_the_slip_is_a_sound_pdf_with_any_code_in_it() -> None:
    patient = Patient("D'Œuvre (né Łos)", "Zoé", "1959-01-30")
    slip = code_slip(patient, "Dr Démo", Sheet(phone="01"), "2026-05-28", "fr")
    for code in ("", "JZBV7KQ2", "W" * 16, "A" * CODE_LIMIT):
        pdf = with_code(slip.data, code)
        start = int(pdf.split(b"startxref\n")[1].split()[0])
        assert pdf[start:].startswith(b"xref")
        for number, place in enumerate(re.findall(rb"(\d{10}) 00000 n", pdf), 1):
            assert pdf[int(place) :].startswith(b"%d 0 obj" % number)


def test_long_words_stay_on_the_page(tmp_path: Path) -> None:
    lines = [
        PrintedLine("mot " * 200),
        PrintedLine(r"a\b(c)"),
        PrintedLine("M" * CODE_LIMIT, 14, TYPEWRITER),
    ]
    file = tmp_path / "page.pdf"
    file.write_bytes(page(lines))
    done = subprocess.run(
        ["pdftotext", "-bbox", file, "-"], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert max(map(float, re.findall(r'xMax="([\d.]+)"', done.stdout))) < 595
    assert done.stdout.count(">mot<") == 200
    assert r"a\b(c)" in done.stdout
