"""HPRIM: whose a message is, in every encoding that is met, and never a result."""

import pytest
from hprim_case import FILE_END, hprim
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.dossier.identity import nir_valid
from rmp_milter.mail.header.hprim import MAX_MESSAGES, HprimMessage, messages, one_patient
from rmp_milter.mail.header.routing import parse
from rmp_milter.mail.incoming.octets import text_of_octets

ENCODINGS = ["iso-8859-1", "windows-1252", "mac_roman", "utf-8", "utf-8-sig"]
LINE_ENDS = ["\n", "\r\n", "\r"]


def only(text: str, encoding: str = "utf-8", label: str = "") -> HprimMessage:
    (found,) = messages(text.encode(encoding), label)
    return found


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("line_end", LINE_ENDS)
def test_every_encoding_and_line_end_names_the_same_patient(
    encoding: str, line_end: str
) -> None:
    found = only((hprim() + FILE_END).replace("\n", line_end), encoding)
    header = parse(found.header, 2026)
    assert header.problems == ()
    assert (header.birth_name, header.first_names) == ("DUPONT", "Hélène")
    assert header.birth_date == "1959-01-30"
    assert header.nir == "259017511600155"
    assert header.prescriber == "Dr Anne AUTRE"
    assert header.document == "Analyses de biologie"


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", ["ANDRÉ", "LEFÈVRE", "FRANÇOIS", "NOËL", "D'HÉROUËL", "GÖTZ"])
def test_a_name_in_capitals_is_read_in_every_encoding(encoding: str, name: str) -> None:
    text = hprim(name, "François", results="")
    assert f"Nom : {name}\n" in only(text, encoding).header


def test_a_result_never_leaves_with_the_header() -> None:
    header = only(
        hprim(results="RES|VIH|Sérologie VIH POSITIVE|A|||\nConclusion secrète\n")
    ).header
    assert {line.partition(" : ")[0] for line in header.splitlines()} == {
        *("Nom", "Prénom", "Né le", "NIR", "Prescripteur", "Document"),
    }
    for word in ("VIH", "secrète", "LYON", "Église", "REF", "CENTRAL"):
        assert word not in header


@pytest.mark.parametrize(
    ("before", "document"),
    [
        ("", "Analyses de biologie"),
        ("RÉSULTATS D'ANALYSES MÉDICALES\n", "RÉSULTATS D'ANALYSES MÉDICALES"),
        ("\n", "Analyses de biologie"),
    ],
)
def test_a_line_before_is_tolerated_and_a_title_tells_the_document(
    before: str, document: str
) -> None:
    header = parse(only(before + hprim()).header, 2026)
    assert (header.birth_name, header.document) == ("DUPONT", document)


def test_a_title_in_the_place_of_the_code_is_tolerated() -> None:
    header = parse(only(hprim(code="Compte rendu radiologique", results="")).header, 2026)
    assert header.document == "Compte rendu radiologique"


def test_a_first_line_that_a_mail_client_dropped_is_missed_by_nobody() -> None:
    assert only(hprim(code="").removeprefix("\n")).header.startswith("Nom : DUPONT")


@pytest.mark.parametrize("date", ["30/01/1959", "30/01/59", "1959-01-30", "30.01.1959"])
def test_dates_of_birth_are_read_in_the_forms_that_are_met(date: str) -> None:
    assert parse(only(hprim(birth_date=date)).header, 2026).birth_date == "1959-01-30"


@pytest.mark.parametrize("nir", ["", "0000000000000 00", "2 59 01 75 116 001 33"])
def test_a_number_that_is_none_is_left_out(nir: str) -> None:
    found = only(hprim(nir=nir))
    assert not nir_valid(nir)
    assert "NIR" not in found.header


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("0123456789Dr Anne AUTRE", "Dr Anne AUTRE"),
        ("          Dr Anne AUTRE", "Dr Anne AUTRE"),
        ("AUTREA    Dr Anne AUTRE", "Dr Anne AUTRE"),
        ("Dr Anne AUTRE", "Dr Anne AUTRE"),
        ("10001234567 Dr Anne AUTRE", "10001234567"),
        ("", ""),
        ("0123456789", ""),
    ],
)
def test_the_recipient_is_taken_for_the_prescriber(line: str, said: str) -> None:
    assert parse(only(hprim(recipient=line)).header, 2026).prescriber == said


