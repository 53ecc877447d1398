"""When the courier looks for rows and who sends them: one loop, a few threads."""

import logging
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from rmp_milter.courier.leases import LeasedReaders, LostLeaseError
from rmp_milter.dossier.answers import same_answer
from rmp_milter.store.format.failures import LostMomentError
from rmp_milter.store.surface import URGENT, Outbox, OutboxRow

log = logging.getLogger("rmp.courier")

POLL_SECONDS = 0.05
"""How often it is asked whether any process committed: one number, in shared memory or far away."""

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


class Senders(NamedTuple):
    """How many threads there are, and what they do.

    ``send`` is called in them with a row, and returns whether that is done with; ``rest`` now and
    then in between. ``unnoted`` gives rows that ``send`` is done with and that stand in the outbox
    as due all the same, for a moment.
    """

    many: int
    send: Callable[[OutboxRow], bool]
    rest: Callable[[], None]
    unnoted: Callable[[], Collection[int]]


class _OutboxLook(NamedTuple):
    """What one look at the outbox shows, each in the order in which it is due.

    The rows of those leased to us, to whom else rows are due, and to whom urgent ones are.
    """

    due: dict[str, list[OutboxRow]]
    unleased: dict[str, None]
    urgent: dict[str, None]


class Dispatcher:
    """Hands each due row to one thread at a time; rests while Postfix is away.

    The rows of one recipient go one after the other, so that the index of an answer leaves
    before its documents. A row that has to wait for its next try keeps back those of its own
    answer that follow it, and no others; nothing waits for one that is parked. An
    emergency's answer waits for the rows in the threads' hands, for no other.

    Where other couriers send from the same outbox, a recipient is leased to this one before the
    rows that he is sent are read, and until what became of them is noted.
    """

    def __init__(self, outbox: Outbox, leased: LeasedReaders, senders: Senders) -> None:
        self._outbox = outbox
        self._leased = leased
        self._send, self._rest, self._unnoted = senders.send, senders.rest, senders.unnoted
        self._senders = senders.many
        self._room = senders.many * _ROWS_AHEAD
        self._under_way: dict[str, Future[None]] = {}
        self._urgent: set[str] = set()  # those of them that began with an urgent row
        self._handed = dict[str, set[int]]()  # to whom rows went that may not be noted yet
        self._idle_since = dict[str, float]()  # of those of them, to whom nothing is under way
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
        seen, change, asked_at, looked_at = -1, -1, 0.0, 0.0
        while not stop.is_set():
            self._wake.clear()
            ended = self._reap()
            now = time.monotonic()
            if now - asked_at >= POLL_SECONDS:
                asked_at, change = now, self._outbox.last_change()
            beat = now - looked_at >= HEARTBEAT_SECONDS
            news = beat or change != seen
            if now >= self._pause_until and (news or (ended and self._more)):
                seen, looked_at = change, now
                try:
                    self._hand_out(pool, news=news)
                except LostMomentError as lost:
                    log.warning("the outbox was not read to its end: %s", lost)
                    seen = -1
            self._leave_to_others()
            if beat:
                self._rest()
            self._wake.wait(max(0.0, asked_at + POLL_SECONDS - time.monotonic()))

    def _make_way(self, wanted: Collection[str]) -> None:
        """Take back what was handed out, for urgent rows that came after it; it stays due."""
        news = [each for each in wanted if each not in self._urgent]
        free = [each for each in news if each not in self._under_way]
        if any(map(self._leased.holds, news)) or (free and self._leased.take(free, self._room)):
            self._recalls += 1

    def _hand_out(self, pool: ThreadPoolExecutor, *, news: bool) -> None:
        """Give due rows to the threads, up to a few more than can be sent at once.

        Not for each row that ends: reading the rows again costs as much as sending one. Where
        there is ``news``, what was handed out before makes way for urgent rows.
        """
        full = len(self._under_way) > self._room // 2
        may_wait = news and bool(self._under_way.keys() - self._urgent)
        if full and not may_wait:
            self._more = True
            return
        room = 0 if full else self._room - len(self._under_way)
        for recipient, rows in self._due(room, make_way=may_wait).items():
            future = pool.submit(self._send_in_order, rows, self._recalls)
            self._under_way[recipient] = future
            self._handed.setdefault(recipient, set()).update(row.row for row in rows)
            if rows[0].next_try == URGENT:
                self._urgent.add(recipient)
            future.add_done_callback(lambda _: self._wake.set())

    def _due(self, recipients: int, *, make_way: bool) -> dict[str, list[OutboxRow]]:
        """Return the due rows of recipients to whom nothing is under way, in order.

        They are leased to us before they are read, all at once. Notes whether others are due as
        well. With room for no recipient only urgent rows are looked at, to ``make_way`` for.
        """
        look = self._read(recipients)
        if make_way:
            self._make_way(look.urgent)
        wanted = self._leased.maybe_free(look.unleased) if recipients else []
        if wanted and self._leased.take(wanted, recipients):
            return self._read(recipients).due
        return look.due

    def _read(self, recipients: int) -> _OutboxLook:
        """Look at the due rows, in their order, once."""
        look = _OutboxLook({}, {}, {})
        sent = self._unnoted()  # before the snapshot: what is noted since is not in that
        left, self._more = _ROWS_LOOKED_AT, not recipients
        with self._outbox.looking() as view:
            for row in view.due(int(time.time()) if recipients else URGENT, left):
                left -= 1
                if row.next_try == URGENT:
                    look.urgent[row.recipient] = None
                if row.row in sent:
                    continue
                if not self._leased.holds(row.recipient):
                    if row.recipient not in self._under_way:
                        look.unleased[row.recipient] = None
                    continue
                if row.recipient not in look.due and len(look.due) == recipients:
                    self._more = True
                    if row.next_try != URGENT:
                        break
                    continue
                self._more |= not self._take(row, look.due)
        self._more |= not left
        return look

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
            try:
                done = self._send(row)
            except LostLeaseError:
                log.warning("row %d: another courier's by now", row.row)
                return
            except LostMomentError as lost:
                log.warning("row %d: not read to its end, and not sent: %s", row.row, lost)
                return
            if not done and row.next_try != URGENT:
                later.append(row.message_id)

    def _leave_to_others(self) -> None:
        """Give back to whom nothing was due lately, and all is noted that went to them.

        Not at once: to be granted anew, and to read again, costs more than all else here.
        """
        if not self._leased.shared:
            self._handed.clear()
            return
        unnoted, now = self._unnoted(), time.monotonic()
        for recipient, rows in self._handed.items():
            if recipient in self._under_way or not rows.isdisjoint(unnoted):
                self._idle_since.pop(recipient, None)
            else:
                self._idle_since.setdefault(recipient, now)
        before = now - HEARTBEAT_SECONDS
        done = [recipient for recipient, since in self._idle_since.items() if since <= before]
        for recipient in done:
            del self._handed[recipient], self._idle_since[recipient]
        if done:
            self._leased.give_back(done)

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
