"""A guess rests on what was seen a moment ago, and no longer."""

from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

import pytest

from rmp_milter.milter import guessing
from rmp_milter.milter.guessing import Glances

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rmp_milter.store.surface import Store


class Directory:
    """Says how often it was asked."""

    def __init__(self) -> None:
        self.asked = list[str]()

    @contextmanager
    def looking(self) -> "Iterator[Directory]":
        yield self

    def doctor_by_mail(self, mail: str) -> str:
        self.asked.append(mail)
        return f"{mail}, asked {len(self.asked)} times"


def test_what_was_seen_a_moment_ago_is_not_asked_again() -> None:
    directory = Directory()
    glances = Glances(cast("Store", directory))
    first = glances.doctor_by_mail("paul@x.test")
    assert glances.doctor_by_mail("paul@x.test") is first
    glances.doctor_by_mail("lea@x.test")
    assert directory.asked == ["paul@x.test", "lea@x.test"]
    assert glances.anew().doctor_by_mail("paul@x.test") != first


def test_what_was_seen_longer_ago_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guessing, "REMEMBERED_SECONDS", -1.0)
    directory = Directory()
    glances = Glances(cast("Store", directory))
    first = glances.doctor_by_mail("paul@x.test")
    assert glances.doctor_by_mail("paul@x.test") != first
