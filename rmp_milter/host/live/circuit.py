"""The mail of ``rmp check --circuit`` on its way: sent to Postfix, answered, opened again.

Who is enrolled for it, and removed, is the command's business (:mod:`rmp_milter.cli.circuit`).
"""

import os
import pwd
import smtplib
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from rmp_milter.certificates import CertificateError, read_certificate
from rmp_milter.config import Config
from rmp_milter.host.live.sink import MailSink, open_sink
from rmp_milter.host.live.smtp_try import Listener
from rmp_milter.host.live.throw_away_key import ThrowAwayKey
from rmp_milter.postfix.facts import (
    CHECK_DOMAIN,
    CHECK_SOCKET,
    CHECK_TRANSPORT,
    PostfixFinding,
    error,
)
from rmp_milter.postfix.surroundings import Surroundings

WAIT_SECONDS = 90.0
NAME, MAIL = "Contrôle du service", f"controle@{CHECK_DOMAIN}"
RPPS = "00000000000"
"""It passes its check digit, and is nobody's."""
PROFESSION = "contrôle"
TEXT = "Demande : aide\r\n"
_OK = 250


@dataclass(frozen=True)
class Ways:
    """Where the mail goes in, and where its answer comes out."""

    door: Listener
    sink: socket.socket


def missing_way(around: Surroundings) -> Iterator[PostfixFinding]:
    """Say that Postfix would not bring the answer to the check."""
    maps = around.settings.get("transport_maps", "")
    if around.look_up(maps, MAIL, CHECK_DOMAIN) != CHECK_TRANSPORT:
        yield error(
            f"transport_maps has no {CHECK_DOMAIN}: the answer of the circuit has no way back",
            f"put '{CHECK_DOMAIN} {CHECK_TRANSPORT}' there: rmp setup postfix",
        )


@contextmanager
def answers_place(settings: Mapping[str, str]) -> Iterator[socket.socket]:
    """Give the socket that Postfix brings the answer to, for as long as the block.

    Raises ``OSError``, also where Postfix has no such user.
    """
    place = Path(settings["queue_directory"], CHECK_SOCKET)
    try:
        owner = pwd.getpwnam(settings.get("mail_owner", "postfix"))
    except KeyError as fault:
        raise OSError("Postfix's user is not on this machine") from fault
    with open_sink(place) as listener:
        try:
            os.chown(place, owner.pw_uid, owner.pw_gid)
            place.chmod(0o600)
            yield listener
        finally:
            with suppress(OSError):
                place.unlink()


def go_round(config: Config, ways: Ways, key: ThrowAwayKey) -> Iterator[PostfixFinding]:
    """Send a request for help, and wait for its answer; yield where it ends before.

    The key's certificate is enrolled already.
    """
    address, now = config.service.addresses[0], int(time.time())
    try:
        certificate = read_certificate(
            (config.paths.public / "service.asc").read_bytes()
        ).binary
        mail = key.letter(TEXT, address, certificate, config.clock, now)
    except (OSError, CertificateError) as fault:
        yield error(f"circuit: nothing can be encrypted to the service: {fault}", "rmp check")
        return
    sink = MailSink(ways.sink)
    if refused := sent(ways.door, address, mail):
        yield error(
            f"circuit: the mail is refused: {refused}",
            "the milter's log says why, by Postfix's queue id",
        )
        return
    answer = sink.wait(WAIT_SECONDS)
    if answer is None:
        yield error(
            f"circuit: no answer within {WAIT_SECONDS:.0f} s",
            "rmp outbox list, then mailq: one of the two has it",
        )
    elif wrong := key.opens(answer, certificate, int(time.time())):
        yield error(
            f"circuit: the answer came, but {wrong}", "rmp check names the keys' faults"
        )


def sent(door: Listener, address: str, mail: bytes) -> str:
    """Hand in a mail as another server does; return what was said if it is not taken."""
    sender = f"postmaster@{address.rpartition('@')[2]}"
    try:
        with smtplib.SMTP(door.host, door.port, timeout=WAIT_SECONDS) as client:
            client.ehlo()
            code, said = client.mail(sender, [f"size={len(mail)}"])
            if code == _OK:
                code, said = client.rcpt(address)
            if code == _OK:
                code, said = client.data(mail)
    except (smtplib.SMTPException, OSError) as fault:
        return str(fault)
    return "" if code == _OK else f"{code} {said.decode(errors='replace')}"
