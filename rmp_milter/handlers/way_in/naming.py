"""Which entries a request names by number: one answer for all verbs that take numbers."""

from collections.abc import Sequence

from rmp_milter.dossier.model import Dossier
from rmp_milter.dossier.rules import Act
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Effects, Refusal
from rmp_milter.handlers.letters.index import index_lines
from rmp_milter.handlers.sight.seen import Seen
from rmp_milter.handlers.sight.table import named
from rmp_milter.handlers.way_in.admission import Admission, is_permitted, spent
from rmp_milter.handlers.way_in.unlocking import forgiven, unlock


def entries_named(
    case: Case, admission: Admission, dossier: Dossier, visible: Sequence[Seen]
) -> tuple[Seen, ...]:
    """Return the entries that the header's numbers mean; none where it has no numbers.

    Only once the way in is proven. Raises as :func:`~.table.named` does; where it is asked
    back which table was read, it is a :class:`Refusal` that shows today's: that is an index
    which is sent, so its leaf is written as that of one.
    """
    try:
        return named(dossier, visible, admission.relation, case.header)
    except MailError as error:
        if error.text == "no-such-entry":
            raise
        raise _asked_back(case, admission, visible, error) from error


def _asked_back(
    case: Case, admission: Admission, visible: Sequence[Seen], error: MailError
) -> Refusal:
    """Return the question with the lines of today's index, if he may be sent one."""
    reads = is_permitted(case, Act.CONSULTATION, admission.relation)
    shown = visible if reads else ()
    unlock(
        case,
        admission,
        entries=[each.filed.number for each in shown],
        action=Act.CONSULTATION.value if reads else case.header.verb.value,
    )
    return Refusal(
        error.text,
        Effects(cleared=forgiven(admission), once=spent(case)),
        facts=error.facts,
        below=index_lines(shown, case.language, case.clock),
    )
