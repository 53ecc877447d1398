import logging
import os
import re

import pytest

from rmp_milter.host.logs import LineFormatter, to_journal


def record(
    message: str, *, level: int = logging.INFO, error: bool = False
) -> logging.LogRecord:
    trace = None
    if error:
        try:
            int("Jean DUPONT")
        except ValueError as caught:
            trace = (ValueError, caught, caught.__traceback__)
    return logging.LogRecord("rmp.milter", level, __file__, 1, message, (), trace)


def test_a_line_has_time_level_component_and_message() -> None:
    line = LineFormatter(journal=False).format(record("ready"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ info milter: ready", line)


@pytest.mark.parametrize(
    ("level", "prefix"),
    [(logging.DEBUG, 7), (logging.INFO, 6), (logging.WARNING, 4), (logging.CRITICAL, 3)],
)
def test_the_journal_gets_the_level_and_no_time(level: int, prefix: int) -> None:
    line = LineFormatter(journal=True).format(record("ready", level=level))
    assert line == f"<{prefix}>{logging.getLevelName(level).lower()} milter: ready"


def test_a_message_never_makes_two_lines() -> None:
    line = LineFormatter(journal=True).format(record("a\nerror milter: forged"))
    assert "\n" not in line


@pytest.mark.promise(number=4)
def test_an_exception_is_its_type_and_place_never_its_words() -> None:
    line = LineFormatter(journal=True).format(record("failed", error=True))
    assert re.search(r"failed ValueError at test_logs\.py:\d+$", line)
    assert "DUPONT" not in line


def test_the_journal_is_known_by_the_stream_itself() -> None:
    reading, writing = os.pipe()
    status = os.fstat(writing)
    stream = f"{status.st_dev}:{status.st_ino}"
    assert to_journal({"JOURNAL_STREAM": stream}, writing)
    assert not to_journal({"JOURNAL_STREAM": "1:1"}, writing)
    assert not to_journal({}, writing)
    os.close(reading)
    os.close(writing)
