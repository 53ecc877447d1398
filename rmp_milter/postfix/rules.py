"""What a Postfix in front of the service must have set, judged from its settings alone.

Pure: :mod:`rmp_milter.postfix.settings` asks Postfix. The settings are a mapping of
``postconf`` names to expanded values: plain for main.cf (``in_flow_delay``), and
``service/type/name`` for master.cf, both its columns (``smtp/inet/chroot``) and what it
overrides (``10026/inet/smtpd_milters``). postfix/README.md gives the reasons at length.
"""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from rmp_milter.postfix.values import Milter, milters, number, seconds, words

ABSENT = "lmtp:unix:private/rmp-service-is-not-available"
"""The transport of the service's addresses: it only waits (postfix/transport)."""


class Severity(StrEnum):
    """``error``: mail can be lost, read past the service or never answered."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class PostfixFinding:
    """One thing to change: what is wrong, in one line, and what to set instead."""

    severity: Severity
    line: str
    hint: str


@dataclass(frozen=True)
class Expectations:
    """What the service's own configuration says, and what look-ups in Postfix gave.

    ``routes`` and ``aliases`` map each service address to the answer of transport_maps
    and virtual_alias_maps (empty where there is none); ``milter_exceptions`` are the
    entries of smtpd_milter_maps that say DISABLE.
    """

    milter_socket: Path
    service_addresses: tuple[str, ...]
    message_bytes: int
    reinject_port: int
    routes: Mapping[str, str]
    aliases: Mapping[str, str] = field(default_factory=dict)
    milter_exceptions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Service:
    """One service of master.cf, seen with its overrides; ``name`` as ``smtp/inet``."""

    name: str
    settings: Mapping[str, str]

    def value(self, parameter: str) -> str:
        """Return what the service sees as ``parameter``, empty where unset."""
        main = self.settings.get(parameter, "")
        return self.settings.get(f"{self.name}/{parameter}", main).strip()

    @property
    def address(self) -> str:
        """The host and port of a listener, or a service's name."""
        return self.name.rsplit("/", 1)[0]

    @property
    def port(self) -> str:
        """The port of a listener, as master.cf writes it."""
        return self.address.rpartition(":")[2]

    def asks(self, socket: Path) -> Milter | None:
        """Return the milter behind ``socket`` if this smtpd asks it."""
        if "no_milters" in words(self.value("receive_override_options")):
            return None
        return _behind(socket, self.value("smtpd_milters"), self)


def findings(
    settings: Mapping[str, str],
    expectations: Expectations,
    answers: Mapping[str, str] | None = None,
) -> list[PostfixFinding]:
    """Return all that is to be changed, errors first; empty where all is well.

    ``answers`` are the settings of the Postfix that sends the answers, if it is another one.
    """
    found = [one for rule in _RULES for one in rule(settings, expectations)]
    found += _reinjection(settings if answers is None else answers, expectations)
    return sorted(found, key=lambda one: one.severity is not Severity.ERROR)


def _error(line: str, hint: str) -> PostfixFinding:
    return PostfixFinding(Severity.ERROR, line, hint)


def _warning(line: str, hint: str) -> PostfixFinding:
    return PostfixFinding(Severity.WARNING, line, hint)


def _behind(socket: Path, value: str, service: Service) -> Milter | None:
    """Return the milter of a list that is our socket, as the service's process sees it."""
    queue = service.settings.get("queue_directory", "/var/spool/postfix")
    jailed = service.value("chroot") == "y"
    for milter in milters(value):
        kind, _, path = milter.address.partition(":")
        if kind in {"unix", "local"}:
            inside = jailed or not path.startswith("/")
            seen = f"{queue}/{path}" if inside else path
            if _plain(seen) == _plain(str(socket)):
                return milter
    return None


def _plain(path: str) -> str:
    normal = posixpath.normpath(path)
    return normal.removeprefix("/var") if normal.startswith("/var/run/") else normal


