"""A mail is with one keeper from its opening to its commit; where that one goes, it begins anew.

What a keeper has said of a mail (its ticket, cards that it made) is of use with that keeper
alone. Until the commit nothing is kept here, so a mail can begin anew with another one, as it
does when Postfix's client sends it again: what a keeper has done, it does once for one act.
"""

import logging
import time
from collections.abc import Callable

from rmp_milter.calls.keepers import KeeperPlace, Keepers
from rmp_milter.errors import LostError
from rmp_milter.milter.means import Means

log = logging.getLogger("rmp.milter")

MOST_BROKEN = 2
"""So often a mail begins anew after a keeper went in the middle of its call: it may be the mail
that ends the worker."""


def with_one_keeper(
    attempt: Callable[[Means], str], means: Means, began: float, is_known: Callable[[], bool]
) -> str:
    """Return what ``attempt`` does with the first keeper that is there.

    Where that one is lost it is done anew, with another if there is one, else with the same
    once it is back, within ``means.keeper_wait`` seconds since the mail ``began`` (monotonic).
    ``is_known`` says whether it seems to be of somebody enrolled. Raises what ``attempt``
    raises, :class:`LostError` once nothing begins any more.
    """
    until = began + means.keeper_wait
    lost = LostError("keeper: none is there", asked=False)
    place, broken = _begin(means.keepers, until, is_known, None), 0
    while place is not None:
        try:
            return attempt(means.at(place))
        except LostError as error:
            lost = error
        log.warning("a mail has lost its keeper at %s: %s", place.socket, lost.detail)
        if lost.asked:
            broken += 1
        else:
            means.keepers.note_away(place, lost.detail)
        if broken > MOST_BROKEN:
            break
        place = _begin(means.keepers, until, is_known, place)
    raise lost


def _begin(
    keepers: Keepers, until: float, is_known: Callable[[], bool], lost: KeeperPlace | None
) -> KeeperPlace | None:
    """Return with which keeper a mail begins, or None where it is too late for it."""
    if lost is not None and time.monotonic() >= until:
        return None
    if found := keepers.present(lost):
        return found
    found = keepers.wait(until, is_known=is_known(), but=lost)
    # Before it hears 451 for nothing, a mail has asked by itself.
    return found or (keepers.places[0] if lost is None else None)
