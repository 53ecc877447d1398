"""What ``rmp check`` looks at: everything that only the running machine can tell.

Each check yields findings and never stops the others. Root looks at each part as the
part's own user, so that what is found is what the processes will meet.
"""

import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rmp_milter.config import Config
from rmp_milter.host.consent_texts import consent_findings
from rmp_milter.host.hints import BACKUP, LOG_LOST, OTHER_FORMAT
from rmp_milter.host.installation import auditor_key
from rmp_milter.host.key_checks import dkim_findings, key_findings
from rmp_milter.host.log_place import log_of
from rmp_milter.host.owners import UnknownNameError, as_owner, gid_of, uid_of
from rmp_milter.host.published_checks import (
    check_certificate,
    check_is_the_keepers,
    key_fault,
)
from rmp_milter.host.room_checks import (
    clock_findings,
    diary_findings,
    fill_findings,
    made_at,
    room_findings,
    written_later,
)
from rmp_milter.host.rotation_checks import kept_beside, rotation_findings
from rmp_milter.host.smime_checks import smime_findings
from rmp_milter.host.socket_checks import socket_findings
from rmp_milter.host.trust_checks import check_cards, check_trust
from rmp_milter.host.tunnel_checks import calling_findings, tunnel_findings
from rmp_milter.host.witness_checks import witness_findings
from rmp_milter.keeper.keys.key_files import KeyFileError
from rmp_milter.keeper.keys.keys import load_keys
from rmp_milter.keeper.log.journal import Journal, JournalError, LogFormatError
from rmp_milter.keeper.log.place import LogPlace
from rmp_milter.milter.chores.checkpoints import FEWEST_KEEPERS
from rmp_milter.postfix.rules import Expectations, PostfixFinding, Severity
from rmp_milter.postfix.settings import PostfixError, check_postfix, read_settings
from rmp_milter.store.format.failures import NotReachedError, OtherFormatError, StoreError
from rmp_milter.store.format.keys import (
    INDEX,
    METADATA,
    StoreKeyError,
    read_key,
    read_store_keys,
)
from rmp_milter.store.format.succession import unfinished_told
from rmp_milter.store.opening import engine_at
from rmp_milter.trust.folder import FOLDER
from rmp_milter.tunnel.certificates import moment

Findings = Iterator[PostfixFinding]

_UNSOUND = (3, 12)

_ASKED = "name its folder (--postfix-config), or install it; --no-postfix leaves it out"
_PART_KEY, _SHARED_KEY = 0o077, 0o027


def check_service(config: Config) -> list[PostfixFinding]:
    """Check everything but Postfix, without starting anything."""
    found: list[PostfixFinding] = []
    found += python_findings(sys.version_info[:2])
    found += _names(config)
    found += _folders(config)
    found += _modes(config)
    found += _as(config.paths.keeper, lambda: [*_keeper(config)])
    found += key_findings(config)
    found += _trust(config)
    found += _as(config.paths.store, lambda: [*_store(config)])
    found += _as(config.paths.courier, lambda: [*_courier(config)])
    found += calling_findings(config)
    found += _as(_tunnel_folder(config), lambda: [*tunnel_findings(config, moment())])
    found += check_certificate(config)
    found += consent_findings(config)
    found += _audit(config)
    found += witness_findings(config, int(time.time()))
    found += room_findings(_places(config), config.limits.message_bytes)
    found += _as(config.paths.store, lambda: [*_diary(config)])
    return found


def check_mail_server(
    config: Config, postfix_config: Path | None, answers_config: Path | None = None
) -> list[PostfixFinding]:
    """Check the settings of Postfix; None is the machine's main instance.

    ``answers_config`` is the folder of the instance that sends the answers, if another one.
    """
    expected = Expectations(
        milter_socket=config.sockets.milter,
        service_addresses=config.service.addresses,
        message_bytes=config.limits.message_bytes,
        reinject_port=config.courier.port,
        routes={},
    )
    try:
        settings = read_settings(postfix_config)
        return [
            *check_postfix(postfix_config, expected, answers_config),
            *socket_findings(config.sockets.milter, settings.get("mail_owner", "postfix")),
            *room_findings([Path(settings["queue_directory"])], config.limits.message_bytes),
        ]
    except PostfixError as error:
        return [
            _error(
                f"postfix: {error}",
                "install Postfix or name its folder (--postfix-config); --no-postfix leaves it out",
            )
        ]


def python_findings(version: tuple[int, int]) -> Findings:
    """Warn of a Python with which the milter's library writes into memory that is not its own.

    pymilter 1.0.5 frees a thread's state on another thread than the one that made it; from
    Python 3.12 on that changes a bit behind a dangling pointer, in ordinary work (measured: about
    ten times a second under load; never on 3.11).
    """
    if version >= _UNSOUND:
        line = f"Python {'.'.join(map(str, version))}: pymilter damages memory from 3.12 on"
        hint = "run the service on Python 3.11 until pymilter has a newer version"
        yield PostfixFinding(Severity.WARNING, line, hint)


def _error(line: str, hint: str = "") -> PostfixFinding:
    return PostfixFinding(Severity.ERROR, line, hint)


def _as(folder: Path, check: Callable[[], list[PostfixFinding]]) -> list[PostfixFinding]:
    """Run ``check`` as the folder's owner; a missing folder is reported elsewhere."""
    try:
        return as_owner(folder, check, list[PostfixFinding])
    except FileNotFoundError:
        return []
    except OSError as error:
        return [_error(f"{folder}: {error}")]


def _names(config: Config) -> Findings:
    for user in config.keeper.users:
        try:
            uid_of(user)
        except UnknownNameError as error:
            yield _error(f"[keeper] users: {error}", "nobody but these may call the keeper")
    try:
        if config.sockets.milter_group:
            gid_of(config.sockets.milter_group)
    except UnknownNameError as error:
        yield _error(f"[sockets] milter_group: {error}", "it is the group of Postfix")


