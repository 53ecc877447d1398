"""Words that ask for nothing: greetings, thanks, "ci-joint", signatures.

Only what is known counts: a line that holds anything else is words. So a question below
thanks is never taken for thanks.
"""

import re
from collections.abc import Iterable, Sequence
from enum import IntEnum

from rmp_milter.dossier.identity import fold
from rmp_milter.mail.header.words import BEGINNERS, field_of, verb_of

_LONGEST = 120  # characters of a line of courtesy
_SIGNATURE = 12  # lines of one
_SIGNATURE_WORDS = 8  # in a line of one: more are a sentence
_NAME_WORDS = 3
_PHRASE_END = re.compile(r"[,.;:!?…()]+|\s[-–—]\s|\s/\s")
_SIGNS = re.compile(r"[^\w?]|_")
_BIRTH = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2}|\bn[ée]e?\b", re.IGNORECASE)
_ADDED = re.compile(r"\W*(?:p\.? ?s\b|post.?scriptum|n\.? ?b\b)", re.IGNORECASE)
_FIELD = re.compile(r"\W*([^\W\d_][^:：=]{0,39})[:：=]")
_TITLE = re.compile(r"(?:DR|DRE|DOCTEURE?|DOCTOR|PR|PROF|PROFESSEUR)(?: [^\W\d_]+){1,4}")
# A patient may be meant: no line of a signature.
_PATIENTS = frozenset({"M", "MR", "MME", "MLLE", "MONSIEUR", "MADAME", "PATIENT", "PATIENTE"})

