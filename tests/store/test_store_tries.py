"""How tries are counted: the newest of thirty days, in order."""

from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.store.surface import TALLY_SECONDS, TALLY_TIMES
from rmp_milter.store.write.marks import with_try


@given(st.lists(st.integers(0, 3 * TALLY_SECONDS), min_size=1, max_size=300))
def test_the_newest_tries_of_thirty_days_are_kept_in_order(tries: list[int]) -> None:
    times: tuple[int, ...] = ()
    for at in tries:
        times = with_try(times, at)
    assert list(times) == sorted(times)
    assert times[-1] == max(tries)
    assert len(times) <= TALLY_TIMES
    assert all(time > times[-1] - TALLY_SECONDS for time in times)
    counted = sorted(at for at in tries if at > max(tries) - TALLY_SECONDS)
    assert list(times) == counted[-TALLY_TIMES:]
