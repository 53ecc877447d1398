"""What asks for an emergency access: "urgence", in any near spelling, and the phrases around it.

A request for the dossier in an emergency is the one thing that a slip must not turn into
something else (``docs/rules.md``): who writes "urgance" means it.
"""

from functools import cache, lru_cache
from itertools import combinations

from rmp_milter.mail.header.near import is_near

_WORDS = frozenset(
    {
        *(
            "URGENCE",
            "URGENCES",
            "URGENT",
            "URGENTE",
            "URGENTS",
            "URGENTES",
            "URG",
            "EMERGENCY",
        ),
        *("URGEMMENT", "URGENTISSIME", "URGENTLY"),
    }
)
_SPELT = ("URGENCE", "URGENCES", "URGENT", "URGENTE", "EMERGENCY")
_OTHERS = frozenset({"ARGENT", "REGENCE", "AGENCE", "SERGENT", "SERGENTE", "REGENT"})
_BEGINS = ("URG", "UREG", "URJ", "HURG", "HURJ", "URRG")  # of what may be two slips away
# What may stand around the word without making another request of it.
_AROUND = frozenset(
    {
        *("A", "ACCES", "ABSOLUE", "ABSOLU", "AU", "AVEC", "BRIS", "COMPLET", "CONSULTATION"),
        *(
            "CONSULTER",
            "D",
            "DE",
            "DEMANDE",
            "DES",
            "DOSSIER",
            "DU",
            "EN",
            "ET",
            "EXTREME",
            "GLACE",
        ),
        *(
            "IMMEDIAT",
            "IMMEDIATE",
            "L",
            "LA",
            "LE",
            "LES",
            "MEDICAL",
            "MEDICALE",
            "MERCI",
            "OUI",
        ),
        *(
            "OUVERTURE",
            "PATIENT",
            "POUR",
            "PRONOSTIC",
            "RMP",
            "SVP",
            "STP",
            "SITUATION",
            "TRES",
        ),
        *("UN", "UNE", "VITAL", "VITALE", "ACCESS", "RECORD", "PLEASE", "TO", "THE", "ENGAGE"),
        *(
            "BONJOUR",
            "BONSOIR",
            "CHER",
            "CONFRERE",
            "CONTEXTE",
            "TOUTE",
            "CECI",
            "EST",
            "C",
            "ACCEDER",
            "IL",
            "S",
            "VOUS",
        ),
        *("PLAIT", "CE", "CETTE", "PATIENTE", "CONSULT", "MOTIF", "VITALES", "RESUME"),
    }
)
_NOT = frozenset({"NON", "PAS", "SANS", "AUCUNE", "AUCUN", "HORS", "PEU", "NO", "NOT", "NI"})
_ALONE = 5  # words of a line that says nothing else


def is_urgency(word: str) -> bool:
    """Return whether the folded word is "urgence" or "urgent", as well or badly as it is spelt."""
    if word in _WORDS:
        return True
    if word in _OTHERS or len(word) < 5:  # noqa: PLR2004 -- shorter words are near too many
        return False
    return any(_is_spelt(word, known) for known in _SPELT)


def _is_spelt(word: str, known: str) -> bool:
    if is_near(word, known):
        return True
    if not word.startswith(_BEGINS) or abs(len(word) - len(known)) > 1:
        return False
    return _is_two_slips_off(word, known)


@lru_cache(maxsize=256)  # words like "urgence" only, each of which is asked about several times
def _is_two_slips_off(word: str, known: str) -> bool:
    if _shortened(word).isdisjoint(_known_shortened(known)):
        return False  # no slip leaves less in common: all the pairs need not be tried
    return any(
        is_near(word[:at] + word[at + 1 :], known[:to] + known[to + 1 :])
        for at in range(1, len(word))
        for to in range(1, len(known))
    )


@cache
def _known_shortened(known: str) -> set[str]:
    return _shortened(known)


def _shortened(word: str) -> set[str]:
    """Return the word without one or two of its letters, whichever."""
    return {"".join(kept) for kept in combinations(word, len(word) - 2)} | {
        word[:at] + word[at + 1 :] for at in range(len(word))
    }


def asks_for_emergency(folded: str) -> bool:
    """Return whether a request's folded value asks for access in an emergency.

    "urgence", "urgent", "dossier en urgence", "urgence vitale !": the word first, or nothing
    beside it that would be a request of its own. "Avis urgent" is none, "urgence : non" neither.
    """
    words = folded.split()
    marks = [is_urgency(word) for word in words]
    if not any(marks) or _NOT.intersection(words):
        return False
    if marks[0]:
        return True
    return all(mark or word in _AROUND for mark, word in zip(marks, words, strict=True))


def speaks_of_urgency(folded: str) -> bool:
    """Return whether a word of it is "urgence" or near it, whatever the others are."""
    return any(map(is_urgency, folded.split()))


def stands_alone(folded: str) -> bool:
    """Return whether a folded line is the word and what belongs to it, nothing else."""
    words = folded.split()
    if not words or len(words) > _ALONE or _NOT.intersection(words):
        return False
    marks = [is_urgency(word) for word in words]
    return any(marks) and all(
        mark or word in _AROUND for mark, word in zip(marks, words, strict=True)
    )
