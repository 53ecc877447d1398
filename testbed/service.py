"""The service as an admin installs and runs it: by its own command, in a folder of its own."""

import contextlib
import grp
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from rmp_milter.disk.closing import Closing
from testbed.command import RMP, removed_on_failure, run, run_rmp, start_rmp
from testbed.doctor import Doctor
from testbed.folders import own_folder
from testbed.once import once
from testbed.postfix_files import MAIL_OWNER
from testbed.processes import descendants, is_listening, is_running
from testbed.ready_rmp import PARTS_READY, Running, prove_once
from testbed.waiting import PATIENCE_SECONDS, wait_until

END_SECONDS = 40


class Part(StrEnum):
    """The processes, by the command that starts each; ``SERVE`` runs the first three.

    ``CONNECT`` and ``LISTEN`` are the ends of a tunnel, for a service that is told to have one.
    """

    KEEPER = "keeper"
    MILTER = "milter"
    COURIER = "courier"
    SERVE = "serve"
    CONNECT = "tunnel connect"
    LISTEN = "tunnel listen"


SEPARATE = (Part.KEEPER, Part.MILTER, Part.COURIER)

Settings = Mapping[tuple[str, str], str]
"""(section, name) → the value as TOML."""


class Service(Closing):
    """What ``rmp init`` makes, in a temporary folder; its processes as children of the test.

    ``reinject_port`` is where the courier hands in answers; ``settings`` replace lines of
    the configuration. Nothing runs until :meth:`start`. Close it (or use it as a context
    manager): that ends all processes and removes the folder. The services of one test run
    with the same address have the same keys. ``by_command``: its processes are ``rmp`` itself,
    for tests that look at them as processes.
    """

    def __init__(
        self,
        reinject_port: int,
        address: str = "rmp@rmp.test",
        settings: Settings | None = None,
        *,
        by_command: bool = False,
    ) -> None:
        self.address = address
        self.root = own_folder("rmp-service-", on_disk=True)
        self.root.chmod(0o755)  # Postfix comes in for the milter's socket
        self.folder = self.root / "rmp"
        self.temporary = self.root / "tmp"
        self._by_command = by_command
        self._running: dict[Part, Running] = {}
        with removed_on_failure(self.root):
            self.temporary.mkdir()
            made = initialised(address)
            shutil.copytree(made, self.folder)
            if PARTS_READY in os.environ and not by_command:
                prove_once(made / "keeper")
            self.configure({**_reachable(reinject_port), **(settings or {})})

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.folder / "rmp.toml"

    @property
    def milter_socket(self) -> Path:
        """Where Postfix reaches the milter."""
        return self.folder / "run" / "milter.sock"

    @property
    def keeper_socket(self) -> Path:
        """Where the milter reaches the keeper."""
        return self.folder / "run" / "keeper.sock"

    @cached_property
    def certificate(self) -> bytes:
        """The service's public key as it is handed to doctors."""
        return self.rmp("key", "export").stdout

    def configure(self, settings: Settings) -> None:
        """Replace settings in ``rmp.toml``; each must be there already."""
        text = self.config.read_text()
        for (section, name), value in settings.items():
            text = _replaced(text, section, name, value)
        self.config.write_text(text)

    def rmp(
        self, *arguments: str, check: bool = True, config: bool = True
    ) -> subprocess.CompletedProcess[bytes]:
        """Run one ``rmp`` command to its end; raises ``CommandError`` if it fails."""
        options = ["--config", str(self.config)] if config else []
        return run_rmp([*options, *arguments], check=check)

    def enrol(
        self,
        doctor: Doctor,
        number: int,
        profession: str = "médecin généraliste",
        account: str = "",
        reply_form: str = "separate",
    ) -> None:
        """Enrol a doctor by ``rmp doctor add``; ``number`` makes his RPPS number."""
        key = self.root / f"{number}.asc"
        key.write_bytes(doctor.certificate)
        self.rmp(
            *("doctor", "add", "--name", doctor.name, "--rpps", rpps(number)),
            *("--mail", doctor.mail, "--profession", profession, "--key", str(key)),
            *("--account", account, "--reply-form", reply_form),
        )
        doctor.import_key(self.certificate)

    def start(self, *parts: Part) -> None:
        """Start processes (the three, each by itself, if none is named); do not wait."""
        for part in parts or SEPARATE:
            self._running[part] = start_rmp(
                ("--config", str(self.config), *part.value.split()),
                self.log_file(part),
                self.temporary,
                itself=self._by_command or part is Part.SERVE,
            )

    def wait_ready(self) -> None:
        """Return when keeper and milter answer; raises ``TimeoutError`` with the logs."""
        try:
            wait_until(self._answers, PATIENCE_SECONDS, "the sockets of the service")
        except (TimeoutError, ChildProcessError) as error:
            error.add_note(self.all_logs())
            raise

    def stop(self, *parts: Part) -> None:
        """End processes as systemd does, by SIGTERM; raises if one does not go."""
        for part in reversed(parts or tuple(self._running)):
            process = self._running.pop(part)
            process.terminate()
            process.wait(END_SECONDS)

    def kill(self, part: Part) -> None:
        """End a process, and whatever it started, at once and without warning (SIGKILL).

        On return all of them are gone: a worker's socket would seem to be the next one's.
        """
        process = self._running.pop(part)
        started = descendants(process.pid)
        for pid in (process.pid, *started):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait(END_SECONDS)
        wait_until(lambda: not any(map(is_running, started)), END_SECONDS, "their end")

    def running(self, part: Part) -> bool:
        """Whether a process that was started still runs."""
        process = self._running.get(part)
        return process is not None and process.poll() is None

    def pids(self) -> list[int]:
        """Return the ids of all processes of the service, workers included."""
        own = [process.pid for process in self._running.values()]
        found = [pid for each in own for pid in (each, *descendants(each))]
        return [pid for pid in found if is_running(pid)]

    def pids_of(self, part: Part) -> list[int]:
        """Return the ids of one process and of all that it started."""
        pid = self._running[part].pid
        return [pid, *descendants(pid)]

    def log(self, part: Part) -> str:
        """Return what a process wrote to stdout and stderr so far."""
        file = self.log_file(part)
        return file.read_text(errors="replace") if file.exists() else ""

    def all_logs(self) -> str:
        """Return the logs of all processes, each under its name."""
        return "\n".join(f"--- {part}\n{self.log(part)[-4000:]}" for part in Part)

    def close(self) -> None:
        """End all processes, kindly if they let us, and remove the folder."""
        for part in reversed(tuple(self._running)):
            try:
                self.stop(part)
            except subprocess.TimeoutExpired:
                self._running[part].kill()
        shutil.rmtree(self.root, ignore_errors=True)

    def _answers(self) -> bool:
        ended = [part for part, process in self._running.items() if process.poll() is not None]
        if ended:
            raise ChildProcessError(f"ended before it was ready: {', '.join(ended)}")
        return is_listening(self.keeper_socket) and self._open_to_postfix()

    def _open_to_postfix(self) -> bool:
        """Whether the milter listens and has given its socket to Postfix's group."""
        if not is_listening(self.milter_socket):
            return False
        status = self.milter_socket.stat()
        return status.st_gid == grp.getgrnam(MAIL_OWNER).gr_gid and bool(status.st_mode & 0o020)

    def log_file(self, part: Part) -> Path:
        """Return the file that a process writes its stdout and stderr to."""
        return self.root / f"{part.replace(' ', '-')}.log"