def _folders(config: Config) -> Findings:
    paths, sockets = config.paths, config.sockets
    for folder in (paths.keeper, paths.milter, paths.store, paths.courier, paths.public):
        if not folder.is_dir():
            yield _error(f"{folder}: there is no such folder", BACKUP)
    for socket in (sockets.keeper, sockets.operator, sockets.milter):
        if not socket.parent.is_dir():
            yield _error(
                f"{socket.parent}: there is no such folder",
                "the socket needs it: make it, owned by who runs that part",
            )
        elif _is_in_the_way(socket):
            yield _error(f"{socket}: is in the way of the socket", "move it away")


def _is_in_the_way(socket: Path) -> bool:
    try:
        return not stat.S_ISSOCK(socket.stat().st_mode)
    except OSError:
        return False  # nothing is there, or this user may not look into the folder


def _modes(config: Config) -> Findings:
    """Look at who may reach keys and the operator's socket; using them is another check."""
    paths = config.paths
    own = (
        paths.milter / METADATA,
        paths.milter / INDEX,
        paths.courier / "dkim.key",
    )
    for file in (*own, *kept_beside(paths)):
        yield from _mode(file, _PART_KEY)
    yield from _mode(paths.outbox_key, _SHARED_KEY)
    yield from _mode(config.sockets.operator, _PART_KEY)


def _mode(file: Path, forbidden: int) -> Findings:
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
    except OSError:
        return  # said where the file is used
    if mode & forbidden:
        yield _error(
            f"{file}: others may reach it (mode {mode:04o})",
            f"chmod {mode & ~forbidden:04o} {file}",
        )


def _tunnel_folder(config: Config) -> Path:
    """Return whose owner looks at the tunnel: where there is no folder, who keeps the keys."""
    folder = config.tunnel.folder
    return folder if folder.is_dir() else config.paths.public


def _keeper(config: Config) -> Findings:
    try:
        smime = load_keys(config.paths.keeper).smime
        yield from smime_findings(smime, config, int(time.time()))
    except KeyFileError as error:
        yield key_fault(error)
    yield from check_is_the_keepers(config)
    try:
        log = log_of(config)
        with Journal(log) as journal:
            yield from clock_findings(journal.latest() - int(time.time()))
        yield from _server_findings(log)
    except LogFormatError as error:
        yield _error(str(error), OTHER_FORMAT)
    except JournalError as error:
        yield _error(str(error), error.hint or LOG_LOST)


def _server_findings(log: LogPlace) -> Findings:
    """Say what of the log's server loses leaves, or has them in one place when a key leaves."""
    try:
        found = log.doubts()
    except StoreError as error:
        yield _error(str(error), LOG_LOST)
        return
    for line in found.losses:
        yield _error(f"the access log's server: {line}", "its administrator's affair")
    for line in found.cautions:
        yield PostfixFinding(
            Severity.WARNING,
            f"the access log's server: {line}",
            "docs/postgresql.md, The keeper's side",
        )


def _trust(config: Config) -> list[PostfixFinding]:
    trust, now = config.paths.keeper / FOLDER, int(time.time())
    rights = config.rights
    return _as(
        config.paths.keeper, lambda: [*check_trust(trust, now), *check_cards(trust, rights)]
    )


def _store(config: Config) -> Findings:
    paths = config.paths
    try:
        keys = read_store_keys(paths.milter, paths.outbox_key)
        with unfinished_told(paths.milter, paths.outbox_key):
            opened = engine_at(paths.store, config.store).open(keys, read_only=True)
        with opened as store:
            yield from fill_findings(*store.room())
            yield from (_error(line, "its administrator's affair") for line in store.doubts())
    except OtherFormatError as error:
        yield _error(str(error), OTHER_FORMAT)
    except NotReachedError as error:
        yield _error(str(error), error.hint)
    except StoreError as error:
        yield key_fault(error)
    yield from rotation_findings(config, int(time.time()))
    yield from written_later(paths.store, time.time())


def _courier(config: Config) -> Findings:
    try:
        read_key(config.paths.outbox_key)
    except StoreKeyError as error:
        hint = error.hint or "milter and courier need a group in common"
        yield _error(f"courier: {error}", hint)
    yield from dkim_findings(config)


def _places(config: Config) -> Iterator[Path]:
    """Yield where the service writes."""
    yield from (config.paths.store, config.paths.keeper)


def _diary(config: Config) -> Findings:
    """Say what the host has not done for long; a service that is not whole has other cares."""
    if not os.access(config.paths.store, os.R_OK | os.X_OK) or not config.paths.public.is_dir():
        return
    since = made_at(config.file, config.paths.public)
    yield from diary_findings(config.paths.store, since, int(time.time()))


def _audit(config: Config) -> Findings:
    """See that somebody could notice a log that was changed, and nobody here read reasons."""
    if len(config.audit.addresses) < FEWEST_KEEPERS:
        yield PostfixFinding(
            Severity.WARNING,
            f"[audit] addresses: checkpoints go to {len(config.audit.addresses)} addresses",
            f"name {FEWEST_KEEPERS} or more, of people who can compare what they were sent",
        )
    key = auditor_key(config)
    if _is_there(key):
        yield PostfixFinding(
            Severity.WARNING,
            f"{key}: is still on this host",
            "hand it to the auditors and remove it here: it opens the reasons of emergencies",
        )


def _is_there(file: Path) -> bool:
    """Whether a file can be seen: the folder may be closed to who runs this."""
    try:
        return file.exists()
    except OSError:
        return False
