"""What another user reads, some at a time: of a long table little is in memory at once."""

import os
import signal
import struct
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NoReturn, TypeVar

import msgspec

from rmp_milter.host.owners import become_owner, name_of

T = TypeVar("T")

AT_ONCE = 500
_LENGTH = struct.Struct(">I")


@contextmanager
def streamed(
    folder: Path, action: Callable[[], Generator[T, None, None]], kind: type[T]
) -> Iterator[Iterator[T]]:
    """Give what ``action`` yields, run as the owner of ``folder`` if we are root.

    It runs in a child process then, which waits for us, and is ended with the block; ``kind``
    is the type of what it yields, which must be one that msgspec encodes. Reading raises
    ``OSError`` where the child fails, and what ``action`` raises where there is none.
    """
    if os.geteuid() != 0 or folder.stat().st_uid == 0:
        with closing(action()) as items:
            yield items
        return
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _write_and_exit(folder, action, writing)
    os.close(writing)
    with open(reading, "rb") as pipe:  # noqa: PTH123 -- a pipe has no path
        try:
            yield _items(pipe, folder, kind)
        finally:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _items(pipe: BinaryIO, folder: Path, kind: type[T]) -> Iterator[T]:
    frames = msgspec.msgpack.Decoder(tuple[str | None, list[kind]])  # type: ignore[valid-type] # a type that is known when it runs
    while head := pipe.read(_LENGTH.size):
        error, items = frames.decode(pipe.read(_LENGTH.unpack(head)[0]))
        if error is not None:
            user = name_of(folder.stat().st_uid)
            raise OSError(f"cannot act as {user}, who owns {folder}: {error}")
        if not items:
            return
        yield from items
    raise OSError(f"who reads {folder} ended without a word")


def _write_and_exit(
    folder: Path, action: Callable[[], Generator[object, None, None]], writing: int
) -> NoReturn:
    """Child's part: no exception may leave it, or two processes would go on."""
    with suppress(BaseException), open(writing, "wb") as pipe:
        try:
            become_owner(folder)
            items = action()
            while some := [*islice(items, AT_ONCE)]:
                _frame(pipe, None, some)
            _frame(pipe, None, [])
        except BaseException as error:  # noqa: BLE001 -- the parent is told
            _frame(pipe, str(error), [])
    os._exit(0)


def _frame(pipe: BinaryIO, error: str | None, items: list[object]) -> None:
    content = msgspec.msgpack.encode((error, items))
    pipe.write(_LENGTH.pack(len(content)) + content)
    pipe.flush()
