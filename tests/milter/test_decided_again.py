"""A mail whose ground moved while it was decided: decided again, and at last put off."""

from typing import Any

import pytest
from settling_case import case_of

from rmp_milter.calls.keeper import GroundMoved
from rmp_milter.dossier.model import Doctor
from rmp_milter.errors import RESTORED, MailError
from rmp_milter.milter import pipeline
from rmp_milter.store.format.failures import Conflict

NOTHING: Any = None
"""In the place of a mail: how it is decided is played."""


def decided(monkeypatch: pytest.MonkeyPatch, *ends: Exception | str) -> str:
    """Return what becomes of a mail that is decided with these ends, one after the other."""
    left = iter(ends)

    def once(*_: Any) -> str:  # noqa: ANN401 -- as the function that it stands for
        end = next(left)
        if isinstance(end, Exception):
            raise end
        return end

    monkeypatch.setattr(pipeline, "_take_once", once)
    return pipeline._take_gathered(NOTHING, NOTHING, NOTHING)


def test_a_card_that_the_keeper_knows_a_later_one_of_is_a_conflict_as_the_stores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert decided(monkeypatch, GroundMoved(), Conflict("changed"), "dossier done") == (
        "dossier done"
    )


def test_three_times_the_mail_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MailError) as caught:
        decided(monkeypatch, *(GroundMoved() for _ in range(3)))
    assert (caught.value.code, caught.value.text) == (451, "unavailable")
    assert RESTORED in caught.value.detail


def test_a_dossier_that_changed_so_often_is_no_sign_of_a_restore(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(MailError, match="451") as caught:
        decided(monkeypatch, GroundMoved(), GroundMoved(), Conflict("changed"))
    assert RESTORED not in caught.value.detail


def test_what_the_keeper_did_before_is_said_at_smtp_time_and_answered_by_no_letter() -> None:
    paul = Doctor(b"p" * 16, "Dr P", "", "p@x.test", "médecin", b"cert", "f", ())
    replayed = MailError("replayed", enhanced="5.7.7")
    with pytest.raises(MailError) as caught:
        pipeline._refusal(replayed, case_of(paul))
    assert caught.value is replayed
