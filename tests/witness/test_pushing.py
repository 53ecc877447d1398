"""A log that is pushed to witnesses: cosigned, fork and rollback refused, silence noticed."""

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from witness_case import FORK, LOG, SIZE, made_station, policy_of, policy_text, served

from rmp_milter.audit.cosigned import MOST_KEPT, kept_in, name_of
from rmp_milter.audit.folder import ExportedLog, FolderError
from rmp_milter.cli import audit_main
from rmp_milter.tlog.notes import parse
from rmp_milter.tlog.policies import WitnessPolicy, parse_policy
from rmp_milter.witness.asking import Ask, SilentError, WitnessSaid, asker
from rmp_milter.witness.judging import (
    SILENT_SECONDS,
    findings,
    judged_by,
    last_times,
    newest_met,
)
from rmp_milter.witness.own_keys import WitnessKeys
from rmp_milter.witness.pushing import push, read_asked
from testbed.made_log import MadeLog

Named = tuple[str, WitnessKeys, str]


@pytest.fixture
def two(tmp_path: Path) -> Iterator[list[Named]]:
    """Two witnesses at work."""
    one, other = tmp_path / "w1", tmp_path / "w2"
    keys = made_station(one, "ars.example/temoin"), made_station(other, "ordre.example/temoin")
    with served(one) as first, served(other) as second:
        yield [("ars", keys[0], first), ("ordre", keys[1], second)]


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    place = tmp_path / "witnessed"
    place.mkdir()
    return place


class Pushing:
    """Exports a log in a folder and pushes it."""

    def __init__(self, folder: Path, kept: Path) -> None:
        self.folder, self.kept = folder, kept
        self.now = int(time.time())

    def __call__(
        self, log: MadeLog, size: int, policy: WitnessPolicy, ask: Ask | None = None
    ) -> dict[str, int]:
        place = self.folder / f"{id(log)}-{size}"
        if not place.exists():
            log.until(size).export(place, size)
        said = push(ExportedLog(place), policy, self.kept, ask or asker(), self.now)
        return {label: each.status for label, each in said.items()}

    def found(self, policy: WitnessPolicy, later: int = 0) -> list[tuple[str, str]]:
        asked = read_asked(self.kept)
        judged = judged_by(policy, kept_in(self.kept))
        listed = findings(policy, judged, asked, self.now + later)
        return [(each.kind, each.label) for each in listed]


@pytest.fixture
def pushing(tmp_path: Path, kept: Path) -> Pushing:
    (tmp_path / "exports").mkdir()
    return Pushing(tmp_path / "exports", kept)


def test_a_log_that_grows_is_cosigned_by_all(two: list[Named], pushing: Pushing) -> None:
    policy = policy_of(two)
    for size in (5, 19, 19, 40, SIZE):
        assert pushing(LOG, size, policy) == {"ars": 200, "ordre": 200}
        newest = next(kept_in(pushing.kept))
        assert newest.head == LOG.head(size)
        assert policy.judge(newest.note).fulfilled
        assert pushing.found(policy) == []
    assert [each.head.size for each in kept_in(pushing.kept)] == [SIZE, 40, 19, 5]


@pytest.mark.promise(number=13)
def test_a_fork_and_a_rollback_are_refused_and_told(two: list[Named], pushing: Pushing) -> None:
    policy = policy_of(two)
    pushing(LOG, 30, policy)
    assert pushing(FORK, 50, policy) == {"ars": 422, "ordre": 422}
    assert pushing.found(policy) == [("refused", "ars"), ("refused", "ordre")]
    with pytest.raises(FolderError, match="two histories"):
        pushing(FORK, 30, policy)
    assert {each.status for each in read_asked(pushing.kept).values()} == {298}
    assert pushing.found(policy) == [("refused", "ars"), ("refused", "ordre")]
    assert pushing(LOG, 20, policy) == {"ars": 409, "ordre": 409}
    assert pushing.found(policy)[0] == ("refused", "ars")
    assert [each.head for each in kept_in(pushing.kept)] == [LOG.head(30)]
    assert pushing(LOG, 50, policy) == {"ars": 200, "ordre": 200}
    assert pushing.found(policy) == []


