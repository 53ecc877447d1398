"""What a refused header's answer says: the line, what was probably meant, both readings."""

import pytest

from rmp_milter.errors import MailError
from rmp_milter.handlers.letters.refusal import refusal_letter
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.header.routing import Trouble, cut, parse

WHO = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"


def answer(text: str, language: Language = "fr") -> str:
    found = cut(text)
    header = parse(found.header, 2026)
    letter = refusal_letter(MailError("header-problems"), header, found.header, language)
    return " ".join(letter.text.split())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"Demmande : dossier\n{WHO}", "« Demmande » est inconnue ; vouliez-vous écrire"),
        (f"Demande : masquge\n{WHO}", "vouliez-vous écrire « masquage » ?"),
        ("Patient : Jeanne Dupont\nNée le : 1/1/1959", "JEANNE Dupont / DUPONT Jeanne"),
        (f"{WHO}\nPatient : MARTIN Paul\n", "lu « MARTIN Paul »"),
        (f"{WHO}Consentement : oui\n", "« Consentement » va avec une demande"),
        (f"{WHO}\nTexte.\nDemande : clôture\n", "lu « clôture »"),
    ],
)
def test_the_answer_names_the_line_and_what_to_write(text: str, said: str) -> None:
    assert said in answer(text)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_trouble_has_its_words(language: Language) -> None:
    texts = (
        f"Demmande : dossier\n{WHO}Patient : MARTIN Paul\nAdresse électr : x\nConsentement : oui\n",
        f"Demande : masquge\n{WHO}Né le : 31/01/1959\nNuméros : x\n",
        f"{WHO}\nPatient : MARTIN Paul\nDemande : clôture\n",
        "Patient : Jeanne Dupont\nNée le : 1/1/1959 (3 ans)\nConsentement : oui\n",
        "Demande : dossier\n",
    )
    kinds = {each.kind for text in texts for each in parse(cut(text).header, 2026).problems}
    of_whole_mails = {Trouble.QUOTED, Trouble.ALTERNATIVES, Trouble.TWO_REFERENCES}
    of_whole_mails |= {Trouble.FILE, Trouble.LINE_ENDS}
    assert kinds | of_whole_mails | {Trouble.UNFILLED} == set(Trouble)
    for text in texts:
        assert "{" not in answer(text, language)
