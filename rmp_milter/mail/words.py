"""The words of the routing header: French first, English beside, compared folded."""

from enum import StrEnum

from rmp_milter.identity import fold
from rmp_milter.model import Verb


class Field(StrEnum):
    """What a line says; the value is the word that answers show."""

    PATIENT = "Patient"
    BIRTH_NAME = "Nom"
    FIRST_NAMES = "Prénom"
    USED_NAME = "Nom d'usage"
    BIRTH_DATE = "Né le"
    NIR = "NIR"
    REQUEST = "Demande"
    DOCUMENT = "Document"
    PRESCRIBER = "Prescripteur"
    CONSENT = "Consentement"
    CODE = "Code"
    VITALE = "Vitale"
    LETTERS = "Lettres"
    REASON = "Motif"


def _words(words: str) -> list[str]:
    return [word.strip() for word in words.split(",")]


_SPELLINGS: dict[Field, list[str]] = {
    Field.PATIENT: _words("PATIENT, PATIENTE, PATIENT E, NOM DU PATIENT, NOM ET PRENOM"),
    Field.BIRTH_NAME: _words(
        "NOM, NOM DE NAISSANCE, NOM NAISSANCE, NOM DE FAMILLE, NOM DE JEUNE FILLE, BIRTH NAME,"
        "LAST NAME, SURNAME, FAMILY NAME, NAME"
    ),
    Field.FIRST_NAMES: _words(
        "PRENOM, PRENOMS, PRENOM S, PREMIER PRENOM, PRENOM DE NAISSANCE, PRENOMS DE NAISSANCE,"
        "PRENOM DU PATIENT, FIRST NAME, FIRST NAMES, GIVEN NAME, GIVEN NAMES, FORENAME"
    ),
    Field.USED_NAME: _words("NOM D USAGE, NOM USUEL, NOM MARITAL, NOM D EPOUSE, USED NAME"),
    Field.BIRTH_DATE: _words(
        "NE LE, NEE LE, NE E LE, NE, NEE, NE E, DATE DE NAISSANCE, DATE NAISSANCE, NAISSANCE,"
        "DDN, BORN, BORN ON, BIRTH DATE, BIRTHDATE, DATE OF BIRTH, DOB"
    ),
    Field.NIR: _words(
        "NIR, INS, MATRICULE, MATRICULE INS, INS NIR, NIR INS, NUMERO DE SECURITE SOCIALE,"
        "N DE SECURITE SOCIALE, N SECURITE SOCIALE, NUMERO SECURITE SOCIALE, N SS, NSS, N SECU,"
        "SECURITE SOCIALE, NO DE SECURITE SOCIALE, SOCIAL SECURITY NUMBER, IMMATRICULATION"
    ),
    Field.REQUEST: _words("DEMANDE, REQUEST, ACTION, JE DEMANDE"),
    Field.DOCUMENT: _words("DOCUMENT, DOCUMENTS, TYPE DE DOCUMENT, TYPE, DOCUMENT TYPE"),
    Field.PRESCRIBER: _words(
        "PRESCRIPTEUR, MEDECIN PRESCRIPTEUR, PRESCRIT PAR, PRESCRIBER, REFERRING DOCTOR"
    ),
    Field.CONSENT: _words(
        "CONSENTEMENT, CONSENTEMENT DU PATIENT, CONSENTEMENT PATIENT, ACCORD DU PATIENT,"
        "ACCORD PATIENT, CONSENT, PATIENT CONSENT"
    ),
    Field.VITALE: _words(
        "VITALE, CARTE VITALE, ATTESTATION VITALE, ATTESTATION CARTE VITALE, ATTESTATION,"
        "VITALE ATTESTATION, VITALE CARD"
    ),
    Field.LETTERS: _words("LETTRES, PREMIERES LETTRES, LETTERS, FIRST LETTERS"),
    Field.REASON: _words("MOTIF, RAISON, REASON, MOTIF DE L URGENCE, MOTIF DE L ACCES"),
}
_FIELDS = {spelling: field for field, all_of in _SPELLINGS.items() for spelling in all_of}

# Codes that are not the patient's.
_OTHER_CODES = frozenset(
    {
        *("POSTAL", "POSTALE", "CIM", "CIM10", "CCAM", "NGAP", "ACTE", "ACTES", "APE", "BARRE"),
        *("LOINC", "SNOMED", "BARRES", "DOCUMENT"),
    }
)

_VERBS: dict[Verb, list[str]] = {
    Verb.DOSSIER: _words(
        "DOSSIER, CONSULTATION, CONSULTER, CONSULTATION DU DOSSIER, CONSULTER LE DOSSIER,"
        "CONSULTATION DOSSIER, DOSSIER COMPLET, LE DOSSIER, RECORD, CONSULT, RMP"
    ),
    Verb.LISTE: _words("LISTE, LISTE DES PATIENTS, LISTE PATIENTS, LISTE DE PATIENTS, LIST"),
    Verb.CREATION: _words(
        "CREATION, CREER, NOUVEAU DOSSIER, CREATION DE DOSSIER, CREATION DU DOSSIER,"
        "CREATION DOSSIER, CREATION D UN DOSSIER, CREER UN DOSSIER, CREER LE DOSSIER,"
        "OUVERTURE, OUVERTURE DE DOSSIER, OUVERTURE DU DOSSIER, CREATE, NEW RECORD"
    ),
    Verb.DEPOT: _words(
        "DEPOT, DEPOSER, ENVOI, ENVOYER, DEPOT DE DOCUMENT, DEPOT DE DOCUMENTS,"
        "ENVOI DE DOCUMENT, ENVOI DE DOCUMENTS, DEPOSIT"
    ),
    Verb.AIDE: _words("AIDE, HELP, MODE D EMPLOI"),
    Verb.URGENCE: _words(
        "URGENCE, URGENCES, ACCES EN URGENCE, ACCES URGENCE, BRIS DE GLACE, EMERGENCY"
    ),
    Verb.JUSTIFICATION: _words("JUSTIFICATION, JUSTIFIER, JUSTIFICATION D URGENCE, JUSTIFY"),
    Verb.DROITS: _words("DROITS, DROITS DU PATIENT, DROIT, RIGHTS, PATIENT RIGHTS"),
}
_REQUESTS = {spelling: verb for verb, all_of in _VERBS.items() for spelling in all_of}

_YES = frozenset(
    _words(
        "OUI, O, YES, Y, OUI RECUEILLI, RECUEILLI, DONNE, ACCORDE, OUI DONNE, OUI LE PATIENT"
    )
)
_NO = frozenset(_words("NON, N, NO, REFUS, REFUSE, NON RECUEILLI, NON DONNE"))


def field_of(word: str) -> Field | None:
    """Return what the word before the colon stands for, or None if it is not known.

    Every spelling that speaks of a code stands for the patient's code, but for those of
    other codes (postal, CCAM...): better one line masked too many than a code shown.
    """
    folded = fold(word)
    words = set(folded.split())
    if words & {"CODE", "CODES", "CODEPATIENT"} and not words & _OTHER_CODES:
        return Field.CODE
    return _FIELDS.get(folded)


def verb_of(value: str) -> Verb | None:
    """Return what is asked for, or None if the word is not known."""
    return _REQUESTS.get(fold(value))


def yes_or_no(value: str) -> bool | None:
    """Return what the value says, or None if it is neither."""
    folded = fold(value)
    return True if folded in _YES else False if folded in _NO else None
