"""Clocks that are wrong: a sender's, which he is told; ours, for which mails come again.

That ours is behind shows where the access log was written later than now, and where several
doctors sign later than now. A signature of about now speaks for our clock, and whatever spoke
against it is then forgotten: a clock that once ran ahead and was set right stops nobody.
"""

import threading
from collections.abc import Callable

import msgspec

from rmp_milter.calls.protocol.opening import BY_A_CANDIDATE, Opened, Signature, Trust
from rmp_milter.dossier.days import Clock
from rmp_milter.dossier.model import Verb
from rmp_milter.errors import MailError, try_again
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.outgoing.wording import told_minute

BEHIND = 300
"""Seconds that the log may be ahead of now, as after a small step of the clock."""
ABOUT_NOW = 3600
"""Seconds since a signature that still speaks for our clock: a mail takes its time."""
DOCTORS = 3
"""Doctors who sign in the future, none of the others of now, before our clock is thought wrong."""
DAY_SECONDS = 86_400


class Clocks:
    """What mails said of our clock; one for all threads of the milter."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._trusted_up_to = 0
        self._early: dict[str, int] = {}
        self._doubt = ""

    @property
    def doubt(self) -> str:
        """Why our clock is thought to be behind, in words for the host, or nothing."""
        return self._doubt

    def weigh(self, signature: Signature, at: int, log_ahead: int) -> str:
        """Take note of a mail and return :attr:`doubt`.

        ``at`` is when it came, ``log_ahead`` by how much the latest leaf of the access log is
        later than the keeper's clock (seconds).
        """
        created = signature.created if signature.trust in BY_A_CANDIDATE else 0
        with self._lock:
            if at - ABOUT_NOW <= created <= at + BEHIND:
                self._trusted_up_to = at + log_ahead + BEHIND
                self._early.clear()
            elif signature.trust is Trust.FUTURE:  # not some hours: that is a time zone
                self._early[signature.fingerprint] = created
            self._doubt = self._judged(at, log_ahead)
            return self._doubt

    def _judged(self, at: int, log_ahead: int) -> str:
        if log_ahead > BEHIND and at + log_ahead > self._trusted_up_to:
            return f"the access log was written {log_ahead} s from now"
        early = [each for each in self._early.values() if each > at + DAY_SECONDS]
        if len(early) >= DOCTORS:
            return f"{len(early)} doctors signed {min(early) - at} s from now, or more"
        return ""


def check_our_clock(clocks: Clocks, opened: Opened, verb: Verb, at: int) -> None:
    """Have a mail come again (451) while our clock is behind; an emergency goes on."""
    doubt = clocks.weigh(opened.signature, at, opened.log_ahead)
    if doubt and verb is not Verb.URGENCE:
        raise try_again("unavailable", f"this machine's clock is behind: {doubt}")


class HostTime(msgspec.Struct, frozen=True):
    """How a time is told: by which clock, in which language."""

    clock: Clock
    language: Language


def check_not_early(signature: Signature, verb: Verb, at: int, told: HostTime) -> None:
    """Refuse by letter what was signed in the future, but no emergency (``future``)."""
    if signature.trust is not Trust.FUTURE or verb is Verb.URGENCE:
        return
    facts = {
        "signed": told_minute(signature.created, told.clock, told.language),
        "now": told_minute(at, told.clock, told.language),
    }
    raise MailError("future", enhanced="5.7.7", detail="signed in the future", facts=facts)


class Stride:
    """Time that runs as the machine does: a clock that is put on by days deletes nothing yet."""

    def __init__(self, now: Callable[[], float], running: Callable[[], float]) -> None:
        """``now`` gives epoch seconds, ``running`` seconds that nobody can set."""
        self._now, self._running = now, running
        self._base = now() - running()
        self._held_since: float | None = None

    def due_at(self) -> int:
        """Return by which time it is judged what is over; now, unless the clock leapt ahead.

        Such a leap is believed after a day, in which the host can set the clock right.
        """
        now, running = self._now(), self._running()
        if now - running - self._base <= DAY_SECONDS:
            self._held_since = None
            self._base = now - running  # steps of less are followed
            return int(now)
        if self._held_since is None:
            self._held_since = running
        if running - self._held_since < DAY_SECONDS:
            return int(self._base + running)
        self._base, self._held_since = now - running, None
        return int(now)

    @property
    def is_held(self) -> bool:
        """Whether the clock leapt ahead and is not believed yet."""
        return self._held_since is not None
