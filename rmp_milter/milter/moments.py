"""A mail whose moment of the store was lost begins anew on another one.

Where the store is on a server, that may go or be followed by its standby while a mail is read and
judged. What was read until then is of no use, and nothing was written yet.
"""

import logging
import time
from collections.abc import Callable

from rmp_milter.errors import try_again
from rmp_milter.store.format.failures import LostMomentError

log = logging.getLogger("rmp.milter")

STORE_WAIT = 45.0
"""For so many seconds since it came a mail begins anew; to open a moment takes as long at most."""

MOST_LOST = 3
"""So often a mail begins: it may be the mail that ends the server."""


def on_whole_moments(attempt: Callable[[], str], began: float) -> str:
    """Return what ``attempt`` does, anew where it has lost a moment of the store.

    The mail ``began`` at a monotonic time. Raises what ``attempt`` raises, and the 451 of a store
    that cannot be read, once nothing begins any more.
    """
    for times in range(1, MOST_LOST + 1):
        try:
            return attempt()
        except LostMomentError as lost:
            if times == MOST_LOST or time.monotonic() - began > STORE_WAIT:
                reason = f"the store's server was lost in the middle: {lost.detail}"
                raise try_again("unavailable", reason) from lost
            log.warning("a mail has lost its moment of the store: %s", lost.detail)
    raise AssertionError  # the last round returns or raises