def _smtpd_services(settings: Mapping[str, str]) -> list[Service]:
    names = [key.removesuffix("/command") for key in settings if key.endswith("/command")]
    services = [Service(name, settings) for name in names]
    return [one for one in services if one.value("command").split()[:1] == ["smtpd"]]


def _entrances(settings: Mapping[str, str], expected: Expectations) -> list[Service]:
    port = str(expected.reinject_port)
    return [one for one in _smtpd_services(settings) if one.port != port]


def _milter_is_asked(
    settings: Mapping[str, str], expected: Expectations
) -> Iterator[PostfixFinding]:
    entrances = _entrances(settings, expected)
    without = [one for one in entrances if one.asks(expected.milter_socket) is None]
    if len(without) == len(entrances):
        yield _error(
            f"no smtpd asks the milter at {expected.milter_socket}",
            "set smtpd_milters to this socket, as smtpd sees it: "
            "in a chroot, its path starts at queue_directory",
        )
        return
    for one in without:
        yield _warning(
            f"the listener {one.name} does not ask the milter",
            "mail for the service that enters there waits and comes back; "
            "take -o smtpd_milters and no_milters away unless that is meant",
        )


def _absent_milter_delays(
    settings: Mapping[str, str], expected: Expectations
) -> Iterator[PostfixFinding]:
    for one in _entrances(settings, expected):
        milter = one.asks(expected.milter_socket)
        if milter is None:
            continue
        action = milter.options.get("default_action", one.value("milter_default_action"))
        if action != "tempfail":
            yield _error(
                f"{one.name}: when the milter is down, Postfix does {action!r}",
                "set default_action=tempfail for the milter, so that mail comes again",
            )


_TOLD = (
    ("milter_mail_macros", "{auth_authen}", "without it no SMTP AUTH account is seen"),
    (
        "milter_rcpt_macros",
        "{rcpt_addr}",
        "without it the service's address in another spelling passes the milter by",
    ),
)
"""What Postfix must tell the milter: the list of macros, the macro, what is lost without it."""


def _milter_is_told(
    settings: Mapping[str, str], expected: Expectations
) -> Iterator[PostfixFinding]:
    for one in _entrances(settings, expected):
        if one.asks(expected.milter_socket) is None:
            continue
        for macros, macro, lost in _TOLD:
            if macro not in words(one.value(macros)):
                yield _error(f"{one.name}: {macros} lacks {macro}", f"{lost}; put {macro} back")


def _no_exceptions(
    settings: Mapping[str, str], expected: Expectations
) -> Iterator[PostfixFinding]:
    for one in _entrances(settings, expected):
        if "DISABLE" in one.value("smtpd_milter_maps").upper():
            yield _error(
                f"{one.name}: smtpd_milter_maps turns milters off",
                "a DISABLE entry lets clients past the service unseen; remove it",
            )
    for entry in expected.milter_exceptions:
        yield _error(
            f"smtpd_milter_maps has the entry {entry!r}",
            "such clients get past the service unseen; remove it",
        )


def _deliverable_nowhere_else(
    settings: Mapping[str, str], expected: Expectations
) -> Iterator[PostfixFinding]:
    for address in expected.service_addresses:
        route = expected.routes.get(address, "")
        if not _waits(route):
            yield _error(
                f"mail for {address} that misses the milter goes to {route or 'a mailbox'}",
                f"put '{address} {ABSENT}' in transport_maps",
            )
        if alias := expected.aliases.get(address, ""):
            yield _error(
                f"virtual_alias_maps sends {address} to {alias}",
                "remove the alias; the service takes its mail from the milter",
            )
        if route.partition(":")[0] in {"retry", "error"}:
            yield from _refusing_entrances(address, settings, expected)


def _waits(route: str) -> bool:
    return route == ABSENT or route.startswith("retry:4.")


def _refusing_entrances(
    address: str, settings: Mapping[str, str], expected: Expectations
) -> Iterator[PostfixFinding]:
    """Tell of smtpds that look at the transport's name before they ask the milter."""
    for one in _entrances(settings, expected):
        if one.value("smtpd_reject_unlisted_recipient") != "no":
            yield _error(
                f"{one.name} refuses {address} at RCPT because of its transport",
                f"use the transport {ABSENT}, or set smtpd_reject_unlisted_recipient = no",
            )


