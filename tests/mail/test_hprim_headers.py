"""The HPRIM header of an entry, for software that files by it: its lines, and where it goes."""

import pytest
from msgspec.structs import replace
from test_reply_forms import LETTER, built, enclosure, frame, parsed, raw

from rmp_milter.dossier.days import UNIVERSAL
from rmp_milter.dossier.model import (
    Consent,
    Container,
    Doctor,
    Document,
    Dossier,
    Entry,
    Onglet,
    PartName,
    Patient,
    ReplyForm,
    Sheet,
    Slots,
)
from rmp_milter.mail.outgoing.hprim_header import PlaceInIndex, header_file
from rmp_milter.mail.outgoing.letter import HeaderFile, Letter
from rmp_milter.mail.outgoing.replies import SealPieces

NOON = 1_780_000_000
READER = Doctor(
    b"1" * 16, "Dr Paul DEMO", "1", "p@x.example", "médecin", b"", "", (), hprim=True
)
DOSSIER = Dossier(
    dossier_id=b"\x01" * 12 + b"\xab\xcd\xef\x12",
    public_key=b"P" * 32,
    patient=Patient("Cœur", "Zoé", "1959-01-30", "159017511600108"),
    treating=b"1" * 16,
    slots=Slots(None, b""),
    consent=Consent(b"1" * 16, NOON, "test"),
    created_at=NOON,
    sheet=Sheet(address="12 rue de l’Église, bât. B, 69003 Lyon"),
)
ENTRY = Entry(
    received_at=NOON,
    author=b"2" * 16,
    author_name="Laboratoire CENTRAL",
    document_type="Bilan – sang",
    onglet=Onglet.BIOLOGIE,
    onglet_reason="type",
    documents=(
        Document(
            *(b"d" * 16, Container.FILE, b"", 2048, b""),
            parts=(PartName("bilan.pdf", "application/pdf", 2048),),
        ),
    ),
)


def lines(dossier: Dossier = DOSSIER, entry: Entry = ENTRY) -> list[str]:
    data = header_file(
        dossier, entry, PlaceInIndex(3, "Biologie"), READER, "fr", UNIVERSAL
    ).data
    assert data.count(b"\n") == data.count(b"\r\n")
    return data.decode("iso-8859-1").split("\r\n")


def test_the_twelve_lines_stand_where_software_looks_for_them() -> None:
    assert lines()[:13] == [
        "ABCDEF12",
        "COEUR",
        "Zoé",
        "12 rue de l'Église",
        "bât. B",
        "69003 Lyon",
        "30/01/1959",
        "1590175116001 08",
        "ABCDEF12-3",
        "28/05/2026",
        "          Laboratoire CENTRAL",
        "          Dr Paul DEMO",
        "",
    ]


def test_behind_them_stands_what_the_entry_holds_and_the_end_of_the_file() -> None:
    assert lines()[13:] == [
        "Résumé médical partagé, document 3, « Bilan · sang »",
        "Onglet « Biologie »",
        "- fichier « bilan.pdf » (2 Ko)",
        "****FIN****",
        "****FINFICHIER****",
        "",
    ]


def test_what_is_not_known_is_an_empty_line() -> None:
    bare = replace(DOSSIER, sheet=Sheet(), patient=replace(DOSSIER.patient, nir=""))
    assert lines(bare)[3:8] == ["", "", "", "30/01/1959", ""]


def test_an_address_cannot_end_the_message() -> None:
    assert lines(replace(DOSSIER, sheet=Sheet(address="****FIN****")))[3] == "FIN"


@pytest.mark.parametrize("address", ["Lieu-dit Le Bourg", "12 rue X"])
def test_an_address_without_a_postcode_stays_one_line(address: str) -> None:
    assert lines(replace(DOSSIER, sheet=Sheet(address=address)))[3:6] == [address, "", ""]


def test_no_value_makes_a_line_of_its_own_or_breaks_the_encoding() -> None:
    hostile = replace(ENTRY, document_type="A\r\nB\x00 日 Š", author_name="Dr Ł\nX")
    found = lines(entry=hostile)
    assert found[10] == "          Dr ?X"
    assert found[13].endswith("« A B ? S »")


HEADERS = tuple(HeaderFile(number, b"header %d" % number) for number in (1, 2))
FILES = (
    enclosure(1, Container.ENTITY),
    enclosure(2, Container.FILE, "radio.pdf.pgp"),
    enclosure(2, Container.TEXT),
)


def names(order: SealPieces) -> list[str]:
    inner = parsed_pieces(order)
    return [part.get_filename() or "" for part in inner.walk() if part.get_filename()]


def parsed_pieces(order: SealPieces):  # noqa: ANN201 -- an EmailMessage, imported here alone
    from email import message_from_bytes, policy  # noqa: PLC0415 -- here alone

    return message_from_bytes(raw(order.pieces), policy=policy.default)


def test_separate_puts_a_header_before_bare_files_and_an_entitys_beside_the_index() -> None:
    letter = Letter(LETTER.subject, LETTER.text, enclosures=FILES, headers=HEADERS)
    mails, (index, files) = built(letter, frame(ReplyForm.SEPARATE))
    assert len(mails) == 3
    assert names(index) == ["entete-01.hpr"]
    assert names(files) == ["entete-02.hpr", "radio.pdf.pgp", "02-lettre.txt.pgp"]
    (part,) = [each for each in parsed_pieces(index).walk() if each.get_filename()]
    assert part.get_payload(decode=True) == b"header 1"
    assert "entete-NN.hpr" in raw(index.pieces).decode()


def test_an_entry_in_several_mails_has_its_header_in_the_first_only() -> None:
    letter = Letter(LETTER.subject, LETTER.text, enclosures=FILES[1:], headers=HEADERS[1:])
    _, (index, *files) = built(letter, frame(ReplyForm.SEPARATE, answer_bytes=10))
    assert [names(order) for order in (index, *files)] == [
        [],
        ["entete-02.hpr", "radio.pdf.pgp"],
        ["02-lettre.txt.pgp"],
    ]


def test_partitioned_encrypts_each_header_by_itself_in_front_of_its_entry() -> None:
    letter = Letter(LETTER.subject, LETTER.text, enclosures=FILES, headers=HEADERS)
    (mail,), (first, second, index) = built(letter, frame(ReplyForm.PARTITIONED))
    assert [raw(order.pieces) for order in (first, second)] == [b"header 1", b"header 2"]
    found = [part.get_filename() for part in parsed(mail).iter_attachments()]
    assert found == [
        "entete-01.hpr.pgp",
        "01-entree.eml.pgp",
        "entete-02.hpr.pgp",
        "02-document.pdf.pgp",
        "02-lettre.txt.pgp",
    ]
    assert "entete-NN.hpr" in raw(index.pieces).decode()


def test_nobody_else_gets_one() -> None:
    letter = Letter(LETTER.subject, LETTER.text, enclosures=FILES)
    _, orders = built(letter, frame(ReplyForm.SEPARATE))
    assert b".hpr" not in b"".join(raw(order.pieces) for order in orders)
