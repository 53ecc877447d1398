"""Cards for what a command of the host enters: the keeper vouches for it, then it is committed."""

from collections.abc import Sequence

from msgspec.structs import replace

from rmp_milter.calls.authority import DossierSaid, PersonSaid
from rmp_milter.calls.protocol.cards import Learned, Relearn, Show, Vouch, Vouched, Wake
from rmp_milter.calls.protocol.leaves import Recorded
from rmp_milter.calls.protocol.message import Event
from rmp_milter.cli.errors import CommandError
from rmp_milter.cli.leaves import HostKeeper
from rmp_milter.dossier.cards import CardT, dossier_card, person_card
from rmp_milter.dossier.credentials import certificates_of
from rmp_milter.dossier.model import Doctor, Dossier, NumberedEntry
from rmp_milter.dossier.said import (
    dossier_named,
    dossier_said,
    person_named,
    person_said,
    unlike,
)


def vouched(
    keeper: HostKeeper, doctor: Doctor, event: Event, before: Doctor | None = None
) -> Doctor:
    """Return somebody as he is to be, with the keeper's word on it in the place of the last.

    ``before`` is his record as it stands: what somebody wrote there that the keeper never
    vouched for must not become its word by a command that changes something else. The leaf
    ``event`` is written first. Raises :class:`~rmp_milter.cli.errors.CommandError`.
    """
    if before is not None and before.card:
        refuse_unlike(person_named(before), person_card(before.card), person_said(before))
    card = keeper.ask(Vouched, Vouch(words_of(doctor), event, before=doctor.card)).card
    return replace(doctor, card=card)


def words_of(doctor: Doctor) -> PersonSaid:
    """Return what the keeper is told of somebody's record, to vouch for it."""
    first, *more = certificates_of(doctor)
    return PersonSaid(person_said(doctor), first, tuple(more))


def vouched_dossier(  # noqa: PLR0913 -- before and after, and what both are drawn from
    keeper: HostKeeper,
    dossier: Dossier,
    entries: Sequence[NumberedEntry],
    patient: Doctor | None,
    event: Event,
    *,
    before: Dossier,
) -> Dossier:
    """Return a dossier as it is to be, with the keeper's word on it; as :func:`vouched`.

    ``entries`` are all of it, ``patient`` the patient's own entry in the directory.
    """
    person = patient.doctor_id if patient else b""
    if before.card:
        was = dossier_said(before, entries, person)
        refuse_unlike(dossier_named(before), dossier_card(before.card), was)
    card = dossier_said(dossier, entries, person)
    said = DossierSaid(card, dossier.patient)
    made = keeper.ask(Vouched, Vouch(said, event, before=dossier.card)).card
    return replace(dossier, card=made)


def refuse_unlike(whose: str, card: CardT, said: CardT) -> None:
    """Raise :class:`CommandError` where a record is not what the keeper vouched for."""
    if fields := unlike(card, said):
        raise CommandError(
            f"the record of {whose} is not what the keeper vouched for: {', '.join(fields)}",
            "somebody has changed the store: rmp store check, and see docs/admin.md",
        )


def show_committed(keeper: HostKeeper, *records: Doctor | Dossier) -> None:
    """Show the keeper the cards of what was committed: none of before counts from then on."""
    keeper.ask(Learned, Show(tuple(each.card for each in records)))


def struck_out(keeper: HostKeeper, doctor: Doctor, event: Event) -> None:
    """Have no card of somebody count any more, whatever the store says; its leaf first."""
    keeper.ask(Recorded, Relearn((), event, gone=(doctor.doctor_id,)))


def woken(keeper: HostKeeper, dossier: Dossier, event: Event) -> None:
    """Have a dossier's wrong codes forgotten; its leaf first."""
    keeper.ask(Recorded, Wake(dossier.dossier_id, event))
