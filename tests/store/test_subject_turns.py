"""Turns that others have are waited for, and not for ever."""

import pytest
from store_case import KEYS

from rmp_milter.store.format.blind import Blind
from rmp_milter.store.format.failures import NotInTimeError
from rmp_milter.store.turns import SubjectTurns


def test_nobody_waits_for_ever() -> None:
    turns = SubjectTurns(Blind(KEYS.index, "turns"), patience=0.01)
    with turns.held((b"a",)), pytest.raises(NotInTimeError), turns.held((b"b", b"a")):
        pytest.fail("another had it")
    with turns.held((b"a", b"b")):  # nothing was left held
        pass
