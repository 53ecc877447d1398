"""The store of the first format, as it was made then: read, found by its keys, written to."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from migration_case import first_step
from msgspec.structs import replace
from store_case import a_deposit, changed

from rmp_milter.config import Config, load
from rmp_milter.dossier.changes import Changes, Once
from rmp_milter.dossier.identity import trait_keys
from rmp_milter.dossier.model import EmergencyState, Patient, Sheet, Slots
from rmp_milter.store import Conflict
from rmp_milter.store.check.whole import check
from rmp_milter.store.format import version
from rmp_milter.store.format.keys import read_store_keys
from rmp_milter.store.migrating import migrate
from rmp_milter.store.steps import STEPS
from rmp_milter.store.store import LmdbStore
from rmp_milter.store.surface import Snapshot
from testbed.past_service import manifest, tally, unpack

KNOWN: dict[str, Any] = manifest()["known"]


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store moved to the format of today, which nobody changes."""
    found = load(unpack(tmp_path_factory.mktemp("format-1")))
    migrate(found.paths.store, keys_of(found), STEPS, lambda *_: None)
    return found.paths.store


@pytest.fixture
def config(moved: Path, tmp_path: Path) -> Config:
    """The service's configuration, its store moved to the format of today."""
    found = load(unpack(tmp_path))
    shutil.rmtree(found.paths.store)
    shutil.copytree(moved, found.paths.store)
    return found


def keys_of(config: Config):  # noqa: ANN201 -- the store's keys
    return read_store_keys(config.paths.milter, config.paths.outbox_key)


@pytest.fixture
def store(config: Config) -> Iterator[LmdbStore]:
    with LmdbStore.open(config.paths.store, keys_of(config), map_bytes=0) as store:
        yield store


@pytest.fixture
def view(store: LmdbStore) -> Iterator[Snapshot]:
    with store.snapshot() as view:
        yield view


def identifier(what: str) -> bytes:
    return bytes.fromhex(KNOWN[what])


def test_it_is_sound_and_holds_what_was_put_into_it(config: Config) -> None:
    assert check(config.paths.store, keys_of(config)).findings == ()
    assert tally(config.file) == manifest()["counts"]


def test_every_table_and_state_is_in_it() -> None:
    """A fixture that holds nothing of a kind would prove nothing of it."""
    counts = manifest()["counts"]
    assert [name for name, count in counts["tables"].items() if not count] == []
    assert {"open", "closed", "erased", "masks", "refilings", "opposed"} <= set(
        counts["dossiers"]
    )
    states = {f"emergency {state.value}" for state in EmergencyState}
    assert states <= set(counts["others"])
    assert set(counts["outbox"]) == {"waiting", "parked", "bounced", "sent"}
    assert {"entity", "text", "file", "replaces", "by a locum"} <= set(counts["entries"])
    assert counts["tables"]["dossiers"] > 200


def test_doctors_are_found_by_all_of_their_names(view: Snapshot) -> None:
    found = {
        view.doctor_by_rpps(KNOWN["rpps"]),
        view.doctor_by_mail(KNOWN["mail"].upper()),
        view.doctor_by_account(KNOWN["account"]),
        view.doctor_by_fingerprint(KNOWN["fingerprint"]),
        view.doctor_by_key_id(KNOWN["key_id"]),
    }
    (doctor,) = found
    assert doctor
    assert doctor.name == "Dr Anne MOREL"
    assert len(list(view.dossiers_of(doctor.doctor_id))) > 20


@pytest.mark.parametrize("which", ["masked", "recoded", "number added", "patient with a key"])
def test_patients_are_found_by_their_traits(view: Snapshot, which: str) -> None:
    dossier = view.dossier(identifier(which))
    assert dossier
    assert dossier in view.dossiers_by_traits(trait_keys(dossier.patient))


def test_what_hangs_on_a_dossier_is_found(view: Snapshot) -> None:
    masked = view.dossier(identifier("masked"))
    assert masked
    assert [mask.number for mask in masked.masks] == [2]
    patient = view.patient_of(identifier("patient with a key"))
    assert patient
    (entry,) = view.entries(identifier("patient with a key"))
    (document,) = entry.entry.documents
    assert view.key_packets(document.document_id, patient.fingerprint)
    assert view.body(document.document_id)


def test_an_erased_dossier_says_nobodys_name(view: Snapshot) -> None:
    dossier = view.dossier(identifier("erased"))
    assert dossier
    assert (dossier.patient, dossier.sheet) == (Patient("", "", ""), Sheet())
    assert dossier.slots == Slots(code=None, custody=b"")


@pytest.mark.parametrize("state", EmergencyState)
def test_emergencies_are_found_by_their_references(
    view: Snapshot, state: EmergencyState
) -> None:
    emergency = view.emergency(KNOWN[f"emergency {state.value}"])
    assert emergency
    assert emergency.state is state
    assert emergency in list(view.emergencies())


def test_a_waiting_deposit_is_found_by_its_patient(view: Snapshot) -> None:
    waiting = view.waiting_one(identifier("waiting"))
    assert waiting
    assert view.waiting_by_traits(trait_keys(waiting.patient)) == (waiting,)


def test_what_was_done_is_known_again(store: LmdbStore) -> None:
    with pytest.raises(Conflict, match="duplicate"):
        store.commit(Changes(digest=bytes.fromhex(KNOWN["done"])), KNOWN["aide at"])
    once = Once(bytes.fromhex(KNOWN["once"]), KNOWN["aide at"] + 1000)
    with pytest.raises(Conflict, match="replayed"):
        store.commit(Changes(once=(once,)), KNOWN["aide at"])


def test_it_is_moved_to_a_made_up_later_format(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = version.FORMAT.number + 1
    monkeypatch.setattr(version, "FORMAT", version.FORMAT._replace(number=later))
    steps = {later - 1: first_step}
    move = migrate(config.paths.store, keys_of(config), steps, lambda *_: None)
    assert (move.found, move.wanted) == (later - 1, later)
    assert tally(config.file) == manifest()["counts"]
    with (
        LmdbStore.open(config.paths.store, keys_of(config), map_bytes=0) as store,
        store.snapshot() as view,
    ):
        doctor = view.doctor_by_rpps(KNOWN["rpps"])
    assert doctor
    assert doctor.program.prefers == "first "


def test_it_goes_on_being_written(config: Config, store: LmdbStore) -> None:
    dossier_id, at = identifier("masked"), KNOWN["aide at"] + 60
    with store.snapshot() as view:
        before = len(view.entries(dossier_id))
        doctor = view.doctor_by_rpps(KNOWN["rpps"])
    assert doctor
    moved = replace(doctor, mail="elsewhere@cabinet.example", revision=doctor.revision + 1)
    update = changed(store, dossier_id, masks=())
    deposit = a_deposit(dossier_id, b"a body of today")
    store.commit(Changes(entries=(deposit,), updates=(update,), doctors=(moved,)), at)
    with store.snapshot() as view:
        assert len(view.entries(dossier_id)) == before + 1
        assert view.doctor_by_mail(KNOWN["mail"]) is None
    store.commit(Changes(digest=b"x" * 32), at + 400 * 86_400)  # prunes what is expired
    store.close()
    assert check(config.paths.store, keys_of(config)).findings == ()
