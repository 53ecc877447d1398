"""In which onglet an entry is shown: by its type, else by who sent it, else by file names.

The table is data, so that a host can have its own. Words are compared folded
(:func:`rmp_milter.dossier.identity.fold`); a word that ends in ``*`` fits every word that begins
so, one that begins with ``*`` every word that ends so.
"""

import re
from collections.abc import Mapping, Sequence

import msgspec

from rmp_milter.dossier.identity import fold
from rmp_milter.dossier.model import Onglet

_CODE = re.compile(r"(?<![\d-])\d{4,6}-\d(?![\d-])")
_ENDING = re.compile(r"\.\w{1,5}$")
_QUOTED = 80  # characters of a type or a file name that a reason repeats


class Rule(msgspec.Struct, frozen=True):
    """``phrases`` (words separated by spaces) that lead to ``onglet``."""

    onglet: Onglet
    phrases: tuple[str, ...]


class Table(msgspec.Struct, frozen=True):
    """The rules in the order in which they are tried; ``codes`` are LOINC codes.

    ``own`` are the host's, tried before all others on types and file names.
    """

    codes: dict[str, Onglet]
    documents: tuple[Rule, ...]
    professions: tuple[Rule, ...]
    own: tuple[Rule, ...] = ()


def _rule(onglet: Onglet, phrases: str) -> Rule:
    return Rule(onglet, tuple(phrase.strip() for phrase in phrases.split(",")))


DEFAULT_TABLE = Table(
    # CI-SIS, value set JDV_J07.
    codes={
        "60591-5": Onglet.SYNTHESE,
        "11488-4": Onglet.COMPTES_RENDUS,
        "34112-3": Onglet.HOSPITALISATION,
        "11490-0": Onglet.HOSPITALISATION,
        "11502-2": Onglet.BIOLOGIE,
        "18748-4": Onglet.IMAGERIE,
        "57833-6": Onglet.TRAITEMENTS,
        "11369-6": Onglet.PREVENTION,
        "89601-9": Onglet.ADMINISTRATIF,
    },
    # The precise before the general: « compte rendu opératoire » is no mere report.
    documents=(
        _rule(Onglet.PREVENTION, "VACCIN*, PREVENTION, DEPISTAGE, CARNET DE SANTE"),
        _rule(
            Onglet.HOSPITALISATION,
            "HOSPITAL*, CRH, CRO, OPERATOIRE*, SORTIE, SEJOUR, LETTRE DE LIAISON, ANESTHESI*",
        ),
        _rule(
            Onglet.BIOLOGIE,
            "BIOLOG*, LABORATOIRE, LABO, ANALYSE*, BILAN SANGUIN, HISTOLOG*, CYTOLOG*, ANAPATH*,"
            " ANATOMOPATH*, HEMOGRAMME, HBA1C, BACTERIOLOG*, MICROBIOLOG*, FROTTIS, BIOPSIE*",
        ),
        _rule(
            Onglet.IMAGERIE,
            "RADIOLOG*, RADIOGRAPH*, RADIO, RADIOS, IMAGERIE, SCANNER, SCANNERS, TDM, IRM, ECHO,"
            " ECHOGRAPH*, ECHODOPPLER, DOPPLER, MAMMOGRAPH*, SCINTIGRAPH*, TEP, DICOM,"
            " OSTEODENSITOMETRIE, X RAY, MRI",
        ),
        _rule(
            Onglet.EXPLORATIONS,
            "ECG, ELECTROCARDIOGRAM*, EFR, HOLTER, EEG, EMG, MAPA, EPREUVE D EFFORT, SPIROMETR*,"
            " EXPLORATION*, POLYSOMNOGRAPH*, AUDIOGRAM*, COLOSCOP*, FIBROSCOP*, ENDOSCOP*",
        ),
        _rule(
            Onglet.SYNTHESE,
            "RESUME, RESUMES, SYNTHESE, VSM, ANTECEDENT*, ALLERGIE*, SUMMARY",
        ),
        _rule(Onglet.TRAITEMENTS, "ORDONNANCE*, PRESCRIPTION*, TRAITEMENT*, MEDICAMENT*"),
        _rule(
            Onglet.ADMINISTRATIF,
            "CERTIFICAT*, ADMINISTRATI*, ATTESTATION*, ARRET DE TRAVAIL, CONSENTEMENT*, MUTUELLE,"
            " ALD, PROTOCOLE DE SOINS",
        ),
        _rule(Onglet.COURRIERS, "COURRIER*, LETTRE*, LETTER*"),
        _rule(
            Onglet.COMPTES_RENDUS,
            "COMPTE RENDU, COMPTES RENDUS, CR, CONSULTATION*, RAPPORT*, REPORT*, AVIS",
        ),
        _rule(Onglet.DIVERS, "DIVERS, AUTRE, AUTRES"),
    ),
    professions=(
        _rule(Onglet.IMAGERIE, "RADIOLOG*, IMAGERIE, MANIPULATEUR*"),
        _rule(
            Onglet.BIOLOGIE,
            "BIOLOG*, LABORATOIRE*, LABO, ANATOMOPATH*, PATHOLOGISTE, ANATOMO*",
        ),
        _rule(Onglet.HOSPITALISATION, "HOPITAL, HOPITAUX, CLINIQUE, ETABLISSEMENT*, CHU, CH"),
        _rule(Onglet.TRAITEMENTS, "PHARMACIEN*, PHARMACIE"),
        _rule(Onglet.COMPTES_RENDUS, "SPECIALISTE, CHIRURGIEN*, *LOGUE, *IATRE, *LOGISTE"),
    ),
)


