"""Where log lines go: stderr, one line each, ``level component: message``.

Under systemd the journal adds the time and takes the level from an sd-daemon prefix
(sd-daemon(3)); elsewhere each line begins with the time in UTC. No identity may be in a
message; what an exception says may come from a mail, so that only its type and its
places in the program are written.
"""

import logging
import os
import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import PurePath
from types import TracebackType

ExceptionInfo = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)

_JOURNAL_LEVELS = ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))


class LineFormatter(logging.Formatter):
    """Formats a record as one line."""

    def __init__(self, *, journal: bool) -> None:
        super().__init__("%(message)s", "%Y-%m-%dT%H:%M:%SZ")
        self.converter = time.gmtime
        self._journal = journal

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; line ends inside the message become spaces."""
        message = " ".join(super().format(record).split("\n"))
        line = f"{record.levelname.lower()} {record.name.rpartition('.')[2]}: {message}"
        if self._journal:
            return f"<{_journal_level(record.levelno)}>{line}"
        return f"{self.formatTime(record, self.datefmt)} {line}"

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802 -- logging's name
        """Return type and places of an exception, never its text."""
        kind, _, trace = ei
        name = kind.__name__ if kind else "no exception"
        return f"{name} at {' < '.join(reversed(_places(trace)))}"


def _journal_level(level: int) -> int:
    return next((syslog for least, syslog in _JOURNAL_LEVELS if level >= least), 7)


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)
    return [f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in frames]


def to_journal(environment: Mapping[str, str], stderr: int) -> bool:
    """Whether the file descriptor ``stderr`` leads to the journal (systemd.exec(5))."""
    try:
        status = os.fstat(stderr)
    except OSError:
        return False
    return environment.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def set_up(level: str) -> None:
    """Send what is logged at ``level`` (``debug`` to ``error``) or above to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter(journal=to_journal(os.environ, 2)))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
