import base64
from pathlib import Path

import pytest

from rmp_milter.store import StoreKeyError, StoreKeys, make_key, read_key
from rmp_milter.store.format.keys import (
    MOST_INDEX_KEYS,
    each_key,
    key_lines,
    read_index_keys,
)

LINE = base64.b64encode(b"k" * 32) + b"\n"


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


# The index key, which goes on from those before it


def test_an_index_key_is_all_keys_of_its_file_the_oldest_first(tmp_path: Path) -> None:
    path = tmp_path / "index.key"
    make_key(path)
    assert read_index_keys(path) == read_key(path)
    keys = b"a" * 32 + b"b" * 32 + b"c" * 32
    path.write_bytes(key_lines(keys))
    assert path.read_bytes().count(b"\n") == 3
    assert read_index_keys(path) == keys
    assert each_key(keys) == (b"a" * 32, b"b" * 32, b"c" * 32)
    path.write_bytes(b"\n" + key_lines(keys) + b"\n")
    assert read_index_keys(path) == keys
    with pytest.raises(StoreKeyError, match="not one line of base64"):
        read_key(path)  # what a version says that knows no second key


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "holds 0 bytes"),
        (LINE + b"\n" + LINE, "holds 0 bytes"),
        (LINE + LINE[:40] + b"\n", "holds 30 bytes"),
        (LINE + b"not base64!\n", "not one line of base64"),
        (LINE * (MOST_INDEX_KEYS + 1), f"more than {MOST_INDEX_KEYS} keys"),
        (b"x" * 10_000, "base64|bytes, not 32"),
    ],
)
def test_a_malformed_index_key_file_says_what_is_wrong(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "index.key"
    path.write_bytes(content)
    with pytest.raises(StoreKeyError, match=reason) as fault:
        read_index_keys(path)
    assert base64.b64encode(b"k" * 32).decode() not in str(fault.value)


def test_as_many_index_keys_as_may_be_are_read(tmp_path: Path) -> None:
    path = tmp_path / "index.key"
    path.write_bytes(LINE * MOST_INDEX_KEYS)
    assert read_index_keys(path) == b"k" * 32 * MOST_INDEX_KEYS


@pytest.mark.parametrize("index", [b"", b"I" * 31, b"I" * 33, b"I" * 63])
def test_an_index_key_is_whole_keys(index: bytes) -> None:
    with pytest.raises(StoreKeyError, match="32 bytes"):
        StoreKeys(metadata=b"M" * 32, index=index, outbox=b"O" * 32)
