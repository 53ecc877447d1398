"""``rmp key rotate waiting``: in its order, killed at any point, and what is said meanwhile."""

import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from rmp_case import AGAIN, PlayedKeeper, Rmp
from test_store_vouch import ANNE, DOSSIER, JEAN, LATER, PAUL, WAITS, a_doctor, a_dossier

from rmp_milter.calls.protocol.releasing import SealedDocument
from rmp_milter.calls.protocol.rotating import SealAgain
from rmp_milter.cli.stores import open_store
from rmp_milter.config import Config, load
from rmp_milter.dossier.changes import Changes, NewBody, NewEntry, NewKeyPackets, NewWaiting
from rmp_milter.dossier.model import (
    Container,
    Document,
    Entry,
    Onglet,
    Patient,
    StandingKey,
    Takeover,
    Waiting,
)
from rmp_milter.host import waiting_rotation
from rmp_milter.host.key_checks import key_findings
from rmp_milter.host.key_proofs import look, prove
from rmp_milter.host.key_replacing import begin
from rmp_milter.keeper.keys.checks import check_own, contents
from rmp_milter.keeper.keys.former_keys import former_names
from rmp_milter.keeper.keys.key_files import KeyFileError
from rmp_milter.keeper.keys.keys import CUSTODY, WAITING, Keys, load_keys
from rmp_milter.keeper.keys.sealing import seal_waiting_key
from rmp_milter.keeper.log.journal import Journal
from rmp_milter.keeper.openpgp.sessionkey import SessionKey

NOW = int(time.time())
SINGLE, MOVED, OTHERS = b"1" * 16, b"2" * 16, b"3" * 16
OLD = b"\x01 sealed to the former key"
MOST_STEPS = 60


@pytest.fixture
def config(service: Path) -> Config:
    return load(service / "rmp.toml")


def raw(config: Config) -> bytes:
    return load_keys(config.paths.keeper).waiting.private_bytes_raw()


def started(config: Config) -> Keys:
    """Return the keys as a keeper that starts has them; raises where it would not start."""
    keys = load_keys(config.paths.keeper)
    with Journal(config.paths.keeper / "log") as journal:
        check_own(keys, journal.key_values())
    return keys


def taken_up(config: Config, seconds: int = 500) -> None:
    """Have a keeper stand there that was started so long ago, the key being older."""
    now = int(time.time())  # not that of the import: other tests come in between
    config.sockets.keeper.touch()
    os.utime(config.paths.keeper / "waiting.key", (now - 1000, now - 1000))
    os.utime(config.sockets.keeper, (now - seconds, now - seconds))


def former(config: Config) -> list[str]:
    return sorted(each.name for each in config.paths.keeper.glob("waiting-*.key"))


def test_the_former_key_stands_beside_the_new_one(rmp: Rmp, config: Config) -> None:
    before = raw(config)
    said = rmp("key", "rotate", "waiting")
    (name,) = former(config)
    assert (said.status, f"keeper/{name} is the former key" in said.out) == (0, True)
    keys = started(config)
    assert keys.waiting.private_bytes_raw() != before
    assert [each.private.private_bytes_raw() for each in keys.former] == [before]
    assert (config.paths.keeper / name).stat().st_mode & 0o777 == 0o600
    found = look(config)
    assert (found.wrong, found.unproven) == ([], [])
    rows = {each["file"]: each for each in json.loads(rmp("key", "list", "--json").out)}
    row = rows[f"keeper/{name}"]
    assert (row["use"], row["known_again"]) == ("opens still", True)
    assert max(map(len, rmp("key", "list").out.splitlines())) <= 80


def test_given_again_it_makes_no_other_one_before_the_keeper_has_it(
    rmp: Rmp, config: Config
) -> None:
    said = rmp("key", "rotate", "waiting")
    first = raw(config)
    assert rmp("key", "rotate", "waiting").out == said.out
    config.sockets.keeper.touch()
    os.utime(config.sockets.keeper, (NOW - 500, NOW - 500))  # from before
    assert rmp("key", "rotate", "waiting").out == said.out
    assert (raw(config), len(former(config))) == (first, 1)
    taken_up(config)
    assert rmp("key", "rotate", "waiting").status == 0
    taken_up(config)
    assert len(former(config)) == 2
    said = rmp("key", "rotate", "waiting")
    assert (said.status, "2 former keys of waiting.key are there already" in said.err) == (
        1,
        True,
    )
    assert len(started(config).former) == 2


