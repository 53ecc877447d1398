"""What is written is what was frozen under its number.

Somebody who changes a record needs a new number (``store/format/version.py``, or
``keeper/log/version.py``), a step to it (``store/steps.py``) with a test on the fixture of the
format before, and the new text (``python -m testbed.definitions``), beside the old one.
"""

from enum import StrEnum
from pathlib import Path

import msgspec
import pytest

from rmp_milter.dossier.model import Value
from testbed.definitions import described, frozen_files

ADVICE = "changed a record? new format number and a step in store/steps.py"


FROZEN = frozen_files()


@pytest.mark.parametrize(("path", "text"), FROZEN.items(), ids=[path.name for path in FROZEN])
def test_what_is_written_is_what_was_frozen(path: Path, text: str) -> None:
    assert path.exists(), f"{path.name}: {ADVICE}; then python -m testbed.definitions"
    assert text == path.read_text(), f"{path.name}: {ADVICE}"


class Word(StrEnum):
    ONE = "one"


class Inner(Value, frozen=True):
    number: int


class Before(Value, frozen=True):
    inner: Inner
    words: tuple[Word, ...] = ()


def change(**defined: object) -> type:
    """The same structure defined otherwise."""
    usual = {"frozen": True, "forbid_unknown_fields": True, "omit_defaults": True}
    fields = [("inner", Inner), ("words", tuple[Word, ...], ())]
    return msgspec.defstruct("Before", defined.pop("fields", fields), **usual | defined)


class OtherWord(StrEnum):
    ONE = "one"
    TWO = "two"


OtherWord.__name__ = "Word"


def test_the_same_definition_reads_the_same() -> None:
    assert [*described(change())] == [*described(Before)]


@pytest.mark.parametrize(
    "changed",
    [
        change(fields=[("inner", Inner)]),
        change(fields=[("inner", Inner), ("words", tuple[Word, ...])]),
        change(fields=[("inner", Inner), ("words", tuple[Word, ...], (Word.ONE,))]),
        change(fields=[("inner", Inner), ("words", tuple[str, ...], ())]),
        change(fields=[("inner", Inner), ("words", tuple[OtherWord, ...], ())]),
        change(fields=[("inner", Inner | None), ("words", tuple[Word, ...], ())]),
        change(fields=[("inside", Inner), ("words", tuple[Word, ...], ())]),
        change(forbid_unknown_fields=False),
        change(omit_defaults=False),
        change(tag="before"),
        change(array_like=True),
        change(rename={"inner": "i"}),
    ],
)
def test_each_change_of_a_definition_shows(changed: type) -> None:
    assert [*described(changed)] != [*described(Before)]
