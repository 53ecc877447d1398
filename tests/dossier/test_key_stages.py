"""Whose key ends is told at 60, 30 and 7 days, and late is better than never."""

import pytest

from rmp_milter.dossier.key_ends import DAY, stage_due

AT = 1_780_000_000


@pytest.mark.parametrize(
    ("left", "stage"),
    [
        (61 * DAY, None),
        (60 * DAY + 1, None),
        (60 * DAY, 60),
        (31 * DAY, 60),
        (30 * DAY, 30),
        (8 * DAY, 30),
        (7 * DAY, 7),
        (1, 7),
        (0, None),  # nothing can be encrypted to it any more
        (-DAY, None),
    ],
)
def test_the_letter_of_each_stage(left: int, stage: int | None) -> None:
    assert stage_due(AT + left, AT) == stage


def test_what_never_ends_needs_no_letter() -> None:
    assert stage_due(0, AT) is None
