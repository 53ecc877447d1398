"""What ``rmp check`` says of the tunnel: who is trusted, what ends, whom nobody calls."""

import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from rmp_milter.config import Config
from rmp_milter.postfix.facts import PostfixFinding, error, warning
from rmp_milter.tunnel.certificates import (
    CERTIFICATE,
    KEY,
    MILTERS,
    CertificateFileError,
    Pinned,
    keepers_certificates,
    pinned_in,
    read_pinned,
)

SOON = timedelta(days=30)
Findings = Iterator[PostfixFinding]
_MAKE = "rmp tunnel certificate"
_RENEW = "rmp tunnel certificate --next, on that host; docs/several-machines.md"


def tunnel_findings(config: Config, now: datetime) -> Findings:
    """Look at the tunnel as its own user; nothing where the host has none."""
    tunnel = config.tunnel
    if not tunnel.keepers and not tunnel.listen:
        return
    yield from _own(tunnel.folder, now)
    for name in tunnel.keepers:
        try:
            found = keepers_certificates(tunnel.folder, name)
        except CertificateFileError as fault:
            yield error(str(fault), f"put the certificate of the keeper {name}'s host there")
        else:
            yield from _dates(f"keeper {name}", found, now)
    if tunnel.listen:
        yield from _milters(tunnel.folder / MILTERS, now)


def calling_findings(config: Config) -> Findings:
    """Name keepers that a milter shall call and nobody listens for."""
    tunnel = config.tunnel
    known = {config.sockets.keeper, *(tunnel.socket_of(name) for name in tunnel.keepers)}
    for path in config.milter.keepers:
        if path not in known:
            yield warning(
                f"[milter] keepers: {path} is neither this host's keeper nor a tunnel's",
                "[sockets] keeper, or a name in [tunnel] keepers",
            )
    for name in tunnel.keepers:
        if tunnel.socket_of(name) not in config.keeper_sockets:
            yield warning(
                f"[tunnel] keepers: no milter calls {name}",
                f"add {tunnel.socket_of(name)} to [milter] keepers",
            )


def _own(folder: Path, now: datetime) -> Findings:
    try:
        yield from _dates("this host", read_pinned(folder / CERTIFICATE), now)
        mode = stat.S_IMODE((folder / KEY).stat().st_mode)
    except CertificateFileError as fault:
        yield error(str(fault), _MAKE)
    except OSError as fault:
        yield error(f"{folder / KEY}: {fault.strerror}", _MAKE)
    else:
        if mode & 0o077:
            yield error(
                f"{folder / KEY}: others may reach it (mode {mode:04o})",
                f"chmod 0600 {folder / KEY}",
            )


def _milters(folder: Path, now: datetime) -> Findings:
    try:
        found = list(pinned_in(folder))
    except CertificateFileError as fault:
        yield error(str(fault), "put certificates of milters' hosts there, in PEM")
        return
    if not found:
        yield error(
            f"{folder}: no milter's host is trusted",
            "put the certificate of each there, as NAME.crt",
        )
    for name in dict.fromkeys(each.name for each in found):
        yield from _dates(f"milter {name}", [one for one in found if one.name == name], now)


def _dates(whose: str, found: list[Pinned], now: datetime) -> Findings:
    """Say when the last of a host's certificates ends: one of before may be there as well."""
    until = max(each.until for each in found)
    if until <= now:
        yield error(f"tunnel: the certificate of {whose} ended on {until:%Y-%m-%d}", _RENEW)
    elif until - now <= SOON:
        yield warning(f"tunnel: the certificate of {whose} ends on {until:%Y-%m-%d}", _RENEW)
