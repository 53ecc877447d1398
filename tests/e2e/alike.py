"""Mails in pairs that must look alike to who sends them: sent by turns, measured, compared.

Measured of each mail is what its sender can see of the service (how long the reply took, what
came back, when and how large, under which names), and what would show him sooner or later how
much was done for others: rows of the outbox, leaves of the access log, lines of the logs, and
the processors' time.
"""

import re
import smtplib
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from math import sqrt
from pathlib import Path
from typing import Self

from clinic import Clinic
from states import open_store

from rmp_milter.cli.stores import open_outbox
from rmp_milter.config import load
from rmp_milter.keeper.log.journal import Journal
from testbed.doctor import Doctor
from testbed.service import Part

TRIM = 0.2
"""The part of each end that a mean leaves out: a machine has other work as well."""

_CHANGING = re.compile(r"(?<=milter: )\w{6,}(?=:)|<[0-9a-f.]+(?=@)|\d+(?:\.\d+)?")
"""What stands in a line of the logs for this one mail: queue id, Message-IDs, times."""

_BY_OTHERS = frozenset({"received", "delivered-to", "x-original-to"})
_HIS_OWN = frozenset({"in-reply-to", "references"})


@dataclass(frozen=True)
class Side:
    """One of the two that are compared: of whom, what is written, what is made ready before."""

    name: str
    mail: Callable[[], bytes]
    ready: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Question:
    """The mails of one sender for two patients, of whom nothing must tell which is which."""

    by: Doctor
    one: Side
    other: Side


@dataclass(frozen=True)
class Answer:
    """What came back of one mail, as its sender sees it, and when it was due."""

    held: int
    size: int
    headers: tuple[tuple[str, int], ...]
    words: tuple[str, str]


@dataclass
class Done:
    """What one mail brought about; ``name`` is the patient's."""

    name: str
    seconds: float
    processor: float
    sent_at: int
    rows: range
    leaves: int
    lines: tuple[str, ...]
    answers: list[Answer] = field(default_factory=list)

    @property
    def counted(self) -> tuple[object, ...]:
        """All that must be equal, whatever is true, once the patients' names are."""
        said = [
            (each.headers, *(words.replace(self.name, "NOM") for words in each.words))
            for each in self.answers
        ]
        return len(self.rows), self.leaves, self.lines, said


class Bench:
    """A host whose every step is counted; open as long as the block."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        self.host = clinic.host
        self._open = ExitStack()
        self._dues: dict[int, int] = {}

    def __enter__(self) -> Self:
        service = self.host.service
        self._store = self._open.enter_context(open_store(service))
        self._outbox = self._open.enter_context(open_outbox(load(service.config)))
        self._log = self._open.enter_context(Journal(service.folder / "keeper" / "log"))
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def pairs(self, question: Question, count: int) -> tuple[list[Done], list[Done]]:
        """Send so many pairs, the first of each by turns; what came back is not there yet."""
        sides = (question.one, question.other)
        done: tuple[list[Done], list[Done]] = ([], [])
        for number in range(count):
            mails = [side.mail() for side in sides]
            for place in (0, 1) if number % 2 else (1, 0):
                sides[place].ready()
                done[place].append(self.sent(question.by, mails[place], sides[place].name))
            # Afterwards nothing tells when they might leave.
            self._dues |= {row.row: row.since for row in self._outbox.rows()}
        return done

    def sent(self, by: Doctor, mail: bytes, name: str) -> Done:
        """Send one mail that is taken; return what that took and what it left behind."""
        rows, leaves, logs = self._rows(), len(self._log), self._logs()
        with smtplib.SMTP("127.0.0.1", self.host.postfix.smtp_port, timeout=60) as client:
            client.ehlo("cabinet.test")
            client.mail(by.mail)
            client.rcpt(by.service)
            sent_at = int(time.time())
            busy, began = self._processor(), time.perf_counter()
            code, text = client.data(mail)
            seconds, processor = time.perf_counter() - began, self._processor() - busy
        if code != 250:
            raise AssertionError(f"{code} {text!r}\n{self.host.service.all_logs()}")
        new = range(rows + 1, self._rows() + 1)
        lines = tuple(_CHANGING.sub("#", line) for line in self._since(logs))
        return Done(name, seconds, processor, sent_at, new, len(self._log) - leaves, lines)

    def collect(self, by: Doctor, done: Sequence[Done], timeout: float = 60) -> None:
        """Wait until what these mails brought their sender is there; put it beside them."""
        self.host.settle(timeout)
        for raw in self.host.postfix.mailbox(by.mail):
            row = self.host.outbox_row(raw)
            mine = next((each for each in done if row in each.rows), None)
            if mine is not None:
                opened = by.read(raw)
                mine.answers.append(
                    Answer(
                        held=self._dues.get(row, mine.sent_at) - mine.sent_at,
                        size=_encrypted_size(raw),
                        headers=tuple(_headers(raw)),
                        words=(opened.subject, opened.text),
                    )
                )

    def _rows(self) -> int:
        """Return the last row's number: none is given twice."""
        stats = self._store.stats()
        return sum(stats[f"outbox_{each}"] for each in ("waiting", "parked", "sent_lately"))

    def _processor(self) -> float:
        """Return the seconds that the milter's and the keeper's processes have worked."""
        service = self.host.service
        pids = [pid for part in (Part.MILTER, Part.KEEPER) for pid in service.pids_of(part)]
        return sum(time.clock_gettime(~pid << 3 | 2) for pid in pids)  # CPUCLOCK_SCHED

    def _logs(self) -> dict[Path, int]:
        files = (self.host.service.log_file(part) for part in (Part.MILTER, Part.KEEPER))
        return {file: file.stat().st_size for file in files}

    def _since(self, before: dict[Path, int]) -> Iterator[str]:
        for file, size in before.items():
            with file.open("rb") as log:
                log.seek(size)
                for line in log.read().decode().splitlines():
                    yield f"{file.stem}: {line}"


@contextmanager
def bench(clinic: Clinic) -> Iterator[Bench]:
    """Give a bench for the block."""
    with Bench(clinic) as made:
        yield made


def _headers(raw: bytes) -> Iterator[tuple[str, int]]:
    """Yield the answer's header fields in order, and how long each is; not those of the way."""
    for name, value in message_from_bytes(raw).items():
        if name.lower() not in _BY_OTHERS:
            yield name, 0 if name.lower() in _HIS_OWN else len(str(value))


def _encrypted_size(raw: bytes) -> int:
    parts = list(message_from_bytes(raw).walk())
    return max(len(part.get_payload(decode=True) or b"") for part in parts)


def distance(one: Sequence[float], other: Sequence[float]) -> float:
    """Return Welch's t of two samples, by trimmed means and winsorized variances (Yuen)."""
    (mean, error), (mean_of_other, error_of_other) = _trimmed(one), _trimmed(other)
    spread = sqrt(error + error_of_other)
    return (mean - mean_of_other) / spread if spread else 0.0


def _trimmed(sample: Sequence[float]) -> tuple[float, float]:
    """Return a sample's trimmed mean, and the square of that mean's standard error."""
    ordered, cut = sorted(sample), int(len(sample) * TRIM)
    kept = ordered[cut : len(ordered) - cut]
    pulled = [min(max(each, kept[0]), kept[-1]) for each in ordered]
    squares = (len(ordered) - 1) * statistics.variance(pulled)
    return statistics.fmean(kept), squares / (len(kept) * (len(kept) - 1))
