import base64
from pathlib import Path

import pytest

from rmp_milter.store import StoreKeyError, StoreKeys, make_key, read_key


def test_a_new_key_file_is_read_back_as_32_bytes(tmp_path: Path) -> None:
    make_key(tmp_path / "a.key")
    make_key(tmp_path / "b.key")
    first, second = read_key(tmp_path / "a.key"), read_key(tmp_path / "b.key")
    assert len(first) == len(second) == 32
    assert first != second


@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_a_key_file_has_the_mode_asked_for(tmp_path: Path, mode: int) -> None:
    make_key(tmp_path / "a.key", mode)
    assert (tmp_path / "a.key").stat().st_mode & 0o777 == mode


def test_a_key_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    make_key(path)
    before = path.read_bytes()
    with pytest.raises(StoreKeyError, match="cannot make key file"):
        make_key(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "holds 0 bytes"),
        (b"not base64!", "not one line of base64"),
        (base64.b64encode(b"k" * 31), "holds 31 bytes"),
        (base64.b64encode(b"k" * 4000), "base64|bytes, not 32"),
        (b"\xff" * 44, "not one line of base64"),
    ],
)
def test_a_malformed_key_file_says_what_is_wrong(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "a.key"
    path.write_bytes(content)
    with pytest.raises(StoreKeyError, match=reason):
        read_key(path)


def test_a_missing_key_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreKeyError, match="No such file"):
        read_key(tmp_path / "none.key")


def test_keys_do_not_show_in_their_representation() -> None:
    keys = StoreKeys(metadata=b"M" * 32, index=b"I" * 32, outbox=b"O" * 32)
    assert repr(keys) == "StoreKeys()"


def test_a_short_key_is_refused() -> None:
    with pytest.raises(StoreKeyError, match="32 bytes"):
        StoreKeys(metadata=b"M" * 31, index=b"I" * 32, outbox=b"O" * 32)
