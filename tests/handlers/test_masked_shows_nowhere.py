"""What is masked, and whatever belongs to it, shows in no answer to who may not see it.

Each answer is compared with that of a dossier in which the entry has never been: the letters
must be equal to the last sign. The entry came in many ways, and so did its mask.
"""

from typing import Any

import msgspec
import pytest
from handlers_case import (
    DEMO,
    JEAN,
    LAB,
    NOON,
    OTHER,
    RecordingKeeper,
    World,
    asked,
    body,
    doctor,
    dossier,
    entry,
    play,
    play_certificates,
    play_usable,
    read_table,
    run,
)
from msgspec.structs import replace

from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.leaves import History, PastEvent, Told
from rmp_milter.certificates import Certificate
from rmp_milter.dossier.model import Doctor, Dossier, Mask, NumberedEntry, Onglet, Refiling
from rmp_milter.dossier.rules import policy_of
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.table import HANDLERS
from rmp_milter.mail.outgoing.letter import Letter

WHO = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"
PSY = doctor("Dr Psy CHIATRE", 4, "médecin psychiatre")
GONE = doctor("Centre de DÉPISTAGE", 7, "laboratoire")  # of whom the directory knows no more


def filed(
    number: int, author: Doctor, tab: Onglet, at: int, *, replaces: int = 0
) -> NumberedEntry:
    made = entry(number, tab, f"Document {number}", [DEMO])
    changed = replace(
        made.entry,
        author=author.doctor_id,
        author_name=author.name,
        received_at=at,
        replaces=replaces,
    )
    return replace(made, entry=changed)


def leaf_of(action: str, each: NumberedEntry, author: Doctor, at: int = 0) -> PastEvent:
    """Return the leaf of a deposit, or of an attachment, which names documents alone."""
    documents = tuple(document.document_id for document in each.entry.documents)
    when = at or each.entry.received_at
    return PastEvent(9, when, action, "granted", author.rpps, documents=documents)


def touched(action: str, *numbers: int, outcome: str = "granted") -> PastEvent:
    return PastEvent(9, NOON + 70, action, outcome, DEMO.rpps, "signature", "", numbers)


FIRST = filed(1, DEMO, Onglet.SYNTHESE, NOON)
LAST = filed(9, LAB, Onglet.BIOLOGIE, NOON + 50)
SHOWN = (leaf_of("depot", FIRST, DEMO), leaf_of("depot", LAST, LAB))
MASK = Mask(2, DEMO.doctor_id, NOON + 60)
HIDDEN = filed(2, PSY, Onglet.SYNTHESE, NOON + 10)
OF_GONE = filed(2, GONE, Onglet.BIOLOGIE, NOON + 10)
OF_LAB = filed(2, LAB, Onglet.BIOLOGIE, NOON + 50)  # the moment and author of the last one
AGAIN = filed(3, PSY, Onglet.SYNTHESE, NOON + 20)
CORRECTED = replace(AGAIN, entry=replace(AGAIN.entry, corrects=1))
RECTIFIED = filed(3, DEMO, Onglet.SYNTHESE, NOON + 20, replaces=2)


class Hidden(msgspec.Struct, frozen=True):
    """What a dossier holds that nobody may tell: entries, masks, and their leaves."""

    entries: tuple[NumberedEntry, ...]
    leaves: tuple[PastEvent, ...]
    masks: tuple[Mask, ...] = (MASK,)
    refilings: tuple[Refiling, ...] = ()


