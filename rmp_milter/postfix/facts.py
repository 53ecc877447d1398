"""What the rules on Postfix judge, and how a service of master.cf sees its settings.

Pure: :mod:`rmp_milter.postfix.settings` asks Postfix. The settings are a mapping of
``postconf`` names to expanded values: plain for main.cf (``in_flow_delay``), and
``service/type/name`` for master.cf, both its columns (``smtp/inet/chroot``) and what it
overrides (``10026/inet/smtpd_milters``).
"""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from rmp_milter.postfix.values import Milter, milters, words

ABSENT = "lmtp:unix:private/rmp-service-is-not-available"
"""The transport of the service's addresses: it only waits (postfix/files/transport)."""

CHECK_DOMAIN, CHECK_SOCKET = "rmp-check.invalid", "private/rmp-check"
CHECK_TRANSPORT = f"lmtp:unix:{CHECK_SOCKET}"
"""Where the answer of ``rmp check --circuit`` goes: a socket below Postfix's queue."""


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
        return behind(socket, self.value("smtpd_milters"), self)


def error(line: str, hint: str) -> PostfixFinding:
    """Return what stops the service."""
    return PostfixFinding(Severity.ERROR, line, hint)


def warning(line: str, hint: str) -> PostfixFinding:
    """Return what the service goes on with, for now."""
    return PostfixFinding(Severity.WARNING, line, hint)


def behind(socket: Path, value: str, service: Service) -> Milter | None:
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


def smtpd_services(settings: Mapping[str, str]) -> list[Service]:
    """Return all listeners: what master.cf runs smtpd for."""
    names = [key.removesuffix("/command") for key in settings if key.endswith("/command")]
    services = [Service(name, settings) for name in names]
    return [one for one in services if one.value("command").split()[:1] == ["smtpd"]]


def entrances(settings: Mapping[str, str], expected: Expectations) -> list[Service]:
    """Return the listeners by which mail comes in, so all but that of the answers."""
    port = str(expected.reinject_port)
    return [one for one in smtpd_services(settings) if one.port != port]
