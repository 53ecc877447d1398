"""A call to a milter as Postfix makes it, as far as a recipient; no mail is handed over.

A packet is ``length (4 bytes, big-endian) ‖ command ‖ data``; strings end with a zero byte. The
protocol is Sendmail's, version 6 (libmilter's mfdef.h).
"""

import socket
import struct
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

SECONDS = 20.0
_LENGTH, _OPTIONS = struct.Struct(">I"), struct.Struct(">III")
_VERSION, _ACTIONS, _STEPS = 6, 0x1FF, 0
"""All actions are offered; no step is left out, so that each has its reply."""
_MOST = 65_536
_CONTINUE, _PROGRESS = b"c", b"p"


class MilterRefused(ValueError):  # noqa: N818 -- reads as the sentence that it is
    """The milter answered otherwise than it does to Postfix; one clear line."""


def call_milter(path: Path, recipients: Sequence[str]) -> None:
    """Offer a mail for each recipient to the milter at ``path``, and take it back.

    Raises ``OSError`` where it cannot be reached, ``EOFError`` where it hangs up,
    :class:`MilterRefused` for a reply that is not to go on.
    """
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as line:
        line.settimeout(SECONDS)
        line.connect(str(path))
        _say(line, b"O", _OPTIONS.pack(_VERSION, _ACTIONS, _STEPS), b"O")
        client = b"localhost\x004" + struct.pack(">H", 25) + b"127.0.0.1\0"
        _say(line, b"C", client)
        _say(line, b"H", b"localhost\0")
        for each in recipients:
            given = f"<{each}>".encode()
            _say(line, b"M", b"<>\0")
            _send(line, b"D", b"R{rcpt_addr}\0" + each.encode() + b"\0")
            _say(line, b"R", given + b"\0")
            _send(line, b"A")
        _send(line, b"Q")


def _say(
    line: socket.socket, command: bytes, data: bytes = b"", good: bytes = _CONTINUE
) -> None:
    _send(line, command, data)
    while (letter := _hear(line)) == _PROGRESS:
        pass
    if letter != good:
        raise MilterRefused(f"the milter says {letter!r} to {command!r}")


def _send(line: socket.socket, command: bytes, data: bytes = b"") -> None:
    line.sendall(_LENGTH.pack(1 + len(data)) + command + data)


def _hear(line: socket.socket) -> bytes:
    (length,) = _LENGTH.unpack(_read(line, _LENGTH.size))
    if not 0 < length <= _MOST:
        raise MilterRefused(f"a reply of {length} bytes: no milter listens there")
    return _read(line, length)[:1]


def _read(line: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = line.recv(size - len(data))
        if not piece:
            raise EOFError("it hung up")
        data += piece
    return bytes(data)
