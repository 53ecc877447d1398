"""One example a request, to copy and to fill in: all texts of the service take theirs here.

No window of lines of an example asks for anything, whoever signs the mail in which it comes
back. So values are slots (:mod:`rmp_milter.mail.catalogue.slots`), and where the request's
word alone would be enough for somebody (a patient need not give his name), that is one too.
"""

from collections.abc import Mapping
from types import MappingProxyType

from rmp_milter.dossier.model import Verb
from rmp_milter.mail.catalogue import slots
from rmp_milter.mail.catalogue.slots import slot
from rmp_milter.mail.catalogue.text import Language, Text

_INDENT = "    "


def _line(fr: str, en: str, value: Text) -> Text:
    return Text(f"{fr} : {value.fr}", f"{en} : {value.en}")


def _request(fr: str, en: str) -> Text:
    return _line("Demande", "Request", Text(fr, en))


_SERVICE = _line("Service", "Service", slot(slots.SERVICE))
_WHO = (
    _line("Patient", "Patient", slot(slots.NAME)),
    _line("Né le", "Born", slot(slots.DAY)),
)
_CODE = _line("Code", "Code", slot(slots.CODE))
_CONSENT = _line("Consentement", "Consent", Text("[oui]", "[yes]"))
_REASON = _line("Motif", "Reason", slot(slots.WHY))
_NUMBERS = _line("Numéros", "Numbers", slot(slots.NUMBERS))
_TABLE = _line("Table", "Table", slot(slots.TABLE))
_TAB = _line("Onglet", "Tab", slot(slots.TAB))
_SINCE = _line("Depuis", "Since", slot(slots.DAY))
_LOCUM = _line("Remplaçant", "Locum", slot(slots.COLLEAGUE))
_DOCTOR = _line("Médecin", "Doctor", slot(slots.COLLEAGUE))


def _example(*lines: Text) -> Text:
    """Return the lines, the service's address behind the first one."""
    ordered = (lines[0], _SERVICE, *lines[1:])
    return Text("\n".join(each.fr for each in ordered), "\n".join(each.en for each in ordered))


EXAMPLES: Mapping[Verb, Text] = MappingProxyType(
    {
        Verb.CONSULTATION: _example(
            _line("Demande", "Request", slot(slots.SCOPE)), *_WHO, _CODE
        ),
        Verb.DEPOT: _example(
            *_WHO,
            _line("Document", "Document", slot(slots.DOCUMENT)),
            _line("Prescripteur", "Prescriber", slot(slots.COLLEAGUE)),
        ),
        Verb.CREATION: _example(_request("création", "creation"), *_WHO, _CONSENT),
        Verb.LISTE: _example(
            _request("[liste]", "[list]"), _line("Nom", "Name", slot(slots.LETTERS))
        ),
        Verb.URGENCE: _example(
            _request("urgence", "emergency"),
            _WHO[0],
            _line("Âge", "Age", slot(slots.AGE)),
            _REASON,
        ),
        Verb.JUSTIFICATION: _example(
            _request("justification", "justification"),
            _line("Référence", "Reference", slot(slots.REFERENCE)),
            _REASON,
        ),
        Verb.MEDECIN_TRAITANT: _example(
            _request("médecin traitant", "treating doctor"), *_WHO, _CODE, _CONSENT
        ),
        Verb.REMPLACEMENT: _example(
            _request("remplacement", "locum"),
            _LOCUM,
            _line("Du", "From", slot(slots.DAY)),
            _line("Au", "Until", slot(slots.DAY)),
        ),
        Verb.FIN_DE_REMPLACEMENT: _example(
            _request("fin de remplacement", "end of locum"), _LOCUM
        ),
        Verb.NOUVELLE_CLE: _example(
            _request("nouvelle clé", "new key"),
            _line("Empreinte", "Fingerprint", slot(slots.FINGERPRINT)),
        ),
        Verb.RECLASSEMENT: _example(
            _request("reclassement", "refile"),
            *_WHO,
            _NUMBERS,
            _TAB,
        ),
        Verb.RECTIFICATION: _example(
            _request("rectification", "correction"), *_WHO, _NUMBERS, _TABLE
        ),
        Verb.MASQUAGE: _example(_request("masquage", "mask"), *_WHO, _NUMBERS, _TABLE),
        Verb.DEMASQUAGE: _example(_request("démasquage", "unmask"), *_WHO, _NUMBERS, _TABLE),
        Verb.OPPOSITION: _example(_request("opposition", "opposition"), *_WHO, _DOCTOR),
        Verb.LEVEE_D_OPPOSITION: _example(
            _request("levée d'opposition", "admit"), *_WHO, _DOCTOR
        ),
        Verb.CLE_DU_PATIENT: _example(
            _request("[clé du patient]", "[patient key]"),
            *_WHO,
            _line("Courriel", "Email", slot(slots.MAIL)),
        ),
        Verb.FICHE: _example(
            _request("[fiche]", "[sheet]"),
            *_WHO,
            _line("Adresse", "Address", slot(slots.ADDRESS)),
        ),
        Verb.CONTESTATION: _example(_request("[contestation]", "[contest]"), *_WHO),
        Verb.CLOTURE: _example(_request("[clôture]", "[close]"), *_WHO, _CODE),
        Verb.NOUVEAU_CODE: _example(_request("[nouveau code]", "[new code]"), *_WHO),
        Verb.REVOCATION_DU_CODE: _example(
            _request("[révocation du code]", "[revoke code]"), *_WHO
        ),
        Verb.ACCES: _example(_request("[accès]", "[accesses]"), *_WHO),
        Verb.RENVOI: _example(_request("[renvoi]", "[resend]"), *_WHO, _NUMBERS, _TABLE, _CODE),
        Verb.COPIE: _example(_request("[copie]", "[copy]"), *_WHO),
        Verb.DROITS: _example(_request("[droits]", "[rights]")),
        Verb.AIDE: _example(_request("[aide]", "[help]")),
    }
)

