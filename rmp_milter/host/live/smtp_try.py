"""Postfix's listeners tried as a client does: STARTTLS, what follows it, and each recipient."""

import smtplib
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from socket import getservbyname

from rmp_milter.postfix.facts import Expectations, PostfixFinding, Service, entrances, error
from rmp_milter.postfix.values import words

SECONDS = 20
_LOCAL = frozenset({"all", "loopback-only", "localhost", "0.0.0.0", "[::]", ""})  # noqa: S104 -- read, not bound
_LOG = "Postfix's log (journalctl -u 'postfix@*', or mail.log) says why"


@dataclass(frozen=True)
class Listener:
    """Where a listener is reached, and what is to be tried there."""

    name: str
    host: str
    port: int
    with_tls: bool
    with_recipients: bool


def listeners(settings: Mapping[str, str], expected: Expectations) -> Iterator[Listener]:
    """Yield the network listeners by which mail comes in."""
    for one in entrances(settings, expected):
        place, _, kind = one.name.rpartition("/")
        if kind != "inet":
            continue
        host, _, port = place.rpartition(":")
        try:
            number = int(port) if port.isdecimal() else getservbyname(port, "tcp")
        except OSError:
            continue
        if one.value("smtpd_tls_wrappermode") == "yes":
            continue
        yield Listener(
            one.name,
            _reached_at(host.strip("[]") or _first(one)),
            number,
            one.value("smtpd_tls_security_level") in {"may", "encrypt"},
            # A port for who has an account alone refuses all others, and rightly.
            "reject" not in words(one.value("smtpd_client_restrictions")),
        )


def _first(one: Service) -> str:
    return next(iter(words(one.value("inet_interfaces"))), "")


def _reached_at(host: str) -> str:
    return "127.0.0.1" if host in _LOCAL else host


def try_listener(one: Listener, addresses: Sequence[str]) -> Iterator[PostfixFinding]:
    """Yield what a client would meet there."""
    where = f"{one.name} ({one.host}, port {one.port})"
    try:
        with smtplib.SMTP(one.host, one.port, timeout=SECONDS) as client:
            yield from _tried(client, one, where, addresses)
    except smtplib.SMTPException as fault:
        yield error(f"{where}: the session ends: {_words(fault)}", _LOG)
    except OSError as fault:
        yield error(f"{where}: {fault.strerror or fault}", "start Postfix: postfix status")


def _tried(
    client: smtplib.SMTP, one: Listener, where: str, addresses: Sequence[str]
) -> Iterator[PostfixFinding]:
    client.ehlo()
    if one.with_tls:
        try:
            _start_tls(client)
        except (smtplib.SMTPException, ssl.SSLError, OSError) as fault:
            yield error(
                f"{where}: STARTTLS fails: {_words(fault)}",
                f"look at the certificate, and whether the SASL server runs; {_LOG}",
            )
            return
    if one.with_recipients:
        for address in addresses:
            yield from _recipient(client, where, address)


def _start_tls(client: smtplib.SMTP) -> None:
    """Turn to TLS, and say EHLO again: there smtpd offers AUTH, and ends if it cannot."""
    if not client.has_extn("starttls"):
        raise smtplib.SMTPNotSupportedError("it is not offered")
    # Who the server is, is no question here: it is this machine's, under another name perhaps.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    client.starttls(context=context)
    client.ehlo()
    if not client.ehlo_resp:
        raise smtplib.SMTPServerDisconnected("nothing is said after it")


def _recipient(client: smtplib.SMTP, where: str, address: str) -> Iterator[PostfixFinding]:
    code, said = client.mail("")
    if code == _OK:
        code, said = client.rcpt(address)
    client.rset()
    if code != _OK:
        text = said.decode(errors="replace").replace("\n", " ")
        yield error(f"{where}: {address} is refused: {code} {text}", _LOG)


_OK = 250


def _words(fault: BaseException) -> str:
    if isinstance(fault, smtplib.SMTPResponseException):
        said = fault.smtp_error
        text = said.decode(errors="replace") if isinstance(said, bytes) else said
        return f"{fault.smtp_code} {text}"
    return str(fault) or type(fault).__name__
