"""The access log and the keys of the first format: what was signed and sealed then still is."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from keeper_case import patient_in, raw_leaves
from msgspec.structs import replace

from rmp_milter.audit.beside import reason_path
from rmp_milter.audit.reasons import open_reason, read_private
from rmp_milter.audit.verify import verify
from rmp_milter.audit.writing import export
from rmp_milter.calls.authority import (
    Authority,
    Candidate,
    DossierSaid,
    PersonSaid,
    Said,
)
from rmp_milter.calls.protocol.calls import Reply
from rmp_milter.calls.protocol.cards import Vouch, Vouched
from rmp_milter.calls.protocol.message import HOST, Event, Failed, Span, Why
from rmp_milter.calls.protocol.releasing import ByCode, Release, Released, SealedDocument
from rmp_milter.config import Config, load
from rmp_milter.dossier.model import Dossier, Verb
from rmp_milter.dossier.rules import Proof
from rmp_milter.dossier.said import dossier_said, person_said
from rmp_milter.keeper.authority.tickets import Share, Ticket, sealed_ticket
from rmp_milter.keeper.desk.answer import answer
from rmp_milter.keeper.desk.desk import Desk, Limits
from rmp_milter.keeper.desk.doors import Door
from rmp_milter.keeper.keys.held import Holder
from rmp_milter.keeper.keys.keys import load_keys
from rmp_milter.keeper.keys.sealing import open_custody_slot, open_session_key
from rmp_milter.keeper.log.head import verifier_key
from rmp_milter.keeper.log.journal import Journal
from rmp_milter.keeper.openpgp.decrypt import decrypt
from rmp_milter.keeper.openpgp.packets import read_message
from rmp_milter.keeper.vitale import trust
from rmp_milter.keeper.vitale.attestation import NOBODY_ATTESTS
from rmp_milter.mail.header.routing import RoutingHeader
from rmp_milter.store.format.keys import read_store_keys
from rmp_milter.store.opening import engine_at
from rmp_milter.store.surface import Store
from testbed.past_service import manifest, unpack

KNOWN: dict[str, Any] = manifest()["known"]
DIGEST = b"d" * 32
NOW = KNOWN["aide at"] + 3600


@pytest.fixture(scope="module", autouse=True)
def cheap_codes() -> None:
    """None: these codes were hashed by a service of then."""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load(unpack(tmp_path))


@pytest.fixture
def log(config: Config) -> Iterator[Journal]:
    with Journal(config.paths.keeper / "log") as log:
        yield log


@pytest.fixture
def desk(config: Config, log: Journal) -> Desk:
    holder = Holder(b"h" * 32, bytes)
    keys = load_keys(config.paths.keeper)
    return Desk(keys, log, holder, bytes, Limits(), NOBODY_ATTESTS)


@pytest.fixture
def store(config: Config) -> Iterator[Store]:
    keys = read_store_keys(config.paths.milter, config.paths.outbox_key)
    engine = engine_at(config.paths.store, config.store)
    engine.migrate(keys, lambda *_: None)
    with engine.open(keys) as store:
        yield store


def test_it_is_verified_against_what_was_signed_then(
    config: Config, log: Journal, tmp_path: Path
) -> None:
    state = (config.paths.keeper / "log.state").read_bytes()
    key = load_keys(config.paths.keeper).log
    note = log.checkpoint(key)
    with log.snapshot() as snapshot:
        reasons = ((reason_path(at), each) for at, each in snapshot.reasons(len(log)))
        export(snapshot, note, tmp_path / "audit", reasons)
    report = verify(tmp_path / "audit", verifier_key(key, log.origin), state)
    assert report.findings == []
    assert report.old
    assert report.old.size < len(log)


def test_an_event_tried_again_finds_its_entry(log: Journal) -> None:
    size = len(log)
    leaf = json.loads(raw_leaves(log)[KNOWN["aide leaf"]])
    event = Event(
        at=NOW,
        action="aide",
        request=bytes.fromhex(KNOWN["aide"]),
        actor_rpps=leaf["rpps"],
        actor_fingerprint=leaf["key"],
        sender=leaf["sender"],
    )
    assert log.append(event, NOW) == KNOWN["aide leaf"]
    assert len(log) == size
    assert log.append(replace(event, request=DIGEST), NOW) == size


def test_the_reasons_open_with_the_auditors_key(config: Config, log: Journal) -> None:
    key = read_private((config.file.parent / "auditor" / "auditor.key").read_bytes())
    entries = raw_leaves(log)
    with log.snapshot() as snapshot:
        sealed = list(snapshot.reasons(len(entries)))
    words = {
        open_reason(each, key, bytes.fromhex(json.loads(entries[number])["request"]))
        for number, each in sealed
    }
    assert words == {
        "Patient inconscient.",
        "AVC, traitement à connaître.",
        "Lu par la commission.",
    }


def test_a_dossiers_entries_are_found_until_it_is_erased(log: Journal) -> None:
    known = log.history(bytes.fromhex(KNOWN["masked"]), 100)
    assert [event.action for event in known][:2] == ["creation", "depot"]
    assert {"masquage", "dossier"} <= {event.action for event in known}
    assert log.history(bytes.fromhex(KNOWN["erased"]), 100) == []
    assert patient_in(log, bytes.fromhex(KNOWN["erased"])) == ""


@pytest.mark.parametrize(("which", "code"), [("masked", "code"), ("recoded", "new code")])
def test_a_code_of_then_opens(desk: Desk, store: Store, which: str, code: str) -> None:
    dossier = dossier_of(store, which)
    cards, items = vouched_for(desk, store, dossier), documents_of(store, dossier)
    other = {"code": "new code", "new code": "code"}[code]
    right, wrong = (
        release(desk, dossier, replace(cards, ticket=ticket), items)
        for ticket in (ticket_with(desk, dossier, KNOWN[each]) for each in (code, other))
    )
    assert isinstance(right, Released)
    assert wrong == Failed(Why.WRONG_CODE)


def dossier_of(store: Store, which: str) -> Dossier:
    with store.snapshot() as view:
        dossier = view.dossier(bytes.fromhex(KNOWN[which]))
    assert dossier
    return dossier


def documents_of(store: Store, dossier: Dossier) -> tuple[SealedDocument, ...]:
    with store.snapshot() as view:
        entries = view.entries(dossier.dossier_id)
    return tuple(
        SealedDocument(each.document_id, each.container, each.digest, each.sealed_key)
        for entry in entries
        for each in entry.entry.documents
    )


def vouched(desk: Desk, said: Said) -> bytes:
    """Have the keeper of today vouch for what the store of then says, as the host does once."""
    event = Event(NOW, "reprise", DIGEST, "", "", "rmp store vouch", proof=HOST)
    reply, _ = answer(desk, Vouch(said, event), None, NOW, Door.OPERATOR)
    assert isinstance(reply, Vouched), reply
    return reply.card


def vouched_for(desk: Desk, store: Store, dossier: Dossier) -> Authority:
    """Return the cards of a dossier and of a doctor whose it is not."""
    with store.snapshot() as view:
        reader = view.doctor_by_rpps(KNOWN["rpps"])
        entries = view.entries(dossier.dossier_id)
    assert reader
    stranger = replace(person_said(reader), person=b"stranger-16bytes")
    person = vouched(desk, PersonSaid(stranger, reader.certificate))
    said = replace(dossier_said(dossier, entries, b""), masked=())
    card = vouched(desk, DossierSaid(said, dossier.patient))
    return Authority(b"", card, (Candidate(person, reader.certificate),))


def ticket_with(desk: Desk, dossier: Dossier, code: str) -> bytes:
    """Return the ticket of that doctor's mail, which brings a code."""
    patient = dossier.patient
    header = RoutingHeader(
        verb=Verb.CONSULTATION,
        birth_name=patient.birth_name,
        first_names=patient.first_names,
        birth_date=patient.birth_date,
    )
    ticket = Ticket(
        act=sha256(code.encode()).digest(),
        at=NOW,
        signed=NOW,
        person=b"stranger-16bytes",
        certificate=b"",
        proof=Proof.SIGNATURE,
        verb=Verb.CONSULTATION,
        shares=(Share(header, ()),),
        bodies=(),
        keys=(),
        code=code,
    )
    return sealed_ticket(desk.holder, ticket, NOW)


