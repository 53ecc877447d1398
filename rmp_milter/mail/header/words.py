"""The words of the routing header: French first, English beside, compared folded."""

import re
from enum import StrEnum

from rmp_milter.dossier.identity import fold
from rmp_milter.dossier.model import Onglet, Scope, Verb
from rmp_milter.mail.header.codes import is_patients_code
from rmp_milter.mail.header.near import is_near, nearest
from rmp_milter.mail.header.once import remembered
from rmp_milter.mail.header.urgency import asks_for_emergency


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
    SEX = "Sexe"
    ADDRESS = "Adresse"
    REGIME = "Régime"
    INSURER = "Mutuelle"
    PHONE = "Téléphone"
    FAX = "Fax"
    MOBILE = "Portable"
    MAIL = "Courriel"
    TAB = "Onglet"
    SINCE = "Depuis"
    NUMBERS = "Numéros"
    TABLE = "Table"
    DOCTOR = "Médecin"
    LOCUM = "Remplaçant"
    FIRST_DAY = "Du"
    LAST_DAY = "Au"
    REFERENCE = "Référence"
    AGE = "Âge"
    PROOFS = "Preuves"
    SERVICE = "Service"
    FINGERPRINT = "Empreinte"
    AUTHOR = "Auteur"
    WRITTEN = "Écrit le"


BEGINNERS = frozenset(
    {
        *(Field.PATIENT, Field.BIRTH_NAME, Field.FIRST_NAMES, Field.USED_NAME),
        *(Field.BIRTH_DATE, Field.NIR, Field.REQUEST, Field.DOCUMENT, Field.PRESCRIBER),
        *(Field.CONSENT, Field.CODE, Field.LETTERS, Field.REASON, Field.VITALE),
    }
)
"""The words that a header can begin with; the others stand in letterheads as well."""


def _words(words: str) -> list[str]:
    return [word.strip() for word in words.split(",")]


