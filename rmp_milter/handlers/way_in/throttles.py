"""How many tries somebody still has; what counts is written by who commits (strikes)."""

import hashlib
from collections.abc import Sequence

import msgspec

from rmp_milter.dossier.identity import trait_keys
from rmp_milter.dossier.model import Dossier, Fault, Patient
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case

MONTH = 30 * 86_400
"""Seconds in which the tries of a code of before are counted; the store keeps them so long."""


_ID_BYTES = 16  # of a dossier's id


class Tries(msgspec.Struct, frozen=True):
    """How many wrong codes count for a patient: within the window, and within a month."""

    recent: int
    month: int


def subject_of(dossier: Dossier | None, patient: Patient) -> bytes:
    """Return what wrong codes count against: the dossier, or in its place the patient's traits.

    Where there is none as much is read and written as where there is one.
    """
    if dossier is not None:
        return dossier.dossier_id
    traits = "\n".join(sorted(trait_keys(patient))).encode()
    return hashlib.sha256(b"rmp nobody\n" + traits).digest()[:_ID_BYTES]


def tries_of(case: Case, dossier: Dossier | None, patient: Patient) -> Tries:
    """Return the wrong codes that count; of nobody's too."""
    times = case.view.tally(Fault.DOSSIER, subject_of(dossier, patient)).times
    return Tries(_since(case.at - case.bounds.window, times), _since(case.at - MONTH, times))


def is_resting(case: Case, dossier: Dossier | None, patient: Patient) -> bool:
    """Return whether the dossier's code is not tried now.

    So it is after some wrong ones within the window. A code of before may be of four digits,
    which patience finds an hour at a time: it rests after more of them within a month, until
    there is a new one.
    """
    tries = tries_of(case, dossier, patient)
    if tries.recent >= case.bounds.wrong_codes:
        return True
    old = dossier is not None and is_of_before(dossier)
    return old and tries.month >= case.bounds.old_wrong_codes


def is_of_before(dossier: Dossier) -> bool:
    """Return whether the dossier's code was made when codes could be short."""
    return dossier.slots.code is not None and not dossier.slots.code.folded


def check_tries(case: Case, fault: Fault, subject: bytes, most: int) -> None:
    """Raise :class:`MailError` ``too-many`` where ``most`` tries count already."""
    times = case.view.tally(fault, subject).times
    if _since(case.at - case.bounds.window, times) >= most:
        raise MailError("too-many", detail=f"throttled: {fault}")


def _since(start: int, times: Sequence[int]) -> int:
    return sum(each > start for each in times)
