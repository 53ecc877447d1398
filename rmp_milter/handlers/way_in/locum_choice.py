"""Whom a doctor names as his locum, whether he may, and the keeper's word on it."""

from msgspec.structs import replace

from rmp_milter.calls.authority import Locums
from rmp_milter.calls.protocol.cards import Amend
from rmp_milter.dossier.cards import LocumDays
from rmp_milter.dossier.model import Doctor
from rmp_milter.dossier.professions import is_doctor
from rmp_milter.dossier.rules import Act, Relation
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.grounds import authority
from rmp_milter.handlers.asking.leaf import event
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


def acknowledged(case: Case, changed: Doctor, locum: Doctor) -> Doctor:
    """Return the doctor with his locums as ``changed`` has them, as the keeper says from now on.

    The leaf names ``locum``, whom the mail is about.
    """
    days = tuple(LocumDays(each.doctor_id, each.first, each.last) for each in changed.locums)
    leaf = event(case, case.header.verb.value, subject=locum.rpps)
    amended = case.keeper.amend(Amend(Locums(days), leaf, authority(case, None, locum)))
    return replace(changed, card=amended.person)