def test_the_end_is_not_before_its_time(rmp: Rmp, config: Config) -> None:
    def refused() -> str:
        said = rmp("key", "rotate", "waiting", "--end")
        assert said.status == 1
        return said.err

    assert "no former key of waiting.key" in refused()
    rmp("key", "rotate", "waiting")
    (name,) = former(config)
    assert "no keeper runs" in refused()
    config.sockets.keeper.touch()
    os.utime(config.sockets.keeper, (NOW - 500, NOW - 500))
    assert "seals to the former key still" in refused()
    assert "seals to the former key still" in "".join(
        each.line for each in key_findings(config)
    )
    taken_up(config, seconds=10)
    assert "may not be stored yet" in refused()
    assert former(config) == [name]
    taken_up(config)
    (finding,) = key_findings(config)
    assert ("no deposit waits" in finding.line, "--end" in finding.hint) == (True, True)
    assert f"keeper/{name} is gone" in rmp("key", "rotate", "waiting", "--end").out
    assert former(config) == []
    found = look(config)
    assert (found.wrong, found.unproven) == ([], [])
    assert [*key_findings(config)] == []
    started(config)


def a_document(document_id: bytes, **fields: object) -> Document:
    digest = hashlib.sha256(b"body").digest()
    return replace(Document(document_id, Container.ENVELOPED, digest, 4, b"key"), **fields)


def an_entry(*documents: Document) -> Entry:
    return Entry(NOW, PAUL, "Dr Zebulon 2", "Radio", Onglet.IMAGERIE, "type", documents)


def wait_under_present(config: Config) -> None:
    document = a_document(LATER)
    key, bound = (
        SessionKey(9, bytes(32)),
        SealedDocument(LATER, document.container, document.digest, b""),
    )
    public = load_keys(config.paths.keeper).waiting.public_key()
    sealed = replace(document, sealed_key=seal_waiting_key(key, public, WAITS, bound))
    waiting = Waiting(WAITS, Patient("X", "Y", "1950-01-01"), an_entry(sealed), NOW, NOW + 5)
    new = NewWaiting(waiting, ("waits",), (NewBody(LATER, b"body"),))
    with open_store(config) as store:
        store.commit(Changes(waiting=(new,)), NOW)


def test_the_former_key_stays_as_long_as_a_deposit_waits_under_it(
    rmp: Rmp, config: Config
) -> None:
    wait_under_present(config)
    rmp("key", "rotate", "waiting")
    taken_up(config)
    (name,) = former(config)
    assert [*key_findings(config)] == []  # that it stays is as it should be
    said = rmp("key", "rotate", "waiting", "--end")
    assert (said.status, f"keeper/{name} stays: 1 documents wait" in said.out) == (0, True)
    assert former(config) == [name]
    with open_store(config) as store:
        store.commit(Changes(expired=(WAITS,)), NOW)
    assert f"keeper/{name} is gone" in rmp("key", "rotate", "waiting", "--end").out


def test_a_former_key_that_is_lost_stops_the_keeper_and_is_named(
    rmp: Rmp, config: Config, tmp_path: Path
) -> None:
    rmp("key", "rotate", "waiting")
    (name,) = former(config)
    shutil.move(config.paths.keeper / name, tmp_path)
    with pytest.raises(KeyFileError, match=f"{name} is missing"):
        started(config)
    assert any(name in each.line for each in key_findings(config))
    shutil.copy(config.paths.keeper / "pepper.key", config.paths.keeper / name)
    with pytest.raises(KeyFileError, match=f"{name} holds what belongs in pepper.key"):
        started(config)


def test_an_older_keepers_key_is_not_taken_for_the_present_one(
    rmp: Rmp, config: Config
) -> None:
    rmp("key", "rotate", "waiting")
    keeper, (name,) = config.paths.keeper, former(config)
    shutil.copy(keeper / name, keeper / "waiting.key")
    with pytest.raises(KeyFileError, match=f"waiting.key holds what belongs in {name}"):
        started(config)


def test_what_waits_under_the_former_key_says_nothing_against_the_new_one(
    rmp: Rmp, config: Config
) -> None:
    wait_under_present(config)
    rmp("key", "rotate", "waiting")
    (name,) = former(config)
    with Journal(config.paths.keeper / "log") as journal:
        journal.note_key_values({"waiting.key": (), name: ()})
    assert look(config).wrong == []
    done, found = prove(config)
    assert (done, found.unproven) == ([name], ["waiting.key"])


def fill(config: Config) -> None:
    """Two readers of one dossier, and a former one; some documents are translated for them."""
    doctors = (
        a_doctor(ANNE, 1, card=b"card"),
        a_doctor(PAUL, 2, card=b"card"),
        a_doctor(JEAN, 3, rpps="", patient_of=DOSSIER, card=b"card"),
    )
    takeover = Takeover(PAUL, NOW, NOW + 5)
    documents = (
        a_document(SINGLE, standing=(StandingKey(f"{1:040x}", OLD),)),
        a_document(MOVED, standing=(StandingKey(f"{1:040x}", b"\x85 key packet"),)),
        a_document(OTHERS, standing=(StandingKey(f"{2:040x}", OLD),)),
    )
    dossier = a_dossier(DOSSIER, card=b"card", takeover=takeover)
    with open_store(config) as store:
        store.commit(Changes(doctors=doctors, dossiers=(dossier,)), NOW)
        bodies = tuple(NewBody(each.document_id, b"body") for each in documents)
        new = NewEntry(DOSSIER, an_entry(*documents), bodies)
        store.commit(Changes(entries=(new,)), NOW)
        later = (NewKeyPackets(MOVED, f"{3:040x}", OLD),)
        store.commit(Changes(key_packets=later), NOW)


