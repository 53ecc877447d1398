"""How the service stands, asked of its parts: each as its own user, none changed."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path

from rmp_milter import __version__
from rmp_milter.audit.folder import FolderError
from rmp_milter.calls.client import KeeperDown, KeeperFailed, KeeperLine
from rmp_milter.calls.protocol.cards import Compare, Compared
from rmp_milter.certificates import CertificateError, read_certificate
from rmp_milter.certificates.prolonging import ends_at
from rmp_milter.config import Config
from rmp_milter.disk.room import has_no_room
from rmp_milter.host.owners import as_owner
from rmp_milter.host.smime import published_smime
from rmp_milter.keeper.log.epoch import LogStanding
from rmp_milter.keeper.log.places import is_served, standing_at
from rmp_milter.keeper.log.tree import LogFault
from rmp_milter.linux.hosts import short_name
from rmp_milter.milter.chores.checkpoints import last_checkpoint
from rmp_milter.status.diary import HostWork, last
from rmp_milter.status.pulse import Beating, Pulse, felt
from rmp_milter.status.state import (
    Beat,
    LogKeepers,
    OwnCertificate,
    Rows,
    State,
    StoreHeld,
    StoreRoom,
    Witness,
    Witnesses,
)
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.keys import read_key, read_store_keys
from rmp_milter.store.opening import engine_at
from rmp_milter.tlog.policies import PolicyError
from rmp_milter.witness.looking import look
from rmp_milter.x509 import read_x509

KEEPER_SECONDS = 5.0
MOST_COUNTED = 10_000
"""Emergencies that are counted; more are as bad."""


def gather(config: Config) -> State:
    """Ask all parts how they stand. Nothing is raised: what cannot be asked is said so."""
    held, why = None, ""
    try:
        held = as_owner(config.paths.store, lambda: _held(config), StoreHeld)
    except (OSError, StoreError) as error:
        why = str(error)
    log, log_away = _log_keepers(config)
    return State(
        at=int(time.time()),
        address=config.service.addresses[0],
        version=__version__,
        keeper=_keeper_answers(config),
        held=held,
        certificates=tuple(_certificates(config)),
        checkpoints_wanted=bool(config.audit.addresses),
        why=why,
        full=tuple(_full(config.paths.store, config.paths.keeper)),
        log=log,
        log_away=log_away,
        witnesses=_witnesses(config),
    )


def _log_keepers(config: Config) -> tuple[LogKeepers | None, str]:
    """Return which keepers share the log of a server; or why that cannot be asked, if it may be."""
    folder = config.paths.keeper
    if not is_served(config.keeper) or not os.access(folder, os.X_OK):
        return None, ""
    try:
        found = as_owner(
            folder, partial(standing_at, folder / "log", config.keeper), LogStanding
        )
    except (OSError, StoreError, LogFault) as error:
        return None, str(error)
    return LogKeepers(**found._asdict(), here=short_name()), ""


def _witnesses(config: Config) -> Witnesses | None:
    audit = config.audit
    if not audit.witness_policy:
        return None
    try:
        seen = look(Path(audit.witness_policy), Path(audit.witnessed), int(time.time()))
    except (FolderError, PolicyError, OSError) as error:
        return Witnesses((), met=False, found=(("policy", f"[audit] witness_policy: {error}"),))
    troubles = {each.label: each.kind for each in reversed(seen.found)}
    return Witnesses(
        tuple(Witness(name, at, troubles.get(name, "")) for name, at in seen.times.items()),
        met="unmet" not in troubles.values(),
        found=tuple((each.kind, str(each.line)) for each in seen.found),
    )


def _full(*places: Path) -> Iterator[str]:
    for place in places:
        with suppress(OSError):
            if has_no_room(place):
                yield str(place)


def _keeper_answers(config: Config) -> bool | None:
    """Whether the keeper answers a question that leaves nothing in its log."""
    place = config.sockets.operator
    if not os.access(place.parent, os.X_OK):
        return None
    try:
        with KeeperLine(place, KEEPER_SECONDS) as line:
            line.expect(Compared, Compare(()))
    except PermissionError:
        return None
    except (KeeperDown, KeeperFailed, OSError):
        return False
    return True


def _held(config: Config) -> StoreHeld:
    paths = config.paths
    keys = read_store_keys(paths.milter, paths.outbox_key)
    now = int(time.time())
    due_since = _due_since(config, now)
    with engine_at(paths.store, config.store).open(keys, read_only=True) as store:
        counts, room = store.stats(), store.room()
        with store.snapshot() as view:
            emergencies = sum(1 for _ in islice(view.open_emergencies(), MOST_COUNTED))
            checkpoint = last_checkpoint(view, now, config.audit.hour)
    works = ((work, last(paths.store, work)) for work in HostWork)
    return StoreHeld(
        counts=counts,
        rows=Rows(counts["outbox_waiting"], due_since, counts["outbox_parked"]),
        room=_room(config, *room),
        emergencies_open=emergencies,
        checkpoint=checkpoint,
        milter=_beat(config, Beating.MILTER),
        courier=_beat(config, Beating.COURIER),
        diary={work.value: done for work, done in works if done},
    )


def _due_since(config: Config, now: int) -> int:
    """Return since when the answer waits that is due for longest; 0 where none is."""
    key = read_key(config.paths.outbox_key)
    with (
        engine_at(config.paths.store, config.store).outbox(key) as outbox,
        outbox.snapshot() as snapshot,
    ):
        return min((row.since for row in snapshot.due(now, 1)), default=0)


def _room(config: Config, used: int, most: int) -> StoreRoom:
    disk = shutil.disk_usage(config.paths.store)
    return StoreRoom(used, most, disk.free, disk.total)


def _beat(config: Config, part: Beating) -> Beat:
    pulse = felt(config.paths.store, part)
    return Beat(pulse, alive=pulse is not None and _is_there(pulse))


def _is_there(pulse: Pulse) -> bool:
    """Whether the process of a pulse runs: one of another user counts as well."""
    try:
        os.kill(pulse.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _certificates(config: Config) -> Iterator[OwnCertificate]:
    try:
        own = read_certificate((config.paths.public / "service.asc").read_bytes())
        yield OwnCertificate("OpenPGP", ends_at(own.binary, int(time.time())))
    except (OSError, CertificateError):
        pass  # rmp check says what is wrong with it
    if smime := published_smime(config):
        yield OwnCertificate("S/MIME", read_x509(smime).not_after)