_SPELLINGS: dict[Field, list[str]] = {
    Field.PATIENT: _words(
        "PATIENT, PATIENTE, PATIENT E, PATIENTS, PATIENTES, NOM DU PATIENT, NOM DE LA PATIENTE,"
        "NOM ET PRENOM, NOM ET PRENOMS, NOM PRENOM, NOM PRENOMS, NOM PRENOM S, PRENOM NOM,"
        "PRENOM ET NOM, IDENTITE, IDENTITE DU PATIENT, PATIENT CONCERNE, PATIENTE CONCERNEE"
    ),
    Field.BIRTH_NAME: _words(
        "NOM, NOM DE NAISSANCE, NOM NAISSANCE, NOM DE FAMILLE, NOM DE JEUNE FILLE, BIRTH NAME,"
        "LAST NAME, SURNAME, FAMILY NAME, NAME, NOM DE FAMILLE DE NAISSANCE, NOM PATRONYMIQUE,"
        "NOM PATIENT, NOM DE NAISSANCE DU PATIENT, NOM DE NAISSANCE DE LA PATIENTE,"
        "NOMS, MAIDEN NAME, NOM JF, NJF"
    ),
    Field.FIRST_NAMES: _words(
        "PRENOM, PRENOMS, PRENOM S, PREMIER PRENOM, PRENOM DE NAISSANCE, PRENOMS DE NAISSANCE,"
        "PRENOM DU PATIENT, PRENOM PATIENT, PRENOM DE LA PATIENTE, PRENOMS DU PATIENT,"
        " PREMIER PRENOM DE NAISSANCE, PRENOM S DE NAISSANCE, PRENOM NAISSANCE,"
        "LISTE DES PRENOMS DE NAISSANCE, FIRST NAME, FIRST NAMES, GIVEN NAME, GIVEN NAMES, FORENAME"
    ),
    Field.USED_NAME: _words(
        "NOM D USAGE, NOM USUEL, NOM MARITAL, NOM D EPOUSE, NOM UTILISE, NOM EPOUSE, EPOUSE,"
        "NOM DE MARIAGE, USED NAME, MARRIED NAME"
    ),
    Field.BIRTH_DATE: _words(
        "NE LE, NEE LE, NE E LE, NE, NEE, NE E, DATE DE NAISSANCE, DATE NAISSANCE, NAISSANCE,"
        "NE NEE LE, NEE NE LE, DATE NAISS, DATE DE NAISS, DATE NAIS, NAISS, D D N,"
        "DATE DE NAISSANCE DU PATIENT, DATE NAISSANCE PATIENT, DATE DE NAISSANCE PATIENT,"
        "DDN, BORN, BORN ON, BIRTH DATE, BIRTHDATE, DATE OF BIRTH, DOB"
    ),
    Field.NIR: _words(
        "NIR, INS, INS C, MATRICULE, MATRICULE INS, INS NIR, NIR INS, NUMERO DE SECURITE SOCIALE,"
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
    Field.SEX: _words("SEXE, SEX"),
    Field.ADDRESS: _words("ADRESSE, ADRESSE DU PATIENT, ADDRESS"),
    Field.REGIME: _words(
        "REGIME, REGIME D ASSURANCE, REGIME D ASSURANCE MALADIE, ASSURANCE MALADIE, CAISSE,"
        "INSURANCE, INSURANCE REGIME"
    ),
    Field.INSURER: _words("MUTUELLE, COMPLEMENTAIRE, COMPLEMENTAIRE SANTE, MUTUAL INSURANCE"),
    Field.PHONE: _words("TELEPHONE, TEL, PHONE, TELEPHONE DU MEDECIN, TELEPHONE DU CABINET"),
    Field.FAX: _words("FAX, TELECOPIE"),
    Field.MOBILE: _words("PORTABLE, MOBILE, TELEPHONE PORTABLE"),
    Field.MAIL: _words("COURRIEL, MEL, E MAIL, EMAIL, ADRESSE ELECTRONIQUE"),
    Field.TAB: _words("ONGLET, RUBRIQUE, CLASSEMENT, TAB"),
    Field.SINCE: _words("DEPUIS, DEPUIS LE, A PARTIR DU, SINCE"),
    Field.NUMBERS: _words(
        "NUMERO, NUMEROS, N, NO, NOS, ENTREE, ENTREES, NUMERO D ENTREE, NUMEROS D ENTREE,"
        "NUMERO DE DOCUMENT, NUMEROS DE DOCUMENT, NUMEROS DE DOCUMENTS, NUMBER, NUMBERS, ENTRIES"
    ),
    Field.TABLE: _words("TABLE, TABLE DES ENTREES, TABLE DE L INDEX"),
    Field.DOCTOR: _words("MEDECIN, PRATICIEN, PROFESSIONNEL, CONFRERE, DOCTOR"),
    Field.LOCUM: _words("REMPLACANT, REMPLACANTE, MEDECIN REMPLACANT, LOCUM"),
    Field.FIRST_DAY: _words("DU, A COMPTER DU, DEBUT, FROM"),
    Field.LAST_DAY: _words("AU, JUSQU AU, FIN, UNTIL"),
    Field.REFERENCE: _words("REFERENCE, REF, NUMERO DE REFERENCE"),
    Field.AGE: _words("AGE, AGE APPROXIMATIF, AGE ENVIRON"),
    Field.PROOFS: _words("PREUVES, PREUVE, AVEC PREUVES, PREUVES JOINTES, PROOFS, PROOF"),
    Field.SERVICE: _words("SERVICE, SERVICE RMP, ADRESSE DU SERVICE"),
    Field.FINGERPRINT: _words(
        "EMPREINTE, EMPREINTE DE LA CLE, EMPREINTE DE LA NOUVELLE CLE, EMPREINTE CLE,"
        "NOUVELLE EMPREINTE, FINGERPRINT, KEY FINGERPRINT, NEW FINGERPRINT"
    ),
    Field.AUTHOR: _words("AUTEUR, AUTEUR DU MESSAGE, AUTHOR"),
    Field.WRITTEN: _words("ECRIT LE, MESSAGE ECRIT LE, WRITTEN, WRITTEN ON"),
}
_JUST_A_NAME = frozenset(
    _words("NOM, NOM DE FAMILLE, NAME, LAST NAME, SURNAME, FAMILY NAME, NOMS")
)
_FIELDS = {spelling: field for field, all_of in _SPELLINGS.items() for spelling in all_of}
# "Hauteur" and "décrit le" stand in letters, and are no slips of these.
_NEAR = [each for each in _FIELDS if _FIELDS[each] not in {Field.AUTHOR, Field.WRITTEN}]

_VERBS: dict[Verb, list[str]] = {
    Verb.CONSULTATION: _words(
        "DOSSIER, CONSULTATION, CONSULTER, CONSULTATION DU DOSSIER, CONSULTER LE DOSSIER,"
        "CONSULTATION DOSSIER, DOSSIER COMPLET, DOSSIER MEDICAL, DOSSIER MEDICAL COMPLET,"
        "DOSSIER DU PATIENT, DOSSIER PATIENT, DOSSIER MEDICAL DU PATIENT, ENVOI DU DOSSIER,"
        "RECORD, CONSULT, RMP"
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
    Verb.FICHE: _words("FICHE, FICHE PATIENT, FICHE DU PATIENT, SHEET, PATIENT SHEET"),
    Verb.MEDECIN_TRAITANT: _words(
        "MEDECIN TRAITANT, CHANGEMENT DE MEDECIN, CHANGEMENT DE MEDECIN TRAITANT,"
        "CHANGEMENT MEDECIN TRAITANT, NOUVEAU MEDECIN TRAITANT, TREATING DOCTOR"
    ),
    Verb.REMPLACEMENT: _words(
        "REMPLACEMENT, REMPLACANT, DECLARATION DE REMPLACANT, DECLARATION DE REMPLACEMENT, LOCUM"
    ),
    Verb.FIN_DE_REMPLACEMENT: _words(
        "FIN DE REMPLACEMENT, FIN DU REMPLACEMENT, FIN REMPLACEMENT, REMPLACEMENT TERMINE,"
        "ANNULATION DE REMPLACEMENT, ANNULATION DU REMPLACEMENT, END OF LOCUM, END LOCUM"
    ),
    Verb.NOUVELLE_CLE: _words(
        "CLE, NOUVELLE CLE, CHANGEMENT DE CLE, MA NOUVELLE CLE, CLEF, NOUVELLE CLEF, NEW KEY, KEY"
    ),
    Verb.RECLASSEMENT: _words("RECLASSEMENT, RECLASSER, CLASSEMENT, REFILE"),
    Verb.RECTIFICATION: _words("RECTIFICATION, RECTIFIER, CORRECTION, CORRIGER, CORRECT"),
    Verb.MASQUAGE: _words("MASQUAGE, MASQUER, MASK"),
    Verb.DEMASQUAGE: _words("DEMASQUAGE, DEMASQUER, UNMASK"),
    Verb.OPPOSITION: _words("OPPOSITION, S OPPOSER, OPPOSE"),
    Verb.LEVEE_D_OPPOSITION: _words(
        "LEVEE D OPPOSITION, LEVEE DE L OPPOSITION, LEVER L OPPOSITION, ADMIT"
    ),
    Verb.NOUVEAU_CODE: _words(
        "CODE, NOUVEAU CODE, CHANGEMENT DE CODE, CHANGER LE CODE, CODE PATIENT, NEW CODE"
    ),
    Verb.REVOCATION_DU_CODE: _words(
        "REVOCATION, REVOCATION DU CODE, REVOCATION CODE, REVOQUER LE CODE, REVOKE CODE"
    ),
    Verb.CLE_DU_PATIENT: _words(
        "CLE PATIENT, CLE DU PATIENT, CLEF DU PATIENT, ENREGISTREMENT DE LA CLE DU PATIENT,"
        "PATIENT KEY"
    ),
    Verb.ACCES: _words(
        "ACCES, LISTE DES ACCES, JOURNAL, JOURNAL DES ACCES, HISTORIQUE, ACCESSES, ACCESS LIST"
    ),
    Verb.RENVOI: _words(
        "RENVOI, RENVOYER, RENVOI DE DOCUMENT, RENVOI DE DOCUMENTS, RENVOI DES DOCUMENTS, SUITE,"
        "SUITE DU DOSSIER, LA SUITE, NOUVEL ENVOI, RESEND"
    ),
    Verb.COPIE: _words("COPIE, COPIE INTEGRALE, COPIE COMPLETE, COPIE DU DOSSIER, COPY"),
    Verb.CONTESTATION: _words(
        "CONTESTATION, CONTESTER, CONTESTATION DU CHANGEMENT, CONTESTER LE CHANGEMENT,"
        "CONTESTATION DU CHANGEMENT DE MEDECIN TRAITANT, CONTESTATION DU MEDECIN TRAITANT,"
        "CONTEST"
    ),
    Verb.CLOTURE: _words("CLOTURE, CLOTURE DU DOSSIER, FERMETURE, CLORE LE DOSSIER, CLOSE"),
}
_REQUESTS = {spelling: verb for verb, all_of in _VERBS.items() for spelling in all_of}

_SCOPES: dict[Scope, list[str]] = {
    Scope.SUMMARY: _words(
        "RESUME, RESUME MEDICAL, LE RESUME, RESUME SEUL, SYNTHESE, DERNIER RESUME, SUMMARY"
    ),
    Scope.INDEX: _words("INDEX, INDEX SEUL, SOMMAIRE, TABLE, INDEX ONLY"),
    Scope.ORIGINAL: _words(
        "ORIGINAL, ORIGINAUX, DOSSIER ORIGINAL, DOCUMENT ORIGINAL, DOCUMENTS ORIGINAUX,"
        "ORIGINAL DU DOCUMENT, ORIGINAUX DES DOCUMENTS, ORIGINALS, ORIGINAL DOCUMENTS"
    ),
}
_SCOPED = {spelling: scope for scope, all_of in _SCOPES.items() for spelling in all_of}

# Words of requests as answers show them.
_ACCENTED = {
    fold(word): word
    for word in _words(
        "accès, clé, clôture, création, créer, démasquage, démasquer, dépôt, déposer, levée,"
        "médecin, médical, remplaçant, résumé, révocation, révoquer, synthèse"
    )
}
_LONGEST_REQUEST = 200  # characters in which a request says what it is
_POLITE = re.compile(
    r"\b(?:SVP|STP|S IL (?:VOUS|TE) PLAIT|MERCI(?: D AVANCE| PAR AVANCE| BEAUCOUP)?"
    r"|PLEASE|THANK YOU)\b"
)
_ARTICLE = re.compile(r"^(?:(?:DE|D|LE|LA|L|LES|DU|UN|UNE|THE|AU|A) )+")

_TABS = [(fold(tab.value), tab) for tab in Onglet]

_SEXES = {
    **dict.fromkeys(_words("F, FEMME, FEMININ, FEMALE"), "F"),
    **dict.fromkeys(_words("M, H, HOMME, MASCULIN, MALE"), "M"),
}

_YES = frozenset(
    _words(
        "OUI, O, YES, Y, OUI RECUEILLI, RECUEILLI, DONNE, ACCORDE, OUI DONNE, OUI LE PATIENT,"
        "OK, X, OUI ORAL, OUI ECRIT, OUI SIGNE, OBTENU, OUI OBTENU, VU ET ACCORDE, OUI ACCORDE,"
        "D ACCORD, OUI PATIENT D ACCORD, OUI ORALEMENT, OUI PAR ECRIT, OUI VERBAL"
    )
)
_TICKED = frozenset("✓✔☑☒✅🗹✗✘")
_UNTICKED = re.compile(r"[☐□▢○◻⬜]|\[\s*\]")
_NO = frozenset(_words("NON, N, NO, REFUS, REFUSE, NON RECUEILLI, NON DONNE"))


@remembered
def field_of(word: str) -> Field | None:
    """Return what the word before the colon stands for, or None if it is not known.

    Of the many codes that letters name only the patient's is one here (``mail.header.codes``).
    """
    folded = fold(word)
    return Field.CODE if is_patients_code(folded) else _FIELDS.get(folded)


def is_birth_name(word: str) -> bool:
    """Return whether the word says that the name is the one of birth, not just a name."""
    return field_of(word) is Field.BIRTH_NAME and fold(word) not in _JUST_A_NAME


def nearest_word(word: str) -> str:
    """Return the word of a line that one slip makes of this one, as answers show it."""
    spelling = nearest(fold(word), _NEAR) or nearest(fold(word), ("CODE", "CODE PATIENT"))
    return str(field_of(spelling) or "") if spelling else ""


def is_near_demand(word: str) -> bool:
    """Return whether one slip makes "Demande" of the word."""
    folded = fold(word)
    return any(is_near(folded, spelling) for spelling in ("DEMANDE", "REQUEST", "JE DEMANDE"))


def verb_of(value: str) -> Verb | None:
    """Return what is asked for, or None if the words are not known.

    Articles and politeness around them change nothing; an emergency is known in any spelling.
    """
    folded = _bare_request(value)
    if folded in _SCOPED:
        return Verb.CONSULTATION
    if verb := _REQUESTS.get(folded):
        return verb
    return Verb.URGENCE if asks_for_emergency(folded) else None


def nearest_request(value: str) -> str:
    """Return the request that one slip makes of this one, as answers show it; ``""`` if none."""
    spelling = nearest(_bare_request(value), (*_REQUESTS, *_SCOPED))
    return " ".join(_ACCENTED.get(word, word.lower()) for word in spelling.split())


def scope_of(value: str) -> Scope:
    """Return how much of a dossier the request's word asks for."""
    return _SCOPED.get(_bare_request(value), Scope.WHOLE)


def _bare_request(value: str) -> str:
    """Return the folded value without politeness, unless it is known as it stands."""
    folded = fold(value[:_LONGEST_REQUEST])
    if folded in _REQUESTS or folded in _SCOPED:
        return folded
    bare = _POLITE.sub("", folded).strip()
    article = _ARTICLE.sub("", bare)
    return article if article in _REQUESTS or article in _SCOPED else bare


def sex_of(value: str) -> str:
    """Return ``F`` or ``M``, or an empty string if the value is neither."""
    return _SEXES.get(fold(value), "")


def tab_of(value: str) -> Onglet | None:
    """Return the onglet of this name, or None; the first word is enough if it is the only."""
    folded = fold(value)
    exact = [tab for name, tab in _TABS if name == folded]
    begun = [tab for name, tab in _TABS if folded and name.startswith(folded)]
    found = exact or begun
    return found[0] if len(found) == 1 else None


def yes_or_no(value: str) -> bool | None:
    """Return what the value says, or None if it is neither."""
    if _UNTICKED.search(value):
        return None
    folded = fold(value)
    if not folded and _TICKED.intersection(value):
        return True
    return True if folded in _YES else False if folded in _NO else None
