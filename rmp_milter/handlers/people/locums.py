"""The locums of a doctor: between which days, how many, for how long.

Days are ISO, from midnight to midnight by the host's clock.
"""

from datetime import date, timedelta

from rmp_milter.dossier.days import Clock, day_of
from rmp_milter.dossier.model import Doctor, Locum
from rmp_milter.dossier.professions import is_doctor
from rmp_milter.dossier.revisions import revised
from rmp_milter.errors import MailError

MOST = 31
LONGEST = timedelta(days=366)


def acts_for(doctor: Doctor, principal: Doctor, today: str) -> bool:
    """Whether ``doctor`` is a locum of ``principal`` on this day."""
    return any(
        one.doctor_id == doctor.doctor_id and one.first <= today <= one.last
        for one in principal.locums
    )


def with_locum(  # noqa: PLR0913, PLR0917 -- who, for whom, when, and when it is declared
    doctor: Doctor, locum: Doctor, first: str, last: str, at: int, clock: Clock
) -> Doctor:
    """Return ``doctor`` with ``locum`` acting for him from ``first`` to ``last``, both included.

    It takes the place of what was declared of the same locum for days among these; what is
    over by the day of ``at`` is dropped. Raises :class:`MailError` for a locum who is no
    doctor or himself, for impossible days, and beyond :data:`MOST`.
    """
    if not is_doctor(locum) or locum.doctor_id == doctor.doctor_id:
        raise MailError("locum-unfit")
    today = day_of(at, clock)
    lasts = date.fromisoformat(last) - date.fromisoformat(first)
    if last < today or not timedelta(0) <= lasts < LONGEST:
        raise MailError("locum-days")
    new = Locum(doctor_id=locum.doctor_id, first=first, last=last, declared_at=at)
    kept = [each for each in doctor.locums if each.last >= today and not _same(each, new)]
    if len(kept) >= MOST:
        raise MailError("locum-many", facts={"most": str(MOST)})
    locums = sorted((*kept, new), key=lambda each: (each.first, each.last, each.doctor_id))
    return revised(doctor, locums=tuple(locums))


def without_locum(doctor: Doctor, locum: Doctor, today: str) -> Doctor:
    """Return ``doctor`` with nothing declared of ``locum`` any more, from ``today`` on.

    Raises :class:`MailError` ``locum-none`` where nothing was declared for today or later.
    """
    current = [each for each in doctor.locums if each.last >= today]
    kept = [each for each in current if each.doctor_id != locum.doctor_id]
    if len(kept) == len(current):
        raise MailError("locum-none")
    return revised(doctor, locums=tuple(kept))


def _same(old: Locum, new: Locum) -> bool:
    """Whether the older declaration is of the same locum and for some of the same days."""
    apart = old.last < new.first or new.last < old.first
    return old.doctor_id == new.doctor_id and not apart
