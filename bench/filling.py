"""A store filled with a population: by the store's own commits, with cards of the keeper's own.

The cards are in force for a keeper that has seen none of them: they are each one's first. So a
mail may mean any of these dossiers; what their slots and certificates hold opens nothing.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from shutil import copystat, copytree, disk_usage
from tempfile import TemporaryDirectory
from typing import TypeVar

import msgspec
from msgspec.structs import replace
from population import Person, Place, people

from rmp_milter.cli.stores import engine_of, open_store
from rmp_milter.config import Config, load
from rmp_milter.dossier.changes import Changes, NewDossier
from rmp_milter.dossier.identity import trait_keys
from rmp_milter.dossier.model import (
    CodeSlot,
    Consent,
    Doctor,
    Dossier,
    Locum,
    Patient,
    Sheet,
    Slots,
)
from rmp_milter.dossier.said import dossier_said, person_said
from rmp_milter.engine.filling import bounded
from rmp_milter.engine.postgresql.moving import TablesFilled, take_over
from rmp_milter.engine.server import server_place
from rmp_milter.engine.transaction import ReadTransaction
from rmp_milter.keeper.authority.cards import Sealer
from rmp_milter.store.format.keys import read_key
from rmp_milter.store.format.tables import StoreTable
from rmp_milter.store.moving import MOVED
from rmp_milter.store.postgresql.schema import LAYOUT
from rmp_milter.store.surface import Store
from testbed.service import Service, rpps

SEED = 13
PER_DOCTOR = 20
"""Dossiers of one médecin traitant: 50,000 doctors have a million."""
LEAST_DOCTORS = 50
SAMPLE = 1000
"""So many dossiers and doctors are kept at hand: the same in a store of any size."""
A_COMMIT = 10_000
IN_MEMORY = Path("/dev/shm")  # noqa: S108 -- a folder of our own is made there
_ROOM = 12_000  # octets a dossier, while it is filled
FIRST_RPPS = 100_000
_CERTIFICATE = 900  # octets, about those of a key on a curve with one subkey
_WITH_LOCUM = 50  # one doctor of so many has named a locum

T = TypeVar("T")
_processes = get_context("spawn")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[NewDossier, ...]).decode
Told = Callable[[str, int, int], None]
"""Is told what is under way, and how much of how much is done."""


@dataclass(frozen=True)
class Filled:
    """What a store holds now, and how many seconds it took; ``sample`` are the first dossiers."""

    amount: int
    place: Place
    sample: tuple[Dossier, ...]
    doctors: tuple[Doctor, ...]
    seconds: float


def sealer_of(keeper: Path) -> Sealer:
    """Return what makes the cards of the keeper whose keys lie in this folder."""
    return Sealer(read_key(keeper / "pepper.key"))


def fill_service(service: Service, amount: int, place: Place, told: Told) -> Filled:
    """Fill the store of a service that does not run yet.

    It is filled in memory, where there is room, and then copied: each commit writes nearly all
    pages anew, since a dossier's place among others is random.
    """
    config, sealer = load(service.config), sealer_of(service.folder / "keeper")
    with _aside(config, amount) as file, open_store(file) as store:
        filled = fill(store, sealer, amount, place, told)
        _put_in_place(store, config.paths.store)
    return filled


def fill_server(service: Service, amount: int, place: Place, told: Told) -> Filled:
    """Fill the store, in tables of a server, of a service that does not run yet.

    It is filled as a file and copied, without the comparison and the check of a move.
    """
    config, sealer = load(service.config), sealer_of(service.folder / "keeper")
    with _aside(config, amount) as file:
        with open_store(file) as store:
            filled = fill(store, sealer, amount, place, told)
        with engine_of(file).leaving() as left:
            at = server_place(config.store, "store")
            take_over(at, LAYOUT, lambda tables: _copy(left.moment, tables, told))
    return filled


@contextmanager
def _aside(config: Config, amount: int) -> Iterator[Config]:
    """Give what the service is, with a copy of its store's file elsewhere."""
    room = IN_MEMORY.is_dir() and disk_usage(IN_MEMORY).free > amount * _ROOM
    with TemporaryDirectory(prefix="rmp-fill-", dir=IN_MEMORY if room else None) as made:
        paths = replace(config.paths, store=Path(made) / "store")
        copytree(config.paths.store, paths.store)
        yield replace(config, paths=paths, store=replace(config.store, engine="lmdb"))


def _copy(moment: ReadTransaction, tables: TablesFilled, told: Told) -> None:
    total, done = sum(map(moment.count, StoreTable)), 0
    for table in StoreTable:
        for records in bounded(MOVED.records(moment, table)):
            tables.put(table, records)
            done += len(records)
            told("copying", done, total)


