"""An entry of another version is not guessed at; that it is in the log is verified all the same."""

from pathlib import Path

import pytest
from access_case import MadeLog

from rmp_milter.audit.events import Wanted, events, fields_of
from rmp_milter.audit.folder import ExportedLog, FolderError
from rmp_milter.audit.verify import verify

OURS = b'{"action":"aide","at":1,"v":1}'
LATER = b'{"action":"aide","at":2,"v":2}'


def test_an_entry_of_a_later_version_is_named_and_not_read(tmp_path: Path) -> None:
    log = ExportedLog(MadeLog([OURS, LATER]).export(tmp_path / "audit"))
    with pytest.raises(FolderError, match="entry 1 is of version 2, not of 1: another version"):
        list(events(log, Wanted()))


def test_its_place_in_the_log_is_verified(tmp_path: Path) -> None:
    folder = MadeLog([OURS, LATER]).export(tmp_path / "audit")
    assert verify(folder, None, None).findings == []


@pytest.mark.parametrize("entry", [OURS, b'{"action":"aide","at":1}'])
def test_ours_is_read_and_one_that_says_nothing(entry: bytes) -> None:
    assert fields_of(0, entry)["action"] == "aide"


@pytest.mark.parametrize("version", [b"0", b'"1"', b"null", b"1.5"])
def test_no_other_value_is_ours(version: bytes) -> None:
    with pytest.raises(FolderError, match="entry 7 is of version"):
        fields_of(7, b'{"v":' + version + b"}")
