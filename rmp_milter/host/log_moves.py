"""The access log moved to the engine that is configured, and what a server needs first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmp_milter.engine.failures import StoreError
from rmp_milter.keeper.keys.keys import load_log_key
from rmp_milter.keeper.log.head import read_state, verifier_key
from rmp_milter.keeper.log.journal import JournalError
from rmp_milter.keeper.log.places import is_served, server_log
from rmp_milter.keeper.log.tree import LogFault

if TYPE_CHECKING:
    from collections.abc import Callable

    from rmp_milter.config import Config
    from rmp_milter.keeper.log.copying import LogSeen
    from rmp_milter.keeper.log.postgresql_log import PostgresqlLog


def server_of(config: Config) -> PostgresqlLog:
    """Return the log on the server that is named, whichever engine keeps it; nothing is opened.

    Raises :class:`.JournalError` without its driver, which is loaded by this: by root, before
    he becomes the keeper's user.
    """
    try:
        return server_log(config.paths.keeper / "log", config.keeper)
    except StoreError as error:
        raise JournalError(f"access log: {error}") from error


def groundwork(config: Config, keeper: str) -> str:
    """Return what makes schema, tables and the rights of the role ``keeper``, for psql.

    Empty where no server is named. Raises :class:`.JournalError` without its driver.
    """
    if not is_served(config.keeper):
        return ""
    log = server_of(config)
    from rmp_milter.keeper.log.roles import groundwork as said  # noqa: PLC0415 -- with its driver

    return said(log.server.schema, keeper)


def move(config: Config, log: PostgresqlLog, tell: Callable[[str, int, int], None]) -> LogSeen:
    """Move the log to the engine that is named, from the other; return what it holds.

    ``log`` is what :func:`server_of` returns. As the keeper's user, no keeper running. Raises
    :class:`.JournalError` and :class:`.KeyFileError`.
    """
    try:
        origin = read_state(log.folder).head.origin
    except LogFault as error:
        raise JournalError(f"access log: {error}") from error
    from rmp_milter.keeper.log.moving import to_folder, to_server  # noqa: PLC0415 -- as above

    moved = to_server if is_served(config.keeper) else to_folder
    return moved(log, str(verifier_key(load_log_key(config.paths.keeper), origin)), tell)