MASKING = touched("masquage", 2)
WAYS: dict[str, Hidden] = {
    "a deposit": Hidden((HIDDEN,), (leaf_of("depot", HIDDEN, PSY), MASKING)),
    "one that had waited": Hidden(
        (HIDDEN,), (leaf_of("rattachement", HIDDEN, PSY, NOON + 15), MASKING)
    ),
    "one that had waited, of somebody removed": Hidden(
        (OF_GONE,), (leaf_of("rattachement", OF_GONE, GONE, NOON + 15), MASKING)
    ),
    "a deposit of somebody removed": Hidden(
        (OF_GONE,), (leaf_of("depot", OF_GONE, GONE), MASKING)
    ),
    "one of the moment and the author of another": Hidden(
        (OF_LAB,), (leaf_of("depot", OF_LAB, LAB), MASKING)
    ),
    "one that was masked, then rectified": Hidden(
        (HIDDEN, RECTIFIED),
        (
            leaf_of("depot", HIDDEN, PSY),
            MASKING,
            touched("rectification", 2),
            leaf_of("depot", RECTIFIED, DEMO),
        ),
    ),
    "one that was masked, then corrected by its author": Hidden(
        (HIDDEN, CORRECTED),
        (leaf_of("depot", HIDDEN, PSY), MASKING, leaf_of("depot", CORRECTED, PSY)),
    ),
    "one that was rectified, then masked": Hidden(
        (HIDDEN, RECTIFIED),
        (
            leaf_of("depot", HIDDEN, PSY),
            touched("rectification", 2),
            leaf_of("depot", RECTIFIED, DEMO),
            touched("masquage", 3),
        ),
        (replace(MASK, number=3),),
    ),
    "one that was reclassified": Hidden(
        (HIDDEN,),
        (leaf_of("depot", HIDDEN, PSY), touched("reclassement", 2), MASKING),
        refilings=(Refiling(2, Onglet.IMAGERIE, DEMO.doctor_id, NOON + 30),),
    ),
    "one that was read, masked, shown and masked again": Hidden(
        (HIDDEN,),
        (
            leaf_of("depot", HIDDEN, PSY),
            touched("consultation", 2),
            touched("renvoi", 2),
            touched("urgence", 2),
            MASKING,
            touched("demasquage", 2),
            MASKING,
        ),
    ),
    "one whose deposit was tried before, and refused": Hidden(
        (HIDDEN,),
        (
            replace(leaf_of("depot", HIDDEN, PSY), documents=(b"before" * 2 + b"....",)),
            replace(leaf_of("rattachement", HIDDEN, PSY), outcome="refused"),
            leaf_of("depot", HIDDEN, PSY),
            MASKING,
        ),
    ),
}

LOOSE = policy_of(
    {
        "cle_patient_autre": ("signature+code",),
        "reclassement_autre": ("signature+code",),
        "fiche_autre": ("signature+code",),
    }
)


def state(hidden: Hidden | None) -> Dossier:
    made = dossier(replace(JEAN, nir=""))
    if hidden is None:
        return made
    return replace(made, masks=hidden.masks, refilings=hidden.refilings)


def world(hidden: Hidden | None) -> World:
    """Return the dossier with what is hidden in it, or without: the visible is the same."""
    between = hidden.entries if hidden else ()
    made = World([state(hidden)], (FIRST, *between, LAST))
    made.known[PSY.doctor_id] = PSY
    return made


def log_of(hidden: Hidden | None) -> tuple[PastEvent, ...]:
    between = hidden.leaves if hidden else ()
    return (*SHOWN, *between, touched("consultation", 1, 9))


SEEN_TABLE = read_table(state(None), (FIRST, LAST))
NUMBERED = f"Numéros : 2 {SEEN_TABLE}\n"

# What is asked beside verb and patient, of every verb that a colleague may use with the code.
ASKED = {
    "index": ("index", ""),
    "all of it": ("dossier", ""),
    "the résumé": ("synthèse", ""),
    "a number": ("dossier", NUMBERED),
    "numbers that are not there": ("dossier", f"Numéros : 2-9 {SEEN_TABLE}\n"),
    "a number of no table": ("dossier", "Numéros : 2\n"),
    "a tab": ("dossier", "Onglet : Synthèse\n"),
    "since a day": ("dossier", "Depuis : 01/01/2026\n"),
    "a copy": ("copie", ""),
    "again": ("renvoi", ""),
    "again, a number": ("renvoi", NUMBERED),
    "a correction": ("rectification", NUMBERED),
    "a mask": ("masquage", NUMBERED),
    "no mask": ("démasquage", NUMBERED),
    "a refusal of a doctor": ("opposition", "Médecin : Laboratoire CENTRAL\n"),
    "a new code": ("nouveau code", ""),
    "no code": ("révocation du code", ""),
    "the accesses": ("accès", ""),
    "the accesses with proofs": ("accès", "Preuves : oui\n"),
    "the end": ("clôture", ""),
    "another tab": ("reclassement", f"{NUMBERED}Onglet : Imagerie\n"),
    "the sheet": ("fiche", "Fax : 0123456780\n"),
    "the patient's key": ("clé du patient", "Courriel : jean@famille.example\n"),
    "an emergency": ("urgence", "Motif : ••••\n"),
    "a deposit": ("dépôt", ""),
    "his own, corrected": ("rectification", "Numéros : 1\n"),
}
WITHOUT_CODE = {"an emergency", "a deposit", "his own, corrected"}


