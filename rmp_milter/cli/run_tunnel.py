"""``rmp tunnel connect`` and ``rmp tunnel listen``: the processes with a network between hosts."""

import click

from rmp_milter.calls.listening import Listening, ServerError
from rmp_milter.cli.errors import CommandError, refusing
from rmp_milter.cli.processes import as_process
from rmp_milter.config import Config
from rmp_milter.host.owners import UnknownNameError, uid_of
from rmp_milter.linux.notify import Notifier
from rmp_milter.tunnel.certificates import (
    MILTERS,
    CertificateFileError,
    context,
    keepers_certificates,
    pinned_in,
)
from rmp_milter.tunnel.far import Far, FarPlace
from rmp_milter.tunnel.messages import MemoryRoom
from rmp_milter.tunnel.near import FarHost, Near
from rmp_milter.tunnel.process import (
    PATIENCE,
    ROOM_FOR,
    address_of,
    memory_bound,
    run_far,
    run_near,
)

_FAULTS = (CertificateFileError, ServerError, UnknownNameError)
_HINT = "rmp check names what is missing; docs/several-machines.md"


@click.command()
@as_process("tunnel")
def connect(config: Config) -> int:
    """Run the end at a milter's host: a socket for each keeper of [tunnel] keepers."""
    tunnel = config.tunnel
    if not tunnel.keepers:
        raise CommandError("[tunnel] keepers: names no keeper on another host", _HINT)
    notifier = Notifier()
    with refusing(*_FAULTS, hint=_HINT):
        allowed = frozenset(uid_of(user) for user in config.keeper.users)
        memory, room = _memory(config)
        ends = [
            (Listening(tunnel.socket_of(name), allowed), Near(allowed, far, memory, room).serve)
            for name, far in ((name, _far_host(config, name)) for name in tunnel.keepers)
        ]
        run_near(ends, notifier)
    return 0


@click.command()
@as_process("tunnel")
def listen(config: Config) -> int:
    """Run the end at a keeper's host: milters of other hosts come in at [tunnel] listen."""
    tunnel = config.tunnel
    if not tunnel.listen:
        raise CommandError("[tunnel] listen: names no address of this host", _HINT)
    notifier = Notifier()
    with refusing(*_FAULTS, hint=_HINT):
        trusted = list(pinned_in(tunnel.folder / MILTERS))
        if not trusted:
            raise CertificateFileError(
                f"{tunnel.folder / MILTERS}: no milter's host is trusted"
            )
        made = context(tunnel.folder, trusted, server=True)
        far = Far(FarPlace(config.sockets.keeper, made, trusted), *_memory(config))
        run_far([address_of(each) for each in tunnel.listen], far.serve, notifier)
    return 0


def _far_host(config: Config, name: str) -> FarHost:
    folder, at = config.tunnel.folder, address_of(config.tunnel.keepers[name])
    trusted = keepers_certificates(folder, name)
    made = context(folder, trusted, server=False)
    return FarHost(name, at.host, at.port, made, trusted)


def _memory(config: Config) -> tuple[int, MemoryRoom]:
    """Return how much a message may bring in memory, and the room for large ones together."""
    bound = memory_bound(config.limits.message_bytes, config.limits.plaintext_bytes)
    return bound, MemoryRoom(ROOM_FOR * bound, PATIENCE)
