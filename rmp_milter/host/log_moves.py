"""The access log moved to the engine that is configured, and what a server needs first."""

from collections.abc import Callable

from rmp_milter.config import Config
from rmp_milter.engine.failures import StoreError
from rmp_milter.keeper.keys.keys import load_log_key
from rmp_milter.keeper.log.copying import LogSeen
from rmp_milter.keeper.log.head import read_state, verifier_key
from rmp_milter.keeper.log.journal import JournalError
from rmp_milter.keeper.log.places import is_served, server_log
from rmp_milter.keeper.log.tree import LogFault


def groundwork(config: Config, keeper: str) -> str:
    """Return what makes schema, tables and the rights of the role ``keeper``, for psql.

    Empty where no server is named. Raises :class:`.JournalError` without its driver.
    """
    if not is_served(config.keeper):
        return ""
    try:
        log = server_log(config.paths.keeper / "log", config.keeper)
    except StoreError as error:
        raise JournalError(f"access log: {error}") from error
    from rmp_milter.keeper.log.roles import groundwork as said  # noqa: PLC0415 -- with its driver

    return said(log.server.schema, keeper)


def move(config: Config, tell: Callable[[str, int, int], None]) -> LogSeen:
    """Move the log to the engine that is named, from the other; return what it holds.

    As the keeper's user, no keeper running. Raises :class:`.JournalError` and
    :class:`.KeyFileError`.
    """
    try:
        log = server_log(config.paths.keeper / "log", config.keeper)
        origin = read_state(log.folder).head.origin
    except (StoreError, LogFault) as error:
        raise JournalError(f"access log: {error}") from error
    from rmp_milter.keeper.log.moving import to_folder, to_server  # noqa: PLC0415 -- as above

    moved = to_server if is_served(config.keeper) else to_folder
    return moved(log, str(verifier_key(load_log_key(config.paths.keeper), origin)), tell)
