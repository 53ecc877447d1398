"""A mail of every verb that does what it asks, and the world in which it does."""

from handlers_case import DEMO, NOON, OTHER, World, asked, body, dossier, entry, run
from msgspec.structs import replace

from rmp_milter.certificates import Certificate
from rmp_milter.dossier.model import Dossier, Emergency, Onglet, Takeover, Verb
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.table import HANDLERS

WHO = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"
FILED = [entry(number, Onglet.BIOLOGIE, "Bilan", [DEMO]) for number in (1, 2)]
OPPOSED = replace(dossier(), opposed=(bytes([3]) * 16,))

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


def read_certificate(data: bytes) -> Certificate:
    """Read what is played as a certificate: it is its own fingerprint."""
    return Certificate(data, data.decode(), (data.decode(),), (), "", 0)
