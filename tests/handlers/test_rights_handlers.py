"""The patient's wishes: each rule by its name, the keeper played."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from handlers_case import (
    CODE_SLOT,
    DEMO,
    LAB,
    NOON,
    OTHER,
    SLOTS,
    World,
    asked,
    body,
    doctor,
    dossier,
    entry,
    play,
    run,
)
from msgspec.structs import replace

from rmp_milter.calls.protocol import (
    CODE_MARK,
    DECOY_SLOT,
    MAX_PROOFS,
    ByCode,
    ByCustody,
    History,
    PastEvent,
    Recode,
    Record,
    Release,
    Reseal,
    Told,
)
from rmp_milter.dossier.model import Closure, Doctor, Fault, Locum, Mask, Onglet
from rmp_milter.errors import MailError
from rmp_milter.handlers import acces as accesses
from rmp_milter.handlers import cloture, consultation, depot, droits, opposition, rectification
from rmp_milter.handlers import masquage as masking
from rmp_milter.handlers import nouveau_code as patient_code
from rmp_milter.handlers.asking.steps import Outcome, Refusal
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.slip import SLIP_NAME

JEAN_LINES = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"
LANGUAGE: Language = "fr"
LOCUM = doctor("Dr Rémi PLACE", 5)
PATIENT = replace(doctor("Jean DUPONT", 6, "patient"), rpps="", patient_of=dossier().dossier_id)
FILED = (
    entry(1, Onglet.SYNTHESE, "Résumé médical", [DEMO]),
    replace(
        entry(2, Onglet.IMAGERIE, "Radio", [DEMO]),
        entry=replace(
            entry(2, Onglet.IMAGERIE, "Radio", [DEMO]).entry,
            author=LAB.doctor_id,
            author_name=LAB.name,
        ),
    ),
    entry(3, Onglet.BIOLOGIE, "Bilan", [DEMO]),
)
MASKED = replace(dossier(), masks=(Mask(2, DEMO.doctor_id, NOON),))


@pytest.fixture(autouse=True)
def every_key_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(depot, "usable", lambda _certificate, _at: True)


def world(state: Any = None, entries: Sequence[Any] = FILED) -> World:  # noqa: ANN401
    made = World([state or dossier()], entries)
    locums = (Locum(LOCUM.doctor_id, "2026-05-01", "2026-07-01", NOON),)
    demo = replace(DEMO, locums=locums)
    made.known |= {each.doctor_id: each for each in (demo, LOCUM, PATIENT)}
    return made


def text_of(request: str, *more: str) -> str:
    return "".join(f"{line}\n" for line in (f"Demande : {request}", JEAN_LINES.strip(), *more))


def refusal_of(steps: Any) -> MailError:  # noqa: ANN401
    with pytest.raises(MailError) as caught:
        run(steps)
    return caught.value


def state_of(outcome: Outcome) -> Any:  # noqa: ANN401
    (update,) = outcome.effects.updates
    assert update.dossier.revision == 1
    return update.dossier


def words_of(outcome: Outcome) -> str:
    assert outcome.letter is not None
    return outcome.letter.text


def is_refused_by_the_keeper(steps: Any) -> MailError:  # noqa: ANN401
    """Run until the slot is tried, which does not open."""
    next(steps)
    with pytest.raises(MailError) as caught:
        steps.throw(MailError("no-access"))
    return caught.value


class TestWhoMay:
    """The patient, his médecin traitant or locum by signature; others with his code."""

    @pytest.mark.parametrize("by", [DEMO, LOCUM, PATIENT])
    def test_by_signature(self, by: Doctor) -> None:
        mail = asked(text_of("masquage", "Numéros : 2"), by=by)
        outcome, (request,) = run(masking.mask(mail, world(), LANGUAGE))
        assert [mask.number for mask in state_of(outcome).masks] == [2]
        assert isinstance(request, Record | Release)
        assert (request.event.action, request.event.entries) == ("masquage", (2,))

    def test_any_other_professional_with_the_code(self) -> None:
        mail = asked(text_of("masquage", "Numéros : 2"), by=OTHER, held_code=b"held")
        outcome, (_prove, release) = run(masking.mask(mail, world(), LANGUAGE))
        assert release.opening == ByCode(CODE_SLOT, b"held")
        assert state_of(outcome).masks[0].by == OTHER.doctor_id
        assert outcome.effects.cleared[0].fault is Fault.DOSSIER

    def test_nobody_without_it(self) -> None:
        mail = asked(text_of("masquage", "Numéros : 2"), by=OTHER)
        for known in (world(), World()):
            assert refusal_of(masking.mask(mail, known, LANGUAGE)).text == "code-missing"

    @pytest.mark.parametrize(
        "verb",
        [masking.mask, opposition.oppose, patient_code.renew, accesses.handle],
    )
    def test_a_wrong_code_is_as_no_patient(self, verb: Callable[..., Any]) -> None:
        lines = ("Numéros : 99", "Médecin : Dr Anne AUTRE")
        mail = asked(text_of("masquage", *lines), by=LAB, held_code=b"held")
        opposed = replace(dossier(), opposed=(LAB.doctor_id,))
        closed = replace(dossier(), closure=Closure(NOON, NOON + 1))
        worlds = (world(), World(), world(opposed), world(closed))
        refusals = [is_refused_by_the_keeper(verb(mail, each, LANGUAGE)) for each in worlds]
        assert all(isinstance(each, Refusal) for each in refusals)
        assert {each.text for each in refusals} == {"no-access"}

    def test_an_unknown_number_in_a_consultation_is_told_behind_the_code_only(self) -> None:
        mail = asked(text_of("dossier", "Numéros : 99"), by=OTHER, held_code=b"held")
        steps = consultation.handle(mail, world(), LANGUAGE)
        assert is_refused_by_the_keeper(steps).text == "no-access"
        steps = consultation.handle(mail, world(), LANGUAGE)
        assert refusal_of(steps).text == "no-such-entry"


class TestMasking:
    def test_numbers_are_those_that_the_sender_sees(self) -> None:
        mail = asked(text_of("masquage", "Numéros : 2"), by=OTHER, held_code=b"held")
        outcome, _ = run(masking.mask(mail, world(MASKED), LANGUAGE))
        assert [mask.number for mask in state_of(outcome).masks] == [2, 3]
        assert "2. 28/05/2026  Bilan" in words_of(outcome)

    def test_a_masked_entry_is_no_entry_to_others(self) -> None:
        mail = asked(text_of("démasquage", "Numéros : 3"), by=OTHER, held_code=b"held")
        steps = masking.unmask(mail, world(MASKED), LANGUAGE)
        assert refusal_of(steps).text == "no-such-entry"

    def test_twice_changes_nothing_and_says_so(self) -> None:
        mail = asked(text_of("masquage", "Numéros : 2"))
        outcome, _ = run(masking.mask(mail, world(MASKED), LANGUAGE))
        assert outcome.effects.updates == ()
        assert "Déjà masquée(s), rien n'a été changé" in words_of(outcome)

    def test_unmasking(self) -> None:
        mail = asked(text_of("démasquage", "Numéros : 1, 2"))
        outcome, (record,) = run(masking.unmask(mail, world(MASKED), LANGUAGE))
        assert state_of(outcome).masks == ()
        assert record.event.action == "demasquage"
        assert "de nouveau visible(s) :\n\n  - 2. " in words_of(outcome)
        assert "Non masquée(s), rien n'a été changé :\n\n  - 1. " in words_of(outcome)

    @pytest.mark.promise(number=14)
    def test_a_new_version_of_a_masked_entry_is_masked(self) -> None:
        newer = entry(4, Onglet.IMAGERIE, "Radio corrigée", [DEMO])
        newer = replace(newer, entry=replace(newer.entry, replaces=2))
        mail = asked(text_of("dossier"), by=OTHER, held_code=b"held")
        known = world(MASKED, (*FILED, newer))
        outcome, _ = run(consultation.handle(mail, known, LANGUAGE))
        assert "Radio" not in words_of(outcome)
        mail = asked(text_of("démasquage", "Numéros : 4"))
        outcome, _ = run(masking.unmask(mail, known, LANGUAGE))
        assert state_of(outcome).masks == ()


class TestOpposition:
    @pytest.mark.parametrize("named", [OTHER.rpps, OTHER.mail, "Dr Anne AUTRE", "anne autre"])
    def test_a_doctor_by_number_mail_or_name(self, named: str) -> None:
        mail = asked(text_of("opposition", f"Médecin : {named}"))
        outcome, _ = run(opposition.oppose(mail, world(), LANGUAGE))
        assert state_of(outcome).opposed == (OTHER.doctor_id,)
        assert OTHER.rpps in words_of(outcome)

    @pytest.mark.parametrize("named", ["Dr Personne", "Jean Dupont", "10000000099"])
    def test_an_unknown_doctor_is_explained(self, named: str) -> None:
        mail = asked(text_of("opposition", f"Médecin : {named}"))
        error = refusal_of(opposition.oppose(mail, world(), LANGUAGE))
        assert (error.text, error.facts["doctor"]) == ("no-such-doctor", named)

    def test_two_of_one_name_are_told_apart_by_number_only(self) -> None:
        known = world()
        twin = replace(OTHER, doctor_id=b"t" * 16, rpps="10000000020", mail="t@x.example")
        known.known[twin.doctor_id] = twin
        mail = asked(text_of("opposition", "Médecin : Dr Anne AUTRE"))
        assert refusal_of(opposition.oppose(mail, known, LANGUAGE)).text == "no-such-doctor"

    def test_the_treating_doctor_cannot_be_opposed(self) -> None:
        mail = asked(text_of("opposition", f"Médecin : {DEMO.rpps}"), by=PATIENT)
        steps = opposition.oppose(mail, world(), LANGUAGE)
        assert refusal_of(steps).text == "treating-not-opposed"

    def test_is_lifted(self) -> None:
        opposed = replace(dossier(), opposed=(OTHER.doctor_id,))
        mail = asked(text_of("levée d'opposition", f"Médecin : {OTHER.rpps}"))
        outcome, (record,) = run(opposition.lift(mail, world(opposed), LANGUAGE))
        assert state_of(outcome).opposed == ()
        assert record.event.action == "levee d'opposition"

    @pytest.mark.parametrize(
        ("verb", "opposed"), [(opposition.oppose, (OTHER.doctor_id,)), (opposition.lift, ())]
    )
    def test_twice_changes_nothing_and_says_so(
        self, verb: Callable[..., Any], opposed: tuple[bytes, ...]
    ) -> None:
        mail = asked(text_of("opposition", f"Médecin : {OTHER.rpps}"))
        outcome, _ = run(verb(mail, world(replace(dossier(), opposed=opposed)), LANGUAGE))
        assert outcome.effects.updates == ()
        assert "Rien n'a été changé." in words_of(outcome)


class TestCode:
    def test_the_service_draws_a_new_one_and_tells_it_once(self) -> None:
        outcome, (recode,) = run(
            patient_code.renew(asked(text_of("nouveau code")), world(), LANGUAGE)
        )
        assert isinstance(recode, Recode)
        assert isinstance(recode.opening, ByCustody)
        assert recode.event.proof == "signature+custody"
        assert outcome.letter is not None
        assert outcome.letter.held_code == b"held drawn code"
        assert outcome.letter.text.count(CODE_MARK) == 2
        assert [file.name for file in outcome.letter.files] == [SLIP_NAME]
        assert state_of(outcome).slots.code == CODE_SLOT
        assert [strike.fault for strike in outcome.effects.cleared] == [Fault.DOSSIER]

    @pytest.mark.parametrize("by", [DEMO, LOCUM, PATIENT])
    def test_the_treating_doctor_and_the_patient_may_give_one(self, by: Doctor) -> None:
        mail = asked(text_of("nouveau code"), by=by, held_code=b"chosen")
        _, (recode,) = run(patient_code.renew(mail, world(), LANGUAGE))
        assert recode.held_code == b"chosen"

    def test_others_prove_by_the_old_one_and_the_doctor_is_told(self) -> None:
        mail = asked(text_of("nouveau code"), by=OTHER, held_code=b"old")
        outcome, (recode,) = run(patient_code.renew(mail, world(), LANGUAGE))
        assert recode.opening == ByCode(CODE_SLOT, b"old")
        assert recode.held_code == b""
        readers = [notice.reader.doctor_id for notice in outcome.effects.notices]
        assert readers == [DEMO.doctor_id, PATIENT.doctor_id]
        assert CODE_MARK not in outcome.effects.notices[0].letter.text

    def test_a_short_one_is_refused_in_words_of_its_own(self) -> None:
        steps = patient_code.renew(
            asked(text_of("nouveau code"), held_code=b"ab"), world(), LANGUAGE
        )
        next(steps)
        with pytest.raises(MailError, match="weak-new-code"):
            steps.throw(MailError("weak-code"))

    def test_a_revoked_one_opens_nothing(self) -> None:
        mail = asked(text_of("révocation du code"), by=PATIENT)
        outcome, (record,) = run(patient_code.revoke(mail, world(), LANGUAGE))
        revoked = state_of(outcome)
        assert revoked.slots == replace(SLOTS, code=None)
        assert record.event.action == "revocation du code"
        mail = asked(text_of("dossier"), by=OTHER, held_code=b"old")
        steps = consultation.handle(mail, world(revoked), LANGUAGE)
        assert next(steps).opening == ByCode(DECOY_SLOT, b"old")

    def test_revoked_twice_changes_nothing_and_says_so(self) -> None:
        none = replace(dossier(), slots=replace(SLOTS, code=None))
        outcome, _ = run(
            patient_code.revoke(asked(text_of("révocation du code")), world(none), LANGUAGE)
        )
        assert (outcome.effects.updates, outcome.effects.notices) == ((), ())
        assert "Rien n'a été changé." in words_of(outcome)


def told(mail: Any, known: World, *events: PastEvent) -> tuple[str, list[Any]]:  # noqa: ANN401
    """Ask for the list of accesses where the log holds these events; return its words."""
    letter, requests = letter_told(mail, known, *events)
    return letter.text, requests


def letter_told(mail: Any, known: World, *events: PastEvent) -> tuple[Letter, list[Any]]:  # noqa: ANN401
    steps, requests = accesses.handle(mail, known, LANGUAGE), []
    try:
        request = next(steps)
        while True:
            requests.append(request)
            reply = Told(events) if isinstance(request, History) else play(request)
            request = steps.send(reply)
    except StopIteration as done:
        letter = done.value.letter
    assert letter is not None
    return letter, requests


class TestAccesses:
    READ = PastEvent(
        1, NOON, "consultation", "granted", OTHER.rpps, "signature+code", "", (1, 2, 3)
    )
    WRONG = PastEvent(2, NOON, "consultation", "refused", OTHER.rpps, "signature+code")
    MASK = PastEvent(3, NOON, "masquage", "granted", "", "signature+standing", "", (2,))

    def test_in_plain_words(self) -> None:
        actions = ("creation", "acces", "code", "revocation du code", "cloture")
        others = [PastEvent(9, NOON, each, "granted", DEMO.rpps) for each in actions]
        words, _ = told(
            asked(text_of("accès")), world(), self.READ, self.WRONG, self.MASK, *others
        )
        read = "Dr Anne AUTRE a consulté le dossier (entrées 1 à 3), avec le code du patient\n"
        assert f"28/05/2026 20:26  {read}" in words
        assert "Dr Anne AUTRE s'est vu refuser l'accès (code faux)" in words
        assert "Le patient a masqué (entrée 2)" in words
        assert "a fait :" not in words
        assert max(map(len, words.splitlines())) < 98

    def test_asking_is_one_leaf(self) -> None:
        _, (record, history) = told(asked(text_of("accès")), world())
        assert record.event == history.event

    def test_a_deposit_names_its_entry_and_a_locum_his_doctor(self) -> None:
        deposit = PastEvent(1, NOON, "depot", "granted", LAB.rpps)
        locum = PastEvent(
            2, NOON, "consultation", "granted", LOCUM.rpps, "signature+custody", DEMO.rpps
        )
        host = PastEvent(3, NOON, "reouverture", "granted", "", "host")
        gone = PastEvent(4, NOON, "consultation", "granted", "10000000099")
        words, _ = told(asked(text_of("accès")), world(), deposit, locum, host, gone)
        assert "Laboratoire CENTRAL a déposé des documents (entrée 2)" in words
        assert "Dr Rémi PLACE, remplaçant de Dr Paul DEMO, a consulté" in words
        assert "L'hébergeur a rouvert le dossier" in words
        assert "RPPS 10000000099 a consulté" in words

    def test_an_emergencys_review_is_not_said_to_be_the_patients_own(self) -> None:
        review = PastEvent(1, NOON, "controle", "closed", "", reference="U-K7QX-3MZB-9FTR")
        words, _ = told(asked(text_of("accès")), world(), review)
        assert "28/05/2026 20:26  Un contrôleur a examiné un accès en urgence\n" in words

    @pytest.mark.promise(number=14)
    def test_others_with_the_code_are_told_nothing_of_masks(self) -> None:
        mail = asked(text_of("accès"), by=OTHER, held_code=b"held")
        words, _ = told(mail, world(MASKED), self.READ, self.WRONG, self.MASK)
        assert "(entrées 1, 2)" in words
        assert "masqu" not in words
        assert "Cette liste porte sur les entrées que vous voyez" in words
        assert "preuve" not in words


class TestAccessesWithProofs:
    ASKED = text_of("accès", "Preuves : oui")
    EVENTS = tuple(
        PastEvent(index, NOON, "consultation", "granted", OTHER.rpps, receipt=receipt)
        for index, receipt in ((7, b""), (12, b"the receipt of 12"), (10345, b"that of 10345"))
    )

    @pytest.mark.parametrize("by", [DEMO, LOCUM, PATIENT])
    def test_each_file_bears_its_lines_number(self, by: Doctor) -> None:
        letter, (*_, history) = letter_told(asked(self.ASKED, by=by), world(), *self.EVENTS)
        assert history.proofs == MAX_PROOFS
        assert [(file.name, file.data) for file in letter.files] == [
            ("acces-0012.tlog-proof", b"the receipt of 12"),
            ("acces-10345.tlog-proof", b"that of 10345"),
        ]
        for number in ("0007", "0012", "10345"):
            assert f"\nn° {number}  28/05/2026 20:26  Dr Anne AUTRE a consulté" in letter.text

    def test_the_letter_says_how_to_verify_one_and_that_older_lines_have_none(self) -> None:
        words, _ = told(asked(self.ASKED), world(), *self.EVENTS)
        assert "rmp access verify acces-10345.tlog-proof --vkey cle.txt" in words
        assert "Seules les 2 dernières lignes ont leur fichier." in words
        assert max(map(len, words.splitlines())) < 98
        words, _ = told(asked(self.ASKED), world(), *self.EVENTS[1:])
        assert "Seules les" not in words

    def test_whoever_does_not_see_all_gets_none_for_a_leaf_names_masked_entries(self) -> None:
        mail = asked(self.ASKED, by=OTHER, held_code=b"held")
        letter, (*_, history) = letter_told(mail, world(MASKED), *self.EVENTS)
        assert (history.proofs, letter.files) == (0, ())
        assert "Aucune preuve n'est jointe" in letter.text
        assert "n° 0012" not in letter.text

    def test_none_that_were_not_asked_for(self) -> None:
        _, (*_, history) = told(asked(text_of("accès")), world())
        assert history.proofs == 0


class TestCopy:
    REPLACED = replace(FILED[2], entry=replace(FILED[2].entry, replaces=1))

    @pytest.mark.parametrize("by", [DEMO, LOCUM, PATIENT])
    def test_is_whole_with_masked_and_replaced_entries(self, by: Doctor) -> None:
        known = world(MASKED, (*FILED[:2], self.REPLACED))
        mail = asked(text_of("copie", "Numéros : 1"), by=by)
        outcome, (request,) = run(consultation.copy(mail, known, LANGUAGE))
        assert request.event.action == "copie"
        assert request.event.entries == (1, 2, 3)
        assert outcome.letter is not None
        assert len(outcome.letter.enclosures) == 3

    def test_others_get_what_they_see(self) -> None:
        known = world(MASKED, (*FILED[:2], self.REPLACED))
        mail = asked(text_of("copie"), by=OTHER, held_code=b"held")
        outcome, _ = run(consultation.copy(mail, known, LANGUAGE))
        assert outcome.letter is not None
        assert [each.number for each in outcome.letter.enclosures] == [1]


class TestRectification:
    def mail(self, number: str = "2", **more: Any) -> Any:  # noqa: ANN401
        lines = text_of("rectification", f"Numéros : {number}")
        return asked(lines, bodies=[body()], onglet=Onglet.DIVERS, **more)

    @pytest.mark.parametrize("by", [DEMO, LOCUM, PATIENT])
    @pytest.mark.promise(number=15)
    def test_a_new_version_replaces_the_old_one(self, by: Doctor) -> None:
        outcome, requests = run(rectification.handle(self.mail(by=by), world(), LANGUAGE))
        (filing,) = outcome.effects.filings
        assert filing.entry.replaces == 2
        assert (filing.entry.document_type, filing.entry.onglet) == ("Radio", Onglet.IMAGERIE)
        assert isinstance(requests[-1], Reseal)
        assert state_of(outcome) == replace(dossier(), revision=1)
        assert "Radio — Laboratoire CENTRAL" in words_of(outcome)

    def test_a_masked_one_stays_masked_and_it_is_said(self) -> None:
        outcome, _ = run(rectification.handle(self.mail(), world(MASKED), LANGUAGE))
        assert "la nouvelle version l'est aussi" in words_of(outcome)

    def test_a_replaced_one_is_not_replaced_again(self) -> None:
        newer = entry(4, Onglet.IMAGERIE, "Radio", [DEMO])
        newer = replace(newer, entry=replace(newer.entry, replaces=2))
        error = refusal_of(
            rectification.handle(self.mail(), world(None, (*FILED, newer)), LANGUAGE)
        )
        assert (error.text, error.facts["newer"]) == ("already-replaced", "4")

    def test_is_about_one_entry_and_needs_a_document(self) -> None:
        error = refusal_of(rectification.handle(self.mail("1, 2"), world(), LANGUAGE))
        assert error.text == "one-number"
        mail = asked(text_of("rectification", "Numéros : 1"))
        assert refusal_of(rectification.handle(mail, world(), LANGUAGE)).text == (
            "nothing-to-file"
        )

    def test_its_author_needs_no_code_and_counts_his_own(self) -> None:
        outcome, (reseal,) = run(
            rectification.handle(self.mail("1", by=LAB), world(), LANGUAGE)
        )
        assert isinstance(reseal, Reseal)
        (filing,) = outcome.effects.filings
        assert filing.entry.replaces == 2

    def test_who_is_not_its_author_only_deposits_and_hears_the_same(self) -> None:
        author, _ = run(rectification.handle(self.mail("1", by=LAB), world(), LANGUAGE))
        other, _ = run(rectification.handle(self.mail("1", by=OTHER), world(), LANGUAGE))
        (filing,) = other.effects.filings
        assert filing.entry.replaces == 0
        assert other.effects.updates == ()
        assert words_of(other) == words_of(author)


class TestClosure:
    def test_by_the_patient_and_the_treating_doctor_is_told(self) -> None:
        outcome, _ = run(
            cloture.handle(asked(text_of("clôture"), by=PATIENT), world(), LANGUAGE)
        )
        closure = state_of(outcome).closure
        assert closure == Closure(NOON, NOON + 20 * 365 * 86_400)
        (notice,) = outcome.effects.notices
        assert notice.reader.doctor_id == DEMO.doctor_id
        assert "23/05/2046" in words_of(outcome)
        assert "23/05/2046" in notice.letter.text

    def test_by_the_treating_doctor_with_the_code(self) -> None:
        mail = asked(text_of("clôture"))
        assert refusal_of(cloture.handle(mail, world(), LANGUAGE)).text == "code-missing"
        mail = asked(text_of("clôture"), held_code=b"held")
        outcome, (_prove, release) = run(cloture.handle(mail, world(), LANGUAGE))
        assert isinstance(release.opening, ByCode)
        assert [each.reader for each in outcome.effects.notices] == [PATIENT]

    @pytest.mark.parametrize("by", [OTHER, LOCUM])
    def test_by_nobody_else(self, by: Doctor) -> None:
        mail = asked(text_of("clôture"), by=by, held_code=b"held")
        for known in (world(), World()):
            assert refusal_of(cloture.handle(mail, known, LANGUAGE)).text == "close-by-whom"

    def test_nothing_is_added_any_more(self) -> None:
        closed = replace(dossier(), closure=Closure(NOON, NOON + 1))
        mail = asked(JEAN_LINES, by=LAB, bodies=[body()])
        outcome, _ = run(depot.handle(mail, world(closed), LANGUAGE))
        assert outcome.effects.filings == ()
        assert len(outcome.effects.deferrals) == 1
        unknown, _ = run(depot.handle(mail, World(), LANGUAGE))
        assert words_of(outcome) == words_of(unknown)


def test_the_page_of_the_rights() -> None:
    outcome, (record,) = run(droits.handle(asked("Demande : droits\n"), World(), LANGUAGE))
    assert isinstance(record, Record)
    assert "Les droits du patient" in words_of(outcome)
    assert max(map(len, words_of(outcome).splitlines())) < 98
