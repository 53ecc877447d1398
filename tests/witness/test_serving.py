"""A witness on HTTP: the specification's answers, and bounds on whatever a stranger does."""

import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from witness_case import FORK, LOG, made_station, served, submission

from rmp_milter.tlog.checkpoints import read_checkpoint
from rmp_milter.tlog.cosignatures import cosigned_at
from rmp_milter.tlog.notes import parse, read_signatures, with_signatures
from rmp_milter.tlog.witnessing import MAX_SUBMISSION
from rmp_milter.witness import serving
from rmp_milter.witness.asking import SilentError, asker
from rmp_milter.witness.own_keys import read_keys
from rmp_milter.witness.serving import MOST_AT_ONCE
from rmp_milter.witness.station import WitnessAnswer, origin_hash
from testbed.made_log import KEY, ORIGIN

COMMAND = [sys.executable, "-c", "from rmp_milter.cli.audit_main import main; main()"]
ADD = "/add-checkpoint"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "witness"
    made_station(place)
    return place


@pytest.fixture
def told() -> list[WitnessAnswer]:
    return []


@pytest.fixture
def url(folder: Path, told: list[WitnessAnswer]) -> Iterator[str]:
    with served(folder, told.append) as place:
        yield place


def raw(url: str, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), 10) as connection:
        connection.sendall(request)
        pieces = []
        while piece := connection.recv(4096):
            pieces.append(piece)
    return b"".join(pieces)


def test_each_answer_is_the_specifications(url: str, folder: Path) -> None:
    ask = asker()
    said = ask(url + ADD, submission(LOG, 0, 25))
    assert said.status == 200
    lines = read_signatures(said.body)
    note = with_signatures(parse(LOG.checkpoint(25)), lines)
    assert all(cosigned_at(note, key) for key in read_keys(folder).public)
    for body, status, answer in (
        (b"no", 400, None),
        (submission(LOG, 25, 60).replace(b"chu.example", b"chv.example"), 404, None),
        (submission(LOG, 25, 60).replace(b"\n60\n", b"\n61\n"), 403, None),
        (submission(LOG, 10, 60), 409, b"25\n"),
        (submission(FORK, 25, 60), 422, None),
        (submission(LOG, 25, 60), 200, None),
    ):
        said = ask(url + ADD, body)
        assert said.status == status
        assert answer in {None, said.body}


def test_another_size_has_its_own_type_and_connections_are_kept(url: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(url).port or 0, timeout=10)
    connection.request("POST", ADD, submission(LOG, 0, 25))
    assert connection.getresponse().read()
    socket_before = connection.sock
    connection.request("POST", ADD, submission(LOG, 0, 60))
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Content-Type"]) == (409, "text/x.tlog.size")
    assert answer.read() == b"25\n"
    assert connection.sock is socket_before is not None
    assert answer.headers["Server"].strip() == "rmp-witness"
    connection.close()


def test_what_was_cosigned_last_can_be_read(url: str, folder: Path) -> None:
    path = f"{url}/{origin_hash(ORIGIN)}/checkpoint"
    assert get(path)[0] == 404
    asker()(url + ADD, submission(LOG, 0, 25))
    asker()(url + ADD, submission(LOG, 25, 60))
    status, note = get(path)
    assert status == 200
    assert read_checkpoint(note, KEY) == LOG.head(60)
    assert cosigned_at(parse(note), read_keys(folder).public[0])
    for other in ("/", f"/{origin_hash('x')}/checkpoint", "/../witness.key", "/logs", ADD):
        assert get(url + other)[0] == 404


