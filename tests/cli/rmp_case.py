"""Running commands in this process on a service of its own, with a keeper that is played."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

import pytest

from rmp_milter.calls.client import KeeperDown
from rmp_milter.calls.protocol import Event, Record, Recorded, Release, Released, Reply, Request
from rmp_milter.cli import main
from rmp_milter.disk.closing import Closing
from rmp_milter.keeper.desk.doors import Door, check_door

ANNE = ("--name", "Dr Anne MOREL", "--mail", "a.morel@cab.example")
RPPS = "10003456786"
OTHER_RPPS = "10101234564"


class Said(NamedTuple):
    status: int
    out: str
    err: str


def gpg(home: Path, *arguments: str) -> bytes:
    command = ["gpg", "--homedir", str(home), "--batch", "--passphrase", "", *arguments]
    return subprocess.run(command, capture_output=True, check=True).stdout


def made_key(home: Path, user: str, *algorithm: str) -> Path:
    gpg(home, "--quick-gen-key", user, *algorithm)
    file = home / f"{user}.asc"
    file.write_bytes(gpg(home, "--armor", "--export", f"={user}"))
    return file


class Rmp:
    """Runs commands in this process on one service."""

    def __init__(self, service: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.config = service / "rmp.toml"
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Said:
        return self.bare("--config", str(self.config), *arguments)

    def bare(self, *arguments: str) -> Said:
        self._capsys.readouterr()
        status = main.run(list(arguments))
        return Said(status, *self._capsys.readouterr())

    def add(self, key: Path, *more: str, rpps: str = RPPS, who: Sequence[str] = ANNE) -> Said:
        fixed = ("--profession", "médecin généraliste", "--key", str(key))
        return self("doctor", "add", *who, "--rpps", rpps, *fixed, *more)


class PlayedKeeper(Closing):
    """Takes every call that a command makes; ``down`` is one that does not answer.

    What the operator's door does not take, it does not take either.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.down = False

    def line(self, _socket: Path, _timeout: float) -> Self:
        if self.down:
            raise KeeperDown("no such file")
        return self

    def close(self) -> None:
        pass

    @property
    def leaves(self) -> list[Event]:
        return [each.event for each in self.requests if isinstance(each, Record | Release)]

    def expect(self, _kind: type[Reply], request: Request) -> tuple[Reply, None]:
        if self.down:
            raise KeeperDown("no such file")
        check_door(Door.OPERATOR, request)
        self.requests.append(request)
        if isinstance(request, Release):
            readers = request.readers
            return Released(tuple((b"packet",) * len(readers) for _ in request.items)), None
        return Recorded(len(self.requests)), None
