"""Which texts of an entity are read: by what they hold, wherever they stand."""

import pytest
from meaning_case import (
    HEADER,
    LETTER,
    URGENT,
    header_of,
    html,
    mixed,
    of_entity,
    plain,
    verb_of,
)

from rmp_milter.calls.protocol.opening import Doubt, Standing
from rmp_milter.mail.incoming.mimetree import scan
from rmp_milter.mail.meaning.texts import text_of_mail
from rmp_milter.mail.meaning.whole import meaning_of_mail

SAID = HEADER + LETTER
HTML = "<p>Patient : DUPONT Jean</p><p>Né le : 30/01/1959</p><p>&nbsp;</p><p>Cher confrère.</p>"
FILE = "Content-Type: application/pdf; name=r.pdf\nContent-Disposition: attachment\n\n%PDF"
NAMED = 'Content-Disposition: inline; filename="lettre.txt"\n'


@pytest.mark.parametrize(
    "first",
    [
        plain("\n\n"),
        plain("Subject: Radio DUPONT\n"),
        plain(
            "From: a@b.test\nTo: rmp@rmp.test\nDate: Sun, 29 Nov 2026\nSig: Good signature\n"
        ),
        "Content-Type: text/rfc822-headers\n\nSubject: Radio\n",
        plain("Notes\n", NAMED),
        FILE,
        html("<div><br></div>"),
    ],
)
def test_what_says_nothing_of_its_own_is_passed_over(first: str) -> None:
    read = of_entity(first, plain(SAID))
    assert (verb_of(read), header_of(read).birth_name, read.doubts) == ("depot", "DUPONT", ())
    assert verb_of(of_entity(first, plain(URGENT))) == "urgence"


def test_a_legacy_display_is_taken_off() -> None:
    shown = (
        'Content-Type: text/plain; charset=utf-8; hp-legacy-display="1"\n\nSubject: Radio\n\n'
    )
    assert header_of(of_entity(shown + SAID)).birth_name == "DUPONT"


def test_two_texts_around_a_file_are_one() -> None:
    read = of_entity(plain(HEADER), FILE, plain("Cher confrère, thorax normal.\n"))
    assert (verb_of(read), read.cut.letter) == ("depot", True)


def test_two_patients_around_a_file_are_asked_back() -> None:
    other = SAID.replace("DUPONT Jean", "MARTIN Luc").replace("30/01/1959", "01/01/1970")
    read = of_entity(plain(SAID), FILE, plain(other))
    assert read.doubts or header_of(read).problems


def test_what_follows_a_forward_behind_a_file_is_forwarded() -> None:
    above = (
        "Merci.\n\nDébut du message transféré :\n\nDe : Karim BENALI <benali@exemple.fr>\n"
        "Date : 12 novembre 2026 à 10:12\nÀ : RMP <rmp@exemple.fr>\n\nVoici.\n"
    )
    read = of_entity(plain(above), FILE, plain(f"Demande : clôture\n{HEADER}"))
    assert (read.standing, read.cut.found) == (Standing.COURTESY, False)


@pytest.mark.parametrize("other", ["", "Votre messagerie n'affiche pas le HTML.\n"])
def test_a_header_in_the_html_alone_counts(other: str) -> None:
    read = of_entity(mixed("alternative", plain(other), html(HTML), boundary="a"))
    assert (header_of(read).birth_name, read.doubts) == ("DUPONT", ())


def test_alternatives_that_say_the_same_are_one() -> None:
    read = of_entity(mixed("alternative", plain(SAID), html(HTML), boundary="a"))
    assert (header_of(read).birth_name, read.doubts) == ("DUPONT", ())


@pytest.mark.parametrize(
    "shown", ["<p>Merci</p>", "<p>Merci</p><div style='display:none'>" + HTML + "</div>"]
)
def test_a_header_that_the_html_does_not_show_is_asked_back(shown: str) -> None:
    read = of_entity(mixed("alternative", plain(SAID), html(shown), boundary="a"))
    assert read.doubts == (Doubt.ALTERNATIVES,)


def test_alternatives_that_name_two_patients_are_asked_back() -> None:
    other = HTML.replace("DUPONT Jean", "MARTIN Luc")
    read = of_entity(mixed("alternative", plain(SAID), html(other), boundary="a"))
    assert read.doubts == (Doubt.ALTERNATIVES,)


def test_an_emergency_in_one_alternative_is_one() -> None:
    read = of_entity(mixed("alternative", plain(URGENT), html("<p>Bonjour</p>"), boundary="a"))
    assert (verb_of(read), read.doubts) == ("urgence", ())


