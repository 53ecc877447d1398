"""Dossiers brought into a state by hand, in the store of a running service."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rmp_milter.cli.cards import vouched_dossier
from rmp_milter.cli.leaves import act_of, operator
from rmp_milter.config import load
from rmp_milter.dossier.changes import Changes, DossierUpdate
from rmp_milter.dossier.identity import trait_keys
from rmp_milter.dossier.model import Dossier, Fault, Patient, Strike
from rmp_milter.dossier.revisions import revised
from rmp_milter.engine.transaction import ReadOnly
from rmp_milter.handlers.way_in.throttles import subject_of
from rmp_milter.keeper.log.dossier_leaves import commitment
from rmp_milter.keeper.log.journal import Journal
from rmp_milter.keeper.log.tries import EVERYBODY, of_person
from rmp_milter.store.format.keys import read_store_keys
from rmp_milter.store.opening import engine_at
from rmp_milter.store.surface import Store
from testbed.service import Service


@contextmanager
def open_store(service: Service) -> Iterator[Store]:
    """Open the store beside the milter, as a command of the host does."""
    folder = service.folder
    keys = read_store_keys(folder / "milter", folder / "shared" / "outbox.key")
    with engine_at(folder / "store", load(service.config).store).open(keys) as store:
        yield store


def named(store: Store, name: str) -> Dossier:
    """Return the one dossier of this birth name."""
    with store.snapshot() as view:
        doctors = list(view.doctors())
        found = [
            dossier
            for doctor in doctors
            for dossier in view.dossiers_of(doctor.doctor_id)
            if dossier.patient.birth_name == name
        ]
    (dossier,) = found
    return dossier


def change(service: Service, name: str, **changed: object) -> None:
    """Give the dossier of ``name`` other values of some fields, as the host may."""
    with operator(load(service.config)) as keeper, open_store(service) as store:
        dossier = named(store, name)
        with store.snapshot() as view:
            entries = view.entries(dossier.dossier_id)
            patient = view.patient_of(dossier.dossier_id)
        new = revised(dossier, **changed)
        leaf = act_of(keeper, "test", dossier)
        new = vouched_dossier(keeper, new, entries, patient, leaf, before=dossier)
        store.commit(Changes(updates=(DossierUpdate(new),)), int(time.time()))


def let_rest(service: Service, name: str, tries: int) -> None:
    """Count wrong codes for the dossier of ``name``."""
    now = int(time.time())
    with open_store(service) as store:
        strike = Strike(Fault.DOSSIER, named(store, name).dossier_id, now)
        store.commit(Changes(strikes=(strike,) * tries), now)


def forgive(service: Service, *senders: str) -> None:
    """Forget the tries and lists of these senders, and all together: the keeper's count too."""
    ids = [doctor_id(service, sender) for sender in senders]
    kinds = [Strike(fault, each, 0) for fault in (Fault.SENDER, Fault.LIST) for each in ids]
    with open_store(service) as store:
        cleared = (*kinds, Strike(Fault.GLOBAL, b"", 0))
        store.commit(Changes(cleared=cleared), int(time.time()))
    with Journal(service.folder / "keeper" / "log") as log:
        for subject in (EVERYBODY, *map(of_person, ids)):
            log.change(lambda own, subject=subject: own.tries.clear(subject))


def let_try(service: Service, name: str, tries: int) -> None:
    """Have just so many wrong codes count for a patient, whether he has a dossier or not."""
    now = int(time.time())
    patient = Patient(birth_name=name, first_names="Jean", birth_date="1959-01-30")
    with open_store(service) as store:
        with store.snapshot() as view:
            found = view.dossiers_by_traits(trait_keys(patient))
        subject = subject_of(found[0] if found else None, patient)
        cleared = Strike(Fault.DOSSIER, subject, 0)
        strikes = (Strike(Fault.DOSSIER, subject, now),) * tries
        store.commit(Changes(cleared=(cleared,)), now)
        if strikes:
            store.commit(Changes(strikes=strikes), now)


def tries_of(service: Service, fault: Fault, subject: bytes) -> int:
    """Return how many tries count against a subject."""
    with open_store(service) as store, store.snapshot() as view:
        return len(view.tally(fault, subject).times)


def doctor_id(service: Service, mail: str) -> bytes:
    """Return a doctor's identifier."""
    with open_store(service) as store, store.snapshot() as view:
        doctor = view.doctor_by_mail(mail)
    assert doctor is not None
    return doctor.doctor_id


def leaves_of(log: Journal) -> list[dict[str, Any]]:
    """Return what all leaves of the access log say, in their order."""
    with log.snapshot() as seen:
        return [json.loads(leaf) for leaf in seen.entries(0, len(log))]


def patient_in(log: Journal, dossier_id: bytes) -> str:
    """Return what stands for a dossier in its leaves, in hex."""
    with log._reading() as txn:
        return commitment(ReadOnly(txn), dossier_id, b"").hex()
