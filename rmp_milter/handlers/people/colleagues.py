"""Who of the directory is meant."""

from collections.abc import Iterator
from itertools import islice

from rmp_milter.dossier.model import Doctor
from rmp_milter.dossier.naming import addresses_in, is_named, numbers_in
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.view import View


def colleague(words: str, view: View) -> Doctor | None:
    """Return the one professional of this RPPS number, mail address or name, or None.

    What two of them say must agree; a name must be all of one person's and no other's, in
    any order of its words, with or without a title: what goes to somebody of the same name
    cannot be taken back. A patient who has a key of his own is never found: the directory
    tells nobody who has a dossier.
    """
    found = list(_by_number_or_address(words, view)) or list(islice(_by_name(words, view), 2))
    first = found[0] if found else None
    if first is None or first.patient_of:
        return None
    return first if all(each == first for each in found) else None


def colleague_named(words: str, view: View) -> Doctor:
    """Return the professional meant; a wish that hits another would be worse than none.

    Raises :class:`MailError` ``no-such-doctor``.
    """
    found = colleague(words, view)
    if found is None:
        raise MailError("no-such-doctor", facts={"doctor": words[:80]})
    return found


def _by_number_or_address(words: str, view: View) -> Iterator[Doctor | None]:
    yield from map(view.doctor_by_rpps, numbers_in(words))
    yield from map(view.doctor_by_mail, addresses_in(words))


def _by_name(words: str, view: View) -> Iterator[Doctor]:
    return (
        each
        for each in view.doctors_named(words)
        if not each.patient_of and is_named(words, each.rpps, each.mail, each.name)
    )