_UNSIGNED = (
    _line("Auteur", "Author", slot(slots.AUTHOR)),
    _line("Écrit le", "Written on", slot(slots.DAY)),
)
_WISHES = _example(_line("Demande", "Request", slot(slots.WORD)), *_WHO)
_OWN_DOSSIER = _example(_line("Demande", "Request", slot(slots.SCOPE)), *_WHO)
_BY_THE_PATIENT = _example(_line("Demande", "Request", slot(slots.WORD)))


def _block(text: str) -> str:
    return "\n".join(f"{_INDENT}{line}" for line in text.splitlines())


def _blocks(language: Language) -> Mapping[str, str]:
    named = {verb.name.lower(): text for verb, text in EXAMPLES.items()}
    named["part"] = Text(*map("\n".join, zip(_TAB, _SINCE, _NUMBERS, _TABLE, strict=True)))
    named["unsigned"] = Text(*map("\n".join, zip(*_UNSIGNED, strict=True)))
    named |= {
        "own_dossier": _OWN_DOSSIER,
        "wishes": _WISHES,
        "by_the_patient": _BY_THE_PATIENT,
    }
    return MappingProxyType(
        {f"example_{name}": _block(getattr(text, language)) for name, text in named.items()}
    )


BLOCKS: Mapping[Language, Mapping[str, str]] = MappingProxyType(
    {"fr": _blocks("fr"), "en": _blocks("en")}
)
"""What any text may hold as ``{example_masquage}``: the indented lines of an example.

Beside those of the verbs ``{example_part}``, lines that choose among a dossier's documents;
``{example_unsigned}``, lines that a mail needs which is not signed;
``{example_own_dossier}``, for whom the signature is enough;
``{example_wishes}``, for a page that lists words below it, and ``{example_by_the_patient}``
likewise, for patients who write themselves."""


def example_unsigned(language: Language) -> str:
    """Return the lines that a mail needs which is not signed, likewise."""
    return BLOCKS[language]["example_unsigned"]


def example_of(verb: Verb, language: Language) -> str:
    """Return the example of a request, indented as all letters show them."""
    return BLOCKS[language][f"example_{verb.name.lower()}"]
