"""The history checker: it finds what no order explains, and nothing else.

Small histories are judged a second time by trying every order.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testbed.history import Fault, HistoryRecorder, Seen, Written, findings

D = "a dossier"


def wrote(value: str, invoked: float, returned: float | None) -> Written:
    return Written("writer", D, invoked, returned, value)


def saw(values: str, invoked: float, returned: float) -> Seen:
    return Seen("reader", D, invoked, returned, tuple(values))


def faults(*events: Written | Seen) -> set[Fault]:
    written = [each for each in events if isinstance(each, Written)]
    seen = [each for each in events if isinstance(each, Seen)]
    return {each.fault for each in findings(written, seen)}


GOOD: list[tuple[Written | Seen, ...]] = [
    (),
    (wrote("a", 0, 1), saw("a", 2, 3)),
    (wrote("a", 0, 5), saw("", 1, 2), saw("a", 3, 4)),  # at work: there, or not yet
    (wrote("a", 0, None), saw("", 1, 2), saw("", 8, 9)),  # never told, and never happened
    (wrote("a", 0, None), saw("", 1, 2), saw("a", 8, 9)),  # or long after
    (wrote("a", 0, 3), wrote("b", 1, 4), saw("ba", 5, 6)),  # at once, in any order
    (wrote("a", 0, 1),),  # nobody looked
    (wrote("a", 0, 9), saw("a", 1, 8), saw("", 2, 7)),  # two reads at once
]

BAD: list[tuple[Fault, tuple[Written | Seen, ...]]] = [
    (Fault.LOST, (wrote("a", 0, 1), saw("", 2, 3))),
    (Fault.LOST, (wrote("a", 0, 1), wrote("b", 2, 3), saw("b", 0, 4))),
    (Fault.LOST, (wrote("a", 0, None), wrote("b", 0, None), saw("a", 2, 3), saw("b", 4, 5))),
    (Fault.STALE, (wrote("a", 0, 1), saw("", 2, 3), saw("a", 4, 5))),
    (Fault.STALE, (wrote("a", 0, 9), saw("a", 1, 2), saw("", 3, 4))),
    (Fault.STALE, (wrote("a", 0, None), saw("a", 1, 2), saw("", 3, 4))),
    (Fault.DUPLICATED, (wrote("a", 0, 1), saw("aa", 2, 3))),
    (Fault.REORDERED, (wrote("a", 0, 1), wrote("b", 2, 3), saw("ba", 4, 5))),
    (
        Fault.REORDERED,
        (wrote("a", 0, 9), wrote("b", 0, 9), saw("ab", 1, 5), saw("ba", 1, 5)),
    ),
    (Fault.INVENTED, (saw("a", 0, 1),)),
    (Fault.INVENTED, (saw("a", 0, 1), wrote("a", 2, 3))),
]


@pytest.mark.parametrize("events", GOOD)
def test_what_a_dossier_can_answer_has_no_finding(events: tuple[Written | Seen, ...]) -> None:
    assert faults(*events) == set()
    assert some_order_fits(events)


@pytest.mark.parametrize(("fault", "events"), BAD)
def test_what_no_dossier_can_answer_is_named(
    fault: Fault, events: tuple[Written | Seen, ...]
) -> None:
    assert fault in faults(*events)
    assert not some_order_fits(events)


def test_dossiers_are_judged_each_by_itself() -> None:
    other = replace(wrote("a", 0, 1), dossier="another")
    assert faults(other, saw("", 2, 3)) == set()
    assert faults(wrote("a", 0, 1), other, saw("a", 2, 3)) == set()


def test_two_writes_of_one_value_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be told apart"):
        faults(wrote("a", 0, 1), wrote("a", 2, 3))


def test_a_write_that_raises_is_of_unknown_outcome() -> None:
    recorder = HistoryRecorder()
    with pytest.raises(OSError, match="gone"), recorder.writing("w", D, "a"):
        raise OSError("gone")
    with recorder.writing("w", D, "b"):
        pass
    recorder.read("r", D, recorder.written[-1].end + 1, ["b"])
    assert [each.returned is None for each in recorder.written] == [True, False]
    assert recorder.findings() == ()


TIMES = st.integers(0, 9)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Written | Seen, ...]:
    """Return a small history, right or wrong."""
    events = list[Written | Seen]()
    values = "abcd"[: draw(st.integers(1, 4))]
    for value in values:
        invoked = draw(TIMES)
        returned = draw(st.none() | st.integers(invoked, 9))
        events.append(wrote(value, invoked, returned))
    order = "".join(draw(st.permutations(values)))
    for _ in range(draw(st.integers(1, 3))):
        invoked = draw(TIMES)
        shown = order[: draw(st.integers(0, len(order)))]
        if draw(st.integers(0, 4)) == 0:
            shown = "".join(draw(st.lists(st.sampled_from(values), max_size=3)))
        events.append(saw(shown, invoked, draw(st.integers(invoked, 9))))
    return tuple(events)


@given(histories())
@settings(max_examples=400, deadline=None)
def test_it_finds_something_where_no_order_fits_and_only_there(
    events: tuple[Written | Seen, ...],
) -> None:
    assert (faults(*events) == set()) == some_order_fits(events)


def some_order_fits(events: tuple[Written | Seen, ...]) -> bool:
    """Try every order, with and without each write that nobody was told of."""
    unknown = [each for each in events if isinstance(each, Written) and each.returned is None]
    sure = [each for each in events if each not in unknown]
    return any(
        fits(order) for chosen in subsets(unknown) for order in permutations([*sure, *chosen])
    )


def subsets(events: list[Written]) -> list[list[Written]]:
    found: list[list[Written]] = [[]]
    for event in events:
        found += [[*each, event] for each in found]
    return found


def fits(order: tuple[Written | Seen, ...]) -> bool:
    """Whether each comes before none that had ended before it began, and is shown what was."""
    state, latest = "", -math.inf
    for event in order:
        end = math.inf if event.returned is None else event.returned
        if end < latest:
            return False
        latest = max(latest, event.invoked)
        if isinstance(event, Written):
            state += event.value
        elif "".join(event.values) != state:
            return False
    return True