def test_an_attached_text_counts_where_there_is_no_other() -> None:
    read = of_entity(plain(SAID, NAMED))
    assert (verb_of(read), read.doubts) == ("depot", ())


def test_an_attached_text_asks_for_no_act() -> None:
    read = of_entity(plain(f"Demande : masquage\n{HEADER}Numéros : 1\n", NAMED))
    assert read.doubts == (Doubt.QUOTED,)


def test_an_attached_text_beside_words_is_a_file() -> None:
    asked = f"Demande : masquage\n{HEADER}Numéros : 1\n"
    read = of_entity(plain("Merci de classer cette lettre.\n"), plain(asked, NAMED))
    assert (read.standing, read.cut.found) == (Standing.WORDS, False)


def test_an_attached_message_asks_for_nothing() -> None:
    message = f"Content-Type: message/rfc822\n\nSubject: x\n\n{URGENT}"
    assert not of_entity(message).cut.found


def read_words(octets: bytes, label: str, most: int = 100) -> str:
    data = f"Content-Type: text/plain; charset={label}\n\n".encode() + octets
    return text_of_mail(data, scan(data), most).readings[0].text()


@pytest.mark.parametrize(
    ("label", "octets"),
    [
        ("utf-8", "Né à Crécy".encode()),
        ("iso-8859-1", "Né à Crécy".encode("latin-1")),
        ("us-ascii", "Né à Crécy".encode("cp1252")),
        ("us-ascii", "Né à Crécy".encode()),
        ("x-unknown", "Né à Crécy".encode()),
        ("macintosh", "Né à Crécy".encode("mac-roman")),
        ("base64", "Né à Crécy".encode()),
        ("utf-16", "Né à Crécy".encode("utf-16")),
        ("idna", "Né à Crécy".encode("cp1252")),
    ],
)
def test_a_text_is_decoded_whatever_the_label(label: str, octets: bytes) -> None:
    assert read_words(octets, label) == "Né à Crécy"


def test_a_text_beyond_the_limit_is_cut_at_a_line() -> None:
    text = "Né le\n" + "été à midi, " * 10
    assert read_words(text.encode(), "utf-8", 64) == "Né le\n"


def test_short_lines_count_as_longer_ones() -> None:
    assert read_words(b"a\n" * 50, "utf-8", 64) == "a\n" * 4


def test_an_attached_text_that_names_somebody_else_is_asked_back() -> None:
    other = "Patient : MARTIN Luc\nNé le : 01/01/1970\n\nGlycémie : 1,02 g/l\n"
    assert of_entity(plain(SAID), plain(other, NAMED)).doubts == (Doubt.OTHER_PATIENT,)


@pytest.mark.parametrize("file", [SAID, "Glycémie : 1,02 g/l\n", "Patient : fatigué\n"])
def test_an_attached_text_of_the_same_patient_or_of_nobody_is_a_file(file: str) -> None:
    assert of_entity(plain(SAID), plain(file, NAMED)).doubts == ()


def test_an_emergency_minds_no_attached_text() -> None:
    other = "Patient : MARTIN Luc\nNé le : 01/01/1970\n"
    read = of_entity(plain(URGENT), plain(other, NAMED))
    assert (verb_of(read), read.doubts) == ("urgence", ())


def test_all_texts_together_have_a_bound() -> None:
    data = mixed("mixed", *[plain("x" * 99 + "\n")] * 20).encode()
    (words,) = text_of_mail(data, scan(data), 100).readings
    assert sum(len(line.text) for line in words.lines) <= 400


def test_an_emergency_behind_a_long_quotation_is_read() -> None:
    data = mixed("mixed", plain("> ancien courrier\n" * 9_999), FILE, plain(URGENT)).encode()
    read = meaning_of_mail(data, scan(data), 1 << 16, 2026).meaning
    assert verb_of(read) == "urgence"


def test_a_header_below_a_long_style_sheet_is_read() -> None:
    style = "<style>p.MsoNormal{margin:0cm;font-family:Calibri}</style>" * 5_000
    data = mixed("alternative", plain(SAID), html(style + HTML), boundary="a").encode()
    read = meaning_of_mail(data, scan(data), 1 << 16, 2026).meaning
    assert (verb_of(read), read.doubts) == ("depot", ())


def test_of_many_alternatives_three_are_read() -> None:
    data = mixed("alternative", *[plain(SAID)] * 9, html(HTML), boundary="a").encode()
    readings = text_of_mail(data, scan(data), 1 << 16).readings
    assert len(readings) == 3
    assert readings[-1].lines[0].text == "Patient : DUPONT Jean"
