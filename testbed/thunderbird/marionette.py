"""Marionette, by which a Mozilla program is driven: JSON behind its length, over a socket.

One command at a time, ``[0, number, name, parameters]``, which is answered by
``[1, number, error, result]``.
"""

import json
import socket
import time
from collections.abc import Mapping

_SCRIPT_SECONDS = 180
_ASYNC = """
const done = arguments[arguments.length - 1];
const args = Array.from(arguments).slice(0, -1);
(async () => { %s })().then(
  value => done({ value: value ?? null }),
  error => done({ error: `${error}\\n${error?.stack ?? ""}` }));
"""


class ScriptFailed(Exception):  # noqa: N818 -- reads as what it is where it is caught
    """What Thunderbird says of a command or a script that failed."""


class Marionette:
    """A session with a program that listens on ``port``; scripts see all that it is made of."""

    def __init__(self, port: int, timeout: float = 60) -> None:
        """Connect, as soon as the program listens; raises :class:`OSError` if it does not."""
        self._socket = _connected(port, timeout)
        self._socket.settimeout(_SCRIPT_SECONDS + 20)
        self._read = b""
        self._number = 0
        self._message()  # its greeting
        timeouts = {"script": _SCRIPT_SECONDS * 1000}
        wanted = {"unhandledPromptBehavior": "ignore", "timeouts": timeouts}
        self.command("WebDriver:NewSession", {"capabilities": {"alwaysMatch": wanted}})
        self.command("Marionette:SetContext", {"value": "chrome"})

    def command(self, name: str, parameters: Mapping[str, object]) -> object:
        """Send a command and return its result; raises :class:`ScriptFailed`."""
        self._number += 1
        message = json.dumps([0, self._number, name, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self._message()
        if error:
            raise ScriptFailed(f"{name}: {error}")
        return result

    def script(self, body: str, *arguments: object) -> object:
        """Run the body of an asynchronous function of ``args``; return what it returns (JSON)."""
        found = self.command(
            "WebDriver:ExecuteAsyncScript",
            {
                "script": _ASYNC.replace("%s", body),
                "args": list(arguments),
                "sandbox": "system",
                "newSandbox": False,
            },
        )
        result = found["value"] if isinstance(found, dict) else {}
        if "error" in result:
            raise ScriptFailed(result["error"])
        value: object = result["value"]
        return value

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _message(self) -> list[object]:
        while b":" not in self._read:
            self._more()
        length, _, self._read = self._read.partition(b":")
        while len(self._read) < int(length):
            self._more()
        message, self._read = self._read[: int(length)], self._read[int(length) :]
        found: list[object] = json.loads(message)
        return found

    def _more(self) -> None:
        data = self._socket.recv(1 << 16)
        if not data:
            raise ConnectionError("Thunderbird has hung up")
        self._read += data


def _connected(port: int, timeout: float) -> socket.socket:
    deadline = time.monotonic() + timeout
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
