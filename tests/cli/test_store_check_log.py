"""``rmp store check`` holds the store to the access log, which is another user's."""

import hashlib
import json
import time
from pathlib import Path

import pytest
from msgspec.structs import replace
from rmp_case import RPPS, Rmp

from rmp_milter.calls.protocol.message import Event
from rmp_milter.cli.stores import open_store
from rmp_milter.config import load
from rmp_milter.dossier.changes import Changes, NewBody, NewDossier, NewEntry
from rmp_milter.dossier.model import (
    Consent,
    Container,
    Document,
    Dossier,
    Entry,
    Onglet,
    Patient,
    Slots,
)
from rmp_milter.keeper.log.journal import Journal

DOSSIER, DATA = b"D" * 16, b"body"


def a_deposit(author: bytes, received_at: int) -> Changes:
    document = Document(
        b"d" * 16, Container.FILE, hashlib.sha256(DATA).digest(), len(DATA), b"key"
    )
    dossier = Dossier(
        dossier_id=DOSSIER,
        public_key=b"P" * 32,
        patient=Patient("DUPONT", "Jean", "1959-01-30"),
        treating=author,
        slots=Slots(code=None, custody=b"custody"),
        consent=Consent(author, 1, "test"),
        created_at=1,
    )
    entry = Entry(received_at, author, "Dr", "Radio", Onglet.IMAGERIE, "type", (document,))
    body = NewBody(document.document_id, DATA)
    return Changes(
        dossiers=(NewDossier(dossier, ("trait",)),),
        entries=(NewEntry(DOSSIER, entry, (body,)),),
    )


def filed(rmp: Rmp, key: Path, leaf: Event) -> None:
    """File a deposit of Anne's, received at 50, with this leaf."""
    assert rmp.add(key).status == 0
    config = load(rmp.config)
    with open_store(config) as store:
        with store.snapshot() as view:
            anne = view.doctor_by_rpps(RPPS)
            assert anne is not None
        store.commit(a_deposit(anne.doctor_id, 50), int(time.time()))
    with Journal(config.paths.keeper / "log") as log:
        log.append(leaf, 50)
    assert rmp("store", "vouch").status == 0


LEAF = Event(50, "depot", b"r", RPPS, "", "", dossier_id=DOSSIER, documents=(b"d" * 16,))


def test_a_store_whose_entries_have_their_leaves_is_sound(rmp: Rmp, key: Path) -> None:
    filed(rmp, key, LEAF)
    said = rmp("store", "check")
    assert said.status == 0
    assert said.out.endswith("the store is sound\n")


@pytest.mark.parametrize(
    ("leaf", "line"),
    [
        (replace(LEAF, dossier_id=b"O" * 16), "has no leaf in the access log"),
        (replace(LEAF, actor_rpps="10101234564"), "is by another author than leaf 0"),
    ],
)
@pytest.mark.promise(number=12)
def test_an_entry_that_its_leaf_does_not_bear_out_is_named(
    rmp: Rmp, key: Path, leaf: Event, line: str
) -> None:
    filed(rmp, key, leaf)
    said = rmp("store", "check")
    assert said.status == 1
    assert f"store: entry 1 of dossier {DOSSIER.hex()} {line}" in said.err


def test_without_a_log_the_store_is_verified_all_the_same_and_it_is_said(
    rmp: Rmp, key: Path, service: Path
) -> None:
    filed(rmp, key, LEAF)
    (service / "keeper" / "log").rename(service / "keeper" / "elsewhere")
    said = json.loads(rmp("store", "check", "--json").out)
    assert said["sound"] is True
    assert "entries are not compared with the access log" in " ".join(said["notes"])
