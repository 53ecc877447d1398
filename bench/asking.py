"""What is asked of a filled store in this process, by the code that answers mails."""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import cast

from costs import Figure, figure
from filling import Filled
from population import THIS_YEAR, Place

from rmp_milter.calls.protocol.leaves import Record, Recorded
from rmp_milter.calls.protocol.opening import Opened, Signature, Trust
from rmp_milter.dossier.changes import Changes, NewBody, NewEntry
from rmp_milter.dossier.model import (
    Container,
    Doctor,
    Document,
    Dossier,
    Entry,
    Onglet,
    OutgoingMail,
    Slice,
)
from rmp_milter.dossier.rules import Proof
from rmp_milter.dossier.short_references import short_reference
from rmp_milter.dossier.spoken import ALPHABET
from rmp_milter.handlers import liste
from rmp_milter.handlers.asking.case import Case, Sender
from rmp_milter.handlers.asking.keeper import Keeper
from rmp_milter.handlers.asking.view import View
from rmp_milter.handlers.people.choice import choose
from rmp_milter.handlers.people.colleagues import colleague
from rmp_milter.handlers.people.patients import asked_patient, match_open
from rmp_milter.mail.header.routing import RoutingHeader, parse
from rmp_milter.store.surface import Store

TRIES = 50
FEWER = 10
DOCUMENTS = 20
_BODY = 10_000
_RECEIPT = b"From: rmp@rmp.test\r\nSubject: RMP\r\n\r\n" + b"Une ligne de texte.\r\n" * 150

COMMONEST = {Place.MAINLAND: "MARTIN", Place.ISLAND: "PAYET"}

Asked = Callable[[View], object]


def asked(store: Store, filled: Filled) -> Iterator[Figure]:
    """Yield what each question costs, on a snapshot of its own each time."""
    for name, questions in _questions(filled):
        yield figure(name, (partial(_ask, store, each) for each in questions))


def _ask(store: Store, question: Asked) -> None:
    with store.snapshot() as view:
        question(view)


def changed(store: Store, filled: Filled) -> Iterator[Figure]:
    """Yield what a deposit's commit costs, then a consultation of what was deposited."""
    filing = Filing(store)
    places = filled.sample[-TRIES:]
    yield figure("deposit's commit", (partial(filing.deposit, each) for each in places))
    for dossier in places[:FEWER]:
        for _ in range(DOCUMENTS):
            filing.deposit(dossier)
    name = f"consultation of {DOCUMENTS} documents, read from the store"
    yield figure(name, (partial(_read, store, each) for each in places[:FEWER]))


def _questions(filled: Filled) -> Iterator[tuple[str, list[Asked]]]:
    """Yield each kind of question with some of its kind: the same ones in a store of any size."""
    some, common = filled.sample[:TRIES], COMMONEST[filled.place]
    ages = range(20, 90, 7)
    yield "emergency by name and age", [_chosen(_named(each)) for each in some]
    yield (
        f"emergency by {common} and age",
        [_chosen(f"Patient : {common} Jean\nÂge : {age} ans\n") for age in ages],
    )
    yield f"emergency by {common} alone", [_chosen(f"Patient : {common}\n")] * FEWER
    yield (
        "emergency by a slip in the name, and age",
        [_chosen(_named(each, _slip(each.patient.birth_name))) for each in some],
    )
    yield "emergency by reference", [_chosen(_referred(each)) for each in some]
    yield (
        "emergency by a reference with a slip",
        [_chosen(_referred(each, _last_sign_changed)) for each in some],
    )
    yield "list", [_listed(doctor) for doctor in filled.doctors[:TRIES]]
    yield "colleague by name", [_found(doctor.name) for doctor in filled.doctors[:TRIES]]


def _chosen(lines: str) -> Asked:
    header = parse(f"Demande : urgence\n{lines}Motif : ••••\n", THIS_YEAR)
    return lambda view: choose(header, view, THIS_YEAR)


