"""What the courier does with each row that is due: prepare, sign, hand over, note."""

import logging
import queue
import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Protocol

from rmp_milter.courier.delivery import (
    BodyOf,
    Decision,
    Fate,
    Reply,
    Schedule,
    UnsendableError,
    WholeMail,
    decide,
    domain_of,
    whole_mail,
    whole_size,
)
from rmp_milter.courier.dispatch import Dispatcher, Senders, UnreachableError
from rmp_milter.courier.leases import LeasedReaders, LostLeaseError
from rmp_milter.courier.notes import Notes
from rmp_milter.dossier.model import NOBODY, BodySlice, Slice
from rmp_milter.status.pulse import NO_LIFE, Life, Tick
from rmp_milter.store.format.failures import NoRowError, StoreError, StoreFailed
from rmp_milter.store.surface import URGENT, Outbox, OutboxRow

log = logging.getLogger("rmp.courier")

LARGE_BYTES = 8 * 1024 * 1024
"""Mails above this are sent one after the other, for the sake of memory."""


class HandOver(Protocol):
    """A way to hand over mails one at a time (:class:`rmp_milter.courier.sending.HandOver`)."""

    def send(
        self,
        sender: str,
        recipient: str,
        signature: bytes,
        mail: WholeMail,
        check: Callable[[], None],
    ) -> Reply:
        """Send one mail; raises :class:`UnreachableError`, and what ``check`` raises.

        That is asked last of all before the mail is the server's.
        """

    def close_if_idle(self) -> None:
        """Give up what is unused."""

    def close(self) -> None:
        """Give up everything."""


_TICKS = {Fate.SENT: Tick.SENT, Fate.LATER: Tick.LATER, Fate.PARKED: Tick.PARKED}


