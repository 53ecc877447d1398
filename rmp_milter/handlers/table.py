"""Which handler answers which verb."""

from collections.abc import Callable, Mapping

from rmp_milter.dossier.model import Verb
from rmp_milter.handlers import acces as accesses
from rmp_milter.handlers import (
    aide,
    cle,
    cloture,
    consultation,
    creation,
    depot,
    droits,
    fiche,
    justification,
    liste,
    medecin_traitant,
    opposition,
    reclassement,
    rectification,
    remplacement,
    urgence,
)
from rmp_milter.handlers import cle_du_patient as patient_key
from rmp_milter.handlers import masquage as masking
from rmp_milter.handlers import nouveau_code as patient_code
from rmp_milter.handlers.asking.steps import Asked, Steps, View
from rmp_milter.mail.catalogue.text import Language

HANDLERS: Mapping[Verb, Callable[[Asked, View, Language], Steps]] = {
    Verb.CREATION: creation.handle,
    Verb.DEPOT: depot.handle,
    Verb.DOSSIER: consultation.handle,
    Verb.LISTE: liste.handle,
    Verb.AIDE: aide.handle,
    Verb.FICHE: fiche.handle,
    Verb.CLE_PATIENT: patient_key.handle,
    Verb.DROITS: droits.handle,
    Verb.ACCES: accesses.handle,
    Verb.COPIE: consultation.copy,
    Verb.RECTIFICATION: rectification.handle,
    Verb.MASQUAGE: masking.mask,
    Verb.DEMASQUAGE: masking.unmask,
    Verb.OPPOSITION: opposition.oppose,
    Verb.LEVEE: opposition.lift,
    Verb.CODE: patient_code.renew,
    Verb.REVOCATION: patient_code.revoke,
    Verb.CLOTURE: cloture.handle,
    Verb.MEDECIN_TRAITANT: medecin_traitant.handle,
    Verb.REMPLACEMENT: remplacement.handle,
    Verb.FIN_REMPLACEMENT: remplacement.handle,
    Verb.CLE: cle.handle,
    Verb.URGENCE: urgence.handle,
    Verb.JUSTIFICATION: justification.handle,
    Verb.RECLASSEMENT: reclassement.handle,
}
