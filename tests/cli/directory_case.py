"""A directory for commands: dossiers of its doctors, authorities that issue to them."""

import hashlib
import time
from pathlib import Path

from msgspec.structs import replace
from rmp_case import RPPS, Rmp, card_of

from rmp_milter.calls.authority import DossierSaid
from rmp_milter.calls.protocol.message import Event
from rmp_milter.cli.stores import open_store
from rmp_milter.config import load
from rmp_milter.dossier.changes import Changes, NewBody, NewDossier, NewEntry
from rmp_milter.dossier.model import (
    Consent,
    Container,
    Doctor,
    Document,
    Dossier,
    Entry,
    Onglet,
    Patient,
    Slots,
)
from rmp_milter.dossier.said import dossier_said
from rmp_milter.keeper.log.journal import Journal
from rmp_milter.trust import folder, lists
from rmp_milter.x509 import Purpose
from testbed.x509_maker import Authorities, Maker


def with_dossiers(rmp: Rmp, count: int) -> None:
    """Give Anne dossiers, each with one document that has no packet for her."""
    with open_store(load(rmp.config)) as store:
        with store.snapshot() as snapshot:
            anne = snapshot.doctor_by_rpps(RPPS)
            assert anne is not None
        for number in range(1, count + 1):
            changes = _dossier(anne, number)
            store.commit(changes, int(time.time()))
            _write_leaf(rmp, changes.entries[0])


def _write_leaf(rmp: Rmp, new: NewEntry) -> None:
    documents = tuple(document.document_id for document in new.entry.documents)
    at, dossier = new.entry.received_at, new.dossier_id
    leaf = Event(at, "depot", b"", RPPS, "", "", dossier_id=dossier, documents=documents)
    with Journal(load(rmp.config).paths.keeper / "log") as log:
        log.append(leaf, at)


def _dossier(treating: Doctor, number: int) -> Changes:
    identifier, data = bytes([number]) * 16, b"body %d" % number
    dossier = Dossier(
        dossier_id=identifier,
        public_key=b"P" * 32,
        patient=Patient(f"Nom{number}", "Jean", "1959-01-30"),
        treating=treating.doctor_id,
        slots=Slots(code=None, custody=b"custody"),
        consent=Consent(treating.doctor_id, 1, "test"),
        created_at=1,
    )
    said = DossierSaid(dossier_said(dossier, (), b""), dossier.patient)
    dossier = replace(dossier, card=card_of(said, b""))
    document = Document(
        document_id=bytes([100 + number]) * 16,
        container=Container.FILE,
        digest=hashlib.sha256(data).digest(),
        size=len(data),
        sealed_key=b"sealed",
    )
    entry = Entry(1, treating.doctor_id, "Dr", "Radio", Onglet.IMAGERIE, "type", (document,))
    body = NewBody(document.document_id, data)
    return Changes(
        dossiers=(NewDossier(dossier, (f"trait {number}",)),),
        entries=(NewEntry(identifier, entry, (body,)),),
    )


def trusting(rmp: Rmp, maker: Maker, trees: Authorities) -> Path:
    """Have the host trust both trees, with lists on which nobody stands; return the folder."""
    trust = load(rmp.config).paths.keeper / folder.FOLDER
    folder.make(trust)
    folder.add_anchor(trust, trees.public_root.pem, Purpose.PUBLIC, maker.now)
    folder.add_anchor(trust, trees.igc_root.pem, Purpose.IGC_SANTE, maker.now)
    folder.add_between(trust, trees.public.pem + trees.igc.pem, maker.now)
    for each in trees:
        lists.take(trust, folder.known(trust), maker.revocation_list(each), maker.now)
    return trust
