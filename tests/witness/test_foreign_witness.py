"""Our log before somebody else's witness, and our witness before somebody else's client.

The other one is PyPI's ``aics-witness``, which ``scripts/bootstrap campaigns`` puts beside us; it
runs by our Python, in processes of its own.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from witness_case import FORK, LOG, SIZE, made_station, served

from rmp_milter.audit.cosigned import kept_in
from rmp_milter.audit.folder import ExportedLog, FolderError
from rmp_milter.audit.verify import verify
from rmp_milter.tlog.cosignatures import CosignerKey, cosigned_at
from rmp_milter.tlog.notes import parse
from rmp_milter.tlog.policies import WitnessPolicy, parse_policy
from rmp_milter.tlog.proofs import consistency_proof
from rmp_milter.witness.asking import SilentError, asker
from rmp_milter.witness.judging import findings, judged_by
from rmp_milter.witness.own_keys import WitnessKeys
from rmp_milter.witness.pushing import push, read_asked
from rmp_milter.witness.station import origin_hash
from testbed.made_log import KEY, ORIGIN, MadeLog
from testbed.waiting import wait_until

FOREIGN = Path(__file__).parents[2] / ".venv" / "foreign-witness"
NAME = "foreign.example/w1"

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(not FOREIGN.is_dir(), reason="scripts/bootstrap campaigns brings it"),
]


def foreign(*command: str | Path) -> list[str]:
    return [sys.executable, "-m", "aics_witness", *map(str, command)]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(FOREIGN)}


def run(*command: str | Path) -> str:
    done = subprocess.run(
        foreign(*command), env=environment(), capture_output=True, text=True, check=True
    )
    return done.stdout


class ForeignWitness:
    """A witness of others: its folder, its process while it runs."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.config, self.url = folder / "witness.json", f"http://127.0.0.1:{port}"
        where = ("--config", self.config)
        made = run("init", *where, "--name", NAME, "--listen", f"127.0.0.1:{port}")
        self.key = CosignerKey.parse(made.split()[0])
        run("add-log", *where, "--origin", ORIGIN, "--vkey", str(KEY))
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            foreign("serve", "--config", self.config),
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self.answers, 20, "the foreign witness answers")

    def answers(self) -> bool:
        try:
            return asker(2)(f"{self.url}/add-checkpoint", b"no").status == 400
        except SilentError:
            return False

    def end(self, how: signal.Signals) -> None:
        self.process.send_signal(how)
        self.process.wait(20)

    @property
    def policy(self) -> WitnessPolicy:
        return parse_policy(f"witness w {self.key} {self.url}\nquorum w\n".encode())


@pytest.fixture
def other(tmp_path: Path) -> Iterator[ForeignWitness]:
    folder = tmp_path / "foreign"
    folder.mkdir()
    witness = ForeignWitness(folder)
    yield witness
    witness.end(signal.SIGTERM)


def pushed(witness: ForeignWitness, log: MadeLog, size: int, name: str) -> Path:
    place = witness.config.parent / name
    log.until(size).export(place, size)
    (witness.config.parent / "kept").mkdir(exist_ok=True)
    push(ExportedLog(place), witness.policy, kept(witness), asker(), int(time.time()))
    return place


def kept(witness: ForeignWitness) -> Path:
    return witness.config.parent / "kept"


def said(witness: ForeignWitness) -> int:
    return read_asked(kept(witness))["w"].status


def found(witness: ForeignWitness, later: int = 0) -> list[str]:
    now, asked = int(time.time()) + later, read_asked(kept(witness))
    judged = judged_by(witness.policy, kept_in(kept(witness)))
    return [each.kind for each in findings(witness.policy, judged, asked, now)]


