"""The milter's own callbacks, and mails for which native code calls back into Python.

Started as ``calling_milter.py SOCKET``. What such code does first is to ask for the state of the
thread that it is in (``PyGILState_Ensure``), as PostgreSQL's driver and libraries in Rust do.
"""

import ctypes
import sys
from functools import partial

from rmp_milter.linux.ending import when_told_to_end
from rmp_milter.milter.callbacks import Rules, listen, stop

Called = ctypes.CFUNCTYPE(None)
ONCE = ctypes.CDLL(None).call_once
TIMES = 50


def take(_mail: object, _memory: object) -> str:
    called = Called(lambda: None)
    for _ in range(TIMES):
        flag = ctypes.c_int(0)  # C's call_once calls back at once, in this very thread
        ONCE(ctypes.byref(flag), called)
    return ""


when_told_to_end(stop)
rules = Rules(("rmp@x.test",), 1_000_000, "fr", take, partial(print, "failed"))
listen(rules, sys.argv[1], 0o600, None, 30)
