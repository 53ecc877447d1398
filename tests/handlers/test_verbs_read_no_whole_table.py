"""No mail makes its handler read a table as a whole.

Each verb is handled on a real store with a crowd in it. What is touched is counted in LMDB's
own steps, whichever method of the store reads.
"""

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from every_verb_case import FILED, mail_of, read_certificate, world_of
from handlers_case import (
    DEMO,
    NOON,
    OTHER,
    RecordingKeeper,
    World,
    asked,
    dossier,
    play_certificates,
)
from msgspec.structs import replace

from rmp_milter.credentials import CertificateKind, CredentialFacts
from rmp_milter.dossier.changes import Changes, NewBody, NewDossier, NewEntry
from rmp_milter.dossier.identity import trait_keys
from rmp_milter.dossier.model import Doctor, Dossier, Locum, Verb
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.people.colleagues import colleague
from rmp_milter.handlers.people.keys import is_taken
from rmp_milter.handlers.table import HANDLERS
from rmp_milter.store import StoreKeys
from rmp_milter.store.store import LmdbStore, create
from rmp_milter.store.surface import Snapshot
from testbed.crowd import crowd
from testbed.store_watch import watched

pytestmark = pytest.mark.usefixtures("every_key_usable")

KEYS = StoreKeys(b"m" * 32, b"i" * 32, b"o" * 32)
MAP_BYTES = 256 << 20
CROWD = 400
MOST = CROWD // 4
"""Records of one table that a mail may have looked at: far fewer than there are."""
BODY = b"stored"
URGENT = "Demande : urgence\nMotif : ••••\n"


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed store with a crowd and nothing else."""
    folder = tmp_path_factory.mktemp("crowded") / "store"
    create(folder, KEYS, map_bytes=MAP_BYTES)
    with LmdbStore.open(folder, KEYS, map_bytes=MAP_BYTES) as store:
        store.commit(crowd(CROWD, NOON), NOON)
    return folder


@pytest.fixture(autouse=True)
def played_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    play_certificates(monkeypatch, read_certificate)


@pytest.fixture
def store(crowded: Path, tmp_path: Path) -> Iterator[LmdbStore]:
    folder = Path(shutil.copytree(crowded, tmp_path / "store"))
    with LmdbStore.open(folder, KEYS, map_bytes=MAP_BYTES) as store:
        yield store


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[LmdbStore]:
    """A store without the crowd."""
    create(tmp_path / "alone", KEYS, map_bytes=MAP_BYTES)
    with LmdbStore.open(tmp_path / "alone", KEYS, map_bytes=MAP_BYTES) as store:
        yield store


def keep(store: LmdbStore, world: World) -> None:
    """Put a small world into the crowd."""
    held = tuple(NewDossier(each, trait_keys(each.patient)) for each in world.held)
    entries = tuple(_filed(each) for each in world.held)
    doctors = tuple(replace(each, revision=0) for each in world.known.values())
    changes = Changes(
        doctors=doctors,
        dossiers=held,
        entries=tuple(entry for some in entries for entry in some),
        emergencies=tuple(world.broken_glass.values()) if held else (),
    )
    store.commit(changes, NOON)


def _filed(kept: Dossier) -> Iterator[NewEntry]:
    digest, size = hashlib.sha256(BODY).digest(), len(BODY)
    for each in FILED:
        documents = tuple(
            replace(one, digest=digest, size=size) for one in each.entry.documents
        )
        bodies = tuple(NewBody(one.document_id, BODY) for one in documents)
        yield NewEntry(kept.dossier_id, replace(each.entry, documents=documents), bodies)


@contextmanager
def seen(store: LmdbStore) -> Iterator[tuple[Snapshot, Counter[str]]]:
    """Give a snapshot, and what of it was looked at."""
    with watched(store) as touched, store.snapshot() as view:
        yield view, touched


def too_much(touched: Counter[str]) -> dict[str, int]:
    return {name: count for name, count in touched.items() if count > MOST}


def handled(store: LmdbStore, mail: Case) -> Counter[str]:
    """Have a mail handled; return what was looked at for it."""
    with seen(store) as (view, touched):
        HANDLERS[mail.header.verb](replace(mail, view=view, keeper=RecordingKeeper()))
    return touched


def test_a_walk_through_a_table_is_seen(store: LmdbStore) -> None:
    with seen(store) as (view, touched):
        assert len(list(view.doctors())) == len(list(view.dossiers())) == CROWD
    assert set(too_much(touched)) == {"doctors", "dossiers"}


@pytest.mark.parametrize("verb", Verb)
def test_no_verb_looks_at_a_whole_table(store: LmdbStore, verb: Verb) -> None:
    keep(store, world_of(verb))
    mail = mail_of(verb)
    with store.snapshot() as view:
        sender = view.doctor(mail.doctor.doctor_id)
    assert sender
    touched = handled(store, replace(mail, sender=replace(mail.sender, doctor=sender)))
    assert too_much(touched) == {}


@pytest.mark.parametrize(
    "said",
    [
        "Patient : DUPONT Jean\nNé le : 30/01/1959\n",
        "Patient : DUPONT Jean\n",
        "Patient : DUPOND, 66 ans\n",
        "Patient : personne\n",
        "Référence : D-AAAA-BBBB-CCCC\n",
    ],
)
def test_no_emergency_looks_at_a_whole_table(
    store: LmdbStore, alone: LmdbStore, said: str
) -> None:
    """It tries very many search terms, and no more of them for the crowd."""
    mail, world = asked(URGENT + said, has_reason=True), World([dossier()], FILED)
    keep(store, world)
    keep(alone, world)
    assert too_much(handled(store, mail) - handled(alone, mail)) == {}


def test_a_list_looks_at_those_in_whose_name_he_acts(store: LmdbStore) -> None:
    locum = Locum(OTHER.doctor_id, "2000-01-01", "2099-12-31", NOON)
    world = World([dossier()], FILED)
    world.known[DEMO.doctor_id] = replace(DEMO, locums=(locum,))
    keep(store, world)
    mail = asked("Demande : liste\n", by=OTHER)
    with seen(store) as (view, touched):
        outcome = HANDLERS[Verb.LISTE](replace(mail, view=view, keeper=RecordingKeeper()))
    assert "DUPONT Jean" in outcome.letter.text
    assert too_much(touched) == {}


@pytest.mark.parametrize(
    "words", ["Dr Anne AUTRE", "Dr Personne", "10000000002", "x@y.example"]
)
def test_a_colleague_is_found_without_a_look_at_the_others(
    store: LmdbStore, words: str
) -> None:
    keep(store, World())
    with seen(store) as (view, touched):
        found = colleague(words, view)
    assert found in {None, OTHER}
    assert (found is None) == (words in {"Dr Personne", "x@y.example"})
    assert too_much(touched) == {}


def test_many_of_one_name_are_nobody_and_cost_what_two_do(store: LmdbStore) -> None:
    namesakes = tuple(_namesake(number) for number in range(CROWD))
    store.commit(Changes(doctors=namesakes), NOON)
    with seen(store) as (view, touched):
        assert colleague("Anne AUTRE", view) is None
    assert too_much(touched) == {}


def _namesake(number: int) -> Doctor:
    return replace(
        OTHER,
        doctor_id=f"namesake{number:08}".encode(),
        rpps=f"2{number:010}",
        mail=f"{number}@autre.example",
        fingerprint=f"{number + 1000:040x}",
        key_ids=(),
    )


def test_a_key_is_looked_up_and_not_looked_for(store: LmdbStore) -> None:
    keep(store, World())
    theirs = CredentialFacts(
        CertificateKind.OPENPGP, b"", OTHER.fingerprint, OTHER.key_ids, (), "", 0
    )
    with seen(store) as (view, touched):
        assert is_taken(theirs, DEMO, view)
        assert not is_taken(theirs, OTHER, view)
    assert too_much(touched) == {}