@pytest.mark.promise(number=13)
def test_somebody_elses_witness_cosigns_us_and_refuses_forks_and_rollbacks(
    other: ForeignWitness,
) -> None:
    for size in (10, 25, 25, 40):
        pushed(other, LOG, size, f"true-{size}")
        assert (said(other), found(other)) == (200, [])
    newest = next(kept_in(kept(other)))
    assert newest.head == LOG.head(40)
    assert cosigned_at(newest.note, other.key)
    with pytest.raises(FolderError, match="two histories"):
        pushed(other, FORK, 40, "other")
    for log, size, status in ((FORK, 50, 422), (LOG, 20, 409)):
        pushed(other, log, size, f"{status}-{size}")
        assert (said(other), found(other)) == (status, ["refused"])
    place = pushed(other, LOG, SIZE, "again")
    assert (said(other), found(other)) == (200, [])
    (place / "witnessed").mkdir()
    cosigned = (kept(other) / f"{SIZE}.checkpoint").read_bytes()
    (place / "witnessed" / f"{SIZE}.checkpoint").write_bytes(cosigned)
    assert verify(place, KEY, policy=other.policy).findings == []


def test_somebody_elses_witness_that_is_killed_or_silent_is_told(other: ForeignWitness) -> None:
    pushed(other, LOG, 10, "one")
    other.end(signal.SIGKILL)
    pushed(other, LOG, 25, "two")
    assert (said(other), found(other)) == (0, [])
    assert found(other, 86_400 + 60) == ["silent", "unmet"]
    other.start()
    pushed(other, LOG, 40, "three")
    assert (said(other), found(other)) == (200, [])


DRIVER = """
import json, sys
from aics_witness.feeder import WitnessClient, FeederError, merge_cosignatures
url, vkey, state = sys.argv[1:4]
client = WitnessClient(url, vkey, state_path=state)
for line in sys.stdin:
    asked = json.loads(line)
    proofs = {int(old): [bytes.fromhex(h) for h in path] for old, path in asked["proofs"].items()}
    note = asked["note"].encode()
    try:
        lines = client.submit(note, lambda old, new: proofs[old])
        said = {"note": merge_cosignatures(note, lines).decode()}
    except FeederError as error:
        said = {"error": type(error).__name__, "status": getattr(error, "status", None)}
    print(json.dumps(said), flush=True)
"""


class ForeignClient:
    """A log's client of others, before our witness."""

    def __init__(self, url: str, keys: WitnessKeys, state: Path) -> None:
        command = [sys.executable, "-c", DRIVER, url, str(keys.public[0]), str(state)]
        self.process = subprocess.Popen(
            command,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, log: MadeLog, size: int) -> dict[str, object]:
        proofs = {
            old: [each.hex() for each in consistency_proof(log.node, old, size)]
            for old in range(size + 1)
        }
        asked = {"note": log.checkpoint(size).decode(), "proofs": proofs}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        said: dict[str, object] = json.loads(line)
        return said

    def end(self) -> None:
        self.process.communicate()


def shown_by(url: str) -> bytes:
    """Return the checkpoint that a witness shows as its last one."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.request("GET", f"/{origin_hash(ORIGIN)}/checkpoint")
    answer = connection.getresponse().read()
    connection.close()
    return answer


@pytest.mark.promise(number=13)
def test_our_witness_serves_somebody_elses_client(tmp_path: Path) -> None:
    keys = made_station(tmp_path / "w")
    with served(tmp_path / "w") as url:
        client = ForeignClient(url, keys, tmp_path / "state.json")
        for size in (10, 25, 25, 40):
            note = parse(str(client(LOG, size)["note"]).encode())
            assert cosigned_at(note, keys.public[0])
        assert client(FORK, 50)["status"] == 422
        assert client(FORK, 40)["status"] == 422
        assert client(LOG, 20)["error"] == "WitnessAhead"
        assert "note" in client(LOG, SIZE)
        client.end()
        forgetful = ForeignClient(url, keys, tmp_path / "other.json")  # asks from 0, is told
        assert "note" in forgetful(LOG, SIZE)
        assert forgetful(FORK, SIZE)["status"] == 422
        forgetful.end()
        shown = shown_by(url)
    note = tmp_path / "note"
    note.write_bytes(shown)
    options = {"note": note, "origin": ORIGIN, "log-key": KEY, "quorum": 1, "max-age": 600}
    options |= {"witness-key": keys.public[0]}
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    checked = subprocess.run(
        [sys.executable, "-m", "aics_tlog", "verify-checkpoint", *words],
        env=environment(),
        capture_output=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    assert json.loads(checked.stdout)["ok"] is True
