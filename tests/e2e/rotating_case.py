"""A service whose key is changed while somebody writes on."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from testbed.doctor import Doctor
from testbed.host import Host
from testbed.sending import Reply
from testbed.service import Part

PAUSE_SECONDS = 0.2


@contextmanager
def without_chores(*, by_library: bool = False) -> Iterator[Host]:
    """Give a host whose chores are done when a test asks for them; its doctors as it has them."""
    with Host({("milter", "chores_seconds"): "3600"}, by_library=by_library) as host:
        yield host


class WritingOn(threading.Thread):
    """Somebody who sends one mail behind the other; what is put off he sends again.

    Between two of them he leaves the machine to the others for a moment.

    ``mail`` makes the one of a number.
    """

    def __init__(self, host: Host, doctor: Doctor, mail: Callable[[int], bytes]) -> None:
        super().__init__()
        self._host, self._doctor, self._mail = host, doctor, mail
        self.ended = threading.Event()
        self.taken = self.put_off = 0
        self.refused: list[Reply] = []

    def run(self) -> None:
        while not self.ended.is_set():
            mail = self._mail(self.taken)
            while 400 <= (reply := self._host.send(self._doctor, mail)).code < 500:
                self.put_off += 1
                time.sleep(0.1)
            if not reply.accepted:
                self.refused.append(reply)
                return
            self.taken += 1
            self.ended.wait(PAUSE_SECONDS)

    def go_on(self, more: int = 2) -> None:
        """Return when so many more are taken, or one was refused.

        Of two the second at least is written from now on.
        """
        wanted = self.taken + more
        while self.taken < wanted and self.is_alive():
            time.sleep(0.05)


def restart_keeper(host: Host) -> None:
    host.service.stop(Part.KEEPER)
    host.service.start(Part.KEEPER)
    host.service.wait_ready()


def as_if_long_ago(host: Host, key: Path) -> None:
    """Have the key, then the keeper's start, lie so far back that nothing is under way."""
    now = time.time()
    os.utime(key, (now - 1000, now - 1000))
    os.utime(host.service.keeper_socket, (now - 500, now - 500))
