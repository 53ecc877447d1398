"""A chart of one bar a day: black on white, both axes named, each bar with its number."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rmp_milter.pdf.marks import ARTIFACT, BoxMark, LaidOut, Lettering, WordsMark
from rmp_milter.pdf.type_case import TypeCase, number

BARS_HEIGHT = 190.0
_TITLE, _AXIS = Lettering(bold=True, size=9.5), Lettering(bold=False, size=7)
_FIGURE = Lettering(bold=False, size=6)
_ABOVE, _BELOW = 34.0, 26.0
"""Room for the title and the axis' name, for the days and their name."""
_TICK_ROOM = 6.0
_BAR, _GRID, _LINE = 0.3, 0.85, 0.0
_FILLED = 0.7
"""The part of its room that a bar takes."""
_MOST_TICKS = 5


class _Plot(NamedTuple):
    """Where the bars stand, and how high one of the value 1 is."""

    left: float
    base: float
    width: float
    height: float
    top_value: int

    def at(self, value: int) -> float:
        """Return how high a value is on the page."""
        return self.base + self.height * value / self.top_value


class Chart(NamedTuple):
    """What a chart shows: as the figure ``of``, its ``place`` left, base, width and height.

    ``axis`` is what the bars count, ``below`` the name of the days.
    """

    of: int
    place: tuple[float, float, float, float]
    title: str
    axis: str
    below: str
    values: Sequence[int]


def draw_bars(laid: LaidOut, chart: Chart, case: TypeCase) -> None:
    """Draw a chart on the page that is written."""
    of, (left, base, width, height), title, axis, below, values = chart
    ticks = [*_ticks(max(values))]
    room = max(case.width(number(tick), _AXIS) for tick in ticks) + _TICK_ROOM
    plot = _Plot(left + room, base + _BELOW, width - room, height - _ABOVE - _BELOW, ticks[-1])
    top = base + height
    laid.put(
        WordsMark(of, left, top - _TITLE.size, title, _TITLE),
        WordsMark(of, left, top - _TITLE.size - 12, axis, _AXIS),
    )
    _draw_ticks(laid, of, plot, ticks, case)
    _draw_days(laid, of, plot, values, case)
    middle = plot.left + (plot.width - case.width(below, _AXIS)) / 2
    laid.put(WordsMark(of, middle, base + 2, below, _AXIS))


def _ticks(most: int) -> Iterator[int]:
    """Yield round numbers from 0 to what is no less than ``most``, few and evenly apart."""
    step = 1
    while step * _MOST_TICKS < most:
        first = str(step)[0]
        step = step * 5 // 2 if first == "2" else step * 2
    yield from range(0, max(-(-most // step), 1) * step + 1, step)


def _draw_ticks(
    laid: LaidOut, of: int, plot: _Plot, ticks: Sequence[int], case: TypeCase
) -> None:
    for tick in ticks:
        shown, high = number(tick), plot.at(tick)
        right = plot.left - _TICK_ROOM / 2 - case.width(shown, _AXIS)
        grey = _GRID if tick else _LINE
        laid.put(
            BoxMark(ARTIFACT, plot.left, high, plot.width, 0.5, grey),
            WordsMark(of, right, high - 2.4, shown, _AXIS),
        )


def _draw_days(
    laid: LaidOut, of: int, plot: _Plot, values: Sequence[int], case: TypeCase
) -> None:
    room = plot.width / len(values)
    fitting = all(case.width(number(each), _FIGURE) <= room for each in values)
    for at, value in enumerate(values):
        middle = plot.left + (at + 0.5) * room
        day = str(at + 1)
        under = middle - case.width(day, _AXIS) / 2
        laid.put(WordsMark(of, under, plot.base - 10, day, _AXIS))
        if not value:
            continue
        wide, high = room * _FILLED, plot.at(value) - plot.base
        laid.put(BoxMark(of, middle - wide / 2, plot.base, wide, high, _BAR))
        if fitting:
            shown = number(value)
            over = middle - case.width(shown, _FIGURE) / 2
            laid.put(WordsMark(of, over, plot.base + high + 2, shown, _FIGURE))
