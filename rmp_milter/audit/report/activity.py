"""What a log says of one month: each of its entries counted once, by what it was and by day."""

from collections import Counter
from collections.abc import Mapping

from rmp_milter.audit.events import Fields, number_in, text_in
from rmp_milter.audit.month import Month
from rmp_milter.dossier.emergency import EMERGENCY, JUSTIFICATION, REVIEW

DAY = 86_400

CREATION, DEPOSIT, CONSULTATION, LISTING = "creation", "deposit", "consultation", "list"
URGENT, JUSTIFYING, REVIEWING = "emergency", "justification", "review"
DIRECTORY, KEYS, QUESTIONS = "directory", "keys", "questions"
PRESENCE, REFUSAL, OTHER = "presence", "refusal", "other"

SORTS: Mapping[str, tuple[str, ...]] = {
    QUESTIONS: ("sans titre", "reprise", "restauration"),
    REFUSAL: (),
    CREATION: ("creation",),
    DEPOSIT: ("depot",),
    CONSULTATION: ("dossier", "consultation"),
    LISTING: ("liste", "acces", "urgence liste"),
    URGENT: (EMERGENCY,),
    JUSTIFYING: (JUSTIFICATION,),
    REVIEWING: (REVIEW,),
    DIRECTORY: ("inscription", "modification", "radiation"),
    KEYS: (
        *("cle", "auditor key", "nouvelle clé de garde", "nouvelle clé du journal"),
        *("nouveau poivre", "rescellement"),
    ),
    PRESENCE: ("heartbeat",),
    OTHER: (),
}
"""The actions of each sort. What was refused is a refusal, whatever it asked for; what raises a
question to the host comes first, for that is always refused."""

_SORT_OF = {action: sort for sort, actions in SORTS.items() for action in actions}
IN_DETAIL = (DIRECTORY, KEYS, QUESTIONS)
BY_DAY = (DEPOSIT, CONSULTATION, REFUSAL)


def sort_of(fields: Fields) -> str:
    """Return the sort of an entry, one of :data:`SORTS`."""
    sort = _SORT_OF.get(text_in(fields, "action"), OTHER)
    refused = sort != QUESTIONS and text_in(fields, "outcome") == "refused"
    return REFUSAL if refused else sort


class MonthActivity:
    """Takes all entries of a log in their order, and counts those of the month (``at``, UTC)."""

    def __init__(self, month: Month) -> None:
        self.month = month
        self.sorts: Counter[str] = Counter()
        self.actions: Counter[str] = Counter()
        """Of the sorts that are looked at in detail."""
        self.days = {sort: [0] * days_of(month) for sort in BY_DAY}
        self.entries: list[int] = []
        """The first and the last entry of the month, if it has any."""
        self.signed: list[int] = []
        """The first and the last entry of presence: behind these checkpoints are signed."""
        self._present: set[int] = set()
        self.misdated: list[int] = []
        """Entries of the whole log that say another day than that of their writing, or none."""
        self.last_at = 0
        """When the log's last entry was written, in epoch seconds."""

    def add(self, index: int, fields: Fields) -> None:
        """Take the next entry."""
        at, logged = number_in(fields, "at"), number_in(fields, "logged")
        self.last_at = logged or at
        if at <= 0 or abs(at - (logged or at)) > DAY:
            self.misdated.append(index)
        if not self.month.first <= at < self.month.end:
            return
        sort, day = sort_of(fields), (at - self.month.first) // DAY
        self.sorts[sort] += 1
        self.entries = [*self.entries[:1], index]
        if sort in self.days:
            self.days[sort][day] += 1
        if sort in IN_DETAIL:
            self.actions[text_in(fields, "action")] += 1
        if sort == PRESENCE:
            self.signed = [*self.signed[:1], index]
            self._present.add(day)

    def absent(self, now: int) -> list[int]:
        """Return the days of the month, from 1, without an entry of presence, up to ``now``."""
        over = min(days_of(self.month), (now - self.month.first) // DAY)
        return [day + 1 for day in range(over) if day not in self._present]


def days_of(month: Month) -> int:
    """Return how many days a month has."""
    return (month.end - month.first) // DAY