def _bounces_arrive(
    settings: Mapping[str, str], expected: Expectations
) -> Iterator[PostfixFinding]:
    if "+" not in settings.get("recipient_delimiter", ""):
        yield _error(
            "recipient_delimiter has no '+'",
            "set recipient_delimiter = +, or bounces of answers have no address",
        )
    cleanup = Service("cleanup/unix", settings)
    listed = _behind(expected.milter_socket, cleanup.value("non_smtpd_milters"), cleanup)
    classes = words(cleanup.value("internal_mail_filter_classes"))
    if listed is None or "bounce" not in classes:
        yield _warning(
            "bounces that this Postfix writes itself do not reach the milter",
            "set non_smtpd_milters like smtpd_milters, "
            "and internal_mail_filter_classes = bounce",
        )


def _reinjection(
    settings: Mapping[str, str], expected: Expectations
) -> Iterator[PostfixFinding]:
    port = str(expected.reinject_port)
    listeners = [one for one in _smtpd_services(settings) if one.port == port]
    if not listeners:
        yield _error(
            f"nothing takes the answers on port {port}",
            f"add the listener 127.0.0.1:{port} from postfix/ to master.cf",
        )
    for one in listeners:
        if one.asks(expected.milter_socket):
            yield _error(
                f"{one.name} asks the milter about the service's own answers",
                "give it -o smtpd_milters= (empty)",
            )
        if not one.address.startswith(("127.", "localhost:", "[::1]:", "::1:")):
            yield _warning(
                f"{one.name} may be reached from the network",
                f"write 127.0.0.1:{port} in master.cf: only the courier needs it",
            )


def _sizes(settings: Mapping[str, str], expected: Expectations) -> Iterator[PostfixFinding]:
    limit = number(settings.get("message_size_limit", ""))
    if limit is not None and limit != expected.message_bytes:
        yield _warning(
            f"message_size_limit is {limit or 'unlimited'}, "
            f"the service's own limit {expected.message_bytes}",
            "set both to the same number, so that a sender is always told the right one",
        )
    free = number(settings.get("queue_minfree", ""))
    if free is not None and free < expected.message_bytes * 3 // 2:
        yield _warning(
            f"queue_minfree is {free}",
            f"set at least {expected.message_bytes * 3 // 2}, so that a full disk says 452",
        )


def _in_flow(settings: Mapping[str, str], expected: Expectations) -> Iterator[PostfixFinding]:  # noqa: ARG001 -- every rule takes the same
    delay = settings.get("in_flow_delay", "0")
    if seconds(delay) != 0:
        yield _warning(
            f"in_flow_delay is {delay}",
            "set 0 (best in an instance of its own): a mail that the milter takes never "
            "gives its token back, and Postfix slows to one or two mails a second",
        )


def _smuggling(settings: Mapping[str, str], expected: Expectations) -> Iterator[PostfixFinding]:
    for one in _entrances(settings, expected):
        if one.value("smtpd_forbid_bare_newline") in {"", "no"}:
            yield _warning(
                f"{one.name}: smtpd_forbid_bare_newline is off",
                "set normalize: a sender may smuggle a second mail behind the first",
            )


def _queue_ids(settings: Mapping[str, str], expected: Expectations) -> Iterator[PostfixFinding]:  # noqa: ARG001 -- every rule takes the same
    if settings.get("enable_long_queue_ids", "no") != "yes":
        yield _warning(
            "enable_long_queue_ids is off",
            "set yes: short ids come again within hours and make the logs ambiguous",
        )


_RULES = (
    _milter_is_asked,
    _absent_milter_delays,
    _deliverable_nowhere_else,
    _no_exceptions,
    _milter_is_told,
    _bounces_arrive,
    _in_flow,
    _sizes,
    _smuggling,
    _queue_ids,
)
