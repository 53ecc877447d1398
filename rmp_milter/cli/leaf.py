"""What a command of the host does to a dossier, written into the access log first.

The patient finds it in his list of accesses, as done by the host.
"""

import hashlib
import time

from rmp_milter.cli.errors import CommandError
from rmp_milter.config import Config
from rmp_milter.keeper.client import KeeperClient, KeeperDown, KeeperFailed
from rmp_milter.keeper.protocol import Event, Record, Recorded
from rmp_milter.model import Dossier

HOST = "host"
"""The proof of an event that stands for the host's own rights on his machine."""


def record(
    config: Config,
    action: str,
    dossier: Dossier | None,
    entries: tuple[int, ...] = (),
    *,
    once: bool = False,
) -> None:
    """Have the keeper write the leaf; durable on return.

    ``once`` says that the act makes a new state of the dossier: tried again on the same one,
    it finds its leaf. Raises :class:`CommandError`: without its leaf nothing is to be done.
    """
    event = Event(
        at=int(time.time()),
        action=action,
        request=_request(action, dossier) if dossier and once else b"",
        actor_rpps="",
        actor_fingerprint="",
        sender="rmp dossier",
        dossier_id=dossier.dossier_id if dossier else b"",
        proof=HOST,
        entries=entries,
    )
    client = KeeperClient(config.sockets.keeper, config.milter.keeper_timeout_seconds)
    try:
        client.expect(Recorded, Record(event))
    except (KeeperDown, KeeperFailed) as error:
        raise CommandError(
            f"the access log cannot be written, nothing was done: {error}",
            "the keeper must be running, and this user among keeper.users",
        ) from error


def _request(action: str, dossier: Dossier) -> bytes:
    state = f"{action} {dossier.dossier_id.hex()} {dossier.revision}"
    return hashlib.sha256(state.encode()).digest()
