"""A creation decided on a real snapshot adopts what waited, and is committed as decided."""

from pathlib import Path
from typing import Any

from msgspec.structs import replace
from store_case import KEYS, NOW, a_doctor, a_waiting, new_id

from rmp_milter.calls.protocol.filing import Adopt, Create, Created, Resealed, ResealedItem
from rmp_milter.calls.protocol.opening import Opened, Signature, Trust
from rmp_milter.dossier.cards import (
    TAG_SIZE,
    Card,
    DossierCard,
    WaitingCard,
    code_digest,
    packed,
    person_card,
    slot_digest,
)
from rmp_milter.dossier.changes import Changes, NewWaiting
from rmp_milter.dossier.identity import trait_keys
from rmp_milter.dossier.model import CodeSlot, Doctor, Onglet, Patient, Slots
from rmp_milter.dossier.rules import Proof
from rmp_milter.dossier.said import person_said
from rmp_milter.handlers import creation
from rmp_milter.handlers.asking.case import Case, Sender
from rmp_milter.handlers.asking.view import View
from rmp_milter.mail.header.routing import parse
from rmp_milter.store import Store
from rmp_milter.store.check.whole import check

JEAN = Patient("Dupont", "Jean", "1959-01-30")
LUC = replace(JEAN, first_names="Luc")
TEXT = "Demande : création\nPatient : DUPONT Jean\nNé le : 30/01/1959\nConsentement : oui\n"


class Played:
    """A keeper that creates and adopts; what else it were asked would fail the test."""

    def create(self, request: Create) -> Created:
        slots = Slots(CodeSlot(b"s" * 16, b"n" * 12, b"c" * 48, folded=True), b"custody")
        (sender,) = request.by.persons
        card = DossierCard(
            dossier=new_id(),
            revision=0,
            act=b"a" * 32,
            public_key=b"P" * 32,
            treating=person_card(sender.card).person,
            traits=(b"keyed",),
            number=b"",
            custody=slot_digest(slots.custody),
            code=code_digest(slots.code),
        )
        return Created(card.dossier, card.public_key, slots, b"held", sealed(card))

    def adopt(self, request: Adopt) -> Resealed:
        item = ResealedItem(b"r" * 81, (b"packet",) * len(request.readers))
        return Resealed((item,) * len(request.items))


def sealed(card: Card) -> bytes:
    """Return a card as the store keeps it; that nobody vouched for it only the keeper sees."""
    return packed(card) + bytes(TAG_SIZE)


def with_card(new: NewWaiting, patient: Patient) -> NewWaiting:
    waiting = replace(new.waiting, patient=patient)
    documents = tuple(each.document_id for each in waiting.entry.documents)
    card = WaitingCard(
        waiting.waiting_id, b"act", waiting.entry.author, "", "", (), b"", documents
    )
    carded = replace(waiting, card=sealed(card))
    return replace(new, waiting=carded, trait_keys=trait_keys(patient))


def asked(doctor: Doctor, view: View) -> Case:
    keeper: Any = Played()
    return Case(
        digest=b"d" * 32,
        at=NOW,
        view=view,
        keeper=keeper,
        mail_from=doctor.mail,
        sender=Sender(doctor, Proof.SIGNATURE),
        header=parse(TEXT, 2026),
        opened=Opened(TEXT, Signature(Trust.GOOD, doctor.fingerprint), ()),
        language="fr",
        new_id=new_id,
        classify=lambda *_: (Onglet.DIVERS, ""),
    )


def test_a_creation_adopts_its_patients_deposits_and_no_others(
    store: Store, folder: Path
) -> None:
    doctor = replace(a_doctor(), profession="médecin généraliste")
    doctor = replace(doctor, card=sealed(person_said(doctor)))
    kept = [
        with_card(a_waiting(b"one", b"two"), JEAN),
        with_card(a_waiting(b"three"), LUC),
    ]
    store.commit(Changes(doctors=(doctor,), waiting=tuple(kept)), NOW)
    with store.snapshot() as view:
        effects = creation.handle(asked(doctor, view)).effects
        changes = Changes(dossiers=effects.dossiers, adoptions=effects.adoptions)
        store.commit(changes, NOW)
    with store.snapshot() as view:
        (filed,) = view.entries(effects.dossiers[0].dossier.dossier_id)
        assert [view.body(each.document_id) for each in filed.entry.documents] == [
            b"one",
            b"two",
        ]
        assert {each.sealed_key for each in filed.entry.documents} == {b"r" * 81}
        assert [each.patient for each in view.waiting()] == [LUC]
    report = check(folder, KEYS)
    assert (report.findings, report.notes) == ((), ())
