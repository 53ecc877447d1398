"""An SMTP load that costs little itself: asyncio, one connection a mail, no library.

Each mail comes over a connection of its own, as from mail servers. What is measured is the
time to the 250 of the connection's last command, and from the final dot to its 250.
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

CHUNK = 1 << 16


@dataclass
class Result:
    """Accepted mails, wall seconds, and for each mail the seconds from final dot to 250."""

    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Accepted mails a second."""
        return len(self.waits) / self.seconds


def run(  # noqa: PLR0913 -- a load has as many sides
    port: int,
    sender: str,
    recipient: str,
    mails: Iterator[bytes],
    senders: int,
    *,
    rate: float = 0,
) -> Result:
    """Send all ``mails`` from so many senders at once; return what came of it.

    With a ``rate`` no more are begun in a second, and each at its time; else as fast as may be.
    """
    return asyncio.run(_run(port, (sender, recipient), _paced(mails, rate), senders))


Paced = Iterator[tuple[float, bytes]]
"""Mails, each with the moment before which it is not sent."""


def _paced(mails: Iterator[bytes], rate: float) -> Paced:
    began = time.perf_counter()
    times = (began + number / rate if rate else began for number in count())
    return ((at, mail) for mail, at in zip(mails, times, strict=False))


async def _run(port: int, envelope: tuple[str, str], mails: Paced, senders: int) -> Result:
    result = Result()
    began = time.perf_counter()
    await asyncio.gather(*(_sender(port, envelope, mails, result) for _ in range(senders)))
    result.seconds = time.perf_counter() - began
    return result


async def _sender(port: int, envelope: tuple[str, str], mails: Paced, result: Result) -> None:
    for at, mail in mails:
        await asyncio.sleep(max(at - time.perf_counter(), 0))
        await _one(port, envelope, mail, result)


async def _one(port: int, envelope: tuple[str, str], mail: bytes, result: Result) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=CHUNK)
    try:
        await _reply(reader)
        await _say(reader, writer, b"EHLO load.test")
        await _say(reader, writer, f"MAIL FROM:<{envelope[0]}>".encode())
        await _say(reader, writer, f"RCPT TO:<{envelope[1]}>".encode())
        await _say(reader, writer, b"DATA")
        writer.write(mail + b"\r\n.\r\n")
        await writer.drain()
        dot = time.perf_counter()
        reply = await _reply(reader)
        if reply.startswith(b"250"):
            result.waits.append(time.perf_counter() - dot)
        else:
            result.refused.append(reply.decode(errors="replace"))
        writer.write(b"QUIT\r\n")
    finally:
        writer.close()


async def _say(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, command: bytes
) -> bytes:
    writer.write(command + b"\r\n")
    return await _reply(reader)


async def _reply(reader: asyncio.StreamReader) -> bytes:
    while True:
        line = await reader.readline()
        if not line or line[3:4] != b"-":
            return line
