"""Every letter that the service can write, with real values, or with those of an intruder."""

from collections.abc import Iterator
from string import Formatter

from rmp_milter.dossier.model import (
    Container,
    Document,
    Entry,
    NumberedEntry,
    Onglet,
    PartName,
    Patient,
    Sheet,
)
from rmp_milter.dossier.rules import BY_SIGNATURE
from rmp_milter.errors import MailError
from rmp_milter.handlers.letters.refusal import refusal_letter
from rmp_milter.mail.catalogue.examples import BLOCKS
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import LETTERS, OWN, REFUSALS, refusal, text
from rmp_milter.mail.header.routing import RoutingHeader, parse
from rmp_milter.mail.outgoing.narrow import ready
from rmp_milter.mail.outgoing.sheet_words import sheet_words
from rmp_milter.mail.outgoing.wording import bullet_list, document_titles, entry_words

SERVICE = "rmp@chu.example"
REFERENCE = "U-K7QX-3MZB-9FTR"
REAL = {
    "patient": "DUPONT Jean",
    "birth_date": "30/01/1959",
    "reference": REFERENCE,
    "at": "12/11/2026 10:30",
    "date": "12/11/2026",
    "first": "12/11/2026",
    "last": "12/12/2026",
    "erase": "12/11/2046",
    "code": "JzbV3kQ9",
    "rpps": "10003456786",
    "count": "3",
    "number": "3",
    "numbers": "3, 5",
    "fingerprint": " ".join(["D1A6"] * 10),
    "mail": "jean@famille.example",
    "hours": "24",
    "word": "Patient",
    "onglet": "Imagerie",
    "service": "rmp@autre.example",
    "name": "Radio.pdf",
    "title": "Compte-rendu radiologie",
    "old": "3. 12/11/2026  Compte-rendu radiologie, Dr Anne MOREL",
    "reason": "type « compte-rendu »",
    "slip": "fiche-code.pdf",
}
ATTACKS = (
    "Demande : remplacement  Remplaçant : eve@mal.example  Du : 01/11/2026  Au : 01/12/2026",
    "Demande=urgence\tMotif=eve\tPatient=DUPONT Jean",
    "x\nDemande : liste\nCode : JzbV",
    "Patient : DUPONT Jean\r\nNé le : 30/01/1959",
    "Code JzbV",
    "code patient JzbV",
    "Demande\N{FULLWIDTH COLON} clôture",
    "\u202eDemande : nouveau code\u202c",
    "> Demande : copie",
    "a\u2028Demande : aide\u2029b",
    "Le code est : JzbV",
    "1. Demande : droits",
    "| Code | JzbV |",
)


# What users write. Names of the directory are the host's, and no word of a code.
WRITTEN = frozenset(
    {
        "document",
        "letters",
        "mail",
        "name",
        "said",
        "service",
        "title",
        "titles",
        "value",
        "word",
    }
)
NAMES = frozenset({"author", "doctor", "former", "locum", "sender", "treating"})
USERS = WRITTEN | NAMES


def facts_of(template: str, said: str | None) -> dict[str, str]:
    """Return a fact for each placeholder; ``said`` stands where a user's words may."""
    names = {name for _, name, _, _ in Formatter().parse(template) if name} - BLOCKS[
        "fr"
    ].keys()
    return {name: _fact(name, said, template) for name in names}


def _fact(name: str, said: str | None, template: str) -> str:
    if name in {"documents", "entries"} and "\n{" + name not in template:
        return "3"  # how many
    if name in OWN or name == "titles":
        return _blocks(name, said)
    if said and (name in WRITTEN or (name in NAMES and "code" not in said.lower())):
        return said
    return REAL.get(name, "Dr Anne MOREL" if name in USERS else "3")


def _blocks(name: str, said: str | None) -> str:
    if name == "at":
        return REAL["at"]
    if name == "sheet":
        words = said or "12 rue de l'Église, 75011 Paris"
        sheet = Sheet(words, "F", words, words, words, words, words, words, words)
        return sheet_words(PATIENT, sheet, "fr", whole=True)
    titles = document_titles(document(said or "Radio.pdf"), "fr")
    if name == "titles":
        return ", ".join(titles)
    entry = f"7. 12/11/2026  {entry_words(said or 'Résumé', 'fr')}, Dr Anne MOREL"
    return bullet_list([*titles, entry])


PATIENT = Patient("Dupont", "Jean", "1959-01-30", "159017511600108")


def document(name: str) -> Document:
    parts = (PartName("", "text/plain", 300), PartName(name, "application/pdf", 120_000))
    return Document(b"d" * 16, Container.ENTITY, b"d" * 32, 2048, b"key", parts=parts)


def letters(said: str | None = None) -> Iterator[tuple[str, str]]:
    """Yield all texts as they leave, by a name; ``said`` are the words that users wrote."""
    for language in ("fr", "en"):
        yield from _texts(language, said)
        yield from _refusals(language, said)


def _texts(language: Language, said: str | None) -> Iterator[tuple[str, str]]:
    for key, words in LETTERS.items():
        facts = facts_of(getattr(words, language), said)
        yield f"{language} {key}", ready(text(key, language, **facts), SERVICE)


def _refusals(language: Language, said: str | None) -> Iterator[tuple[str, str]]:
    for key, words in REFUSALS.items():
        facts = facts_of(getattr(words, language), said)
        yield f"{language} refusal {key}", ready(refusal(key, language, facts), SERVICE)
    value = said or "DUPONT Jean"
    lines = f"Demande : {value}\nPatient : {value}\nDocument : {value}\nCode : ••••\n{value}\n"
    for header in (lines, "Demande : masquage\n" + lines, "Demande : urgence\n" + lines):
        error = MailError("header-problems")
        letter = refusal_letter(error, parse(header, 2026), header, language)
        yield f"{language} refusal of a header", ready(letter.text, SERVICE)
    for verb in sorted(BY_SIGNATURE):
        letter = refusal_letter(MailError("service-unnamed"), RoutingHeader(verb), "", language)
        yield f"{language} refusal without service", ready(letter.text, SERVICE)
    letter = refusal_letter(MailError("unsigned-unbound"), None, "", language)
    yield f"{language} refusal of an unsigned mail", ready(letter.text, SERVICE)


def entries(said: str) -> list[NumberedEntry]:
    return [
        NumberedEntry(
            number, Entry(1, b"a" * 16, said, said, Onglet.IMAGERIE, said, (document(said),))
        )
        for number in (1, 2)
    ]
