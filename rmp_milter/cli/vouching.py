"""Cards for what has none yet: said to the keeper record by record, committed some at a time.

Of what has none only the ids are kept, seventeen octets each: it may be all that there is.
Whatever interrupts it, what was committed has its card, and the next call goes on with the rest.
"""

import time
from collections.abc import Callable, Iterator, Sequence
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

_PERSON, _DOSSIER, _WAITING = b"P", b"D", b"W"
_KEY_BYTES = 17

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


class Uncarded:
    """What has no card yet: the directory first, of which the others speak; and what it says.

    Erased dossiers need none.
    """

    def __init__(self, view: Snapshot) -> None:
        self._keys = bytearray()
        found = dict.fromkeys(Blessed.__struct_fields__, 0)
        for record in _records(view):
            if not record.card:
                self._keys += _key(record)
                for name, count in _said(record):
                    found[name] += count
        self.blessed = Blessed(**found)

    def __len__(self) -> int:
        return len(self._keys) // _KEY_BYTES

    def keys(self) -> Iterator[list[bytes]]:
        """Yield the keys, as many as change together."""
        step = A_COMMIT * _KEY_BYTES
        for first in range(0, len(self._keys), step):
            some = bytes(self._keys[first : first + step])
            yield [some[at : at + _KEY_BYTES] for at in range(0, len(some), _KEY_BYTES)]


def _records(view: Snapshot) -> Iterator[Carded]:
    yield from view.doctors()
    for dossier in view.dossiers():
        if not (dossier.closure and dossier.closure.erased_at):
            yield dossier
    yield from view.waiting()


def _key(record: Carded) -> bytes:
    match record:
        case Doctor():
            return _PERSON + record.doctor_id
        case Dossier():
            return _DOSSIER + record.dossier_id
        case Waiting():
            return _WAITING + record.waiting_id


def _said(record: Carded) -> Iterator[tuple[str, int]]:
    """Yield how much a record says, by the names in :class:`Blessed`."""
    match record:
        case Doctor():
            yield ("patients" if record.patient_of else "professionals"), 1
            yield "locums", len(record.locums)
        case Dossier():
            yield "dossiers", 1
            yield "oppositions", len(record.opposed)
            yield "masks", len(record.masks)
            yield "closed", int(record.closure is not None)
        case Waiting():
            yield "waiting", 1


def vouch(store: Store, records: Uncarded, ask: Ask) -> Iterator[tuple[int, list[str]]]:
    """Have each record vouched for; yield after each commit how many it was, and what was refused.

    Raises :class:`Conflict` where the store changes faster than the keeper answers.
    """
    for keys in records.keys():  # noqa: SIM118 -- no mapping's
        yield len(keys), _vouch_some(store, keys, ask)


def _vouch_some(store: Store, keys: Sequence[bytes], ask: Ask) -> list[str]:
    for attempt in range(TRIES):
        try:
            return _commit_some(store, keys, ask)
        except Conflict:  # a mail changed one of them meanwhile
            if attempt + 1 == TRIES:
                raise
    raise AssertionError


def _commit_some(store: Store, keys: Sequence[bytes], ask: Ask) -> list[str]:
    given: list[tuple[Carded, bytes]] = []
    refused: list[str] = []
    with store.snapshot() as view:
        for key in keys:
            now = _present(key, view)
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


def _present(key: bytes, view: Snapshot) -> Carded | None:
    kind, identifier = key[:1], key[1:]
    if kind == _PERSON:
        return view.doctor(identifier)
    return view.dossier(identifier) if kind == _DOSSIER else view.waiting_one(identifier)


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
