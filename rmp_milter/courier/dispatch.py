"""When the courier looks for rows and who sends them: one loop, a few threads."""

import logging
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor

from rmp_milter.dossier.answers import same_answer
from rmp_milter.store.surface import URGENT, Outbox, OutboxRow

log = logging.getLogger("rmp.courier")

POLL_SECONDS = 0.05
"""How often it is asked whether any process committed: one number in shared memory."""

HEARTBEAT_SECONDS = 1.0
"""How often the outbox is looked at without a commit: waits end by the clock alone."""

LONGEST_PAUSE_SECONDS = 30.0
_ROWS_AHEAD = 4

_ROWS_AT_ONCE = 20
"""Rows of one recipient that a thread sends before those of others have their turn."""

_ROWS_LOOKED_AT = 200
"""How far behind a long answer to one recipient a row to another is looked for."""


class UnreachableError(Exception):
    """Nothing takes mail at the other end; no fault of the mail."""


class _Lead:
    """Whether this courier is the one that sends, asked for once a heartbeat."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._asked_at = -HEARTBEAT_SECONDS
        self._held: bool | None = None

    def held(self, now: float) -> bool:
        if now - self._asked_at >= HEARTBEAT_SECONDS:
            self._asked_at, was, self._held = now, self._held, self._outbox.leads()
            if not self._held and was is not False:
                log.info("another courier sends: standing by")
            if self._held and was is False:
                log.info("no other courier sends any more: sending")
        return bool(self._held)


class Dispatcher:
    """Hands each due row to one thread at a time; rests while Postfix is away.

    The rows of one recipient go one after the other, so that the index of an answer leaves
    before its documents. A row that has to wait for its next try keeps back those of its own
    answer that follow it, and no others; nothing waits for one that is parked. An
    emergency's answer waits for the rows in the threads' hands, for no other.

    ``send`` is called in the threads with a row and returns whether that is done with;
    ``rest`` now and then in between. ``unnoted`` gives rows that ``send`` is done with and
    that stand in the outbox as due all the same, for a moment.
    """

    def __init__(
        self,
        outbox: Outbox,
        send: Callable[[OutboxRow], bool],
        rest: Callable[[], None],
        unnoted: Callable[[], Collection[int]],
        senders: int,
    ) -> None:
        self._outbox = outbox
        self._send = send
        self._rest = rest
        self._unnoted = unnoted
        self._senders = senders
        self._room = senders * _ROWS_AHEAD
        self._under_way: dict[str, Future[None]] = {}
        self._urgent: set[str] = set()  # those of them that began with an urgent row
        self._more = True  # whether rows were due that were not handed out
        self._recalls = 0
        self._ending = False
        self._wake = threading.Event()
        self._pause = 0.0
        self._pause_until = 0.0

    def serve(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set; what is under way is ended first.

        Raises what ``send`` raises, other than :class:`UnreachableError`.
        """
        pool = ThreadPoolExecutor(self._senders, thread_name_prefix="sender")
        try:
            self._loop(pool, stop)
        finally:
            self._ending = True
            pool.shutdown(wait=True, cancel_futures=True)
        self._reap()

    def _loop(self, pool: ThreadPoolExecutor, stop: threading.Event) -> None:
        seen, looked_at, lead = -1, 0.0, _Lead(self._outbox)
        while not stop.is_set():
            self._wake.clear()
            ended = self._reap()
            now = time.monotonic()
            if not lead.held(now):
                seen = -1
                self._rest()
                self._wake.wait(HEARTBEAT_SECONDS)
                continue
            change = self._outbox.last_change()
            beat = now - looked_at >= HEARTBEAT_SECONDS
            news = beat or change != seen
            if now >= self._pause_until and (news or (ended and self._more)):
                seen, looked_at = change, now
                if news:
                    self._make_way()
                self._hand_out(pool)
            if beat:
                self._rest()
            self._wake.wait(POLL_SECONDS)

    def _make_way(self) -> None:
        """Take back what was handed out if an urgent row came after it; it stays due."""
        if not self._under_way.keys() - self._urgent:
            return
        with self._outbox.snapshot() as snapshot:
            rows = snapshot.due(URGENT, _ROWS_LOOKED_AT)
            if any(row.recipient not in self._urgent for row in rows):
                self._recalls += 1

    def _hand_out(self, pool: ThreadPoolExecutor) -> None:
        """Give due rows to the threads, up to a few more than can be sent at once.

        Not for each row that ends: reading the rows again costs as much as sending one.
        """
        if len(self._under_way) > self._room // 2:
            self._more = True
            return
        for recipient, rows in self._due(self._room - len(self._under_way)).items():
            future = pool.submit(self._send_in_order, rows, self._recalls)
            self._under_way[recipient] = future
            if rows[0].next_try == URGENT:
                self._urgent.add(recipient)
            future.add_done_callback(lambda _: self._wake.set())

    def _due(self, recipients: int) -> dict[str, list[OutboxRow]]:
        """Return the due rows of recipients to whom nothing is under way, in order.

        Notes whether others are due as well.
        """
        due: dict[str, list[OutboxRow]] = {}
        sent = self._unnoted()  # before the snapshot: what is noted since is not in that
        left, self._more = _ROWS_LOOKED_AT, False
        with self._outbox.snapshot() as snapshot:
            for row in snapshot.due(int(time.time()), left):
                left -= 1
                if row.row in sent:
                    continue
                if row.recipient not in due and len(due) == recipients:
                    self._more = True
                    break
                self._more |= not self._take(row, due)
        self._more |= not left
        return due

    def _take(self, row: OutboxRow, due: dict[str, list[OutboxRow]]) -> bool:
        """Put a row to those of its recipient, if he can have one more now; tell whether."""
        if row.recipient in self._under_way:
            return False
        rows = due.setdefault(row.recipient, [])
        if room := len(rows) < _ROWS_AT_ONCE:
            rows.append(row)
        return room

    def _send_in_order(self, rows: list[OutboxRow], recalls: int) -> None:
        """Send one recipient's rows; what is left when they are recalled stays due.

        What follows a row that is tried again later has been put off with it.
        """
        later: list[str] = []
        for row in rows:
            if self._ending or self._recalls != recalls:
                return
            if any(same_answer(row.message_id, each) for each in later):
                continue
            if not self._send(row) and row.next_try != URGENT:
                later.append(row.message_id)

    def _reap(self) -> bool:
        """Take note of what ended; return whether anything did."""
        done = {to: future for to, future in self._under_way.items() if future.done()}
        for recipient, future in done.items():
            del self._under_way[recipient]
            self._urgent.discard(recipient)
            if not future.cancelled():
                self._judge(future)
        return bool(done)

    def _judge(self, future: Future[None]) -> None:
        try:
            future.result()
        except UnreachableError as error:
            self._rest_longer(str(error))
        else:
            if self._pause:
                log.info("Postfix takes mail again")
            self._pause = 0.0

    def _rest_longer(self, why: str) -> None:
        """Leave the rows as they are and wait: Postfix is down, not the mails bad."""
        now = time.monotonic()
        if now >= self._pause_until:
            self._pause = min(max(1.0, self._pause * 2), LONGEST_PAUSE_SECONDS)
            self._pause_until = now + self._pause
            log.warning("Postfix takes no mail (%s): next try in %d s", why, self._pause)
