"""Whoever speaks to the milter's socket: nothing leaks, and the next mail gets its 250."""

import os
import random
import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from keeper_proxy import KeeperProxy

from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.opening import Open
from testbed.doctor import Doctor
from testbed.milter_client import (
    CHUNK,
    Command,
    Heard,
    MilterClient,
    Step,
    opening,
    packet,
    steps_of,
)
from testbed.processes import threads
from testbed.service import Part, Service
from testbed.waiting import wait_until

pytestmark = pytest.mark.integration

IDLE, ROUNDS, MEGABYTES_MORE = 1500, 3, 8
TAKEN = Heard(b"d", b"")
SECONDS = 30
WAITING, OTHERS, HELD_SECONDS = 60, 20, 20
ODDS = [75, 10, 10, 3, 1, 1]
SIGNS = b"abc@<>: .\r\n\x80\xff"
SAYING = [each for each in Command if each not in {Command.OPTIONS, Command.MACRO}]
BUSY = 8
"""Threads of the milter's own, and those of the last connections that are about to end."""


@dataclass
class Stand:
    """A milter with its keeper, without a Postfix; a doctor whose mails it takes."""

    service: Service
    doctor: Doctor
    sent: int = 0

    @property
    def pid(self) -> int:
        """The milter's process id."""
        return self.service.pids_of(Part.MILTER)[0]

    def client(self) -> MilterClient:
        return MilterClient(self.service.milter_socket)

    def mail(self) -> bytes:
        """Return a mail that was never sent before."""
        self.sent += 1
        return self.doctor.pgp_mime(f"Demande : aide\n\nMerci {self.sent}.\n")

    def steps(self, mail: bytes) -> list[Step]:
        return steps_of(self.doctor.mail, [self.doctor.service], mail)

    def takes_a_mail(self) -> bool:
        """Whether the next mail gets its 250, as any other."""
        with self.client() as client:
            client.negotiate()
            return client.run([*opening(), *self.steps(self.mail())]) == TAKEN

    def files(self) -> int:
        folders = [Path(f"/proc/{pid}/fd") for pid in self.service.pids()]
        return sum(len(list(folder.iterdir())) for folder in folders)

    def settled(self, files: int) -> None:
        """Wait until no more files are open than before, and connections' threads are gone."""
        wait_until(lambda: self.files() <= files, SECONDS, "files given back")
        wait_until(lambda: len(threads(self.pid)) <= BUSY, SECONDS, "threads ended")

    def memory(self) -> int:
        """Return the milter's own memory in megabytes (proc(5), RssAnon)."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("\nRssAnon:")[2].split()[0]) // 1024


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    with Service(1) as service, Doctor("Dr Paul DEMO", "paul@cabinet.test") as doctor:
        service.start(Part.KEEPER, Part.MILTER)
        service.wait_ready()
        service.enrol(doctor, 1)
        made = Stand(service, doctor)
        assert made.takes_a_mail()
        yield made


def test_a_mail_that_breaks_off_anywhere_leaves_nothing(stand: Stand) -> None:
    """By an abort that another mail follows, by a quit, and by hanging up."""
    mail = stand.mail()
    steps = stand.steps(mail)
    files = stand.files()
    for end in range(len(steps)):
        with stand.client() as client:
            client.negotiate()
            client.run(opening())
            for broken in (steps[:end], steps[: end // 2]):
                client.run(broken)
                client.send(Step(Command.ABORT))
            client.run(steps[:end])
            if end % 2:
                client.send(Step(Command.QUIT))
    stand.settled(files)
    with stand.client() as client:  # the same mail: nothing of it was kept
        client.negotiate()
        assert client.run([*opening(), *steps[:-1]]) is None
        client.send(Step(Command.ABORT))
        assert client.run(steps) == TAKEN
    assert stand.takes_a_mail()


def test_a_packet_that_breaks_off_anywhere_leaves_nothing(stand: Stand) -> None:
    whole = b"".join(map(packet, [*opening(), *stand.steps(stand.mail())]))
    files = stand.files()
    for end in range(0, len(whole), max(1, len(whole) // 60)):
        with stand.client() as client:
            client.negotiate()
            client.send_raw(whole[:end])
    stand.settled(files)
    assert stand.takes_a_mail()


def test_several_mails_of_one_connection_are_told_apart(stand: Stand) -> None:
    first, second = (stand.steps(stand.mail()) for _ in range(2))
    stranger = steps_of("eve@stranger.test", [stand.doctor.service], b"Subject: x\r\n\r\nx\r\n")
    with stand.client() as client:
        client.negotiate()
        assert client.run([*opening(), *first]) == TAKEN
        refused = client.run(stranger)
        assert refused is not None
        assert refused.letter == b"y"
        assert refused.data.startswith(b"550 5.7.1")
        assert client.run(second) == TAKEN


ODD_ORDERS = {
    "the end before all else": [Command.END_OF_BODY],
    "a body without a mail": [Command.BODY, Command.BODY, Command.END_OF_BODY],
    "header without an envelope": [Command.HEADER, Command.END_OF_HEADER, Command.END_OF_BODY],
    "data twice": [Command.MAIL, Command.RECIPIENT, Command.DATA, Command.DATA],
    "a recipient before the sender": [Command.RECIPIENT, Command.MAIL, Command.DATA],
    "one end after the other": [Command.MAIL, *[Command.END_OF_BODY] * 5],
    "recipients within the body": [
        *(Command.MAIL, Command.RECIPIENT, Command.DATA, Command.BODY),
        *(Command.RECIPIENT, Command.BODY, Command.MAIL, Command.END_OF_BODY),
    ],
    "aborts alone": [Command.ABORT] * 20,
    "options again": [Command.OPTIONS, Command.MAIL, Command.OPTIONS, Command.END_OF_BODY],
    "a new connection within a mail": [
        Command.MAIL,
        Command.RECIPIENT,
        Command.NEXT_CONNECTION,
    ],
}


@pytest.mark.parametrize("order", ODD_ORDERS)
def test_commands_in_an_odd_order_do_nothing(stand: Stand, order: str) -> None:
    files = stand.files()
    with stand.client() as client, suppress(OSError):
        client.negotiate()
        for command in ODD_ORDERS[order]:
            client.send(Step(command, b"<x@x.test>\0x\0"))
        client.hear_out()
    stand.settled(files)
    assert stand.takes_a_mail()


def strings(chance: random.Random) -> bytes:
    """Return two strings of anything, ended as libmilter expects of its peer: it trusts that.

    A packet without the last NUL byte ends libmilter itself, now and then: Postfix sends none.
    """
    said = (bytes(chance.choices(SIGNS, k=chance.randrange(150))) for _ in range(2))
    return b"".join(each + b"\0" for each in said)


def at_random(steps: list[Step], chance: random.Random) -> Iterator[bytes]:
    """Yield steps as they travel: left out, doubled, with other data, cut off in the middle."""
    for step in steps:
        kind = chance.choices(["right", "missing", "other", "data", "cut", "twice"], ODDS)[0]
        match kind:
            case "missing":
                continue
            case "other":
                yield packet(Step(chance.choice(SAYING), strings(chance)))
            case "data":
                yield packet(Step(step.command, strings(chance)))
            case "cut":
                whole = packet(step)
                yield whole[: chance.randrange(len(whole))]
                return
            case "twice":
                yield packet(step)
        yield packet(step)


def session(stand: Stand, mail: bytes, chance: random.Random) -> None:
    """Say anything, and hang up at some time or listen to the end."""
    steps = [*opening(), *stand.steps(mail)]
    with stand.client() as client, suppress(OSError, EOFError):
        if chance.random() < 0.9:
            client.negotiate()
        for said in at_random(steps, chance):
            client.send_raw(said)
        if chance.random() < 0.7:
            client.hear_out()


@pytest.mark.parametrize(
    "sessions", [40, pytest.param(5_000, marks=pytest.mark.soak)], ids=["short", "long"]
)
def test_sessions_at_random_leave_nothing(stand: Stand, sessions: int) -> None:
    mails = [stand.mail(), b"Subject: x\r\n\r\n" + b"x" * 3 * CHUNK]
    files = stand.files()
    levels = []
    for seed in range(ROUNDS):
        chance = random.Random(seed)  # noqa: S311 -- a test's choice, with a seed
        for _ in range(sessions):
            session(stand, chance.choice(mails), chance)
        stand.settled(files)
        levels.append(stand.memory())
    assert levels[-1] - levels[0] <= MEGABYTES_MORE
    assert stand.takes_a_mail()


def test_idle_connections_keep_nobody_out_and_leave_nothing(stand: Stand) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < 2 * IDLE:
        pytest.skip(f"no process here may open more than {most} files")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before, 2 * IDLE), most))
    files = stand.files()
    steps = stand.steps(stand.mail())
    with ExitStack() as idle:
        for number in range(IDLE):
            client = idle.enter_context(stand.client())
            if number % 2:
                client.negotiate()
            if number % 10 == 1:
                client.run([*opening(), *steps[:4]])
        assert stand.files() > IDLE  # the others of these processes come and go
        assert stand.takes_a_mail()
    resource.setrlimit(resource.RLIMIT_NOFILE, (before, most))
    stand.settled(files)
    assert stand.takes_a_mail()


def told_but_for_the_end(stand: Stand, sender: Doctor, mail: bytes) -> MilterClient:
    client = stand.client()
    client.negotiate()
    client.run([*opening(), *steps_of(sender.mail, [stand.doctor.service], mail)[:-1]])
    return client


def test_mails_that_wait_keep_no_other_connection_waiting(stand: Stand) -> None:
    """Few threads of libmilter's serve all connections; it must not count on those that wait."""
    held = threading.Event()

    def passing(request: Request, reply: Reply | None) -> bool:
        strange = isinstance(request, Open) and not request.persons
        return held.wait(HELD_SECONDS) if strange and reply is None else True

    with Doctor("Dr Eve", "eve@stranger.test") as eve, ExitStack() as open_ones:
        eve.import_key(stand.service.certificate)
        proxy = open_ones.enter_context(closing(KeeperProxy(stand.service.keeper_socket)))
        proxy.passing = passing
        strange, known = eve.pgp_mime("Demande : aide\n"), stand.steps(stand.mail())
        waiting = [told_but_for_the_end(stand, eve, strange) for _ in range(WAITING)]
        patience, path = HELD_SECONDS / 2, stand.service.milter_socket
        others = [open_ones.enter_context(MilterClient(path, patience)) for _ in range(OTHERS)]
        for other in others:
            other.negotiate()
        os.kill(stand.pid, signal.SIGSTOP)  # so that all of this comes in one moment
        for client in waiting:
            client.send(Step(Command.END_OF_BODY))
        connect, helo = opening()
        for other in others:
            other.send(connect)
        os.kill(stand.pid, signal.SIGCONT)
        for other in others:
            other.reply_to(connect)
            assert other.run([helo, *known]) == TAKEN
        held.set()
        for client in waiting:
            assert client.hear().data.startswith(b"550 5.7.1"), stand.service.all_logs()
            client.close()
