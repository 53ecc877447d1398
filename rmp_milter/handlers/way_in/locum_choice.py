"""Whom a doctor names as his locum, and whether he may."""

from rmp_milter.dossier.model import Doctor
from rmp_milter.dossier.professions import is_doctor
from rmp_milter.dossier.rules import Act, Relation
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.people.colleagues import colleague
from rmp_milter.handlers.way_in.admission import is_permitted, permitted


def locum_chosen(case: Case) -> Doctor:
    """Return the colleague whom the header names.

    Raises :class:`MailError` ``locum-doctors-only``, ``locum-unknown``, or what the host's
    policy asks of a doctor.
    """
    if is_doctor(case.doctor):
        permitted(case, Act.REMPLACEMENT, Relation.TREATING)
    elif not is_permitted(case, Act.REMPLACEMENT, Relation.FOREIGN):
        raise MailError("locum-doctors-only")
    locum = colleague(case.header.locum, case.view)
    if locum is None:
        raise MailError("locum-unknown")
    return locum
