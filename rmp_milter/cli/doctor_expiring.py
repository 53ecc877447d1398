"""``rmp doctor list --expiring``: whose certificate ends soon, or can be written to no more."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rmp_milter.cli.output import Json, moment, print_json, print_table
from rmp_milter.credentials import CredentialError, ends_at, usable
from rmp_milter.dossier.key_ends import DAY, STAGES
from rmp_milter.dossier.model import Doctor
from rmp_milter.store.surface import Snapshot

SOON = max(STAGES)
"""Days, if none are named: those from which he is told himself."""
OVER = "over"


class Expiring(NamedTuple):
    """Somebody whose certificate ends at ``until``, 0 where it cannot be used and names no day.

    ``treats`` is of how many open dossiers he is médecin traitant.
    """

    doctor: Doctor
    until: int
    is_over: bool
    treats: int


def expiring(
    doctors: Iterable[Doctor], view: Snapshot, days: int, now: int
) -> Iterator[Expiring]:
    """Yield those whose certificate ends within so many days, or is of no use now."""
    for each in doctors:
        until, is_over = _end(each, now), not usable(each.certificate, now)
        if is_over or 0 < until <= now + days * DAY:
            treats = sum(1 for one in view.dossiers_of(each.doctor_id) if one.closure is None)
            yield Expiring(each, until, is_over, treats)


def _end(doctor: Doctor, now: int) -> int:
    try:
        return ends_at(doctor.certificate, now)
    except CredentialError:
        return 0


def print_expiring(found: Iterable[Expiring], *, as_json: bool) -> None:
    """Print them, those who are over first, then by their end."""
    rows = sorted(found, key=lambda each: (not each.is_over, each.until, each.doctor.name))
    if as_json:
        print_json([_as_json(each) for each in rows])
        return
    print_table(
        ("UNTIL", "STATE", "TREATS", "RPPS", "NAME", "MAIL"),
        [
            (
                moment(each.until)[:10] or "-",
                OVER if each.is_over else "ends",
                str(each.treats),
                each.doctor.rpps or "patient",
                each.doctor.name if each.doctor.rpps else "",
                each.doctor.mail if each.doctor.rpps else "",
            )
            for each in rows
        ],
    )


def _as_json(each: Expiring) -> dict[str, Json]:
    return {
        "rpps": each.doctor.rpps,
        "name": each.doctor.name if each.doctor.rpps else "",
        "mail": each.doctor.mail if each.doctor.rpps else "",
        "fingerprint": each.doctor.fingerprint,
        "until": moment(each.until),
        "over": each.is_over,
        "treats": each.treats,
    }
