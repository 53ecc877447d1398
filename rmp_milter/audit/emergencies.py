"""Emergency accesses as an exported log tells them: each act, its justification, its review.

A state is nowhere written down: it follows from the leaves that one reference ties together.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from rmp_milter.audit.events import Fields, Value, Wanted, events
from rmp_milter.audit.folder import ExportedLog
from rmp_milter.dossier.emergency import (
    CLOSED,
    CONTESTED,
    EMERGENCY,
    JUSTIFICATION,
    REVIEW,
    UNDER_REVIEW,
)

NEW, JUSTIFIED = "new", "justified"
STATES = (NEW, JUSTIFIED, UNDER_REVIEW, CLOSED, CONTESTED)
_ENDS = (CLOSED, CONTESTED)
_ACTIONS = frozenset({EMERGENCY, JUSTIFICATION, REVIEW})
HOUR = 3600


@dataclass(frozen=True)
class EmergencyCase:
    """One emergency: the act and what became of it; times in epoch seconds, 0 for never.

    ``leaves`` are the numbers of all its entries, the act first.
    """

    reference: str
    at: int
    rpps: str
    sender: str
    patient: str
    leaves: tuple[int, ...]
    state: str = NEW
    justified_at: int = 0
    reviewed_at: int = 0

    @property
    def service(self) -> str:
        """Where it came from, as far as the log knows: the domain of the sender's address."""
        return self.sender.rpartition("@")[2]

    def awaits(self, now: int, justify_hours: int, review_hours: int) -> str:
        """Return what is overdue at ``now``: ``justification``, ``review``, both or nothing."""
        late = []
        if not self.justified_at and self.state not in _ENDS:
            late += ["justification"] * (now > self.at + justify_hours * HOUR)
        if self.state not in _ENDS:
            late += ["review"] * (now > self.at + review_hours * HOUR)
        return ", ".join(late)


def cases(log: ExportedLog) -> tuple[EmergencyCase, ...]:
    """Return all emergencies in the order of the log; raises :class:`~.folder.FolderError`."""
    found: dict[str, EmergencyCase] = {}
    for index, fields in events(log, Wanted()):
        reference = _text(fields, "reference")
        if not reference or fields.get("action") not in _ACTIONS:
            continue
        if case := found.get(reference):
            found[reference] = _followed(case, index, fields)
        elif _is_act(fields):
            found[reference] = _begun(reference, index, fields)
    return tuple(found.values())


def _is_act(fields: Fields) -> bool:
    return (fields.get("action"), fields.get("outcome")) == (EMERGENCY, "granted")


def _begun(reference: str, index: int, fields: Fields) -> EmergencyCase:
    return EmergencyCase(
        reference=reference,
        at=_time(fields),
        rpps=_text(fields, "rpps"),
        sender=_text(fields, "sender"),
        patient=_text(fields, "patient"),
        leaves=(index,),
    )


def _followed(case: EmergencyCase, index: int, fields: Fields) -> EmergencyCase:
    """Return the case with one more of its leaves."""
    case = replace(case, leaves=(*case.leaves, index))
    action, outcome = fields.get("action"), _text(fields, "outcome")
    if action == JUSTIFICATION and outcome == "granted":
        first = case.justified_at or _time(fields)
        state = JUSTIFIED if case.state == NEW else case.state
        return replace(case, justified_at=first, state=state)
    if action == REVIEW and outcome in STATES:
        return replace(case, reviewed_at=_time(fields), state=outcome)
    return case


def _text(fields: Fields, name: str) -> str:
    value: Value = fields.get(name, "")
    return value if isinstance(value, str) else ""


def _time(fields: Fields) -> int:
    value = fields.get("at", 0)
    return value if isinstance(value, int) else 0


def wanted_cases(
    all_of: Iterable[EmergencyCase], wanted: Wanted, states: Iterable[str]
) -> Iterator[EmergencyCase]:
    """Yield the emergencies of the wanted time and doctor that are in one of the states."""
    chosen = frozenset(states)
    for case in all_of:
        fields: Fields = {"at": case.at, "rpps": case.rpps, "action": EMERGENCY}
        if wanted.fits(fields) and case.state in chosen:
            yield case