def test_what_is_translated_is_sealed_again_for_each_who_may_come_to_read(
    rmp: Rmp, config: Config, keeper: PlayedKeeper
) -> None:
    fill(config)
    rmp("key", "rotate", "waiting")
    taken_up(config)
    said = rmp("key", "rotate", "waiting", "--end")
    assert (said.status, "sealed to the new key: 3" in said.out) == (0, True)
    copies = [
        (each.document.document_id, each.fingerprint, each.document.sealed_key)
        for request in keeper.requests
        if isinstance(request, SealAgain)
        for each in request.copies
    ]
    wanted = {SINGLE: f"{1:040x}", OTHERS: f"{2:040x}", MOVED: f"{3:040x}"}
    assert sorted(copies) == sorted((who, reader, OLD) for who, reader in wanted.items())
    with open_store(config, read_only=True) as store, store.snapshot() as view:
        assert {view.key_packets(*each) for each in wanted.items()} == {AGAIN}
        assert view.key_packets(MOVED, f"{1:040x}") == b""
    assert {each.action for each in keeper.leaves} == {"rescellement"}


def test_without_a_keeper_that_answers_nothing_ends(
    rmp: Rmp, config: Config, keeper: PlayedKeeper
) -> None:
    fill(config)
    rmp("key", "rotate", "waiting")
    taken_up(config)
    keeper.down = True
    assert rmp("key", "rotate", "waiting", "--end").status == 1
    assert len(former(config)) == 1


def killed_at(config: Config, act: Callable[[], object], step: int) -> bool:
    """Do it in a child that is killed before so many of its steps on the keeper's files."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    left, folder = [step], str(config.paths.keeper)

    def count(event: str, arguments: tuple[object, ...]) -> None:
        changes = event in {"open", "os.rename", "os.remove", "os.link"}
        if changes and str(arguments[0]).startswith(folder):
            left[0] -= 1
            if left[0] < 0:
                os._exit(9)

    sys.addaudithook(count)
    act()
    os._exit(0)


# The steps are the same ones, on a file of another name.
@pytest.mark.parametrize("file", [WAITING, pytest.param(CUSTODY, marks=pytest.mark.soak)])
def test_killed_at_any_point_it_goes_on(config: Config, tmp_path: Path, file: str) -> None:
    folder, before = config.paths.keeper, contents(load_keys(config.paths.keeper))[file]
    shutil.copytree(folder, tmp_path / "before")
    states = set()
    for step in range(MOST_STEPS):
        was_killed = killed_at(config, lambda: begin(config, file), step)
        keys, there = contents(started(config)), former_names(folder, file)
        assert before in {keys[name] for name in (file, *there)}
        states.add((keys[file] == before, len(there)))
        begin(config, file)
        settled, (name,) = contents(started(config)), former_names(folder, file)
        assert (settled[file] != before, settled[name] == before) == (True, True)
        with Journal(folder / "log") as journal:
            assert len(journal.key_values()[file]) == 1
        found = look(config)
        assert (found.wrong, found.unproven) == ([], [])
        if not was_killed:
            break
        shutil.rmtree(folder)
        shutil.copytree(tmp_path / "before", folder)
    else:
        pytest.fail("it has more steps than were tried")
    assert states == {(True, 0), (True, 1), (False, 1)}


def test_the_end_killed_at_any_point_goes_on(config: Config, tmp_path: Path) -> None:
    begin(config, WAITING)
    folder = config.paths.keeper
    shutil.copytree(folder, tmp_path / "before")
    for step in range(MOST_STEPS):
        was_killed = killed_at(config, lambda: waiting_rotation.end(config), step)
        assert started(config)
        waiting_rotation.end(config)
        assert former(config) == []
        found = look(config)
        assert (found.wrong, found.unproven) == ([], [])
        if not was_killed:
            break
        shutil.rmtree(folder)
        shutil.copytree(tmp_path / "before", folder)
    else:
        pytest.fail("it has more steps than were tried")
    assert step > 2


def test_a_change_that_was_interrupted_is_said_and_does_not_end(
    rmp: Rmp, config: Config
) -> None:
    keeper = config.paths.keeper
    shutil.copy(keeper / "waiting.key", keeper / "waiting-20261201.key")
    taken_up(config)
    assert any("was interrupted" in each.line for each in key_findings(config))
    said = rmp("key", "rotate", "waiting", "--end")
    assert (said.status, "was interrupted" in said.err) == (1, True)
    assert former(config) == ["waiting-20261201.key"]
