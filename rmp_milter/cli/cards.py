"""Cards for what a command of the host enters: the keeper vouches for it, then it is committed."""

from collections.abc import Sequence

from msgspec.structs import replace

from rmp_milter.calls.authority import DossierSaid, PersonSaid
from rmp_milter.calls.protocol import Event, Recorded, Relearn, Vouch, Vouched, Wake
from rmp_milter.cli.leaves import HostKeeper
from rmp_milter.dossier.model import Doctor, Dossier, NumberedEntry
from rmp_milter.dossier.said import dossier_said, person_said


def vouched(keeper: HostKeeper, doctor: Doctor, event: Event) -> Doctor:
    """Return somebody as he is to be, with the keeper's word on it in the place of the last.

    The leaf ``event`` is written first. Raises :class:`~rmp_milter.cli.errors.CommandError`.
    """
    said = PersonSaid(person_said(doctor), doctor.certificate)
    card = keeper.ask(Vouched, Vouch(said, event, before=doctor.card)).card
    return replace(doctor, card=card)


def vouched_dossier(
    keeper: HostKeeper,
    dossier: Dossier,
    entries: Sequence[NumberedEntry],
    patient: Doctor | None,
    event: Event,
) -> Dossier:
    """Return a dossier as it is to be, with the keeper's word on it; as :func:`vouched`.

    ``entries`` are all of it, ``patient`` the patient's own entry in the directory.
    """
    card = dossier_said(dossier, entries, patient.doctor_id if patient else b"")
    said = DossierSaid(card, dossier.patient)
    made = keeper.ask(Vouched, Vouch(said, event, before=dossier.card)).card
    return replace(dossier, card=made)


def struck_out(keeper: HostKeeper, doctor: Doctor, event: Event) -> None:
    """Have no card of somebody count any more, whatever the store says; its leaf first."""
    keeper.ask(Recorded, Relearn((), event, gone=(doctor.doctor_id,)))


def woken(keeper: HostKeeper, dossier: Dossier, event: Event) -> None:
    """Have a dossier's wrong codes forgotten; its leaf first."""
    keeper.ask(Recorded, Wake(dossier.dossier_id, event))
