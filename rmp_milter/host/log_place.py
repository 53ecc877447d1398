"""Where a service's access log is: in the keeper's folder, or on the server of ``[keeper]``."""

from rmp_milter.config import Config
from rmp_milter.engine.failures import StoreError
from rmp_milter.keeper.log.journal import JournalError
from rmp_milter.keeper.log.place import LogPlace
from rmp_milter.keeper.log.places import log_at


def log_of(config: Config) -> LogPlace:
    """Return where it is; nothing is opened or looked at.

    Raises :class:`.JournalError` where the driver that it takes is not installed.
    """
    try:
        return log_at(config.paths.keeper / "log", config.keeper)
    except StoreError as error:
        raise JournalError(f"access log: {error}") from error
