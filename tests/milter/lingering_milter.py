"""The milter's own callbacks, in a process whose Python takes a second to be finalised.

Started as ``lingering_milter.py SOCKET SECONDS``; says ``finalising`` when that begins. A mail
takes SECONDS, said by ``taking`` and ``taken``; a thread of its own runs all the while.
"""

import atexit
import sys
import threading
import time

from rmp_milter.linux.ending import when_told_to_end
from rmp_milter.milter.callbacks import Rules, listen, stop

LINGER_SECONDS = 1
SOCKET, SECONDS = sys.argv[1], float(sys.argv[2])


def linger() -> None:
    """Give whoever still speaks to us the time to do so."""
    say("finalising")
    time.sleep(LINGER_SECONDS)


def take(_mail: object, _memory: object) -> str:
    say("taking")
    time.sleep(SECONDS)
    say("taken")
    return ""


def ending() -> int:
    say("ending")
    return 0


def say(what: str) -> None:
    print(what, flush=True)  # noqa: T201 -- the test reads it


atexit.register(linger)
when_told_to_end(stop)
threading.Thread(target=threading.Event().wait, daemon=True).start()
rules = Rules(("rmp@x.test",), 1_000_000, "fr", take, lambda: None)
listen(rules, SOCKET, 0o600, None, 30, ending=ending)
