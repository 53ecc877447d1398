"""Emergency accesses as an exported log tells them: each act, its justification, its review.

A state is nowhere written down: it follows from the leaves that one reference ties together.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from rmp_milter.audit.events import (
    Fields,
    Walked,
    Wanted,
    events,
    number_in,
    text_in,
)
from rmp_milter.audit.folder import ExportedLog
from rmp_milter.audit.progress import Told, untold
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

    ``ended_at`` is when its review came to its end, first if that was changed since; ``leaves``
    are the numbers of all its entries, the act first.
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
    ended_at: int = 0

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


def cases(
    log: ExportedLog, seen: Walked | None = None, progress: Told = untold
) -> tuple[EmergencyCase, ...]:
    """Return all emergencies in the order of the log; raises :class:`~.folder.FolderError`."""
    gathered = Cases()
    for index, fields in events(log, Wanted(), seen, progress):
        gathered.add(index, fields)
    return gathered.all()


class Cases:
    """Takes entries in their order, and keeps those of emergencies."""

    def __init__(self) -> None:
        self._found: dict[str, EmergencyCase] = {}

    def add(self, index: int, fields: Fields) -> None:
        """Take the next entry."""
        reference = text_in(fields, "reference")
        if not reference or text_in(fields, "action") not in _ACTIONS:
            return
        case = self._found.get(reference)
        if case and not (_is_act(fields) and _is_another(case, fields)):
            self._found[reference] = _followed(case, index, fields)
        elif _is_act(fields):
            place = f"{reference} {index}" if case else reference
            self._found[place] = _begun(reference, index, fields)

    def all(self) -> tuple[EmergencyCase, ...]:
        """Return the emergencies so far, in the order of the log."""
        return tuple(self._found.values())


def _is_act(fields: Fields) -> bool:
    return (fields.get("action"), fields.get("outcome")) == (EMERGENCY, "granted")


def _is_another(case: EmergencyCase, fields: Fields) -> bool:
    """Whether an act is of another dossier or doctor: no keeper gives two of them one reference.

    So somebody forged one, and it must not hide behind what was closed.
    """
    of_act = (text_in(fields, "patient"), text_in(fields, "rpps"))
    return of_act != (case.patient, case.rpps)


def _begun(reference: str, index: int, fields: Fields) -> EmergencyCase:
    return EmergencyCase(
        reference=reference,
        at=number_in(fields, "at"),
        rpps=text_in(fields, "rpps"),
        sender=text_in(fields, "sender"),
        patient=text_in(fields, "patient"),
        leaves=(index,),
    )


def _followed(case: EmergencyCase, index: int, fields: Fields) -> EmergencyCase:
    """Return the case with one more of its leaves."""
    case = replace(case, leaves=(*case.leaves, index))
    action, outcome = fields.get("action"), text_in(fields, "outcome")
    if action == JUSTIFICATION and outcome == "granted":
        first = case.justified_at or number_in(fields, "at")
        state = JUSTIFIED if case.state == NEW else case.state
        return replace(case, justified_at=first, state=state)
    if action == REVIEW and outcome in STATES:
        at = number_in(fields, "at")
        ended = (case.ended_at or at) if outcome in _ENDS else 0
        return replace(case, reviewed_at=at, state=outcome, ended_at=ended)
    return case


def wanted_cases(
    all_of: Iterable[EmergencyCase], wanted: Wanted, states: Iterable[str]
) -> Iterator[EmergencyCase]:
    """Yield the emergencies of the wanted time and doctor that are in one of the states."""
    chosen = frozenset(states)
    for case in all_of:
        fields: Fields = {"at": case.at, "rpps": case.rpps, "action": EMERGENCY}
        if wanted.fits(fields) and case.state in chosen:
            yield case
