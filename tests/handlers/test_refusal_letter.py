"""The letter of a header that was not understood: in the order in which it is needed."""

from rmp_milter.errors import MailError
from rmp_milter.handlers.letters.refusal import refusal_letter
from rmp_milter.mail.header.routing import parse

HEADER = "Demande : masquage\nPatient : DUPONT Jean\nNé le : 31/02/1959\n"


def test_what_to_correct_comes_first_and_what_was_read_last() -> None:
    letter = refusal_letter(MailError("header-problems"), parse(HEADER, 2026), HEADER, "fr")
    places = [
        letter.text.index(words)
        for words in ("n'ont pas été comprises", "À corriger", "Modèle à recopier", "a lu :")
    ]
    assert places == sorted(places)
    assert "« Numéros » manque" in letter.text


def test_a_mark_is_not_parted_from_its_word() -> None:
    for key in ("no-such-entry", "already-yours", "not-encrypted", "no-access", "smime"):
        text = refusal_letter(MailError(key, facts={"numbers": "9"}), None, "", "fr").text
        assert not [line for line in text.splitlines() if line.endswith("«")]
        assert not [line for line in text.splitlines() if line[:1] in {"»", ":", ";", "?"}]


def test_words_without_a_request_are_shown_what_may_be_asked_the_emergency_first() -> None:
    letter = refusal_letter(MailError("nothing-asked"), parse("", 2026), "", "fr")
    places = [
        letter.text.index(words)
        for words in (
            "ne demande rien",
            "Demande : urgence",
            "Demande : [dossier",
            "Document :",
        )
    ]
    assert places == sorted(places)
    assert "manque" not in letter.text