def get(url: str) -> tuple[int, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    connection.request("GET", parts.path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n\r\n", b"411"),
        (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"411"),
        (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 9e9\r\n\r\n", b"411"),
        (
            b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: %d\r\n\r\n"
            % (MAX_SUBMISSION + 1),
            b"413",
        ),
        (b"POST /sign-subtree HTTP/1.1\r\nContent-Length: 0\r\n\r\n", b"404"),
        (b"PUT /add-checkpoint HTTP/1.1\r\nContent-Length: 0\r\n\r\n", b"501"),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414"),
        (
            b"GET / HTTP/1.1\r\n" + b"".join(b"A%d: b\r\n" % n for n in range(200)) + b"\r\n",
            b"431",
        ),
    ],
)
def test_what_is_no_request_of_it_is_refused(url: str, request_: bytes, status: bytes) -> None:
    assert raw(url, request_).split()[1] == status


def test_who_says_nothing_is_let_go(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving._Handler, "timeout", 0.2)
    assert raw(url, b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 100\r\n\r\nold") == b""


def test_who_says_little_at_a_time_is_let_go(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "LONGEST", 0.3)
    sent = 0
    with (
        socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), 10) as connection,
        suppress(OSError),
    ):
        while sent < 1000:
            connection.sendall(b"x")
            sent += 1
            time.sleep(0.05)
    assert 0 < sent < 1000


def test_no_more_than_so_many_are_served_at_once(url: str) -> None:
    port = urlsplit(url).port or 0
    held = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(MOST_AT_ONCE)]
    for each in held:
        each.sendall(b"G")
    with socket.create_connection(("127.0.0.1", port), 10) as refused:
        assert refused.recv(1) == b""
    for each in held:
        each.close()
    ends = time.monotonic() + 20
    while time.monotonic() < ends:
        try:
            if asker()(url + ADD, submission(LOG, 0, 25)).status in {200, 409}:
                return
        except SilentError:
            continue
    pytest.fail("it does not serve again")


def test_a_state_that_cannot_be_read_is_an_answer_too(
    url: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "logs" / origin_hash(ORIGIN)).write_bytes(b"{}")
    assert asker()(url + ADD, submission(LOG, 0, 25)).status == 500
    ends = time.monotonic() + 10
    said = ""
    while "StationError" not in said and time.monotonic() < ends:
        said += capsys.readouterr().err
    assert "StationError" in said


class Serving:
    """``rmp-audit witness serve`` as a process."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "witness", "serve", str(folder), "--port", "0", "--lang", "fr"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.url = f"http://127.0.0.1:{self.process.stdout.readline().split()[-1]}"

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        self.out, self.err = self.process.communicate(timeout=20)
        return self.process.returncode


@pytest.mark.slow
def test_the_command_serves_alone_and_ends_when_told(folder: Path) -> None:
    first = Serving(folder)
    assert asker()(first.url + ADD, submission(LOG, 0, 25)).status == 200
    second = subprocess.run(
        [*COMMAND, "witness", "serve", str(folder), "--port", "0"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (second.returncode, second.stdout) == (1, "")
    assert "another process serves it already" in second.stderr
    assert asker()(first.url + ADD, submission(FORK, 25, 60)).status == 422
    assert first.end(signal.SIGTERM) == 0
    assert first.out == "témoin : 200 chu.example/rmp : cosigné\n"
    assert first.err.startswith("rmp-audit: témoin : 422 chu.example/rmp : rien ne prouve")


def killed_rounds(folder: Path, rounds: int) -> None:
    """Kill a serving process again and again while a log and its fork are submitted in turn."""
    cosigned: list[tuple[str, int]] = []
    for number in range(rounds):
        server = Serving(folder)
        timer = subprocess.Popen(["sleep", f"{number % 7 * 0.004}"])
        ends = False
        while not ends:
            for which, log in (("fork", FORK), ("true", LOG)):
                try:
                    known = asker()(server.url + ADD, submission(log, 0, 1))
                    old = int(known.body) if known.status == 409 else 0
                    size = min(old + 1 if old > 20 else 21, 60)
                    said = asker()(server.url + ADD, submission(log, old, size))
                except SilentError:
                    ends = True
                    break
                if said.status == 200:
                    cosigned.append((which, size))
                if timer.poll() is not None and not ends and server.process.poll() is None:
                    server.process.kill()
        server.end(signal.SIGKILL)
    forged = {which for which, size in cosigned if size > 20}
    assert len(forged) == 1


@pytest.mark.slow
@pytest.mark.promise(number=13)
def test_killed_while_it_serves_it_cosigns_one_history(folder: Path) -> None:
    killed_rounds(folder, 3)


@pytest.mark.soak
def test_killed_again_and_again_it_cosigns_one_history(tmp_path: Path) -> None:
    for number in range(4):
        place = tmp_path / str(number)
        made_station(place)
        killed_rounds(place, 20)
