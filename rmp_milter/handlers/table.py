"""Which handler answers which verb: each is the module of the verb's own name."""

from collections.abc import Callable, Mapping

from rmp_milter.dossier.model import Verb
from rmp_milter.handlers import (
    acces,
    aide,
    cle_du_patient,
    cloture,
    consultation,
    copie,
    creation,
    demasquage,
    depot,
    droits,
    fiche,
    fin_de_remplacement,
    justification,
    levee_d_opposition,
    liste,
    masquage,
    medecin_traitant,
    nouveau_code,
    nouvelle_cle,
    opposition,
    reclassement,
    rectification,
    remplacement,
    renvoi,
    revocation_du_code,
    urgence,
)
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Outcome

HANDLERS: Mapping[Verb, Callable[[Case], Outcome]] = {
    Verb.CREATION: creation.handle,
    Verb.DEPOT: depot.handle,
    Verb.CONSULTATION: consultation.handle,
    Verb.LISTE: liste.handle,
    Verb.AIDE: aide.handle,
    Verb.FICHE: fiche.handle,
    Verb.CLE_DU_PATIENT: cle_du_patient.handle,
    Verb.DROITS: droits.handle,
    Verb.ACCES: acces.handle,
    Verb.RENVOI: renvoi.handle,
    Verb.COPIE: copie.handle,
    Verb.RECTIFICATION: rectification.handle,
    Verb.MASQUAGE: masquage.handle,
    Verb.DEMASQUAGE: demasquage.handle,
    Verb.OPPOSITION: opposition.handle,
    Verb.LEVEE_D_OPPOSITION: levee_d_opposition.handle,
    Verb.NOUVEAU_CODE: nouveau_code.handle,
    Verb.REVOCATION_DU_CODE: revocation_du_code.handle,
    Verb.CLOTURE: cloture.handle,
    Verb.MEDECIN_TRAITANT: medecin_traitant.handle,
    Verb.REMPLACEMENT: remplacement.handle,
    Verb.FIN_DE_REMPLACEMENT: fin_de_remplacement.handle,
    Verb.NOUVELLE_CLE: nouvelle_cle.handle,
    Verb.URGENCE: urgence.handle,
    Verb.JUSTIFICATION: justification.handle,
    Verb.RECLASSEMENT: reclassement.handle,
}
