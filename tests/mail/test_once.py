"""What is worked out once of a mail, and forgotten with it."""

import pytest

from rmp_milter.mail.header import once
from rmp_milter.mail.header.once import read_once, remembered


class Asked:
    """A function that counts how often it was asked."""

    def __init__(self) -> None:
        self.times = 0
        self.double = remembered(self._double)

    def _double(self, number: int) -> list[int]:
        self.times += 1
        return [2 * number]


def test_outside_of_a_mail_nothing_is_remembered() -> None:
    asked = Asked()
    assert asked.double(2) == asked.double(2) == [4]
    assert asked.times == 2


def test_within_a_mail_the_same_is_worked_out_once() -> None:
    asked = Asked()
    with read_once():
        assert asked.double(2) is asked.double(2)
        assert asked.double(3) == [6]
    assert asked.times == 2
    assert asked.double(2) == [4]
    assert asked.times == 3


def test_two_functions_are_not_taken_for_each_other() -> None:
    one, other = remembered(str), remembered(bool)
    with read_once():
        assert one(1) == "1"
        assert other(1) is True


def test_nothing_is_left_when_the_mail_fails() -> None:
    asked = Asked()

    @read_once()
    def fail() -> None:
        asked.double(2)
        raise LookupError

    with pytest.raises(LookupError):
        fail()
    asked.double(2)
    assert asked.times == 2


def test_no_more_is_remembered_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(once, "MOST_REMEMBERED", 1)
    asked = Asked()
    with read_once():
        for _ in range(2):
            asked.double(2)
            asked.double(3)
    assert asked.times == 3
