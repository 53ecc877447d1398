"""Whatever a verb does leaves a leaf in the access log, in words that a patient can be told."""

from typing import Any

import pytest
from every_verb_case import mail_of, read_certificate, world_of
from handlers_case import ACT, DEMO, dossier, play_certificates, run
from msgspec.structs import replace

from rmp_milter.dossier.model import Verb
from rmp_milter.dossier.rules import Act
from rmp_milter.handlers.table import HANDLERS
from rmp_milter.handlers.urgence import LISTED
from rmp_milter.mail.catalogue.texts import known

pytestmark = pytest.mark.usefixtures("every_key_usable")

# Verbs of no one dossier: their leaves are in nobody's list of accesses.
OF_NO_DOSSIER = {
    *(Verb.AIDE, Verb.DROITS, Verb.LISTE),
    *(Verb.REMPLACEMENT, Verb.FIN_DE_REMPLACEMENT),
}


@pytest.fixture(autouse=True)
def played_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    play_certificates(monkeypatch, read_certificate)


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
