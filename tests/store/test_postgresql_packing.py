"""Pages as one value, and COPY's octets."""

import pytest

from rmp_milter.engine.postgresql import packing
from rmp_milter.engine.postgresql.packing import answers_in, copy_rows, keys_in, records_in


def page_of(*records: tuple[bytes, bytes]) -> bytes:
    return b"".join(
        len(key).to_bytes(4) + len(value).to_bytes(4) + key + value for key, value in records
    )


@pytest.mark.parametrize("value", [b"", b"v", bytes(300)])
def test_records_come_out_of_a_page_as_they_are(value: bytes) -> None:
    records = [(b"k", value), (b"\0" * 16, b"\xff"), (b"key", value)]
    assert records_in(page_of(*records)) == records


def test_keys_come_out_of_a_page_as_they_are() -> None:
    keys = [b"a", b"\0" * 300, b"\xff\xff"]
    assert keys_in(b"".join(len(key).to_bytes(4) + key for key in keys)) == keys


def test_answers_come_to_the_questions_that_they_are_to() -> None:
    page = b"".join(
        number.to_bytes(4)
        + len(key).to_bytes(4)
        + length.to_bytes(4, signed=True)
        + key
        + value
        for number, key, length, value in (
            (0, b"k", 3, b"\0\1\2"),
            (2, b"", -1, b""),
            (2, b"key", 0, b""),
        )
    )
    assert answers_in(page, 3) == [[(b"k", b"\0\1\2")], [], [(b"", None), (b"key", b"")]]
    assert answers_in(None, 2) == [[], []]


def test_a_page_of_nothing_is_none() -> None:
    assert records_in(None) == []
    assert keys_in(None) == []


def test_rows_are_sent_in_pieces_that_are_one_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(b"k" * number, memoryview(b"value")) for number in range(1, 50)]
    (whole,) = copy_rows(rows)
    monkeypatch.setattr(packing, "MOST_SENT", 64)
    pieces = [*copy_rows(rows)]
    assert len(pieces) > 10
    assert b"".join(pieces) == whole
