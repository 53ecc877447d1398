"""Cards for what has none yet: said to the keeper record by record, committed some at a time.

Whatever interrupts it, what was committed has its card, and the next call goes on with the rest.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

import msgspec

from rmp_milter.calls.authority import DossierSaid, Said, WaitingSaid
from rmp_milter.cli.cards import words_of
from rmp_milter.cli.leaves import KeeperRefused
from rmp_milter.dossier.changes import CardOfWaiting, Changes, DossierUpdate
from rmp_milter.dossier.model import Doctor, Dossier, Waiting
from rmp_milter.dossier.revisions import revised
from rmp_milter.dossier.said import dossier_named, dossier_said, person_named
from rmp_milter.store.format.failures import Conflict
from rmp_milter.store.surface import Snapshot, Store

A_COMMIT = 50
"""So many records change together: a commit's flush costs as much as several cards."""
TRIES = 5

Carded: TypeAlias = Doctor | Dossier | Waiting
"""A record that has a card."""


class ToVouch(NamedTuple):
    """What the keeper is to vouch for, and what its leaf and a refusal name."""

    said: Said
    whose: str
    subject: str = ""
    dossier_id: bytes = b""
    documents: tuple[bytes, ...] = ()


Ask = Callable[[ToVouch], bytes]
"""Returns the card; raises :class:`KeeperRefused` where the keeper makes none of this record."""


class Blessed(msgspec.Struct, frozen=True):
    """How much stands there and is taken as right: counts, nobody and nothing else."""

    professionals: int = 0
    patients: int = 0
    locums: int = 0
    dossiers: int = 0
    oppositions: int = 0
    masks: int = 0
    closed: int = 0
    waiting: int = 0


def without_card(view: Snapshot) -> Iterator[Carded]:
    """Yield what has no card yet: the directory first, of which the others speak.

    Erased dossiers need none.
    """
    everything: Iterable[Carded] = (*view.doctors(), *_standing(view), *view.waiting())
    return (each for each in everything if not each.card)


def _standing(view: Snapshot) -> Iterator[Dossier]:
    erased = (each for each in view.dossiers() if each.closure and each.closure.erased_at)
    gone = {each.dossier_id for each in erased}
    return (each for each in view.dossiers() if each.dossier_id not in gone)


def blessed(records: Iterable[Carded]) -> Blessed:
    """Count what these records say."""
    seen = list(records)
    persons = [each for each in seen if isinstance(each, Doctor)]
    dossiers = [each for each in seen if isinstance(each, Dossier)]
    patients = sum(bool(each.patient_of) for each in persons)
    return Blessed(
        professionals=len(persons) - patients,
        patients=patients,
        locums=sum(len(each.locums) for each in persons),
        dossiers=len(dossiers),
        oppositions=sum(len(each.opposed) for each in dossiers),
        masks=sum(len(each.masks) for each in dossiers),
        closed=sum(each.closure is not None for each in dossiers),
        waiting=len(seen) - len(persons) - len(dossiers),
    )


def vouch(store: Store, records: Sequence[Carded], ask: Ask) -> Iterator[tuple[int, list[str]]]:
    """Have each record vouched for; yield after each commit how many it was, and what was refused.

    Raises :class:`Conflict` where the store changes faster than the keeper answers.
    """
    for first in range(0, len(records), A_COMMIT):
        chunk = records[first : first + A_COMMIT]
        yield len(chunk), _vouch_some(store, chunk, ask)


def _vouch_some(store: Store, records: Sequence[Carded], ask: Ask) -> list[str]:
    for attempt in range(TRIES):
        try:
            return _commit_some(store, records, ask)
        except Conflict:  # a mail changed one of them meanwhile
            if attempt + 1 == TRIES:
                raise
    raise AssertionError


def _commit_some(store: Store, records: Sequence[Carded], ask: Ask) -> list[str]:
    given: list[tuple[Carded, bytes]] = []
    refused: list[str] = []
    with store.snapshot() as view:
        for record in records:
            now = _present(record, view)
            if now is None or now.card:
                continue  # gone, or vouched for, since the list was made
            wanted = _wanted(now, view)
            try:
                given.append((now, ask(wanted)))
            except KeeperRefused as error:
                refused.append(f"{wanted.whose}: {error.line}")
    if given:
        store.commit(_changes(given), int(time.time()))
    return refused


def _present(record: Carded, view: Snapshot) -> Carded | None:
    match record:
        case Doctor():
            return view.doctor(record.doctor_id)
        case Dossier():
            return view.dossier(record.dossier_id)
        case Waiting():
            return view.waiting_one(record.waiting_id)


def _wanted(record: Carded, view: Snapshot) -> ToVouch:
    match record:
        case Doctor():
            # A patient has no number, and his dossier a leaf of its own beside his key's.
            subject = record.rpps or record.fingerprint
            return ToVouch(words_of(record), person_named(record), subject, record.patient_of)
        case Dossier():
            return _wanted_of_dossier(record, view)
        case Waiting():
            return _wanted_of_waiting(record, view)


def _wanted_of_waiting(waiting: Waiting, view: Snapshot) -> ToVouch:
    depositor = view.doctor(waiting.entry.author)
    documents = tuple(each.document_id for each in waiting.entry.documents)
    said = WaitingSaid(
        waiting=waiting.waiting_id,
        patient=waiting.patient,
        depositor=waiting.entry.author,
        rpps=depositor.rpps if depositor else "",
        fingerprint=depositor.fingerprint if depositor else "",
        documents=documents,
    )
    return ToVouch(said, f"waiting deposit {waiting.waiting_id.hex()}", documents=documents)


def _wanted_of_dossier(dossier: Dossier, view: Snapshot) -> ToVouch:
    patient = view.patient_of(dossier.dossier_id)
    entries = view.entries(dossier.dossier_id) if dossier.masks else ()
    card = dossier_said(dossier, entries, patient.doctor_id if patient else b"")
    said = DossierSaid(card, dossier.patient)
    return ToVouch(said, dossier_named(dossier), dossier_id=dossier.dossier_id)


def _changes(given: Sequence[tuple[Carded, bytes]]) -> Changes:
    return Changes(
        doctors=tuple(
            revised(record, card=card) for record, card in given if isinstance(record, Doctor)
        ),
        updates=tuple(
            DossierUpdate(revised(record, card=card))
            for record, card in given
            if isinstance(record, Dossier)
        ),
        waiting_cards=tuple(
            CardOfWaiting(record.waiting_id, card)
            for record, card in given
            if isinstance(record, Waiting)
        ),
    )