def _named(dossier: Dossier, name: str = "") -> str:
    patient = dossier.patient
    age = THIS_YEAR - int(patient.birth_date[:4])
    first = patient.first_names.partition(",")[0]
    return f"Patient : {name or patient.birth_name} {first}\nÂge : {age} ans\n"


def _slip(name: str) -> str:
    """Return the name as a slip of the hand writes it: one letter from its middle is missing."""
    return name[: len(name) // 2] + name[len(name) // 2 + 1 :]


def _referred(dossier: Dossier, written: Callable[[str], str] = str) -> str:
    reference = written(short_reference(dossier.dossier_id))
    return f"Référence : {reference}\nPatient : {dossier.patient.birth_name}\n"


def _last_sign_changed(reference: str) -> str:
    after = ALPHABET.index(reference[-1]) + 1
    return reference[:-1] + ALPHABET[after % len(ALPHABET)]


def _found(name: str) -> Asked:
    return lambda view: colleague(name, view)


def _listed(doctor: Doctor) -> Asked:
    header = parse("Demande : liste\n", THIS_YEAR)
    return lambda view: liste.handle(_case(doctor, header, view))


class _Recording:
    """The one call that a list makes of the keeper, answered."""

    def record(self, _request: Record) -> Recorded:
        return Recorded(1)


def _case(doctor: Doctor, header: RoutingHeader, view: View) -> Case:
    return Case(
        digest=bytes(32),
        at=int(time.time()),
        view=view,
        keeper=cast("Keeper", _Recording()),  # a list asks no more of it
        mail_from=doctor.mail,
        sender=Sender(doctor, Proof.SIGNATURE),
        header=header,
        opened=Opened("", Signature(Trust.GOOD, doctor.fingerprint), ()),
        language="fr",
        new_id=lambda: os.urandom(16),
        classify=lambda *_: (Onglet.DIVERS, "type"),
    )


@dataclass
class Filing:
    """Deposits as a mail's end commits them, receipt and digest included."""

    store: Store

    def __post_init__(self) -> None:
        self._numbers = count()

    def deposit(self, dossier: Dossier) -> None:
        """File one document of ten thousand octets."""
        body, document_id = os.urandom(_BODY), os.urandom(16)
        document = Document(
            document_id=document_id,
            container=Container.ENTITY,
            digest=hashlib.sha256(body).digest(),
            size=len(body),
            sealed_key=bytes(81),
        )
        now = int(time.time())
        entry = Entry(
            received_at=now,
            author=dossier.treating,
            author_name="Dr Banc D'ESSAI",
            document_type="biologie",
            onglet=Onglet.BIOLOGIE,
            onglet_reason="type",
            documents=(document,),
        )
        number = next(self._numbers)
        receipt = OutgoingMail(
            f"d{number}@cabinet.test", f"<{number}@rmp.test>", (Slice(_RECEIPT),)
        )
        new = NewEntry(dossier.dossier_id, entry, (NewBody(document_id, body),))
        self.store.commit(Changes(os.urandom(32), entries=(new,), outbox=(receipt,)), now)


def _read(store: Store, dossier: Dossier) -> int:
    """Read what a consultation sends, from the patient's traits on; return its octets."""
    patient = dossier.patient
    born = patient.birth_date
    lines = f"Nom : {patient.birth_name}\nPrénom : {patient.first_names}\nNé le : {born}\n"
    header = parse(f"Demande : dossier\n{lines}", THIS_YEAR)
    with store.snapshot() as view:
        found = match_open(asked_patient(header), view).dossier
        if found is None:
            raise RuntimeError("the dossier is not found by its traits")
        entries = view.entries(found.dossier_id)
        bodies = (
            view.body(document.document_id)
            for each in entries
            for document in each.entry.documents
        )
        return sum(hashlib.sha256(body).digest()[0] for body in bodies if body is not None)