@pytest.mark.parametrize(
    "text",
    [
        "",
        hprim(name=""),
        hprim(first_name=""),
        hprim(birth_date=""),
        hprim(birth_date="hier"),
        hprim(name="DUP0NT 75"),
        "Patient : DUPONT Jean\nNé le : 30/01/1959\n\nCher confrère,\n",
        "Cher confrère,\n\nVoici le compte rendu de votre patient.\n" * 10,
    ],
)
def test_without_name_first_name_and_date_of_birth_it_is_none(text: str) -> None:
    assert messages(text.encode()) == ()


def test_several_messages_are_parted_octet_by_octet() -> None:
    text = hprim() + hprim("DURAND", "Zoé", nir="") + FILE_END
    data = text.encode("mac_roman")
    first, second = messages(data)
    assert data[first.start : first.end] == hprim().encode("mac_roman")
    assert data[: first.end] + data[second.start : second.end] == data
    assert "DURAND" in second.header
    assert not one_patient((first, second))


def test_several_of_one_patient_are_one_patients() -> None:
    found = messages((hprim() + hprim("Dupont", "HELENE", nir="") + FILE_END).encode())
    assert len(found) == 2
    assert one_patient(found)


def test_two_numbers_are_two_patients() -> None:
    other = hprim(nir="2 59 01 69 123 456 37")
    found = messages((hprim() + other).encode())
    assert [bool(message.nir) for message in found] == [True, True]
    assert not one_patient(found)


def test_a_message_that_is_not_clear_has_no_header_and_spoils_the_rest() -> None:
    found = messages((hprim() + hprim(name="") + FILE_END).encode())
    assert [bool(message.header) for message in found] == [True, False]
    assert not one_patient(found)


def test_a_signature_block_behind_the_end_is_no_message() -> None:
    assert one_patient(messages((hprim() + FILE_END + "-- \nLabo\n").encode()))
    assert len(messages((hprim() + "-- \nLabo\n").encode())) == 1


def test_too_many_messages_are_not_read() -> None:
    assert messages((hprim(results="") * (MAX_MESSAGES + 1)).encode()) == ()


def test_a_label_counts_only_where_nothing_else_tells() -> None:
    assert "Hélène" in only(hprim(), "cp850", label="cp850").header
    assert "Hélène" in only(hprim(), "mac_roman", label="iso-8859-1").header
    assert "Hélène" in only(hprim(), "utf-8", label="us-ascii").header
    assert messages(hprim().encode("utf-16"), "utf-16") == ()


@given(st.binary(max_size=600))
def test_octets_of_any_kind_never_crash_it(data: bytes) -> None:
    for message in messages(data) + messages(hprim().encode() + data):
        parse(message.header, 2026)
        assert 0 <= message.start <= message.end <= len(data) + 1000


@given(st.text(max_size=300), st.sampled_from(ENCODINGS[:3]), st.integers(0, 12))
def test_lines_of_any_kind_never_crash_it(line: str, encoding: str, at: int) -> None:
    lines = hprim().split("\n")
    lines[at] = line
    for message in messages("\n".join(lines).encode(encoding, "replace")):
        header = parse(message.header, 2026)
        assert len(message.header) < 700
        assert "Glycémie" not in message.header
        assert header.verb.value == "depot"


@given(st.text(alphabet="abcdéèêàçôûïÉÈÀ \n’ABC", max_size=200))
def test_utf_8_is_always_known(text: str) -> None:
    assert text_of_octets(text.encode()) == text
