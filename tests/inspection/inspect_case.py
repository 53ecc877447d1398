"""Running ``rmp inspect`` in this process, and OpenPGP messages made by hand."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from rmp_milter.cli import main
from rmp_milter.keeper.openpgp.packets import PKESK, frame
from testbed import gpg
from testbed.doctor import Doctor

HEADER = "Patient : DUPONT Jean\nNé le : 30/01/1959\nDocument : CR radiologie\n"
LETTER = "Cher confrère, la lettre très confidentielle."
CODE = "Zq7pTxW9"
PDF = b"%PDF-1.4 le document du patient " + bytes(range(256))


@dataclass(frozen=True)
class Said:
    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, object]:
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found

    def at(self, *path: str | int) -> object:
        """Return what stands at ``path`` in the JSON."""
        found: Any = self.json
        for step in path:
            found = found[step]
        return cast("object", found)


class Inspect:
    """``rmp inspect`` on mails given as bytes."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def file(self, name: str, content: bytes) -> str:
        path = self.folder / name
        path.write_bytes(content)
        return str(path)

    def run(self, *arguments: str) -> Said:
        self._capsys.readouterr()
        status = main.run(["inspect", *arguments])
        return Said(status, *self._capsys.readouterr())

    def mail(self, mail: bytes, *arguments: str) -> Said:
        return self.run(self.file("mail.eml", mail), *arguments)

    def as_json(self, mail: bytes, *arguments: str) -> Said:
        return self.mail(mail, "--json", *arguments)

    def with_key(self, mail: bytes, key: bytes, *arguments: str) -> Said:
        return self.as_json(mail, "--secret-key", self.file("key.asc", key), *arguments)


def armored(message: bytes) -> bytes:
    lines = base64.encodebytes(message)
    begin, end = b"-----BEGIN PGP MESSAGE-----", b"-----END PGP MESSAGE-----"
    return begin + b"\n\n" + lines + end + b"\n"


def inline(message: bytes) -> bytes:
    head = b"From: Dr Anne <anne@cab.example>\nContent-Type: text/plain\n\n"
    return head + armored(message)


def key_packet(key_id: str) -> bytes:
    return frame(PKESK, b"\x03" + bytes.fromhex(key_id) + b"\x01" + bytes(20))


def enrol(folder: Path, config: tuple[str, str], doctor: Doctor, rpps: str) -> None:
    """Put a doctor into the directory of the service in ``folder``."""
    key = folder / "doctor.asc"
    key.write_bytes(doctor.certificate)
    who = ("--name", doctor.name, "--mail", doctor.mail, "--key", str(key))
    what = ("--rpps", rpps, "--profession", "médecin généraliste")
    assert main.run([*config, "doctor", "add", *who, *what]) == 0


@contextmanager
def days_ago(days: float) -> Iterator[None]:
    """Have every gpg of the block take this for the time at which it works."""
    moment = f"{datetime.now(UTC) - timedelta(days=days):%Y%m%dT%H%M%S}"
    told = ("--faked-system-time", moment, "--ignore-time-conflict", "--ignore-valid-from")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gpg, "_ALWAYS", (*gpg._ALWAYS, *told))
        yield
