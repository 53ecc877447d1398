"""Refusals: counted once each, for thirty days, in rows that do not grow without end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from own_case import DAY, DOSSIERS, log, own, rows, scratch

from rmp_milter.keeper.log.journal import Journal
from rmp_milter.keeper.log.own import Own
from rmp_milter.keeper.log.tables import OwnTable
from rmp_milter.keeper.log.tries import (
    EVERYBODY,
    MOST_TIMES,
    TRY_SECONDS,
    of_dossier,
    of_nobody,
    of_person,
)

__all__ = ["log", "own"]

NOW = 20_000 * DAY
SUBJECT = of_dossier(DOSSIERS[0])


def test_a_refusal_is_counted_for_each_subject_once(own: Own) -> None:
    subjects = (SUBJECT, of_person(DOSSIERS[0]), EVERYBODY, SUBJECT)
    own.tries.count(subjects, NOW)
    own.tries.count((EVERYBODY,), NOW)
    assert [own.tries.recent(each, NOW) for each in subjects] == [1, 1, 2, 1]
    assert own.tries.recent(of_nobody(DOSSIERS[0] * 2), 0) == 0


def test_what_was_before_a_time_is_not_recent(own: Own) -> None:
    for at in (NOW, NOW + 60, NOW + 60, NOW + 3600):
        own.tries.count((SUBJECT,), at)
    counts = [own.tries.recent(SUBJECT, NOW + since) for since in (0, 1, 60, 61, 3601)]
    assert counts == [4, 3, 3, 1, 0]


def test_tries_are_cleared_for_one_subject(own: Own) -> None:
    own.tries.count((SUBJECT, EVERYBODY), NOW)
    own.tries.clear(SUBJECT)
    own.tries.clear(of_dossier(DOSSIERS[1]))
    assert [own.tries.recent(each, 0) for each in (SUBJECT, EVERYBODY)] == [0, 1]
    assert len(rows(own, OwnTable.TRIES_DUE)) == 1


def test_a_refusal_counts_for_thirty_days_even_by_a_clock_that_is_behind(own: Own) -> None:
    own.tries.count((SUBJECT,), NOW)
    own.tries.count((SUBJECT,), NOW - 10)
    own.tries.count((SUBJECT,), NOW + TRY_SECONDS - 1)
    assert own.tries.recent(SUBJECT, 0) == 2
    own.tries.count((SUBJECT,), NOW + TRY_SECONDS)
    assert own.tries.recent(SUBJECT, 0) == 2


def test_a_flood_makes_no_row_grow_and_keeps_the_newest(own: Own) -> None:
    for number in range(MOST_TIMES + 50):
        own.tries.count((EVERYBODY,), NOW + number)
    assert own.tries.recent(EVERYBODY, 0) == MOST_TIMES
    assert own.tries.recent(EVERYBODY, NOW + MOST_TIMES) == 50
    assert len(rows(own, OwnTable.TRIES)[EVERYBODY]) == 4 * MOST_TIMES


def test_what_counts_no_more_goes_and_little_of_it_at_once(own: Own) -> None:
    subjects = [of_nobody(number.to_bytes(32)) for number in range(12)]
    own.tries.count(subjects, NOW)
    own.tries.count(subjects[:1], NOW + DAY)
    own.tidy(NOW + TRY_SECONDS + DAY - 1)
    assert len(rows(own, OwnTable.TRIES)) == 12
    own.tidy(NOW + TRY_SECONDS + DAY, most=5)
    assert len(rows(own, OwnTable.TRIES)) == 7
    own.tidy(NOW + TRY_SECONDS + DAY, most=50)
    assert list(rows(own, OwnTable.TRIES)) == subjects[:1]
    own.tidy(NOW + TRY_SECONDS + 2 * DAY)
    assert rows(own, OwnTable.TRIES) == rows(own, OwnTable.TRIES_DUE) == {}


@pytest.mark.parametrize(
    "subject",
    [lambda: of_dossier(b"x"), lambda: of_person(b""), lambda: of_nobody(DOSSIERS[0])],
)
def test_subjects_have_their_length(subject: object) -> None:
    assert callable(subject)
    with pytest.raises(ValueError, match="length"):
        subject()


TRIES = st.lists(
    st.tuples(st.sampled_from((SUBJECT, EVERYBODY)), st.none() | st.integers(NOW, NOW * 2)),
    max_size=30,
)


@given(TRIES)
def test_all_that_counts_is_counted_and_has_one_end(
    log: Journal, tries: list[tuple[bytes, int | None]]
) -> None:
    model: dict[bytes, list[int]] = {}
    with scratch(log) as own:
        for subject, at in tries:
            if at is None:
                own.tries.clear(subject)
                model.pop(subject, None)
                continue
            own.tries.count((subject,), at)
            times = sorted([*model.get(subject, []), at])
            model[subject] = [time for time in times if time > times[-1] - TRY_SECONDS]
        for subject, times in model.items():
            for since in (0, *times):
                assert own.tries.recent(subject, since) == len([t for t in times if t >= since])
        assert rows(own, OwnTable.TRIES).keys() == model.keys()
        assert {key[4:] for key in rows(own, OwnTable.TRIES_DUE)} == model.keys()
        assert len(rows(own, OwnTable.TRIES_DUE)) == len(model)
