"""A creation decided on a real snapshot adopts what waited, and is committed as decided."""

from collections.abc import Generator
from pathlib import Path

from msgspec.structs import replace
from store_case import KEYS, NOW, a_doctor, a_waiting, new_id

from rmp_milter.calls.protocol import (
    Adopt,
    Create,
    Created,
    Opened,
    Reply,
    Request,
    Resealed,
    ResealedItem,
    Signature,
    Trust,
)
from rmp_milter.dossier.changes import Adoption, Changes
from rmp_milter.dossier.identity import trait_keys
from rmp_milter.dossier.model import CodeSlot, Doctor, Onglet, Patient, Slots
from rmp_milter.dossier.rules import Proof
from rmp_milter.handlers import creation
from rmp_milter.handlers.asking.steps import Asked, Outcome, Sender
from rmp_milter.mail.header.routing import parse
from rmp_milter.store import Store
from rmp_milter.store.check.whole import check

JEAN = Patient("Dupont", "Jean", "1959-01-30")
LUC = replace(JEAN, first_names="Luc")
TEXT = "Demande : création\nPatient : DUPONT Jean\nNé le : 30/01/1959\nConsentement : oui\n"


def asked(doctor: Doctor) -> Asked:
    return Asked(
        digest=b"d" * 32,
        at=NOW,
        mail_from=doctor.mail,
        sender=Sender(doctor, Proof.SIGNATURE),
        header=parse(TEXT, 2026),
        opened=Opened(TEXT, Signature(Trust.GOOD, doctor.fingerprint), ()),
        new_id=new_id,
        classify=lambda *_: (Onglet.DIVERS, ""),
    )


def decided(steps: Generator[Request, Reply, Outcome]) -> Outcome:
    reply: Reply | None = None
    try:
        while True:
            request = next(steps) if reply is None else steps.send(reply)
            if isinstance(request, Create):
                slots = Slots(CodeSlot(b"s" * 16, b"n" * 12, b"c" * 48), b"custody")
                reply = Created(b"P" * 32, slots, b"held")
            else:
                assert isinstance(request, Adopt)
                item = ResealedItem(b"r" * 81, (b"packet",) * len(request.readers))
                reply = Resealed((item,) * len(request.items))
    except StopIteration as done:
        outcome: Outcome = done.value
        return outcome


def test_a_creation_adopts_its_patients_deposits_and_no_others(
    store: Store, folder: Path
) -> None:
    doctor = replace(a_doctor(), profession="médecin généraliste")
    kept = [
        replace(new, waiting=replace(new.waiting, patient=patient), trait_keys=keys)
        for patient, new in ((JEAN, a_waiting(b"one", b"two")), (LUC, a_waiting(b"three")))
        for keys in (trait_keys(patient),)
    ]
    store.commit(Changes(doctors=(doctor,), waiting=tuple(kept)), NOW)
    with store.snapshot() as view:
        effects = decided(creation.handle(asked(doctor), view, "fr")).effects
        adoptions = tuple(
            Adoption(each.waiting_id, each.dossier_id, each.entry) for each in effects.adoptions
        )
        store.commit(Changes(dossiers=effects.dossiers, adoptions=adoptions), NOW)
    with store.snapshot() as view:
        (filed,) = view.entries(effects.dossiers[0].dossier.dossier_id)
        assert [view.body(each.document_id) for each in filed.entry.documents] == [
            b"one",
            b"two",
        ]
        assert {each.sealed_key for each in filed.entry.documents} == {b"r" * 81}
        assert [each.patient for each in view.waiting()] == [LUC]
    assert check(folder, KEYS).findings == ()