def release(
    desk: Desk, dossier: Dossier, by: Authority, items: tuple[SealedDocument, ...]
) -> Reply:
    """Have the dossier's documents released by a mail with a code."""
    assert dossier.slots.code is not None
    request = Release(
        by=by,
        way_in=ByCode(dossier.slots.code),
        items=items,
        readers=(by.persons[0].certificate,),
        event=Event(NOW, "dossier", DIGEST, "", "", "dr@cabinet.test"),
    )
    return answer(desk, request, None, NOW)[0]


def test_the_documents_of_then_are_read(desk: Desk, store: Store) -> None:
    dossier = dossier_of(store, "masked")
    private = open_custody_slot(
        desk.keys.all_custody, dossier.dossier_id, dossier.slots.custody
    )
    texts = []
    for item in documents_of(store, dossier):
        key = open_session_key(private, dossier.dossier_id, item)
        with store.snapshot() as view:
            body = view.body(item.document_id)
            assert body
            octets = bytes(body)
        message = read_message(reading(octets), Span(0, len(octets)), 16)
        texts.append(decrypt(reading(octets), message.body, key, 1 << 20).data)
    assert len(texts) == 2
    assert all(b"Throw-away text of a fixture." in text for text in texts)


def reading(octets: bytes):  # noqa: ANN201 -- reads at an offset
    return lambda offset, size: octets[offset : offset + size]


def test_who_attests_is_read(config: Config) -> None:
    (trusted,) = trust.listed(config.paths.keeper / trust.FOLDER)
    assert (trusted.name, trusted.algorithm) == ("Lecteur d'essai", "EdDSA")
