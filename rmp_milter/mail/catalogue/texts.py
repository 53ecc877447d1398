"""Every sentence that a person reads from the service: the catalogue, put together.

The texts are in :mod:`rmp_milter.mail.catalogue`, a file a subject. A placeholder that is
not filled in is a programming error and raises KeyError.
"""

from collections.abc import Mapping
from types import ModuleType

from rmp_milter.mail.catalogue import (
    acces,
    accueil,
    aide,
    audit,
    cle_du_patient,
    clear,
    cles,
    cloture,
    consultation,
    contestation,
    creation,
    demasquage,
    depot,
    droits,
    echeances,
    fiche,
    fin_de_remplacement,
    justification,
    letters,
    levee_d_opposition,
    liste,
    masquage,
    meant,
    medecin_traitant,
    nouveau_code,
    nouvelle_cle,
    opposition,
    reclassement,
    rectification,
    refusals,
    remplacement,
    renvoi,
    revocation_du_code,
    sealed,
    slip,
    takeovers,
    translated,
    urgence,
    vitale,
)
from rmp_milter.mail.catalogue.examples import BLOCKS
from rmp_milter.mail.catalogue.inert import inert
from rmp_milter.mail.catalogue.text import Language, Text

_PARTS: tuple[ModuleType, ...] = (
    acces,
    accueil,
    aide,
    audit,
    cle_du_patient,
    clear,
    cles,
    cloture,
    consultation,
    contestation,
    creation,
    demasquage,
    depot,
    droits,
    echeances,
    fiche,
    fin_de_remplacement,
    justification,
    letters,
    levee_d_opposition,
    liste,
    masquage,
    meant,
    medecin_traitant,
    nouveau_code,
    nouvelle_cle,
    opposition,
    reclassement,
    rectification,
    refusals,
    remplacement,
    renvoi,
    revocation_du_code,
    sealed,
    slip,
    takeovers,
    translated,
    urgence,
    vitale,
)


def _joined(name: str) -> Mapping[str, Text]:
    """Return the texts under ``name`` of all parts that have such; ValueError for a key twice."""
    joined: dict[str, Text] = {}
    for part in _PARTS:
        texts: Mapping[str, Text] = getattr(part, name, {})
        if twice := joined.keys() & texts.keys():
            raise ValueError(f"texts that stand twice: {sorted(twice)}")
        joined |= texts
    return joined


REFUSALS = _joined("REFUSALS")
LETTERS = _joined("LETTERS")


def text(key: str, language: Language, **facts: str) -> str:
    """Return the letter text ``key`` with its placeholders filled in.

    Those of examples (:data:`rmp_milter.mail.catalogue.examples.BLOCKS`) need no fact. All
    facts may be words of a user and are made harmless, but for those of the service's own
    (:data:`OWN`).
    """
    return str(getattr(LETTERS[key], language)).format_map(
        {**BLOCKS[language], **_harmless(facts)}
    )


OWN = frozenset({"at", "documents", "entries", "lines", "sheet", "until"})
"""Facts that hold what :func:`text` and the wording made: times, and lists of many lines."""


def _harmless(facts: Mapping[str, str]) -> dict[str, str]:
    return {name: fact if name in OWN else inert(fact) for name, fact in facts.items()}


def known(key: str, language: Language) -> str:
    """Return the letter text ``key``, or nothing where there is none of that key."""
    return str(getattr(LETTERS[key], language)) if key in LETTERS else ""


def refusal(key: str, language: Language, facts: Mapping[str, str]) -> str:
    """Return why a mail was refused; ``facts`` as in :class:`rmp_milter.errors.MailError`."""
    return str(getattr(REFUSALS[key], language)).format_map(_harmless(facts))
