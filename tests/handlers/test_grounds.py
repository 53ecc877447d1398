"""What a call rests on: whose cards are presented, under which ticket, and who has none yet."""

import pytest
from handlers_case import (
    DEMO,
    JEAN,
    LAB,
    NOON,
    OTHER,
    PROVEN,
    TICKET,
    World,
    asked,
    body,
    dossier,
    entry,
    refusal_of,
    refused_trial,
    run,
)
from msgspec.structs import replace
from urgence_case import FILED, emergency
from wishes_case import LOCUM, text_of, world

from rmp_milter.calls.authority import Authority, Candidate
from rmp_milter.dossier.model import Credential, Doctor, Dossier, Onglet, Waiting
from rmp_milter.handlers import consultation, creation, depot, fiche, urgence
from rmp_milter.handlers.asking.case import PatientShare
from rmp_milter.handlers.asking.grounds import authority, person

pytestmark = pytest.mark.usefixtures("every_key_usable")

WHO = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"


def cards(by: Authority) -> list[bytes]:
    return [each.card for each in by.persons]


def test_the_sender_comes_first_and_nobody_twice() -> None:
    by = authority(asked(WHO, by=LAB), dossier(), DEMO, None, LAB, DEMO)
    assert by.ticket == TICKET
    assert by.dossier == dossier().card
    assert by.persons == (person(LAB), person(DEMO))


def test_a_later_copy_of_the_senders_key_stands_beside_the_one_of_his_card() -> None:
    (sender,) = authority(asked(WHO), newer=b"newer").persons
    assert sender == Candidate(DEMO.card, DEMO.certificate, b"newer")


def test_all_certificates_of_somebody_are_shown() -> None:
    others = (Credential(b"card's", "ab" * 32), Credential(b"second", "cd" * 20))
    shown = person(replace(DEMO, credentials=others))
    assert (shown.certificate, shown.more) == (DEMO.certificate, (b"card's", b"second"))


def test_a_locum_shows_in_whose_name_he_acts() -> None:
    mail = asked(text_of("fiche"), by=LOCUM)
    _, (record,) = run(fiche.handle, mail, world())
    assert cards(record.by) == [LOCUM.card, DEMO.card]


def test_what_a_code_has_proven_is_said_by_another_ticket() -> None:
    mail = asked(text_of("dossier"), by=OTHER, has_code=True)
    _, (prove, release) = run(consultation.handle, mail, world())
    assert (prove.by.ticket, release.by.ticket) == (TICKET, PROVEN)
    assert prove.by.dossier == release.by.dossier == dossier().card


def test_a_decoy_has_no_card() -> None:
    mail = asked(text_of("dossier"), by=OTHER, has_code=True)
    for known in (World(), world(replace(dossier(), opposed=(OTHER.doctor_id,)))):
        _, trial = refused_trial(consultation.handle, mail, known)
        assert (trial.by.ticket, trial.by.dossier, cards(trial.by)) == (
            TICKET,
            b"",
            [OTHER.card],
        )


def test_one_patients_share_of_a_mail_is_named_by_its_place() -> None:
    mail = asked(WHO, by=LAB, bodies=[body(), body()])
    eve = replace(mail.header, birth_name="Autre")
    parcels = (PatientShare(eve, (0,), 0), PatientShare(mail.header, (1,), 1))
    _, (wait, reseal) = run(depot.handle, replace(mail, parcels=parcels), World([dossier()]))
    assert (wait.by.share, reseal.by.share) == (0, 1)
    assert [item.place for item in (*wait.items, *reseal.items)] == [0, 1]
    assert (wait.by.dossier, reseal.by.dossier) == (b"", dossier().card)


def test_who_gets_a_copy_is_shown_too() -> None:
    mail = asked(f"{WHO}Prescripteur : {OTHER.rpps}\n", by=LAB, bodies=[body()])
    _, (reseal,) = run(depot.handle, mail, World([dossier()]))
    assert cards(reseal.by) == [LAB.card, DEMO.card, OTHER.card]
    _, (wait,) = run(depot.handle, mail, World())
    assert cards(wait.by) == [LAB.card, OTHER.card]


def test_a_new_dossier_adopts_under_the_mails_ticket_by_which_its_card_was_made() -> None:
    known = World()
    filed = entry(7, Onglet.BIOLOGIE, "Bilan").entry
    known.deferred = (Waiting(b"w" * 16, JEAN, filed, NOON - 9, NOON + 9, b"its card"),)
    text = f"Demande : création\n{WHO}Consentement : oui\n"
    outcome, (create, adopt) = run(creation.handle, asked(text), known)
    (new,) = outcome.effects.dossiers
    assert (create.by.ticket, create.by.dossier) == (TICKET, b"")
    assert (adopt.by.ticket, adopt.by.dossier) == (TICKET, new.dossier.card)
    assert adopt.card == b"its card"


class TestBeforeThereWereCards:
    """A store of before: its mails come again until the host has had it vouched for."""

    @pytest.mark.parametrize(
        ("by", "known"),
        [
            (replace(DEMO, card=b""), dossier()),
            (DEMO, replace(dossier(), card=b"")),
        ],
    )
    def test_its_mails_come_again_and_the_log_says_what_to_do(
        self, by: Doctor, known: Dossier
    ) -> None:
        error = refusal_of(
            consultation.handle, asked(text_of("dossier"), by=by), World([known])
        )
        assert error.temporary
        assert error.detail == "no card yet: rmp store vouch"

    def test_no_emergency_waits_for_a_dossiers(self) -> None:
        bare = replace(dossier(), card=b"")
        _, (release,) = run(urgence.handle, emergency(), World([bare], FILED))
        assert (release.by.dossier, release.dossier_id) == (b"", bare.dossier_id)
        assert cards(release.by) == [OTHER.card, DEMO.card]