class Rounds:
    """Takes rows from the outbox to Postfix, as many at once as there are lines.

    ``sender_of`` gives a row's envelope sender, ``sign`` a mail's DKIM field.
    """

    def __init__(
        self,
        outbox: Outbox,
        sender_of: Callable[[int], str],
        sign: Callable[[WholeMail], bytes],
        lines: Sequence[HandOver],
        schedule: Schedule,
    ) -> None:
        self._outbox = outbox
        self._sender_of = sender_of
        self._sign = sign
        self._lines = lines
        self._free: queue.LifoQueue[HandOver] = queue.LifoQueue()
        for line in lines:
            self._free.put(line)
        self._schedule = schedule
        self._one_large = threading.Lock()
        self._notes = Notes(outbox)
        self._leased = LeasedReaders(outbox.leases)
        self._life = NO_LIFE
        self._owed: set[int] = set()

    @property
    def owed(self) -> frozenset[int]:
        """The rows that Postfix has and of which that is not noted; none while the store works."""
        return self._notes.unnoted() | self._owed

    def serve(self, stop: threading.Event, life: Life = NO_LIFE) -> None:
        """Send until ``stop`` is set, once; mails under way are ended first.

        ``life`` is told of it. Raises :class:`StoreFailed`; see :attr:`owed` then.
        """
        self._life = life
        life.ready()
        senders = Senders(len(self._lines), self.send, self._rest, self._notes.unnoted)
        try:
            with self._leased, self._notes:
                Dispatcher(self._outbox, self._leased, senders).serve(stop)
        finally:
            for line in self._lines:
                line.close()

    def send(self, row: OutboxRow) -> bool:
        """Try to send one row, and note what became of it; return whether it is done with.

        It is not where it is tried again later; one to nobody is dropped. Raises
        :class:`UnreachableError` and :class:`LostLeaseError` (the row stays as it is), and
        :class:`StoreFailed`.
        """
        self._notes.check()  # what cannot be noted any more goes out twice
        self._leased.check(row.recipient)
        if row.recipient == NOBODY:
            return self._drop(row)
        started = time.monotonic()
        reply = self._try(row)
        now = int(time.time())
        jitter = random.random()  # noqa: S311 -- spreads load, guards nothing
        decision = decide(reply, row, now, self._schedule, jitter)
        if decision.fate is not Fate.SENT:
            self._leased.check(row.recipient)  # who has him by now says what becomes of the row
        self._note(row, decision)
        self._life.count(_TICKS[decision.fate])
        _tell(row, reply, decision, time.monotonic() - started)
        return decision.fate is not Fate.LATER

    def _drop(self, row: OutboxRow) -> bool:
        """Be done with a row that stands in the place of another: nothing is to be sent."""
        self._note(row, Decision(Fate.SENT))
        log.info("row %d to nobody: dropped", row.row)
        return True

    def _try(self, row: OutboxRow) -> Reply:
        try:
            if mail := self._small_mail(row.row):
                return self._hand_over(row, mail)
            with self._one_large:
                return self._hand_over(row, self._mail(row.row))
        except (UnreachableError, LostLeaseError, StoreFailed):
            raise
        except (UnsendableError, StoreError) as error:
            log.error("row %d: never sent: %s", row.row, error)  # noqa: TRY400 -- it says all
            return Reply(554, f"never sent: {error}")
        except Exception as error:
            # One faulty row must not hold up the others.
            log.warning("row %d: unforeseen", row.row, exc_info=True)
            return Reply(0, f"unforeseen: {type(error).__name__}")

    def _small_mail(self, row: int) -> WholeMail | None:
        """Copy a mail out of the store: no slow connection shall hold a snapshot.

        None where it is large.
        """
        pieces = self._outbox.load(row).pieces
        if not any(isinstance(piece, BodySlice) for piece in pieces):
            return _whole_if_small(pieces, lambda _: None)
        with self._outbox.snapshot(late=True) as snapshot:  # of one moment with its bodies
            return _whole_if_small(snapshot.load(row).pieces, snapshot.body)

    def _mail(self, row: int) -> WholeMail:
        with self._outbox.snapshot(late=True) as snapshot:
            return whole_mail(snapshot.load(row).pieces, snapshot.body)

    def _hand_over(self, row: OutboxRow, mail: WholeMail) -> Reply:
        signature = self._sign(mail)
        line = self._free.get()
        try:
            check = partial(self._leased.check, row.recipient)
            return line.send(self._sender_of(row.row), row.recipient, signature, mail, check)
        finally:
            self._free.put(line)

    def _note(self, row: OutboxRow, decision: Decision) -> None:
        """Note what became of a row; that it was sent soon, with others, if it is not urgent."""
        try:
            if decision.fate is Fate.LATER:
                self._outbox.failed(row.row, decision.reason, decision.next_try)
            elif decision.fate is Fate.PARKED:
                self._outbox.park(row.row, decision.reason)
            elif row.next_try == URGENT:
                self._outbox.sent(row.row)
            else:
                self._notes.sent(row.row)
        except StoreFailed:
            if decision.fate is Fate.SENT:
                self._owed.add(row.row)
            raise
        except NoRowError:
            log.warning("row %d: another courier has noted what became of it", row.row)
        except StoreError:
            log.exception("row %d: its state cannot be noted", row.row)

    def _rest(self) -> None:
        """Close the connections that nothing needs at the moment; raises :class:`StoreFailed`."""
        self._notes.check()
        self._life.sign()
        with suppress(queue.Empty):
            kept = [self._free.get_nowait() for _ in range(self._free.qsize())]
            for line in kept:
                line.close_if_idle()
                self._free.put(line)


def _tell(row: OutboxRow, reply: Reply, decision: Decision, seconds: float) -> None:
    level = logging.ERROR if decision.fate is Fate.PARKED else logging.INFO
    log.log(
        level,
        "row %d %s to %s: %s (%s), try %d, %.2f s",
        row.row,
        row.message_id,
        domain_of(row.recipient),
        decision.fate.value,
        reply.brief,
        row.attempts + 1,
        seconds,
    )


def _whole_if_small(pieces: Sequence[Slice | BodySlice], body_of: BodyOf) -> WholeMail | None:
    small = whole_size(pieces, body_of) <= LARGE_BYTES
    return whole_mail(pieces, body_of) if small else None