def table_with(phrases: Mapping[str, Sequence[str]], table: Table = DEFAULT_TABLE) -> Table:
    """Return the table with a host's own ``phrases`` for onglets, by their word for settings.

    ``comptes_rendus`` is Comptes rendus. Raises ValueError for an unknown word and a phrase
    that holds none.
    """
    own = tuple(
        Rule(setting_of()[name], tuple(map(_phrase, given)))
        for name, given in phrases.items()
        if given
    )
    return msgspec.structs.replace(table, own=own)


def setting_of() -> dict[str, Onglet]:
    """Return the onglets by their words for settings."""
    return {onglet.name.lower(): onglet for onglet in Onglet}


def _phrase(given: str) -> str:
    """Return a phrase as it is compared: folded, stars at the ends of words kept."""
    words = [_word(word) for word in given.split()]
    if not words or not all(word.strip("*") for word in words):
        raise ValueError(f"{given!r} is no phrase")
    return " ".join(words)


def _word(word: str) -> str:
    before, after = "*" * word.startswith("*"), "*" * (len(word) > 1 and word.endswith("*"))
    return f"{before}{fold(word)}{after}"


def classify(
    document: str,
    profession: str,
    file_names: Sequence[str],
    table: Table = DEFAULT_TABLE,
) -> tuple[Onglet, str]:
    """Return the onglet and the reason in words.

    ``document`` is the header's type: free words or a LOINC code of JDV_J07;
    ``profession`` the sender's; ``file_names`` those of the documents.
    """
    onglet = _by_document(document, table)
    if onglet is not None:
        return onglet, f"d'après le type de document « {_short(document)} »"
    onglet = _by_words(profession, table.professions)
    if onglet is not None:
        return onglet, f"d'après la profession de l'expéditeur « {_short(profession)} »"
    return _by_files(file_names, table)


def _by_files(file_names: Sequence[str], table: Table) -> tuple[Onglet, str]:
    for name in file_names:
        words = _ENDING.sub("", name).replace("_", " ")
        onglet = _by_words(words, (*table.own, *table.documents))
        if onglet is not None:
            return onglet, f"d'après le nom du fichier « {_short(name)} »"
    return Onglet.DIVERS, "aucun type de document reconnu"


def _by_document(document: str, table: Table) -> Onglet | None:
    return (
        _by_words(document, table.own)
        or _by_code(document, table)
        or _by_words(document, table.documents)
    )


def _by_code(document: str, table: Table) -> Onglet | None:
    codes = (found.group() for found in _CODE.finditer(document))
    return next((table.codes[code] for code in codes if code in table.codes), None)


def _by_words(text: str, rules: tuple[Rule, ...]) -> Onglet | None:
    words = fold(text).split()
    for rule in rules:
        if any(_has(words, phrase.split()) for phrase in rule.phrases):
            return rule.onglet
    return None


def _has(words: list[str], phrase: list[str]) -> bool:
    return any(
        all(map(_fits, words[at:], phrase)) for at in range(len(words) - len(phrase) + 1)
    )


def _fits(word: str, wanted: str) -> bool:
    if wanted.endswith("*"):
        return word.startswith(wanted[:-1])
    return word.endswith(wanted[1:]) if wanted.startswith("*") else word == wanted


def _short(text: str) -> str:
    return text if len(text) <= _QUOTED else f"{text[: _QUOTED - 1]}…"
