"""rmp doctor import, set, locum, rekey: one leaf each, all or nothing, and what is refused."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from directory_case import with_dossiers
from rmp_case import OTHER_RPPS, RPPS, PlayedKeeper, Rmp, made_key

from rmp_milter.calls.client import KeeperFailed
from rmp_milter.calls.protocol.message import Failed, Why
from rmp_milter.calls.protocol.releasing import ByCustody, Release
from rmp_milter.cli import doctor_changes
from rmp_milter.cli.stores import open_store
from rmp_milter.config import load
from rmp_milter.dossier.cards import dossier_card
from rmp_milter.dossier.changes import Changes, DossierUpdate
from rmp_milter.dossier.revisions import revised

LUC = ("--name", "Dr Luc SAND", "--mail", "l.sand@cab.example")
LACKS = "no user id of the key names {}: mail clients may not find it for that"
WITNESSES = ("--witness", "Jeanne ROY", "--witness", "Luc SAND")


@pytest.fixture(scope="session")
def second_key(gpg_home: Path) -> Path:
    return made_key(gpg_home, "second", "default", "default", "never")


@pytest.fixture
def anne(rmp: Rmp, key: Path, keeper: PlayedKeeper) -> str:
    assert rmp.add(key).status == 0
    keeper.requests.clear()
    return RPPS


@pytest.fixture
def luc(rmp: Rmp, second_key: Path, anne: str, keeper: PlayedKeeper) -> str:  # noqa: ARG001 -- first
    assert rmp.add(second_key, rpps=OTHER_RPPS, who=LUC).status == 0
    keeper.requests.clear()
    return OTHER_RPPS


def shown(rmp: Rmp, who: str = RPPS) -> dict[str, object]:
    found: dict[str, object] = json.loads(rmp("doctor", "show", who, "--json").out)
    return found


def day(days: int) -> str:
    return (datetime.now(ZoneInfo("Europe/Paris")) + timedelta(days)).strftime("%Y-%m-%d")


# Leaves


@pytest.mark.promise(number=8)
def test_enrolling_and_removing_leave_a_leaf_each(
    rmp: Rmp, key: Path, keeper: PlayedKeeper
) -> None:
    rmp.add(key)
    rmp("doctor", "remove", RPPS)
    assert [(leaf.action, leaf.subject, leaf.proof) for leaf in keeper.leaves] == [
        ("inscription", RPPS, "host"),
        ("radiation", RPPS, "host"),
    ]


@pytest.mark.parametrize(
    "command",
    [
        ("doctor", "remove", RPPS),
        ("doctor", "set", RPPS, "--name", "Dr Autre NOM"),
        ("doctor", "locum", RPPS, "--locum", OTHER_RPPS, "--from", day(0), "--to", day(1)),
    ],
)
@pytest.mark.promise(number=8)
def test_without_the_keeper_nothing_changes(
    rmp: Rmp, luc: str, keeper: PlayedKeeper, command: tuple[str, ...]
) -> None:
    assert luc == OTHER_RPPS
    before = rmp("doctor", "list", "--json").out
    keeper.down = True
    said = rmp(*command)
    assert (said.status, len(said.err.splitlines())) == (1, 2)
    assert "the keeper does not answer" in said.err
    assert rmp("doctor", "list", "--json").out == before


# Warnings


@pytest.fixture(scope="session")
def soon_key(gpg_home: Path) -> Path:
    return made_key(
        gpg_home, "Dr Anne MOREL <a.morel@cab.example>", "default", "default", "seconds=1000000"
    )


@pytest.fixture(scope="session")
def good_key(gpg_home: Path) -> Path:
    return made_key(gpg_home, "Luc <L.SAND@cab.example>", "default", "default", "never")


def test_a_key_that_lacks_his_address_is_taken_with_a_warning(rmp: Rmp, key: Path) -> None:
    said = rmp.add(key, "--json")
    warning = LACKS.format("a.morel@cab.example")
    assert (said.status, said.err) == (0, f"rmp: warning: {warning}\n")
    assert json.loads(said.out)["warnings"] == [warning] == shown(rmp)["warnings"]


def test_a_key_that_expires_soon_is_taken_with_a_warning(rmp: Rmp, soon_key: Path) -> None:
    said = rmp.add(soon_key, "--json")
    (warning,) = json.loads(said.out)["warnings"]
    end = datetime.fromtimestamp(time.time() + 1_000_000, UTC)
    days = {(end - timedelta(days=back)).strftime("%Y-%m-%d") for back in (0, 1)}
    assert warning.removeprefix("the key expires on ")[:10] in days
    assert (said.status, said.err) == (0, f"rmp: warning: {warning}\n")


def test_a_key_with_his_address_and_without_an_end_is_taken_in_silence(
    rmp: Rmp, good_key: Path
) -> None:
    said = rmp.add(good_key, "--json", rpps=OTHER_RPPS, who=LUC)
    assert (said.status, said.err, json.loads(said.out)["warnings"]) == (0, "", [])


def test_several_keys_in_a_file_are_refused_as_several(
    rmp: Rmp, key: Path, good_key: Path, tmp_path: Path
) -> None:
    both = tmp_path / "both.asc"
    both.write_bytes(key.read_bytes() + good_key.read_bytes())
    said = rmp.add(both)
    assert said.status == 1
    assert "the file holds several certificates; give one" in said.err


def test_an_import_and_another_key_warn_too(
    rmp: Rmp, anne: str, soon_key: Path, second_key: Path, tmp_path: Path
) -> None:
    said = rmp("doctor", "rekey", anne, "--key", str(soon_key), *WITNESSES, "--json")
    (warning,) = json.loads(said.out)["warnings"]
    assert warning.startswith("the key expires on ")
    csv = tmp_path / "d.csv"
    row = f"Dr Luc SAND;{OTHER_RPPS};l.sand@cab.example;radiologue;{second_key}"
    csv.write_text(f"name;rpps;mail;profession;key\n{row}\n")
    done = rmp("doctor", "import", str(csv), "--json")
    noted = json.loads(done.out)["warnings"]
    assert noted == [{"line": 2, "warning": LACKS.format("l.sand@cab.example")}]
    assert f"rmp: warning: {csv}:2: {noted[0]['warning']}" in done.err


def test_keys_that_are_not_his_are_found_and_mended(rmp: Rmp, anne: str) -> None:
    config = load(rmp.config)
    with open_store(config) as store:
        with store.snapshot() as view:
            before = view.doctor_by_rpps(anne)
        assert before
        squatting = revised(before, key_ids=(*before.key_ids, "ab" * 8))
        store.commit(Changes(doctors=(squatting,)), int(time.time()))
    said = rmp("store", "check")
    command = f"rmp doctor set {before.fingerprint} --read-key"
    assert (said.status, command in said.err) == (1, True)
    assert rmp(*command.split()[1:]).status == 0
    assert rmp("store", "check").status == 0
    with open_store(config) as store, store.snapshot() as view:
        assert view.doctor_by_key_id("ab" * 8) is None
        after = view.doctor_by_rpps(anne)
    assert after
    assert after.key_ids == before.key_ids


# set


def test_set_changes_what_is_given_and_nothing_else(
    rmp: Rmp, anne: str, keeper: PlayedKeeper
) -> None:
    before = shown(rmp)
    options = ("--mail", "anne@new.example", "--receipts", "daily", "--hprim", "yes")
    said = rmp("doctor", "set", anne, *options, "--account", "amorel", "--json")
    changed = {
        "mail": "anne@new.example",
        "receipts": "daily",
        "hprim": True,
        "account": "amorel",
        "warnings": [LACKS.format("anne@new.example")],
    }
    assert json.loads(said.out) == {**before, **changed} == shown(rmp)
    assert [(leaf.action, leaf.subject) for leaf in keeper.leaves] == [("modification", RPPS)]
    assert rmp("doctor", "set", anne, "--account", "", "--hprim", "no").status == 0
    assert (shown(rmp)["account"], shown(rmp)["hprim"]) == ("", False)


def test_set_needs_something_to_change(rmp: Rmp, anne: str) -> None:
    assert rmp("doctor", "set", anne).status == 2


def test_set_takes_nobody_elses_address(rmp: Rmp, luc: str) -> None:
    said = rmp("doctor", "set", luc, "--mail", "A.MOREL@cab.example")
    assert said.status == 1
    assert "another doctor has this" in said.err


def test_a_change_meanwhile_is_said_so_and_not_overwritten(
    rmp: Rmp, anne: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load(rmp.config)

    def changed_meanwhile(store: object, changes: Changes, now: int) -> None:
        with monkeypatch.context() as undone:
            undone.setattr(doctor_changes, "commit", commit)
            assert rmp("doctor", "set", anne, "--name", "Dr Plus VITE").status == 0
        commit(store, changes, now)

    commit: Callable[..., None] = doctor_changes.commit
    monkeypatch.setattr(doctor_changes, "commit", changed_meanwhile)
    said = rmp.bare("--config", str(config.file), "doctor", "set", anne, "--name", "Dr Lent")
    assert said.status == 1
    assert "was changed meanwhile" in said.err
    assert shown(rmp)["name"] == "Dr Plus VITE"


# locum


def test_a_locum_is_declared_shown_and_taken_back(
    rmp: Rmp, luc: str, keeper: PlayedKeeper
) -> None:
    said = rmp("doctor", "locum", RPPS, "--locum", luc, "--from", day(0), "--to", day(6))
    assert said.status == 0
    assert f"Dr Luc SAND, {day(0)} to {day(6)}" in said.out
    assert shown(rmp)["locums"] == [{"name": "Dr Luc SAND", "from": day(0), "to": day(6)}]
    assert rmp("doctor", "locum", RPPS, "--locum", luc, "--remove").status == 0
    assert shown(rmp)["locums"] == []
    assert [(leaf.action, leaf.subject, leaf.acting_for) for leaf in keeper.leaves] == [
        ("remplacement", luc, RPPS),
        ("fin de remplacement", luc, RPPS),
    ]


@pytest.mark.parametrize(
    ("days", "status"),
    [
        (("--from", day(0)), 2),
        (("--from", "tomorrow", "--to", "later"), 2),
        ((), 2),
        (("--from", day(0), "--to", day(1), "--remove"), 2),
        (("--from", day(-9), "--to", day(-1)), 1),
        (("--remove",), 1),
    ],
)
def test_days_of_a_locum_that_cannot_be(
    rmp: Rmp, luc: str, days: tuple[str, ...], status: int
) -> None:
    said = rmp("doctor", "locum", RPPS, "--locum", luc, *days)
    assert (said.status, shown(rmp)["locums"]) == (status, [])
    assert "Traceback" not in said.err


# import

HEAD = "name;rpps;mail;profession;key;account;reply_form;receipts;hprim\n"
GOOD = f"Dr Anne MOREL;{RPPS};a.morel@cab.example;médecin;anne.asc;;;;\n"


@pytest.fixture
def folder(tmp_path: Path, key: Path, second_key: Path) -> Path:
    (tmp_path / "anne.asc").write_bytes(key.read_bytes())
    (tmp_path / "luc.asc").write_bytes(second_key.read_bytes())
    return tmp_path


def listed(folder: Path, text: str, encoding: str = "utf-8") -> str:
    file = folder / "doctors.csv"
    file.write_bytes(text.encode(encoding))
    return str(file)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_import_enrols_all_with_a_leaf_each(
    rmp: Rmp, folder: Path, keeper: PlayedKeeper, encoding: str
) -> None:
    luc = f"Dr Luc SAND;{OTHER_RPPS};l.sand@cab.example;pédiatre;luc.asc;lsand;partitioned;"
    text = HEAD + GOOD + "\n" + luc + "none;oui\n"
    said = rmp("doctor", "import", listed(folder, text, encoding))
    assert (said.status, said.out) == (0, "2 doctors enrolled\n")
    found = shown(rmp, OTHER_RPPS)
    assert (found["account"], found["reply_form"]) == ("lsand", "partitioned")
    assert (found["receipts"], found["hprim"]) == ("none", True)
    assert found["profession"] == "pédiatre"
    assert [(leaf.action, leaf.subject) for leaf in keeper.leaves] == [
        ("inscription", RPPS),
        ("inscription", OTHER_RPPS),
    ]


def test_import_tells_every_fault_by_its_line_and_enrols_nobody(
    rmp: Rmp, folder: Path, keeper: PlayedKeeper
) -> None:
    wrong = f"Dr Luc SAND;123;no address;;nothing.asc;;folded;often;perhaps\n{GOOD}"
    said = rmp("doctor", "import", listed(folder, HEAD + GOOD + wrong), "--json")
    faults = json.loads(said.out)["faults"]
    assert said.status == 1
    seen = [(each["line"], each["fault"].partition(":")[0]) for each in faults]
    third = ("profession", "rpps", "mail", "reply_form", "receipts", "hprim", "key")
    assert seen[:7] == [(3, column) for column in third]
    assert {line for line, _ in seen[7:]} == {4}
    assert "rpps is that of line 2" in [each["fault"] for each in faults]
    assert json.loads(rmp("doctor", "list", "--json").out) == []
    assert keeper.requests == []
    plain = rmp("doctor", "import", listed(folder, HEAD + GOOD + wrong))
    assert "doctors.csv:3: rpps: '123' is no RPPS number" in plain.err


def test_a_dry_run_looks_and_enrols_nobody(
    rmp: Rmp, folder: Path, keeper: PlayedKeeper
) -> None:
    said = rmp("doctor", "import", "--dry-run", listed(folder, HEAD + GOOD))
    assert (said.status, said.out.splitlines()[-1]) == (0, "1 doctors can be enrolled")
    assert json.loads(rmp("doctor", "list", "--json").out) == []
    assert keeper.requests == []


@pytest.mark.parametrize("head", ["", "name,rpps\n", HEAD.replace("hprim", "shoe size")])
def test_columns_that_are_not_named_are_refused(rmp: Rmp, folder: Path, head: str) -> None:
    said = rmp("doctor", "import", listed(folder, head + GOOD))
    assert said.status == 1
    assert "does not name the columns" in said.err


@pytest.mark.parametrize(
    "mark", ["# rmp directory 1\n", "#rmp directory 1;;;;;;;\n", '"# rmp directory 1"\n']
)
def test_a_file_may_say_of_which_format_it_is(rmp: Rmp, folder: Path, mark: str) -> None:
    said = rmp("doctor", "import", "--dry-run", listed(folder, mark + HEAD + GOOD))
    assert (said.status, said.out.splitlines()[-1]) == (0, "1 doctors can be enrolled")
    wrong = rmp("doctor", "import", listed(folder, mark + HEAD + "x\n"))
    assert "doctors.csv:3: rpps: " in wrong.err


def test_a_file_of_a_later_format_is_refused_in_one_line(rmp: Rmp, folder: Path) -> None:
    file = listed(folder, "# rmp directory 2\nnom;rpps\n")
    said = rmp("doctor", "import", file)
    assert (said.status, said.out) == (1, "")
    assert said.err == (
        f"rmp: {file}: is of format 2, written by a later version of rmp-milter: "
        "this one reads format 1\n"
    )


def test_a_mark_of_something_else_is_refused(rmp: Rmp, folder: Path) -> None:
    said = rmp("doctor", "import", listed(folder, "# our doctors\n" + HEAD + GOOD))
    assert (said.status, said.err.splitlines()[1]) == (
        1,
        "hint: write # rmp directory 1, or leave it out",
    )


def test_what_is_listed_says_of_which_format_it_is(rmp: Rmp, anne: str) -> None:
    (listed_,) = json.loads(rmp("doctor", "list", "--json").out)
    assert listed_["format"] == shown(rmp, anne)["format"] == "rmp directory 1"


# rekey


def rekeyed(rmp: Rmp, key: Path, *more: str) -> tuple[int, dict[str, Any]]:
    said = rmp("doctor", "rekey", RPPS, "--key", str(key), *WITNESSES, "--json", *more)
    return said.status, json.loads(said.out) if said.out else {}


def test_rekey_writes_every_dossier_with_a_leaf_and_both_names(
    rmp: Rmp, anne: str, second_key: Path, keeper: PlayedKeeper
) -> None:
    with_dossiers(rmp, 2)
    status, said = rekeyed(rmp, second_key)
    assert (status, said["dossiers"], said["documents"]) == (0, 2, 2)
    assert shown(rmp)["fingerprint"] == said["fingerprint"] != anne
    releases = [each for each in keeper.requests if isinstance(each, Release)]
    assert {each.way_in for each in releases} == {ByCustody(b"custody")}
    assert [(leaf.action, leaf.proof) for leaf in keeper.leaves] == [
        ("cle", "host"),
        ("cle", "host+custody"),
        ("cle", "host+custody"),
    ]
    assert {(leaf.subject, leaf.witnesses) for leaf in keeper.leaves} == {
        (RPPS, ("Jeanne ROY", "Luc SAND"))
    }


@pytest.mark.usefixtures("anne")
def test_rekey_given_again_finishes_what_is_missing(
    rmp: Rmp, second_key: Path, keeper: PlayedKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_dossiers(rmp, 3)
    whole = keeper.expect

    def breaks_down(kind: type, request: object) -> object:
        keeper.down = sum(isinstance(each, Release) for each in keeper.requests) == 1
        return whole(kind, request)

    monkeypatch.setattr(keeper, "expect", breaks_down)
    assert rekeyed(rmp, second_key)[0] == 1
    monkeypatch.setattr(keeper, "expect", whole)
    keeper.down = False
    status, said = rekeyed(rmp, second_key)
    assert (status, said["dossiers"], said["documents"]) == (0, 3, 2)
    assert rekeyed(rmp, second_key)[1]["documents"] == 0
    assert rekeyed(rmp, second_key, "--all")[1]["documents"] == 3


def _of(request: Release) -> bytes:
    return dossier_card(request.by.dossier).dossier


@pytest.mark.usefixtures("anne")
def test_a_dossier_that_the_keeper_cannot_open_does_not_hold_up_the_others(
    rmp: Rmp, second_key: Path, keeper: PlayedKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_dossiers(rmp, 3)
    whole = keeper.expect

    def refuses_one(kind: type, request: object) -> object:
        if isinstance(request, Release) and _of(request) == bytes([2]) * 16:
            raise KeeperFailed(Failed(Why.UNAVAILABLE, "a sealed key does not fit"))
        return whole(kind, request)

    monkeypatch.setattr(keeper, "expect", refuses_one)
    status, said = rekeyed(rmp, second_key)
    assert (status, said["dossiers"], said["documents"]) == (1, 3, 2)
    assert [f"dossier {'02' * 16}" in str(each) for each in said["refused"]] == [True]
    assert rmp("store", "check").status == 0


@pytest.mark.usefixtures("anne")
@pytest.mark.parametrize(
    "names",
    [
        ("--witness", "Jeanne ROY"),
        ("--witness", "Jeanne ROY", "--witness", "jeanne  roy"),
        ("--witness", "Jeanne ROY", "--witness", " "),
        ("--witness", "A", "--witness", "B", "--witness", "C"),
        ("--witness", "A", "--witness", "B" * 101),
    ],
)
def test_rekey_needs_two_different_persons(
    rmp: Rmp, second_key: Path, names: tuple[str, ...], keeper: PlayedKeeper
) -> None:
    said = rmp("doctor", "rekey", RPPS, "--key", str(second_key), *names)
    assert said.status == 2
    assert keeper.requests == []


@pytest.mark.usefixtures("luc")
def test_rekey_takes_nobody_elses_key(rmp: Rmp, second_key: Path, keeper: PlayedKeeper) -> None:
    assert rekeyed(rmp, second_key)[0] == 1
    assert keeper.requests == []


@pytest.mark.usefixtures("anne")
def test_what_changes_meanwhile_or_has_no_card_yet_is_named_and_holds_up_nothing(
    rmp: Rmp, second_key: Path, keeper: PlayedKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_dossiers(rmp, 3)
    change(rmp, 3, card=b"")
    whole = keeper.expect

    def changes_one(kind: type, request: object) -> object:
        if isinstance(request, Release) and _of(request) == bytes([2]) * 16:
            change(rmp, 2, card=b"of another revision")
        return whole(kind, request)

    monkeypatch.setattr(keeper, "expect", changes_one)
    status, said = rekeyed(rmp, second_key)
    assert (status, said["documents"]) == (1, 1)
    assert said["refused"] == [
        f"dossier {'02' * 16}: it changed meanwhile, try again",
        f"dossier {'03' * 16}: no card yet: rmp store vouch",
    ]


def change(rmp: Rmp, number: int, **fields: object) -> None:
    with open_store(load(rmp.config)) as store:
        with store.snapshot() as view:
            dossier = view.dossier(bytes([number]) * 16)
        assert dossier is not None
        update = DossierUpdate(revised(dossier, **fields))
        store.commit(Changes(updates=(update,)), int(time.time()))
