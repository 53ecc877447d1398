"""What the check of a filled store takes, in a process of its own.

    python bench/weighing.py CONFIG

checks the store of that configuration and prints the seconds, those of processor, the octets of
memory at most and the number of findings.
"""

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from rmp_milter.cli.stores import engine_of, store_keys
from rmp_milter.config import Config, load

_EVERY = 64
"""The memory is looked at once for so many reports of progress."""


class Checked(NamedTuple):
    """What ``rmp store check`` takes, but for what it asks the keeper."""

    time: float
    processor: float
    memory: int
    findings: int

    def __str__(self) -> str:
        """Return the line that is printed."""
        return (
            f"store check: {self.time:.1f} s ({self.processor:.1f} of processor),"
            f" {self.memory / 1e6:.0f} MB of memory, {self.findings} findings"
        )


def checked(config: Path) -> Checked:
    """Check a store in a process of its own, that uses no memory else."""
    said = subprocess.run(
        [sys.executable, __file__, config], capture_output=True, check=True
    ).stdout.split()
    return Checked(float(said[0]), float(said[1]), int(said[2]), int(said[3]))


def _check(config: Config) -> Checked:
    most = reports = 0

    def look(_done: int, _total: int) -> None:
        nonlocal most, reports
        reports += 1
        if reports % _EVERY == 0:
            most = max(most, _own_memory())

    keys, began, worked = store_keys(config), time.perf_counter(), time.process_time()
    report = engine_of(config).check(keys, look)
    took, work = time.perf_counter() - began, time.process_time() - worked
    for line in report.findings[:10]:
        print(line, file=sys.stderr)
    return Checked(took, work, max(most, _own_memory()), len(report.findings))


def _own_memory() -> int:
    """Return the octets of this process that are no file's: the store's pages are the system's."""
    status = Path("/proc/self/status").read_text()
    found = re.search(r"RssAnon:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0


if __name__ == "__main__":
    result = _check(load(Path(sys.argv[1])))
    print(result.time, result.processor, result.memory, result.findings)
