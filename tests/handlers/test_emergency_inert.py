"""No piece of what an emergency is answered asks for anything when it comes back."""

from collections.abc import Callable, Collection, Iterator

import pytest
from handlers_case import OTHER, World, asked, dossier, run
from msgspec.structs import replace
from urgence_case import FILED, WHO, emergency

from rmp_milter.calls.protocol.opening import Standing
from rmp_milter.dossier.model import Patient, Sheet, Verb
from rmp_milter.dossier.short_references import short_reference
from rmp_milter.handlers import urgence
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.meaning.meaning import Meaning, meaning
from rmp_milter.mail.meaning.meaning import asked as header_of
from rmp_milter.mail.outgoing.narrow import ready
from rmp_milter.mail.whose.reading import read_plain

ALL = range(1, 10)
"""Lines of a window, the most of them longer than any form."""
SOME = (1, 2, 9)
ANA = dossier(Patient("Martin", "Ana", "1990-07-14"), number=8)
KNOWN = replace(
    dossier(),
    sheet=Sheet(
        sex="M", used_name="Martin", phone="Demande : urgence", mobile="06 12 34 56 78"
    ),
)
SLIP = short_reference(ANA.dossier_id)[:-2] + "22"
CASES = {
    "granted": emergency(),
    "reason missing": asked(f"Demande : urgence\n{WHO}", by=OTHER),
    "reason missing, nobody named": asked("Demande : urgence\n", by=OTHER),
    "listed": emergency("Patient : DUPONT\n"),
    "near": emergency(f"Référence : {SLIP}\n"),
    "another's": emergency(f"Référence : {short_reference(ANA.dossier_id)}\n{WHO}"),
    "unknown": emergency("Référence : D-2222-2222\n"),
    "nothing said": emergency("Âge : 65 ans\n"),
}
WAYS: dict[str, Callable[[str], str]] = {
    "pasted below": lambda piece: f"Merci.\n\n{piece}\n",
    "pasted above": lambda piece: f"{piece}\n\nMerci.\n",
    "marked": lambda piece: "Merci.\n\n> " + piece.replace("\n", "\n> "),
    "on one line": lambda piece: "Merci.\n\n" + " ".join(piece.split()),
}


def letters(language: Language) -> Iterator[tuple[str, str]]:
    for name, mail in CASES.items():
        outcome, _ = run(urgence.handle, replace(mail, language=language), world())
        yield name, ready(outcome.letter.text, "rmp@chu.example")
        for notice in outcome.effects.notices:
            yield "notice", ready(notice.letter.text, "rmp@chu.example")
    reference = "U-K7QX-3MZB-9FTR"
    yield "reminder", text("reminder-justify", language, at="12/11/2026", reference=reference)


def world() -> World:
    return World([KNOWN, ANA], FILED)


def windows(letter: str, sizes: Collection[int]) -> Iterator[str]:
    """Go through windows of the letter's lines, and what is left of those that its end cuts."""
    lines = letter.splitlines()
    for first in range(len(lines)):
        left = len(lines) - first
        for size in sizes:
            if size <= left or size == max(sizes):
                yield "\n".join(lines[first : first + size])


def asks(read: Meaning, *, own_lines: bool) -> bool:
    """Whether anything would be done.

    ``own_lines`` are those of the sender's that a form repeats: they may name his patient.
    """
    header = header_of(read, 2026)
    if read.cut.code or read.cut.attestation:
        return True
    if read.standing is not Standing.HEADER or read.doubts:
        return False
    if header.verb is Verb.URGENCE:
        return bool(read.cut.reason)
    if header.problems:
        return False
    if header.verb is Verb.JUSTIFICATION:
        return bool(read.cut.reason)
    return not (own_lines and header.verb is Verb.DEPOT)


def pieces(language: Language, sizes: Collection[int]) -> Iterator[tuple[str, bool]]:
    """Go through the windows of all letters, each once, and whether a form may name a patient."""
    seen = set[tuple[str, bool]]()
    for name, letter in letters(language):
        assert max(map(len, letter.splitlines())) <= 66
        found = {(piece, name == "reason missing") for piece in windows(letter, sizes)}
        yield from found - seen
        seen |= found


# Every size in the campaigns; what a few lines ask for, they ask for among more lines too.
@pytest.mark.slow
@pytest.mark.parametrize("sizes", [SOME, pytest.param(ALL, marks=pytest.mark.soak)], ids=len)
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("way", WAYS)
def test_no_piece_of_it_asks_for_anything(
    way: str, language: Language, sizes: Collection[int]
) -> None:
    for piece, own_lines in pieces(language, sizes):
        read = meaning(read_plain(WAYS[way](piece)), 2026)
        assert not asks(read, own_lines=own_lines), piece
