"""What a disk may hold of a file after the power failed, from the system calls that wrote it.

``kill -9`` tests no flush, since the kernel keeps and writes what the process wrote. Here the
writes are recorded (strace) and the file is made anew as of a cut: all that was flushed by
then, and of what was not any part, in sectors and pages that each came through or did not.
"""

import random
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

SECTOR = 512  # octets that a disk writes whole or not at all
_CALLS = "openat,lseek,write,writev,pwrite64,pwritev,pwritev2,fdatasync,fsync,msync"
_STRACE = ["strace", "-f", "-qq", "-y", "-xx", "-s", "100000000", "-e", "signal=none"]
_LINE = re.compile(r"(\d+) +(.*)", re.DOTALL)
_RESUMED = re.compile(r"<\.\.\. \w+ resumed>(.*)", re.DOTALL)
_UNFINISHED = " <unfinished ...>"
_CALL = re.compile(r"(\w+)\((?:AT_FDCWD|(\d+))(?:<([^>]*)>)?(.*)\) += (-?\d+)", re.DOTALL)
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_OFFSET = re.compile(r", (\d+)\Z")


class Write(NamedTuple):
    """Octets that went to ``offset``; ``begun`` and ``done`` are moments of the recording.

    ``flushed`` says that the call itself waited for the disk (O_DSYNC).
    """

    begun: int
    done: int
    offset: int
    data: bytes
    flushed: bool


class Recording(NamedTuple):
    """What a process wrote to the file, when it flushed, and what it said meanwhile."""

    writes: tuple[Write, ...]
    flushes: tuple[tuple[int, int], ...]
    said: tuple[tuple[int, str], ...]

    def moments(self) -> list[int]:
        """Return each moment at which something changed, in their order."""
        ends = {moment for write in self.writes for moment in (write.begun, write.done)}
        ends.update(moment for flush in self.flushes for moment in flush)
        return sorted(ends | {begun for begun, _ in self.said})

    def said_by(self, cut: int) -> list[str]:
        """Return the lines that others may have heard by then."""
        return [line for begun, line in self.said if begun <= cut]

    def is_kept(self, write: Write, cut: int) -> bool:
        """Return whether a flush by then covers the write."""
        if write.flushed:
            return write.done <= cut
        return any(write.done <= begun and done <= cut for begun, done in self.flushes)


def record(command: Sequence[str | Path], file_name: str, trace: Path) -> Recording:
    """Run a program to its end and return what it did to the file of that name.

    Raises ``OSError`` where processes cannot be traced.
    """
    traced = [*_STRACE, "-e", f"trace={_CALLS}", "-o", str(trace), "--", *map(str, command)]
    done = subprocess.run(traced, capture_output=True, text=True, check=False, timeout=300)
    if "PTRACE" in done.stderr or "ptrace" in done.stderr:
        raise OSError(done.stderr)
    assert done.returncode == 0, done.stderr
    with trace.open(encoding="ascii") as lines:
        return _Reader(file_name).read(_calls(lines))


class _Call(NamedTuple):
    begun: int
    done: int
    name: str
    fd: int
    path: str
    arguments: str
    result: int


def _calls(lines: Iterator[str]) -> Iterator[_Call]:
    """Yield finished calls; one that another thread's interrupted is put together."""
    open_calls: dict[str, tuple[int, str]] = {}
    for now, line in enumerate(lines):
        found = _LINE.match(line.rstrip("\n"))
        assert found, line[:200]
        thread, text = found.groups()
        if text.endswith(_UNFINISHED):
            open_calls[thread] = now, text.removesuffix(_UNFINISHED)
            continue
        begun = now
        if resumed := _RESUMED.match(text):
            begun, start = open_calls.pop(thread)
            text = start + resumed[1]
        if call := _CALL.match(text):
            name, fd, path, arguments, result = call.groups()
            yield _Call(begun, now, name, int(fd or -1), path or "", arguments, int(result))


class _Reader:
    """Follows one file through its descriptors."""

    def __init__(self, file_name: str) -> None:
        self._name = "".join(f"\\x{octet:02x}" for octet in f"/{file_name}".encode())
        self._flushing: set[int] = set()
        self._at: dict[int, int] = {}
        self._writes: list[Write] = []
        self._flushes: list[tuple[int, int]] = []
        self._said: list[tuple[int, str]] = []

    def read(self, calls: Iterator[_Call]) -> Recording:
        for call in calls:
            self._take(call)
        by_begin = tuple(sorted(self._writes))
        return Recording(by_begin, tuple(self._flushes), tuple(self._said))

    def _take(self, call: _Call) -> None:
        if call.name == "openat":
            self._opened(call)
        elif call.name == "write" and call.fd == 1:
            self._said.append((call.begun, _octets(call.arguments).decode().strip()))
        elif call.path.endswith(self._name):
            self._on_file(call)

    def _opened(self, call: _Call) -> None:
        flags = call.arguments
        (self._flushing.add if "SYNC" in flags else self._flushing.discard)(call.result)
        self._at[call.result] = 0

    def _on_file(self, call: _Call) -> None:
        if call.name in {"fdatasync", "fsync"}:
            assert call.result == 0
            self._flushes.append((call.begun, call.done))
        elif call.name == "lseek":
            self._at[call.fd] = call.result
        elif call.name in {"write", "writev"}:
            self._wrote(call, self._at[call.fd])
            self._at[call.fd] += call.result
        elif call.name == "pwrite64":
            found = _OFFSET.search(call.arguments)
            assert found
            self._wrote(call, int(found[1]))
        else:
            raise AssertionError(f"{call.name} is not understood")

    def _wrote(self, call: _Call, offset: int) -> None:
        data = _octets(call.arguments)
        assert len(data) == call.result
        flushed = call.fd in self._flushing
        self._writes.append(Write(call.begun, call.done, offset, data, flushed))


def _octets(arguments: str) -> bytes:
    strings = "".join(_STRING.findall(arguments))
    return bytes.fromhex(strings.replace("\\x", ""))


def disks(recording: Recording, cut: int, chance: random.Random, some: int) -> Iterator[bytes]:
    """Yield the file as the disk may hold it when the power fails at ``cut``.

    With nothing of what was not flushed, with all of it, and ``some`` times with a part.
    """
    begun = [write for write in recording.writes if write.begun <= cut]
    kept = [recording.is_kept(write, cut) for write in begun]
    yield _file(write for write, is_kept in zip(begun, kept, strict=True) if is_kept)
    if all(kept):
        return
    yield _file(begun)
    for _ in range(some):
        parts = [
            [write] if is_kept else _part(write, chance)
            for write, is_kept in zip(begun, kept, strict=True)
        ]
        yield _file(write for part in parts for write in part)


def _part(write: Write, chance: random.Random) -> list[Write]:
    """Return what came through of one write: nothing, all, its begin, or some sectors.

    A write within one sector is cut at any octet, which is more than disks do.
    """
    chosen = chance.randrange(4)
    if chosen < 2:
        return [write] * chosen
    if chosen == 2 or len(write.data) <= SECTOR:
        return [write._replace(data=write.data[: chance.randrange(len(write.data))])]
    return [
        write._replace(offset=write.offset + at, data=write.data[at : at + SECTOR])
        for at in range(0, len(write.data), SECTOR)
        if chance.random() < 0.5
    ]


def _file(writes: Iterator[Write] | Sequence[Write]) -> bytes:
    file = bytearray()
    for write in writes:
        end = write.offset + len(write.data)
        file.extend(bytes(max(0, end - len(file))))
        file[write.offset : end] = write.data
    return bytes(file)