_PERSON = (
    r"(?:MADAME|MONSIEUR|MESDAMES|MESSIEURS|MADEMOISELLE|DOCTEUR|DOCTEURE|DR|DOCTOR|PROFESSEUR|PR"
    r"|CONFRERES?|CONSOEURS?|COLLEGUES?|COLLEAGUES?|AMIS?|AMIES?|FRIENDS?|TOUS|TOUTES|ALL|EQUIPE"
    r"|TEAM|SIRS?|MADAM|SECRETARIAT)"
)
_PEOPLE = rf"{_PERSON}(?: (?:ET |OR |AND |LE |LA |L |CHER |CHERE )?{_PERSON})*"
_GREETED = (
    rf"(?:(?:A |MON |MA |MES |TRES |L |LE |LA |THE |MY )?(?:CHERS?|CHERES?|DEAR)? ?{_PEOPLE})"
)
_SALUTATION = re.compile(
    rf"(?:(?:BONJOUR|BONSOIR|SALUT|RE BONJOUR|REBONJOUR|HELLO|HI|GOOD (?:MORNING|AFTERNOON"
    rf"|EVENING|DAY))(?: {_GREETED}| A TOUS| A TOUTES| A VOUS)?|{_GREETED})(?: DR| DOCTEUR)?"
)
_MUCH = (
    r"(?: (?:BEAUCOUP|BIEN|INFINIMENT|ENCORE|MILLE FOIS|D AVANCE|PAR AVANCE|A VOUS|A TOUS))*"
)
_THING = (
    r"(?:AIDE|REPONSE|RETOUR|ENVOI|COURRIER|LETTRE|DOCUMENTS?|RESULTATS?|BILAN|MESSAGE|MAIL"
    r"|DOSSIER|COMPTES? RENDUS?|CR|CONFIANCE|DILIGENCE|RAPIDITE|INFORMATIONS?|INFOS?|AVIS|PIECES?"
    r"|RADIO(?:GRAPHIE)?|SCANNER|IRM|ECHOGRAPHIE|ORDONNANCE|IMAGES?|PATIENCE|ACCUEIL|TRANSMISSION|TRANSFERT|FICHE|RESUME|INDEX|HELP|ANSWER|REPLY|LETTER"
    r"|REPORTS?|RECORD)"
)
_OWNER = r"(?:(?:LE|LA|LES|L|UN|UNE|DES|CE|CET|CETTE|CES|VOTRE|VOS|TON|TA|TES|MON|SON) )?"
_OWNER_EN = r"(?:THE |YOUR |THIS |THESE |A )?"
_THANKS = re.compile(
    rf"(?:(?:UN )?(?:GRAND )?MERCI{_MUCH}(?: (?:POUR|DE|D) {_OWNER}{_THING}(?: RAPIDES?)?)?{_MUCH}"
    rf"|(?:AVEC )?(?:TOUS )?(?:MES|NOS|VIFS) (?:VIFS )?REMERCIEMENTS|JE VOUS REMERCIE{_MUCH}"
    rf"|THANKS?(?: YOU)?(?: (?:VERY|SO) MUCH| A LOT| AGAIN)?(?: FOR {_OWNER_EN}{_THING})?"
    r"|MANY THANKS|THX|C EST NOTE|NOTE|BIEN NOTE|BIEN RECU|RECU|BONNE RECEPTION|RECEIVED|LU"
    r"|OK|D ACCORD|TRES BIEN|PARFAIT|SUPER|ENTENDU|C EST PARFAIT|GREAT|PERFECT|NOTED"
    r"|BONNE (?:CONTINUATION|JOURNEE|SOIREE|RECEPTION|FIN DE JOURNEE|SEMAINE)|BON (?:WEEK END"
    r"|COURAGE|DIMANCHE|APRES MIDI)|BELLE JOURNEE)(?: ET (?:MERCI|BONNE (?:JOURNEE|CONTINUATION)))?"
)
_CLOSING = re.compile(
    r"(?:(?:BIEN |TRES |VERY |LES MEILLEURES? )?(?:CORDIALEMENT|CONFRATERNELLEMENT|AMICALEMENT"
    r"|RESPECTUEUSEMENT|SINCEREMENT|SALUTATIONS)(?: (?:VOTRE|A VOUS|A TOUS))?|CDLT|CDT|BIEN A VOUS"
    r"|BIEN A TOI|A BIENTOT|(?:AVEC )?(?:MES|NOS) (?:SINCERES |MEILLEURES |CORDIALES )?SALUTATIONS"
    r"(?: (?:CONFRATERNELLES|DISTINGUEES|LES MEILLEURES|CORDIALES))?|CONFRATERNELLES SALUTATIONS"
    r"|(?:BEST |KIND |WARM )?REGARDS|BEST WISHES|BEST|SINCERELY(?: YOURS)?|YOURS"
    r"(?: SINCERELY| FAITHFULLY| TRULY)?|CHEERS)"
)
_CLIENT = re.compile(
    r"(?:ENVOYE (?:DE|DEPUIS|A PARTIR DE|AVEC|PAR)|SENT (?:FROM|WITH|BY)|(?:TELECHARGER|OBTENIR)"
    r" OUTLOOK|GET OUTLOOK|EXCUSEZ LA BRIEVETE)(?: .*)?"
)
_OF_WHAT = (
    r"(?: (?:RECUE?S?|CI DESSOUS|BELOW|ATTACHED|ENCLOSED|EN QUESTION|DU PATIENT|DE LA PATIENTE"
    r"|D(?:E|U) (?:VOTRE|NOTRE|MON|MA) PATIENTE?|DU LABO(?:RATOIRE)?))*"
)
_COVER = re.compile(
    rf"(?:(?:JE (?:VOUS|TE) )?(?:TRANSFERE|TRANSMETS|FAIS SUIVRE|ADRESSE|ENVOIE|JOINS) {_OWNER}"
    rf"{_THING}{_OF_WHAT}|(?:VOUS TROUVEREZ |VEUILLEZ TROUVER |TROUVEZ )?CI (?:JOINTE?S?|DESSOUS"
    rf"|APRES)(?: {_OWNER}{_THING}{_OF_WHAT})?|VOIR CI (?:DESSOUS|JOINT)|VOICI {_OWNER}{_THING}"
    rf"{_OF_WHAT}|EN PIECES? JOINTES?|(?:POUR|PR) (?:VOTRE |TON )?INFO(?:RMATION)?|P INFO|A CLASSER"
    r"|POUR (?:LE |SON |VOTRE )?DOSSIER|POUR (?:DEPOT|CLASSEMENT|ARCHIVAGE|MEMOIRE)|A DEPOSER"
    r"|A TOUTES FINS UTILES|TRANSMIS|TRANSFERE|POUR TRANSMISSION"
    r"|FYI|FOR (?:YOUR )?INFORMATION|FOR YOUR RECORDS?|SEE (?:BELOW|ATTACHED)|PLEASE (?:FIND|SEE)"
    rf"(?: {_OWNER_EN}{_THING})?(?: ATTACHED| BELOW| ENCLOSED)?|ATTACHED|ENCLOSED)"
)