def initialised(address: str) -> Path:
    """Return a folder that ``rmp init`` made, to be copied: its RSA keys take seconds."""

    def init(folder: Path) -> None:
        run([RMP, "init", str(folder / "rmp"), "--address", address])

    return once(f"init-{address}", init) / "rmp"


def _reachable(reinject_port: int) -> Settings:
    """Return what connects the service with a Postfix of this machine."""
    return {
        ("courier", "port"): str(reinject_port),
        ("courier", "retry_seconds"): "[1, 2, 5]",
        ("sockets", "milter_group"): f'"{MAIL_OWNER}"',
        ("rules", "hold_seconds"): "0",
        ("milter", "keeper_wait_seconds"): "0",
    }


def rpps(number: int) -> str:
    """Return a valid RPPS number for a test: 10 digits and the check digit (Luhn)."""
    digits = f"1000{number:06d}"
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in digits[::-2]]
    others = [int(digit) for digit in digits[-2::-2]]
    return digits + str(-sum(doubled + others) % 10)


def _replaced(text: str, section: str, name: str, value: str) -> str:
    """Return the TOML text with one setting's value replaced."""
    pattern = rf"(^\[{section}\]\n(?:(?!\[).*\n)*?{name} = ).*$"
    changed, count = re.subn(
        pattern, lambda found: found[1] + value, text, count=1, flags=re.MULTILINE
    )
    if count != 1:
        raise KeyError(f"rmp.toml has no setting {name} in [{section}]")
    return changed
