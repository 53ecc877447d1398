"""What the courier says to a server, and what it makes of replies and lost connections."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

import pytest
from courier_case import ScriptedServer, smtp_server

from rmp_milter.courier import sending
from rmp_milter.courier.delivery import Reply, WholeMail
from rmp_milter.courier.dialogue import _parts
from rmp_milter.courier.sending import SmtpLine

MAIL = WholeMail(b"From: a@b.test\r\n", b"Bonjour\r\n")
NO_CHECK = list[object]().clear
SENDER, SIGNED = "rmp+bounce-x@rmp.test", b"DKIM-Signature: x\r\n"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with smtp_server() as server:
        yield server


@pytest.fixture
def line(server: ScriptedServer) -> Iterator[SmtpLine]:
    line = SmtpLine("127.0.0.1", server.port)
    yield line
    line.close()


def send(line: SmtpLine, recipient: str = "dr@x.test", mail: WholeMail = MAIL) -> Reply:
    return line.send(SENDER, recipient, SIGNED, mail, NO_CHECK)


Script = Callable[[IO[bytes], IO[bytes]], None]


@contextmanager
def scripts(*each: Script) -> Iterator[SmtpLine]:
    """Give a line to a server that follows one script for each connection, in order."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for script in each:
                client, _ = listener.accept()
                with client, client.makefile("rb") as ours, client.makefile("wb") as theirs:
                    script(ours, theirs)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        line = SmtpLine("127.0.0.1", listener.getsockname()[1])
        yield line
        line.close()
        thread.join(5)
        assert not thread.is_alive()


def greet(ours: IO[bytes], theirs: IO[bytes]) -> None:
    say(theirs, "220 test")
    assert ours.readline().startswith(b"ehlo")
    say(theirs, "250-test", "250 PIPELINING")


def say(theirs: IO[bytes], *lines: str) -> None:
    theirs.write("".join(f"{line}\r\n" for line in lines).encode())
    theirs.flush()


def take(ours: IO[bytes], theirs: IO[bytes], commands: int = 3) -> None:
    """Answer a whole envelope, only when all of it is there, and take the content."""
    words = [ours.readline()[:4] for _ in range(commands)]
    assert words[-3:] == [b"MAIL", b"RCPT", b"DATA"]
    say(theirs, *["250 ok"] * (commands - 1), "354 go on")
    while ours.readline() != b".\r\n":
        pass
    say(theirs, "250 2.0.0 Ok: queued as 4abcDEF")


def test_an_envelope_comes_in_one_go() -> None:
    """The server says nothing to it before it has heard the last command."""

    def script(ours: IO[bytes], theirs: IO[bytes]) -> None:
        greet(ours, theirs)
        take(ours, theirs)
        take(ours, theirs, commands=4)

    with scripts(script) as line:
        assert send(line).code == 250
        assert send(line).code == 250


def test_a_kept_connection_is_reset_before_each_mail_and_a_new_one_is_not(
    server: ScriptedServer, line: SmtpLine
) -> None:
    for recipient in ("a@x.test", "550@x.test", "b@x.test"):
        send(line, recipient)
    assert server.commands == [b"MAIL", b"RCPT"] + 2 * [b"RSET", b"MAIL", b"RCPT"]
    assert server.connections == 1


@pytest.mark.parametrize("code", [550, 451])
def test_a_refusal_leaves_the_connection_in_step(
    server: ScriptedServer, line: SmtpLine, code: int
) -> None:
    for _ in range(3):
        assert send(line, f"{code}@x.test").code == code
        assert send(line) == Reply(250, "2.0.0 Ok: queued as 4abcDEF")
    assert len(server.mails) == 3
    assert server.connections == 1


def test_a_server_that_wants_the_content_of_a_refused_mail_gets_none(
    server: ScriptedServer, line: SmtpLine
) -> None:
    server.careless = True
    assert send(line, "550@x.test").code == 550
    assert send(line).code == 250
    assert server.mails == [SIGNED + MAIL.header + b"\r\n" + MAIL.body]
    assert server.connections == 2


def test_a_server_that_takes_its_leave_in_the_envelope_is_heard() -> None:
    def script(ours: IO[bytes], theirs: IO[bytes]) -> None:
        greet(ours, theirs)
        ours.readline()
        say(theirs, "421 4.3.2 closing")

    with scripts(script) as line:
        assert send(line) == Reply(421, "4.3.2 closing")


@pytest.mark.parametrize("leave", [(), ("421 4.4.2 timeout",), ("250 ok",), ("250 ok",) * 3])
def test_a_kept_connection_that_goes_before_the_content_costs_nothing(
    leave: tuple[str, ...],
) -> None:
    def first(ours: IO[bytes], theirs: IO[bytes]) -> None:
        greet(ours, theirs)
        take(ours, theirs)
        for _ in range(4):
            ours.readline()
        say(theirs, *leave)

    def second(ours: IO[bytes], theirs: IO[bytes]) -> None:
        greet(ours, theirs)
        take(ours, theirs)

    with scripts(first, second) as line:
        assert send(line).code == 250
        assert send(line).code == 250


@pytest.mark.promise(number=7)
def test_what_is_lost_behind_the_content_is_not_sent_again_at_once() -> None:
    """Nobody knows whether the server has it: the row waits for its next try."""

    def script(ours: IO[bytes], theirs: IO[bytes]) -> None:
        greet(ours, theirs)
        take(ours, theirs)
        for _ in range(4):
            ours.readline()
        say(theirs, "250 ok", "250 ok", "250 ok", "354 go on")
        while ours.readline() != b".\r\n":
            pass

    with scripts(script) as line:
        assert send(line).code == 250
        assert send(line) == Reply(0, "connection lost: SMTPServerDisconnected")


def test_a_connection_is_opened_anew_after_so_many_mails(
    server: ScriptedServer, line: SmtpLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MAILS_A_CONNECTION", 3)
    assert {send(line).code for _ in range(7)} == {250}
    assert (server.connections, len(server.mails)) == (3, 7)


@pytest.mark.parametrize("offers", [["250-SIZE"], ["250-SIZE", "250-PIPELINING"]])
def test_addresses_outside_ascii_need_a_server_that_takes_them(
    server: ScriptedServer, line: SmtpLine, offers: list[str]
) -> None:
    server.offers = offers
    assert send(line, "médecin@x.test").code == 553
    server.offers = [*offers, "250-SMTPUTF8"]
    line.close()
    assert send(line, "médecin@x.test").code == 250


@pytest.mark.parametrize("where", ["sender", "recipient"])
def test_no_address_ends_a_command(server: ScriptedServer, line: SmtpLine, where: str) -> None:
    addresses = {"sender": SENDER, "recipient": "dr@x.test"}
    addresses[where] = "a@b>\r\nRSET\r\nx@y"
    reply = line.send(signature=b"", mail=MAIL, check=NO_CHECK, **addresses)
    assert reply.code == 553
    assert server.commands == []


@pytest.mark.parametrize("size", [10, 300_000])
def test_dots_are_doubled_in_mails_of_any_size(size: int) -> None:
    body = b".\r\n" + b"x" * size + b"\r\n.y\r\n"
    sent = b"".join(_parts(WholeMail(b"From: a\r\n", body)))
    assert sent == b"From: a\r\n\r\n..\r\n" + b"x" * size + b"\r\n..y\r\n.\r\n"