def mail_of(what: str, by: Doctor) -> Case:
    verb, said = ASKED[what]
    brings = verb in {"rectification", "dépôt"}
    mail = asked(
        f"Demande : {verb}\n{WHO}{said}",
        by=by,
        has_code=what not in WITHOUT_CODE,
        has_reason=verb == "urgence",
        bodies=[body()] if brings else [],
    )
    assert mail.header.problems == ()
    return replace(mail, policy=LOOSE, opened=replace(mail.opened, keys=(b"jean1",)))


def answered(what: str, by: Doctor, hidden: Hidden | None) -> object:
    """Return all that the asker is told: his letter, or the refusal with what stands below."""

    def answer(request: Request) -> Reply | MailError:
        return Told(log_of(hidden)) if isinstance(request, History) else play(request)

    mail = mail_of(what, by)
    try:
        outcome, _ = run(
            HANDLERS[mail.header.verb], mail, world(hidden), RecordingKeeper(answer)
        )
    except MailError as error:
        below = getattr(error, "below", ""), getattr(error, "not_before", 0)
        return error.text, dict(error.facts), below
    assert outcome.letter is not None
    return told(outcome.letter), outcome.not_before


def told(letter: Letter) -> dict[str, Any]:
    """Return a letter's values; an enclosed entry by what is sent of it."""
    enclosed = [
        (each.number, each.document, each.packets, each.entry.author_name)
        for each in letter.enclosures
    ]
    return {**msgspec.structs.asdict(letter), "enclosures": enclosed}


@pytest.fixture(autouse=True)
def played_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(data: bytes) -> Certificate:
        return Certificate(data, data.decode(), (data.decode(),), (), "", 0)

    play_certificates(monkeypatch, read)
    play_usable(monkeypatch)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("what", ASKED)
@pytest.mark.promise(number=14)
def test_the_answer_is_that_of_a_dossier_without_it(what: str, way: str) -> None:
    without = answered(what, OTHER, None)
    assert answered(what, OTHER, WAYS[way]) == without


@pytest.mark.promise(number=14)
def test_every_verb_about_a_dossier_is_asked_here() -> None:
    """But those that make the asker one who sees all, or are of no dossier in particular."""
    asked_here = {mail_of(what, OTHER).header.verb.value for what in ASKED}
    sees_all_then = {"medecin traitant", "creation", "cle", "contestation"}
    of_none = {
        "liste",
        "aide",
        "droits",
        "remplacement",
        "fin de remplacement",
        "justification",
    }
    wish_of_the_same_kind = {"levee d'opposition"}
    left = {verb.value for verb in HANDLERS} - asked_here
    assert left == sees_all_then | of_none | wish_of_the_same_kind


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.promise(number=14)
def test_who_sees_all_is_told_of_it(way: str) -> None:
    """So that the comparison above compares something: to the médecin traitant they differ."""
    for what in ("index", "the accesses"):
        mail_without, mail_with = (answered(what, DEMO, each) for each in (None, WAYS[way]))
        assert mail_with != mail_without


@pytest.mark.promise(number=14)
def test_its_author_sees_his_own_in_the_list() -> None:
    letter, _ = _letter_of(answered("the accesses", PSY, WAYS["one that had waited"]))
    flat = " ".join(letter["text"].split())
    assert "a fait rattacher des documents qui attendaient un dossier (document 2)" in flat


def _letter_of(found: object) -> tuple[dict[str, Any], int]:
    assert isinstance(found, tuple)
    letter, not_before = found
    return letter, not_before
