"""A milter client as Postfix is one, but for its manners: it may break off, repeat, or lie.

A packet is ``length (4 bytes, big-endian) ‖ command ‖ data``; strings end with a zero byte.
The protocol is Sendmail's, version 6 (libmilter's mfdef.h names its letters and bits).
"""

import socket
import struct
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from rmp_milter.disk.closing import Closing

VERSION, ALL_ACTIONS, ALL_STEPS = 6, 0x1FF, 0x1FFFFF
CHUNK = 65_535
_OPTIONS = struct.Struct(">III")  # version, actions, protocol steps
_LENGTH = struct.Struct(">I")


class Command(Enum):
    """What a client says; the second value is the bit by which a milter waives its reply."""

    OPTIONS = b"O", 0
    CONNECT = b"C", 0x1000
    HELO = b"H", 0x2000
    MAIL = b"M", 0x4000
    RECIPIENT = b"R", 0x8000
    DATA = b"T", 0x10000
    HEADER = b"L", 0x80
    END_OF_HEADER = b"N", 0x40000
    BODY = b"B", 0x80000
    END_OF_BODY = b"E", 0
    UNKNOWN = b"U", 0x20000
    MACRO = b"D", -1
    ABORT = b"A", -1
    NEXT_CONNECTION = b"K", -1
    QUIT = b"Q", -1

    @property
    def letter(self) -> bytes:
        """The byte that stands for it."""
        return self.value[0]

    def answered(self, waived: int) -> bool:
        """Whether a milter that waived these replies gives one."""
        bit = self.value[1]
        return bit >= 0 and not bit & waived


class Step(NamedTuple):
    """One command and its data."""

    command: Command
    data: bytes = b""


class Heard(NamedTuple):
    """One reply: its letter (``d`` is discard, ``y`` a reply code, ``c`` continue), and data."""

    letter: bytes
    data: bytes


_PROGRESS = b"p"


class MilterClient(Closing):
    """One connection to a milter's unix socket; close it, or use it as a context manager."""

    def __init__(self, path: Path, timeout: float = 30) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        self._socket.connect(str(path))
        self._waived = 0

    def send(self, step: Step) -> None:
        """Send a command and wait for nothing."""
        self.send_raw(packet(step))

    def send_raw(self, data: bytes) -> None:
        """Send bytes, whatever they are; raises ``OSError`` where the milter has gone."""
        self._socket.sendall(data)

    def hear(self) -> Heard:
        """Return the next reply; raises ``EOFError`` where the milter has gone."""
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size))
        said = self._read(length)
        return Heard(said[:1], said[1:])

    def say(self, step: Step) -> Heard | None:
        """Send a command; return the reply to it, or None where none is due."""
        self.send(step)
        return self.reply_to(step)

    def reply_to(self, step: Step) -> Heard | None:
        """Return the reply to a command that was sent, or None where none is due."""
        if not step.command.answered(self._waived):
            return None
        while (heard := self.hear()).letter == _PROGRESS:
            pass
        return heard

    def negotiate(self) -> None:
        """Agree on the protocol, as the first thing of all."""
        heard = self.say(Step(Command.OPTIONS, _OPTIONS.pack(VERSION, ALL_ACTIONS, ALL_STEPS)))
        if heard is None or heard.letter != Command.OPTIONS.letter:
            raise ConnectionError(f"no agreement: {heard}")
        self._waived = _OPTIONS.unpack(heard.data[: _OPTIONS.size])[2]

    def run(self, steps: Sequence[Step]) -> Heard | None:
        """Say all steps; return the last reply, or the first that is not to go on."""
        heard = None
        for step in steps:
            heard = self.say(step)
            if heard is not None and heard.letter != b"c":
                break
        return heard

    def hear_out(self) -> None:
        """Say that nothing follows, and listen until the milter has gone."""
        self._socket.shutdown(socket.SHUT_WR)
        while self._socket.recv(CHUNK):
            pass

    def close(self) -> None:
        """Hang up, at whatever is being said."""
        self._socket.close()

    def _read(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            piece = self._socket.recv(size - len(data))
            if not piece:
                raise EOFError("the milter has gone")
            data += piece
        return bytes(data)


def packet(step: Step) -> bytes:
    """Return a command as it travels."""
    return _LENGTH.pack(1 + len(step.data)) + step.command.letter + step.data


def opening() -> list[Step]:
    """Return what comes before the first mail of a connection."""
    client = b"client.test\x004" + struct.pack(">H", 25) + b"192.0.2.1\0"
    return [Step(Command.CONNECT, client), Step(Command.HELO, b"client.test\0")]


def steps_of(sender: str, recipients: Sequence[str], mail: bytes) -> list[Step]:
    """Return how a mail is told: envelope, header fields, body, and the end of it."""
    head, _, body = mail.partition(b"\r\n\r\n")
    steps = [Step(Command.MACRO, b"Mi\0QUEUEID\0"), Step(Command.MAIL, _address(sender))]
    steps += [Step(Command.RECIPIENT, _address(each)) for each in recipients]
    steps.append(Step(Command.DATA))
    for field in head.replace(b"\r\n ", b"\n ").replace(b"\r\n\t", b"\n\t").split(b"\r\n"):
        name, _, value = field.partition(b":")
        steps.append(Step(Command.HEADER, name + b"\0" + value.removeprefix(b" ") + b"\0"))
    steps.append(Step(Command.END_OF_HEADER))
    steps += [Step(Command.BODY, body[at : at + CHUNK]) for at in range(0, len(body), CHUNK)]
    return [*steps, Step(Command.END_OF_BODY)]


def _address(address: str) -> bytes:
    return f"<{address}>".encode() + b"\0"
