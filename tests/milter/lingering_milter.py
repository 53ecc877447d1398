"""The milter's own callbacks, in a process whose Python takes a second to be finalised.

Started as ``lingering_milter.py SOCKET``; says ``finalising`` when that begins.
"""

import atexit
import sys
import time

from rmp_milter.milter.callbacks import Rules, listen

LINGER_SECONDS = 1


def linger() -> None:
    """Give whoever still speaks to us the time to do so."""
    print("finalising", flush=True)  # noqa: T201 -- the test reads it
    time.sleep(LINGER_SECONDS)


atexit.register(linger)
rules = Rules(("rmp@x.test",), 1_000_000, "fr", lambda _mail, _memory: "", lambda: None)
listen(rules, sys.argv[1], 0o600, None, 30)
