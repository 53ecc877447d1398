"""What the access log costs: figures of its own, without a Postfix."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from statistics import median

from rmp_milter.audit.verify import verify
from rmp_milter.audit.writing import export
from rmp_milter.calls.protocol.message import Event
from rmp_milter.engine.transaction import WriteTransaction
from rmp_milter.keeper.keys.keys import LogKey
from rmp_milter.keeper.log import journal
from rmp_milter.keeper.log.head import verifier_key
from rmp_milter.keeper.log.journal import Journal
from rmp_milter.keeper.log.writing import put

ORIGIN = "bench.test/rmp"


def access_log(entries: int, appends: int) -> list[str]:
    """Compare appends to a small and a large log; export and verify the large one."""
    with bench_folder() as folder:
        small, large = folder / "small", folder / "large"
        began = time.perf_counter()
        for log, count in ((small, 1000), (large, entries)):
            journal.create(log, ORIGIN)
            _fill(log, count)
        filled = time.perf_counter() - began
        return [
            *_appends(small, large, entries, appends),
            *_verification(large, folder / "export", filled),
        ]


@contextmanager
def bench_folder() -> Iterator[Path]:
    """Give a new folder, and take it away again."""
    folder = Path(tempfile.mkdtemp(prefix="rmp-bench-", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _event(number: int) -> Event:
    return Event(
        at=number,
        action="dossier",
        request=sha256(number.to_bytes(8)).digest(),
        actor_rpps="10003456786",
        actor_fingerprint="ab" * 20,
        sender="dr.banc.essai@cabinet.test",
        dossier_id=number.to_bytes(16),
    )


def _fill(folder: Path, count: int) -> None:
    """Write many events in few transactions: how the log got there is not measured."""
    with Journal(folder) as log:
        for first in range(0, count, 10_000):
            _put_some(log, range(first, min(first + 10_000, count)))


def _put_some(log: Journal, numbers: range) -> None:
    def work(txn: WriteTransaction) -> None:
        for number in numbers:
            put(txn, _event(number), number, b"")

    log._write(work)  # noqa: SLF001 -- a million leaves, without a commit each


def _appends(small: Path, large: Path, entries: int, appends: int) -> list[str]:
    waits: dict[Path, list[float]] = {small: [], large: []}
    work: dict[Path, float] = {small: 0.0, large: 0.0}
    with Journal(small) as few, Journal(large) as many:
        for number in range(appends):
            for folder, log in ((small, few), (large, many)):
                event = _event(10**9 + number)
                began, worked = time.perf_counter(), time.process_time()
                log.append(event, number)
                waits[folder].append(time.perf_counter() - began)
                work[folder] += time.process_time() - worked
    slower = median(waits[large]) / median(waits[small])
    return [
        (
            f"durable append to an access log of {entries} leaves: {slower:.2f} times one of 1000"
            f" ({median(waits[large]) * 1000:.2f} ms), its processor time"
            f" {work[large] / work[small]:.2f} times"
        )
    ]


def _verification(large: Path, out: Path, filled: float) -> list[str]:
    key = LogKey.generate()
    with Journal(large) as log:
        note = log.checkpoint(key)
        size = len(log)
        with log.snapshot() as snapshot:
            began = time.perf_counter()
            export(snapshot, note, out)
            exported = time.perf_counter() - began
            entries = list(snapshot.entries(0, size))
    began = time.perf_counter()
    for entry in entries:
        sha256(entry).digest()
    hashed = time.perf_counter() - began
    began = time.perf_counter()
    report = verify(out, verifier_key(key, ORIGIN), note)
    verified = time.perf_counter() - began
    assert not report.findings
    return [
        (
            f"verifying an export of {size} entries, against hashing each entry once:"
            f" {verified / hashed:.1f} times ({verified:.1f} s); writing the export:"
            f" {exported / hashed:.1f} times ({exported:.1f} s); filling took {filled:.0f} s"
        )
    ]
