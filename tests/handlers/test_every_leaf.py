"""Whatever a verb does leaves a leaf in the access log, in words that a patient can be told."""

from typing import Any

import pytest
from handlers_case import (
    ACT,
    DEMO,
    NOON,
    OTHER,
    World,
    asked,
    body,
    dossier,
    entry,
    play_certificates,
    run,
)
from msgspec.structs import replace

from rmp_milter.certificates import Certificate
from rmp_milter.dossier.model import Dossier, Emergency, Onglet, Takeover, Verb
from rmp_milter.dossier.rules import Act
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.table import HANDLERS
from rmp_milter.handlers.urgence import LISTED
from rmp_milter.mail.catalogue.texts import known

pytestmark = pytest.mark.usefixtures("every_key_usable")

WHO = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"
FILED = [entry(number, Onglet.BIOLOGIE, "Bilan", [DEMO]) for number in (1, 2)]
OPPOSED = replace(dossier(), opposed=(bytes([3]) * 16,))

# Verbs of no one dossier: their leaves are in nobody's list of accesses.
OF_NO_DOSSIER = {
    *(Verb.AIDE, Verb.DROITS, Verb.LISTE),
    *(Verb.REMPLACEMENT, Verb.FIN_DE_REMPLACEMENT),
}
SAID = {
    Verb.CREATION: "Consentement : oui\n",
    Verb.RECTIFICATION: "Numéros : 1\n",
    Verb.MASQUAGE: "Numéros : 1\n",
    Verb.DEMASQUAGE: "Numéros : 1\n",
    Verb.OPPOSITION: "Médecin : Laboratoire CENTRAL\n",
    Verb.LEVEE_D_OPPOSITION: "Médecin : Laboratoire CENTRAL\n",
    Verb.MEDECIN_TRAITANT: "Consentement : oui\n",
    Verb.NOUVELLE_CLE: f"Empreinte : {'ab' * 20}\n",
    Verb.CLE_DU_PATIENT: "Courriel : jean@famille.example\n",
    Verb.RECLASSEMENT: "Numéros : 1\nOnglet : Imagerie\n",
    Verb.FICHE: "Fax : 0123456780\n",
    Verb.REMPLACEMENT: "Remplaçant : Dr Anne AUTRE\nDu : 26/05/2026\nAu : 30/06/2026\n",
    Verb.FIN_DE_REMPLACEMENT: "Remplaçant : Dr Anne AUTRE\n",
    Verb.URGENCE: "Motif : ••••\n",
    Verb.JUSTIFICATION: "Motif : ••••\nRéférence : U-AAAA-BBBB-CCCC\n",
}
BY_CODE = {Verb.MEDECIN_TRAITANT, Verb.CLOTURE}
WITH_DOCUMENT = {Verb.DEPOT, Verb.RECTIFICATION}


def mail_of(verb: Verb) -> Case:
    mail = asked(
        f"Demande : {verb.value}\n{WHO}{SAID.get(verb, '')}",
        bodies=[body()] if verb in WITH_DOCUMENT else [],
        has_code=verb in BY_CODE,
        has_reason=True,
    )
    assert (mail.header.verb, mail.header.problems) == (verb, ())
    return replace(mail, opened=replace(mail.opened, keys=(b"ab" * 20,)))


def world_of(verb: Verb) -> World:
    if verb is Verb.CREATION:
        return World()
    state: Dossier = OPPOSED if verb is Verb.LEVEE_D_OPPOSITION else dossier()
    if verb is Verb.CONTESTATION:
        takeover = Takeover(DEMO.doctor_id, NOON, NOON + 9)
        state = replace(state, treating=OTHER.doctor_id, takeover=takeover)
    world = World([state], FILED)
    reference = "U-AAAA-BBBB-CCCC"
    emergency = Emergency(reference, state.dossier_id, DEMO.doctor_id, NOON, 7)
    world.broken_glass = {reference: emergency}
    if verb is Verb.FIN_DE_REMPLACEMENT:
        named = mail_of(Verb.REMPLACEMENT)
        outcome, _ = run(HANDLERS[Verb.REMPLACEMENT], named, world)
        (changed,) = outcome.effects.doctors
        world.known[changed.doctor_id] = changed
    return world


@pytest.fixture(autouse=True)
def played_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(data: bytes) -> Certificate:
        return Certificate(data, data.decode(), (data.decode(),), (), "", 0)

    play_certificates(monkeypatch, read)


def leaves(verb: Verb) -> list[Any]:
    world = world_of(verb)
    mail = mail_of(verb)
    if verb is Verb.FIN_DE_REMPLACEMENT:
        sender = replace(mail.sender, doctor=world.known[DEMO.doctor_id])
        mail = replace(mail, sender=sender)
    _, requests = run(HANDLERS[verb], mail, world)
    return [request.event for request in requests]


@pytest.mark.promise(number=8)
@pytest.mark.parametrize("verb", Verb)
def test_every_verb_leaves_a_leaf_of_its_own_word_or_its_acts(verb: Verb) -> None:
    words = {verb.value, *(act.value for act in Act if act.name == verb.name)}
    assert any(leaf.action in words and leaf.request == ACT for leaf in leaves(verb))


@pytest.mark.parametrize("verb", [verb for verb in Verb if verb not in OF_NO_DOSSIER])
def test_what_it_did_to_a_dossier_has_words_in_the_list_of_accesses(verb: Verb) -> None:
    told = [leaf for leaf in leaves(verb) if leaf.dossier_id == dossier().dossier_id]
    told += leaves(verb) if verb in {Verb.CREATION, Verb.DEPOT} else []
    assert told
    assert [leaf.action for leaf in told if not known(f"act-{leaf.action}", "fr")] == []


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_act_and_the_short_lists_have_words_too(language: Any) -> None:  # noqa: ANN401 -- a Language
    words = {act.value for act in Act} - {"liste", "remplacement"}
    assert [word for word in (*words, LISTED) if not known(f"act-{word}", language)] == []
