"""Every sentence that a person reads from the service: the catalogue, put together.

The texts are in :mod:`rmp_milter.mail.catalogue`, a file a subject. A placeholder that is
not filled in is a programming error and raises KeyError.
"""

from collections.abc import Iterable, Mapping

from rmp_milter.mail.catalogue import (
    acces,
    aide,
    audit,
    cle_du_patient,
    cloture,
    consultation,
    creation,
    demasquage,
    depot,
    droits,
    fiche,
    fin_de_remplacement,
    justification,
    letters,
    levee_d_opposition,
    liste,
    masquage,
    medecin_traitant,
    nouveau_code,
    nouvelle_cle,
    opposition,
    reclassement,
    rectification,
    refusals,
    remplacement,
    revocation_du_code,
    slip,
    urgence,
    vitale,
)
from rmp_milter.mail.catalogue.text import Language, Text


def _joined(parts: Iterable[Mapping[str, Text]]) -> Mapping[str, Text]:
    """Return all texts under their keys; raises ValueError for a key that stands twice."""
    joined: dict[str, Text] = {}
    for part in parts:
        if twice := joined.keys() & part.keys():
            raise ValueError(f"texts that stand twice: {sorted(twice)}")
        joined |= part
    return joined


REFUSALS = _joined(
    part.REFUSALS
    for part in (
        cle_du_patient,
        cloture,
        creation,
        fiche,
        fin_de_remplacement,
        justification,
        medecin_traitant,
        nouveau_code,
        nouvelle_cle,
        opposition,
        rectification,
        refusals,
        remplacement,
        urgence,
    )
)
LETTERS = _joined(
    part.LETTERS
    for part in (
        acces,
        aide,
        audit,
        cle_du_patient,
        cloture,
        consultation,
        creation,
        demasquage,
        depot,
        droits,
        fiche,
        fin_de_remplacement,
        justification,
        letters,
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
        revocation_du_code,
        slip,
        urgence,
        vitale,
    )
)


def text(key: str, language: Language, **facts: str) -> str:
    """Return the letter text ``key`` with its placeholders filled in."""
    return str(getattr(LETTERS[key], language)).format_map(facts)


def known(key: str, language: Language) -> str:
    """Return the letter text ``key``, or nothing where there is none of that key."""
    return str(getattr(LETTERS[key], language)) if key in LETTERS else ""


def refusal(key: str, language: Language, facts: Mapping[str, str]) -> str:
    """Return why a mail was refused; ``facts`` as in :class:`rmp_milter.errors.MailError`."""
    return str(getattr(REFUSALS[key], language)).format_map(facts)