def test_whoever_knows_another_size_is_asked_again_from_there(
    two: list[Named], pushing: Pushing, tmp_path: Path
) -> None:
    policy = policy_of(two)
    pushing(LOG, 30, policy)
    for path in pushing.kept.iterdir():
        path.unlink()  # what is kept here is lost; the witnesses know
    assert pushing(LOG, 50, policy) == {"ars": 200, "ordre": 200}
    elsewhere = Pushing(tmp_path / "exports", tmp_path / "w-elsewhere")
    elsewhere.kept.mkdir()
    assert elsewhere(LOG, 60, policy) == {"ars": 200, "ordre": 200}
    # Somebody else pushed a larger one: what is kept here knows 50.
    assert pushing(LOG, 55, policy) == {"ars": 409, "ordre": 409}


def test_silence_is_told_after_a_day_and_what_the_policy_lacks_at_once(
    two: list[Named], pushing: Pushing
) -> None:
    dead = [two[0], ("ordre", two[1][1], "http://127.0.0.1:9")]
    policy, any_ = policy_of(dead), policy_of(dead, "any")
    assert pushing(LOG, 30, policy) == {"ars": 200, "ordre": 0}
    assert pushing.found(policy) == [("unmet", "")]
    assert pushing.found(any_) == []
    began = pushing.kept / "asked.json"
    for earlier, said in ((0, []), (1, [("silent", "ordre")])):
        since = f'"since": {pushing.now - SILENT_SECONDS - earlier}'
        began.write_text(re.sub('"since": [0-9]+', since, began.read_text()))
        pushing(LOG, 40, any_)
        assert pushing.found(any_) == said
    # Nobody asked any more: all are silent.
    later = pushing.found(any_, SILENT_SECONDS + 10)
    assert later == [("silent", "ars"), ("silent", "ordre"), ("unmet", "")]


def test_a_witness_with_two_keys_is_asked_once(two: list[Named], pushing: Pushing) -> None:
    _, keys, url = two[0]
    text = "".join(f"witness k{n} {key} {url}/\n" for n, key in enumerate(keys.public))
    policy = parse_policy(f"{text}group q all k0 k1\nquorum q\n".encode())
    asked: list[str] = []

    def counting(place: str, body: bytes) -> WitnessSaid:
        asked.append(place)
        return asker()(place, body)

    assert pushing(LOG, 30, policy, counting) == {"k0": 200, "k1": 200}
    assert asked == [f"{url}/add-checkpoint"]
    assert pushing.found(policy) == []


def test_two_witnesses_on_two_checkpoints_are_no_quorum(
    two: list[Named], pushing: Pushing
) -> None:
    both = policy_of(two)
    pushing(LOG, 30, policy_of([two[0]]))
    pushing(LOG, 40, policy_of([two[1]]))
    judged = judged_by(both, kept_in(pushing.kept))
    assert last_times(judged, pushing.now).keys() == {"ars", "ordre"}
    assert newest_met(judged) is None
    assert ("unmet", "") in pushing.found(both)


def answering(said: Callable[[bytes], WitnessSaid]) -> Ask:
    return lambda _url, body: said(body)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (WitnessSaid(200, b""), 299),
        (WitnessSaid(200, b"no lines\n"), 299),
        (WitnessSaid(200, "\u2014 other.example AAAAAAAAAAA=\n".encode()), 299),
        (WitnessSaid(404, b""), 404),
        (WitnessSaid(503, b"x"), 503),
        (WitnessSaid(302, b""), 302),
        (WitnessSaid(409, b"not a size"), 409),
        (WitnessSaid(409, b"0\n"), 409),
        (WitnessSaid(409, b"999999999999\n"), 409),
    ],
)
def test_whatever_a_witness_answers_is_told_and_nothing_of_it_kept(
    two: list[Named], pushing: Pushing, said: WitnessSaid, status: int
) -> None:
    policy = policy_of(two)
    pushing(LOG, 30, policy)
    found = pushing(LOG, 40, policy, lambda _url, _body: said)
    assert found == {"ars": status, "ordre": status}
    assert pushing.found(policy) == [("refused", "ars"), ("refused", "ordre")]
    assert [each.head.size for each in kept_in(pushing.kept)] == [30]