def _put_in_place(store: Store, folder: Path) -> None:
    """Let a copy of the store be that of the folder."""
    copy = folder / "filled"
    copy.mkdir()
    store.copy(copy)
    for file in copy.iterdir():
        old = folder / file.name
        copystat(old, file)
        os.chown(file, -1, old.stat().st_gid)
        file.replace(old)
    copy.rmdir()


def fill(store: Store, sealer: Sealer, amount: int, place: Place, told: Told) -> Filled:
    """Commit ``amount`` dossiers and their doctors, in large batches."""
    began, now = time.perf_counter(), int(time.time())
    doctors = list(_doctors(max(amount // PER_DOCTOR, LEAST_DOCTORS), sealer, now))
    for some in _batches(doctors):
        store.commit(Changes(doctors=some), now)
    making = _Making(amount, place, [each.doctor_id for each in doctors], sealer, now)
    sample, done = list[Dossier](), 0
    for new in _made_ahead(making):
        store.commit(Changes(dossiers=new), now)
        sample += [each.dossier for each in new[: SAMPLE - len(sample)]]
        done += len(new)
        told("filling", done, amount)
    took = time.perf_counter() - began
    return Filled(amount, place, tuple(sample), tuple(doctors[:LEAST_DOCTORS]), took)


@dataclass(frozen=True)
class _Making:
    """What dossiers are made of."""

    amount: int
    place: Place
    treating: Sequence[bytes]
    sealer: Sealer
    now: int


def _made_ahead(making: _Making) -> Iterator[tuple[NewDossier, ...]]:
    """Yield the dossiers, which another process makes while those before are committed."""
    ours, theirs = _processes.Pipe(duplex=False)
    maker = _processes.Process(target=_make, args=(theirs, making), daemon=True)
    maker.start()
    theirs.close()
    for _ in range(0, making.amount, A_COMMIT):
        yield _decode(ours.recv_bytes())
    maker.join()
    ours.close()


def _make(out: Connection, making: _Making) -> None:
    for some in _batches(_dossiers(making)):
        out.send_bytes(_encode(some))


def _batches(values: Iterable[T]) -> Iterator[tuple[T, ...]]:
    left = iter(values)
    while some := tuple(islice(left, A_COMMIT)):
        yield some


def _dossiers(making: _Making) -> Iterator[NewDossier]:
    random = Random(f"{SEED} dossiers")  # noqa: S311 -- the same records at each run are wanted
    for person in islice(people(SEED, making.place), making.amount):
        treating = random.choice(making.treating)
        yield _dossier(person, treating, random.randbytes(300), making)


def _dossier(person: Person, treating: bytes, octets: bytes, making: _Making) -> NewDossier:
    """Return a dossier as a mail makes one, but for its keys, which open nothing."""
    patient = Patient(person.birth_name, person.first_names, person.birth_date, person.nir)
    code = CodeSlot(octets[48:64], octets[64:76], octets[76:124], folded=True)
    made = Dossier(
        dossier_id=octets[:16],
        public_key=octets[16:48],
        patient=patient,
        treating=treating,
        slots=Slots(code, octets[124:204], octets[204:284]),
        consent=Consent(treating, making.now, "1"),
        created_at=making.now,
        sheet=Sheet(used_name=person.used_name, sex=person.sex, address=person.address),
    )
    said = replace(
        dossier_said(made, (), b""),
        traits=making.sealer.traits(patient),
        number=making.sealer.number(patient.nir),
    )
    card = making.sealer.sealed(said)
    return NewDossier(replace(made, card=card), trait_keys=tuple(trait_keys(patient)))


def _doctors(amount: int, sealer: Sealer, now: int) -> Iterator[Doctor]:
    random = Random(f"{SEED} doctors")  # noqa: S311 -- as above
    before = b""
    for number, person in enumerate(islice(people(SEED + 1), amount)):
        doctor = _doctor(number, person, random.randbytes(_CERTIFICATE), now)
        if before and number % _WITH_LOCUM == 0:
            doctor = replace(doctor, locums=(Locum(before, "2026-01-01", "2026-12-31", now),))
        before = doctor.doctor_id
        yield replace(doctor, card=sealer.sealed(person_said(doctor)))


def _doctor(number: int, person: Person, octets: bytes, now: int) -> Doctor:
    first = person.first_names.partition(",")[0]
    return Doctor(
        doctor_id=octets[:16],
        name=f"Dr {first} {person.birth_name}",
        rpps=rpps(FIRST_RPPS + number),
        mail=f"medecin{number}@cabinet{number % 97}.test",
        profession="médecin généraliste",
        certificate=octets,
        fingerprint=octets[16:36].hex(),
        key_ids=(),
        added_at=now,
    )
