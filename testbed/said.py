"""What doctors typed, and the rules by which a reading of it is right.

``tests/fixtures/said.jsonl`` holds one text a line. They are situations that users of other
mail services reported in public (a header in a table, thanks above somebody's quoted request,
two patients in one mail), written anew about invented people, with what must come of each.
The mails are of November 2026.

``right`` says either what is read (``verb``, ``name``, ``given``...), or ``ask_back``, or
``nothing_done``, or ``either``, a list of these. To ask back is always allowed in the place of a
reading, except for an emergency; to read wrongly never is.
"""

import json
from enum import Enum
from pathlib import Path
from typing import NamedTuple, TypeAlias

from rmp_milter.dossier.identity import fold
from rmp_milter.dossier.model import Verb
from rmp_milter.mail.header.routing import Cut, RoutingHeader

FILE = Path(__file__).parents[1] / "tests" / "fixtures" / "said.jsonl"
YEAR = 2026

Right: TypeAlias = dict[str, object]


class Verdict(Enum):
    """What a reading is worth."""

    RIGHT = "right"
    ASKED = "asked back in the place of a reading"
    WRONG = "wrong"


class SaidCase(NamedTuple):
    """One mail as its author sees it; ``right`` are the outcomes that may come of it."""

    name: str
    text: str
    html: str
    right: list[Right]

    @property
    def is_definite(self) -> bool:
        """Whether it has a reading, and none but that is named."""
        return not any(_is_none(each) for each in self.right)


class Came(NamedTuple):
    """What came of a mail: nothing, a question, or a reading with these values."""

    nothing: bool
    asked: bool
    read: dict[str, object]


def cases() -> dict[str, SaidCase]:
    """Return all cases by name."""
    rows = map(json.loads, FILE.read_text("utf-8").splitlines())
    return {
        row["id"]: SaidCase(
            row["id"],
            row.get("text") or "",
            row.get("html") or "",
            row["right"].get("either", [row["right"]]),
        )
        for row in rows
    }


def came_of(cut: Cut, header: RoutingHeader) -> Came:
    """Return what comes of a text that was cut and parsed.

    An emergency is not refused for a problem of its header; only its reason is asked for.
    """
    urgent = header.verb is Verb.URGENCE
    asked = not header.reason if urgent else bool(header.problems)
    return Came(
        nothing=not cut.found,
        asked=cut.found and asked,
        read={
            "verb": fold(header.verb.value),
            "name": fold(header.birth_name),
            "given": fold(header.first_names),
            "date": header.birth_date,
            "used": fold(header.sheet.used_name),
            "code": cut.code,
            "numbers": list(header.numbers),
            "consent": header.consent,
            "letters": header.letters,
            "sheet_address": header.sheet.address,
            "letter_kept": cut.letter and not cut.has_secret,
        },
    )


def verdict(right: list[Right], came: Came) -> Verdict:
    """Return what an outcome is worth by the rules above."""
    if any(_fits(each, came) for each in right):
        return Verdict.RIGHT
    is_emergency = any(each.get("verb") == "urgence" for each in right)
    return Verdict.ASKED if came.asked and not is_emergency else Verdict.WRONG


def _is_none(right: Right) -> bool:
    return bool(right.get("ask_back") or right.get("nothing_done"))


def _fits(right: Right, came: Came) -> bool:
    if right.get("ask_back"):
        return came.asked
    if right.get("nothing_done"):
        return came.nothing
    if came.nothing or came.asked:
        return False
    return all(came.read[word] == _folded(word, value) for word, value in right.items())


def _folded(word: str, value: object) -> object:
    return fold(value) if word == "verb" and isinstance(value, str) else value