class Said(IntEnum):
    """What the sender's own words come to."""

    NOTHING = 0  # empty, dots
    COURTESY = 1  # a greeting, thanks, a signature
    COVER = 2  # that, and words which only announce what is enclosed
    WORDS = 3


def said(lines: Iterable[str]) -> Said:
    """Return what these lines come to, the sender's own of a mail.

    Words that belong to a request are to be looked for before: a misspelt one may pass here
    for a first name below thanks.
    """
    rows = [line for line in lines if line.strip() == "--" or _SIGNS.sub("", line)]
    most = Said.NOTHING
    for at, row in enumerate(rows):
        if _opens_signature(row):
            return max(most, _signature(rows[at:]))
        here = _line(row)
        if here is Said.WORDS:
            is_name = most > Said.NOTHING and at == len(rows) - 1 and _is_bare_name(row)
            return most if is_name else Said.WORDS
        most = max(most, here)
        if _closes(row):
            return max(most, _signature(rows[at + 1 :]))
    return most


def is_salutation(line: str) -> bool:
    """Return whether the line greets somebody, and does nothing else."""
    return len(line) <= _LONGEST and "?" not in line and all(map(_greets, _phrases(line)))


def _phrases(line: str) -> list[str]:
    return [folded for phrase in _PHRASE_END.split(line) if (folded := fold(phrase))]


def _greets(phrase: str) -> bool:
    if _SALUTATION.fullmatch(phrase):
        return True
    first, _, name = phrase.partition(" ")
    greets = first in {"BONJOUR", "CHER", "CHERE", "DEAR", "HELLO"}
    return greets and name.isalpha() and not _is_asked(name)


def _is_asked(word: str) -> bool:
    """Return whether the word belongs to a request."""
    return verb_of(word) is not None or field_of(word) is not None


def _line(line: str) -> Said:
    if len(line) > _LONGEST or "?" in line:
        return Said.WORDS
    return max(map(_phrase, _phrases(line)), default=Said.NOTHING)


def _phrase(phrase: str) -> Said:
    if _greets(phrase) or _THANKS.fullmatch(phrase) or _CLOSING.fullmatch(phrase):
        return Said.COURTESY
    return Said.COVER if _COVER.fullmatch(phrase) else Said.WORDS


def _is_bare_name(line: str) -> bool:
    """Return whether the line may be the name with which somebody ends: "Lucie"."""
    words = line.split()
    are_names = all(word[:1].isupper() and word.strip(".-").isalpha() for word in words)
    return len(words) <= _NAME_WORDS and are_names and _is_signature_line(line)


def _closes(line: str) -> bool:
    """Return whether a signature follows the line."""
    phrases = _phrases(line)
    return bool(phrases) and bool(_CLOSING.fullmatch(phrases[-1]))


def _opens_signature(line: str) -> bool:
    folded = fold(line[:_LONGEST])
    return line.strip() == "--" or bool(_TITLE.fullmatch(folded) or _CLIENT.fullmatch(folded))


def _signature(rows: Sequence[str]) -> Said:
    """Return COURTESY if these lines may all belong to a signature."""
    fits = len(rows) <= _SIGNATURE and all(map(_is_signature_line, rows))
    return Said.COURTESY if fits else Said.WORDS


def _is_signature_line(line: str) -> bool:
    folded = fold(line[:_LONGEST])
    if line.strip() == "--" or _CLIENT.fullmatch(folded) or _line(line) is Said.COURTESY:
        return True
    field = field_of(found[1]) if (found := _FIELD.match(line)) else None
    words = folded.split()
    if field in BEGINNERS or _ADDED.match(line) or _BIRTH.search(line) or "?" in line:
        return False
    if _PATIENTS.intersection(words) or _is_asked(folded) or folded.startswith("URG"):
        return False
    return len(words) <= _SIGNATURE_WORDS
