"""Rectification: a new version takes an entry's place, whoever may, and its author alone."""

import pytest
from handlers_case import (
    DEMO,
    LAB,
    NEXT_CARD,
    OTHER,
    asked,
    body,
    dossier,
    entry,
    refusal_of,
    run,
)
from msgspec.structs import replace
from proof_case import Guarded
from wishes_case import FILED, LOCUM, MASKED, PATIENT, state_of, text_of, words_of, world

from rmp_milter.calls.authority import Masking
from rmp_milter.calls.protocol.filing import Reseal
from rmp_milter.dossier.cards import Masked
from rmp_milter.dossier.model import Doctor, NumberedEntry, Onglet
from rmp_milter.dossier.versions import versions
from rmp_milter.handlers import rectification
from rmp_milter.handlers.asking.case import Case

pytestmark = pytest.mark.usefixtures("every_key_usable")


def corrected(number: str = "2", by: Doctor = DEMO) -> Case:
    lines = text_of("rectification", f"Numéros : {number}")
    return asked(lines, by=by, bodies=[body()], onglet=Onglet.DIVERS)


@pytest.mark.promise(number=15)
@pytest.mark.parametrize("by", [DEMO, LOCUM, PATIENT])
def test_a_new_version_replaces_the_old_one(by: Doctor) -> None:
    outcome, requests = run(rectification.handle, corrected(by=by), world())
    (filing,) = outcome.effects.filings
    assert filing.entry.replaces == 2
    assert (filing.entry.document_type, filing.entry.onglet) == ("Radio", Onglet.IMAGERIE)
    assert isinstance(requests[-1], Reseal)
    assert state_of(outcome) == replace(dossier(), revision=1)
    assert "Radio, Laboratoire CENTRAL" in words_of(outcome)


def test_a_masked_one_stays_masked_and_it_is_said() -> None:
    outcome, (_, reseal, amend) = run(rectification.handle, corrected(), world(MASKED))
    assert "la nouvelle l'est aussi" in words_of(outcome)
    new = Masked(reseal.items[0].document_id, DEMO.doctor_id)
    assert amend.wish == Masking((Masked(bytes([102]) * 16, LAB.doctor_id), new))
    assert state_of(outcome).card == NEXT_CARD


def test_a_replaced_one_is_not_replaced_again() -> None:
    newer = entry(4, Onglet.IMAGERIE, "Radio", [DEMO])
    newer = replace(newer, entry=replace(newer.entry, replaces=2))
    error = refusal_of(rectification.handle, corrected(), world(None, (*FILED, newer)))
    assert (error.text, error.facts["newer"]) == ("already-replaced", "4")


def test_it_is_about_one_entry_and_needs_a_document() -> None:
    error = refusal_of(rectification.handle, corrected("1, 2"), world())
    assert error.text == "one-number"
    mail = asked(text_of("rectification", "Numéros : 1"))
    assert refusal_of(rectification.handle, mail, world()).text == "nothing-to-file"


def test_its_author_needs_no_code_and_counts_his_own() -> None:
    outcome, (reseal,) = run(rectification.handle, corrected("1", by=LAB), world())
    assert isinstance(reseal, Reseal)
    (filing,) = outcome.effects.filings
    assert (filing.entry.replaces, filing.entry.corrects) == (0, 1)
    assert outcome.effects.updates == ()
    filed = NumberedEntry(4, filing.entry)
    assert versions((*FILED, filed)) == {4: 2}


@pytest.mark.promise(number=6)
def test_his_own_is_not_looked_for_before_somebody_reads() -> None:
    """It would take the time of a dossier; and what waits is corrected in the same way."""
    known = Guarded([dossier()], FILED)
    run(rectification.handle, corrected("1", by=LAB), known)
    outcome, _ = run(rectification.handle, corrected("1", by=LAB), Guarded())
    (deferral,) = outcome.effects.deferrals
    assert deferral.waiting.entry.corrects == 1


def test_who_is_not_its_author_only_deposits_and_hears_the_same() -> None:
    author, _ = run(rectification.handle, corrected("1", by=LAB), world())
    other, _ = run(rectification.handle, corrected("1", by=OTHER), world())
    (filing,) = other.effects.filings
    assert versions((*FILED, NumberedEntry(4, filing.entry))) == {}
    assert words_of(other) == words_of(author)