def test_another_ones_cosignature_is_not_taken_for_a_witnesss(
    two: list[Named], pushing: Pushing
) -> None:
    one, other = two
    crossed = policy_of([("ars", one[1], other[2]), ("ordre", other[1], one[2])])
    assert pushing(LOG, 30, crossed) == {"ars": 299, "ordre": 299}
    replayed = asker()(f"{one[2]}/add-checkpoint", pushed_body(40))
    assert replayed.status in {200, 409}
    assert pushing(LOG, 30, policy_of(two), lambda _url, _body: replayed)["ars"] != 200


def pushed_body(size: int) -> bytes:
    return b"old 0\n\n" + LOG.checkpoint(size)


def test_nothing_of_an_entry_leaves(two: list[Named], pushing: Pushing) -> None:
    bodies: list[bytes] = []

    def listening(url: str, body: bytes) -> WitnessSaid:
        bodies.append(body)
        return asker()(url, body)

    pushing(LOG, 30, policy_of(two), listening)
    pushing(LOG, 60, policy_of(two), listening)
    assert len(bodies) == 4
    for body in bodies:
        head, _, note = body.partition(b"\n\n")
        assert parse(note).text in {parse(LOG.checkpoint(size)).text for size in (30, 60)}
        assert all(len(line) == 44 for line in head.split(b"\n")[1:])
        assert b"action" not in body


def test_no_entry_and_no_reason_is_read(two: list[Named], pushing: Pushing) -> None:
    """As the unit has it: the files of entries are out of reach."""
    place = LOG.until(50).export(pushing.folder / "closed", 50)
    shutil.rmtree(place / "tile" / "entries")
    policy = policy_of(two)
    pushing(LOG, 30, policy)
    push(ExportedLog(place), policy, pushing.kept, asker(), pushing.now)
    assert pushing.found(policy) == []
    assert next(kept_in(pushing.kept)).head == LOG.head(50)


def test_the_newest_hundred_stay(two: list[Named], pushing: Pushing) -> None:
    for size in range(MOST_KEPT + 20):
        (pushing.kept / name_of(1000 + size)).write_bytes(LOG.checkpoint(9))
    pushing(LOG, 30, policy_of(two))
    assert len(list(pushing.kept.glob("*.checkpoint"))) == MOST_KEPT


def test_a_state_of_another_format_is_refused(pushing: Pushing, two: list[Named]) -> None:
    for content in (b"{", b'{"format":"rmp witnesses asked 2","witnesses":{}}'):
        (pushing.kept / "asked.json").write_bytes(content)
        with pytest.raises(FolderError):
            pushing(LOG, 30, policy_of(two))


def test_a_date_far_ahead_says_nothing_of_today(two: list[Named], pushing: Pushing) -> None:
    policy = policy_of(two)
    pushing(LOG, 30, policy)
    pushing.now -= 2 * 86_400
    assert last_times(judged_by(policy, kept_in(pushing.kept)), pushing.now) == {}
    assert ("unmet", "") in pushing.found(policy)


def test_the_command_pushes_and_tells_in_french(
    two: list[Named], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export = LOG.until(30).export(tmp_path / "export", 30)
    policy = tmp_path / "policy"
    policy.write_text(policy_text(two))
    command = ["witness", "push", str(export), "--policy", str(policy)]
    assert audit_main.run(command) == 0
    assert "the policy is met (quorum q)" in capsys.readouterr().out
    assert (export / "witnessed" / "30.checkpoint").exists()
    forked = FORK.export(tmp_path / "forked")
    to = ["--to", str(export / "witnessed"), "--lang", "fr"]
    assert audit_main.run(["witness", "push", str(forked), "--policy", str(policy), *to]) == 1
    said = capsys.readouterr()
    assert "le témoin ars refuse (422) : ce n'est pas l'histoire qu'il a cosignée" in said.err
    shown = ["witness", "status", str(export), "--policy", str(policy), "--json"]
    assert audit_main.run(shown) == 1
    found = json.loads(capsys.readouterr().out)
    assert [each["kind"] for each in found["findings"]] == ["refused", "refused"]
    assert audit_main.run(["witness", "push", str(export)]) == 2


def test_who_is_not_there_is_silent() -> None:
    for url in (
        "http://127.0.0.1:9/x",
        "file:///etc/passwd",
        "ftp://x/",
        "http://",
        "http:///",
    ):
        with pytest.raises(SilentError):
            asker(seconds=2)(url, b"")
