"""An emergency as the tests ask it, and what the dossier holds."""

from collections.abc import Iterable

from handlers_case import DEMO, OTHER, asked, entry

from rmp_milter.calls.protocol.calls import Request
from rmp_milter.calls.protocol.leaves import Record, RecordList
from rmp_milter.calls.protocol.message import Event
from rmp_milter.dossier.model import Doctor, Onglet
from rmp_milter.handlers.asking.case import Case

WHO = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"
FILED = [
    entry(1, Onglet.SYNTHESE, "Résumé", [DEMO]),
    entry(2, Onglet.BIOLOGIE, "Bilan", [DEMO]),
]


def emergency(who: str = WHO, by: Doctor = OTHER, *, reason: bool = True) -> Case:
    return asked(f"Demande : urgence\n{who}Motif : ••••\n", by=by, has_reason=reason)


def listed(requests: Iterable[Request]) -> list[Event]:
    """Return the leaves that were asked for, of a short list or of a search in vain."""
    found: list[Event] = []
    for request in requests:
        assert isinstance(request, Record | RecordList), request
        more = request.leaves if isinstance(request, RecordList) else (request,)
        found += [each.event for each in more]
    return found
