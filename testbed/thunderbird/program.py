"""A running Thunderbird, and what it shows."""

import base64
import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from testbed.folders import own_folder
from testbed.lifetime import Starting
from testbed.thunderbird.marionette import Marionette
from testbed.thunderbird.profile import Account, write_profile
from testbed.x509_maker import Made

PROGRAM = Path("/usr/lib/thunderbird/thunderbird-bin")
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class ShownFile:
    """An attachment as it is saved; of a mail also what opening it shows."""

    name: str
    media_type: str
    data: bytes
    error: str
    opened: "Shown | None"


@dataclass(frozen=True)
class Shown:
    """A mail in its window.

    ``encrypted`` and ``signed`` are the names of the icons, ``signature`` Mozilla's verdict (0:
    nothing is wrong with it), ``listed`` the subject in the list of mails.
    """

    subject: str
    sender: str
    text: str
    encrypted: str
    signed: str
    signature: int | None
    signer: str
    technology: str
    notes: tuple[str, ...]
    files: tuple[ShownFile, ...]
    listed: str = ""
    asked: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Written:
    """What became of a mail: how the window was set, and what it said if it was not sent."""

    signs: bool
    encrypts: bool
    openpgp: bool
    sent: bool
    said: tuple[str, ...]


class Thunderbird(Starting):
    """Thunderbird with one account; ``authorities`` (PEM, by name) are believed for mail."""

    def __init__(self, account: Account, own: Made, authorities: Mapping[str, bytes]) -> None:
        """Write the profile; the program starts with the block."""
        self.folder = own_folder("thunderbird-")
        self.profile = self.folder / "profile"
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._marionette: Marionette | None = None
        write_profile(self.profile, account, self._port, own, authorities)

    def start(self) -> None:
        """Start it; return when its main window is there."""
        if not PROGRAM.exists():
            raise FileNotFoundError(f"{PROGRAM}: apt-get install thunderbird")
        (self.folder / "temporary").mkdir()
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder / "temporary"),
            "LANG": "C.UTF-8",
            "MOZ_HEADLESS": "1",
        }
        arguments = ["--headless", "--no-remote", "--profile", str(self.profile)]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 -- an argument list of ours, no shell
                [PROGRAM, *arguments, "--marionette", "--remote-allow-system-access"],
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._marionette = Marionette(self._port)
        self._script("ready")

    def write(self, to: str, subject: str, text: str, files: Sequence[Path] = ()) -> Written:
        """Write a mail in the compose window, as the account is set, and send it."""
        found = self._script("write", to, subject, text, [str(each) for each in files])
        said = tuple(str(each) for each in (*found["notes"], *found["asked"]))
        set_to = {key: bool(found[key]) for key in ("signs", "encrypts", "openpgp", "sent")}
        return Written(**set_to, said=said)

    def show(self, raw: bytes) -> Shown:
        """Open a mail."""
        file = self.folder / "shown.eml"
        file.write_bytes(raw)
        return _shown(self._script("show", str(file)))

    def import_certificate(self, file: Path) -> None:
        """Import somebody's certificate, as the certificate manager does under "People"."""
        self._script("import_certificate", str(file))

    def script(self, body: str, *arguments: object) -> Any:  # noqa: ANN401 -- JSON
        """Run the body of an asynchronous function with all of Thunderbird at hand."""
        if self._marionette is None:
            raise RuntimeError("Thunderbird does not run")
        return self._marionette.script(body, *arguments)

    def close(self) -> None:
        """End it, whatever it says, and forget its profile."""
        if self._marionette is not None:
            self._marionette.close()
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        for path in sorted(self.folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        if self.folder.exists():
            self.folder.rmdir()

    def _script(self, name: str, *arguments: object) -> Any:  # noqa: ANN401 -- JSON
        return self.script((_HERE / f"{name}.js").read_text(), *arguments)


def _shown(found: Any) -> Shown:  # noqa: ANN401 -- JSON
    files = tuple(
        ShownFile(
            each["name"],
            each["type"],
            base64.b64decode(each["data"]),
            each["error"],
            _shown(each["opened"]) if each["opened"] else None,
        )
        for each in found["files"]
    )
    told = {**found, "files": files, "notes": tuple(found["notes"])}
    return Shown(**{**told, "asked": tuple(map(str, found.get("asked", ())))})


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
