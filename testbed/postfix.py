"""A Postfix of its own in a temporary folder: started, watched, and gone at the end."""

import itertools
import json
import os
import random
import shutil
import signal
import socket
import stat
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from testbed.command import program, removed_on_failure, run
from testbed.folders import own_folder
from testbed.lifetime import Starting
from testbed.mailbox import CollectedMail
from testbed.postfix_files import (
    DROP_GROUP,
    MAIL_OWNER,
    QUEUE_FOLDERS,
    Plan,
    main_cf,
    master_cf,
    sasl_conf,
    transport_map,
)
from testbed.processes import descendants, is_running
from testbed.waiting import PATIENCE_SECONDS, wait_until

PORTS = range(10_000, 32_768)
"""Below Linux's ``ip_local_port_range``."""


class PrivatePostfix(Starting):
    """A real Postfix on free loopback ports; nothing outside its folder is touched.

    ``smtp_port`` is what clients and other servers talk to (milter, SMTP AUTH);
    ``reinject_port`` takes mail without a milter. Mail to the service's addresses is
    deliverable nowhere; mail to any other address lands in :meth:`mailbox`. Needs root,
    because Postfix gives its daemons other users. Use it as a context manager.
    """

    def __init__(  # noqa: PLR0913 -- one keyword for each thing that a test may vary
        self,
        service_addresses: tuple[str, ...] = ("rmp@rmp.test",),
        *,
        milter: Path | None = None,
        hostname: str = "mail.rmp.test",
        unreachable: tuple[str, ...] = ("unreachable.test",),
        slow: tuple[str, ...] = ("slow.test",),
        settings: Mapping[str, str] | None = None,
        services: tuple[str, ...] = (),
        smtp_port: int = 0,
        reinject_port: int = 0,
    ) -> None:
        _require_root()
        program("postfix")
        free = free_ports(2)
        self.plan = Plan(
            root=own_folder("rmp-postfix-"),
            smtp_port=smtp_port or free[0],
            reinject_port=reinject_port or free[1],
            service_addresses=service_addresses,
            hostname=hostname,
            milter=milter,
            unreachable=unreachable,
            slow=slow,
            settings=dict(settings or {}),
            services=services,
        )
        self.collected = CollectedMail(self.plan.maildir)
        with removed_on_failure(self.plan.root):
            _make_folders(self.plan)
            self.write_configuration()
            settle(self.plan.config)

    @property
    def smtp_port(self) -> int:
        """The port of the listener with the milter and SMTP AUTH."""
        return self.plan.smtp_port

    @property
    def reinject_port(self) -> int:
        """The port of the listener without a milter."""
        return self.plan.reinject_port

    @property
    def config_dir(self) -> Path:
        """The folder for ``postconf -c``."""
        return self.plan.config

    @property
    def queue_dir(self) -> Path:
        """The queue folder (to look for traces in)."""
        return self.plan.queue

    def write_configuration(self) -> None:
        """Write ``main.cf``, ``master.cf``, the transport map and the SASL settings."""
        settings = main_cf(self.plan)
        lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
        (self.plan.config / "main.cf").write_text(lines)
        (self.plan.config / "master.cf").write_text(master_cf(self.plan))
        (self.plan.config / "transport").write_text(transport_map(self.plan))
        (self.plan.sasl / "smtpd.conf").write_text(sasl_conf(self.plan))
        settle(self.plan.config)

    def use_milter(self, milter: Path | None, **settings: str) -> None:
        """Change the milter's socket (and more settings); a running instance reloads."""
        merged = {**self.plan.settings, **settings}
        self.plan = replace(self.plan, milter=milter, settings=merged)
        self.write_configuration()
        if self.running:
            run(["postfix", "-c", self.plan.config, "reload"])

    def start(self) -> None:
        """Start the instance and return when both listeners answer."""
        self.launch()
        self.wait_greeting()

    def launch(self) -> None:
        """Start the instance; do not wait."""
        # Without the check of the installation, which takes longer than all the rest.
        (self.plan.queue / "quick-start").touch()
        run(["postfix", "-c", self.plan.config, "start"])

    def wait_greeting(self) -> None:
        """Return when both listeners answer."""
        wait_until(self._greets, PATIENCE_SECONDS, "the greeting of Postfix")

    def stop(self) -> None:
        """Stop every process of the instance; a second call does nothing.

        Its servers hold the listening sockets a moment longer than ``master`` lives.
        """
        pid = self.master_pid
        if pid is None:
            return
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not self.running, PATIENCE_SECONDS, "the end of Postfix")
        ports = self.smtp_port, self.reinject_port
        wait_until(lambda: all(map(_is_free, ports)), PATIENCE_SECONDS, "Postfix's ports")

    def kill(self) -> None:
        """End every process of the instance at once (SIGKILL); its queue stays as it was."""
        pid = self.master_pid
        if pid is None:
            return
        for each in (pid, *descendants(pid)):
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        ports = self.smtp_port, self.reinject_port
        wait_until(lambda: all(map(_is_free, ports)), PATIENCE_SECONDS, "Postfix's ports")

    def close(self) -> None:
        """Stop, and remove the folder."""
        self.stop()
        shutil.rmtree(self.plan.root, ignore_errors=True)

    @property
    def master_pid(self) -> int | None:
        """The process id of a running ``master``, or None."""
        try:
            pid = int((self.plan.queue / "pid" / "master.pid").read_text())
        except (FileNotFoundError, ValueError):
            return None
        return pid if is_running(pid) else None

    @property
    def running(self) -> bool:
        """Whether ``master`` is there."""
        return self.master_pid is not None

    def add_account(self, login: str, password: str) -> None:
        """Give a SASL account to someone (RFC 4954); the password goes in by stdin."""
        database = str(self.plan.accounts)
        command = ["saslpasswd2", "-p", "-c", "-f", database, "-u", self.plan.hostname, login]
        run(command, stdin=password.encode())
        shutil.chown(self.plan.accounts, MAIL_OWNER)

    def mailbox(self, address: str) -> list[bytes]:
        """Return the mails delivered to ``address`` so far, oldest first."""
        return self.collected.of(address)

    def wait_mail(
        self,
        address: str,
        count: int = 1,
        timeout: float = PATIENCE_SECONDS,
        *,
        after: int = 0,
    ) -> list[bytes]:
        """Wait until ``address`` has got ``count`` mails in all, and return those ``after`` some.

        Raises :class:`TimeoutError`, with the end of Postfix's log, if they do not come.
        """
        try:
            wait_until(
                lambda: self.collected.count(address) >= count,
                timeout,
                f"mail {count} for {address}",
            )
        except TimeoutError as error:
            error.add_note(f"the end of Postfix's log:\n{self.log()[-3000:]}")
            raise
        return self.collected.of(address, after)

    def queue_ids(self) -> list[str]:
        """Return the ids of the mails that Postfix holds, in any of its queues."""
        listed = run(["postqueue", "-c", self.plan.config, "-j"]).stdout
        return [json.loads(line)["queue_id"] for line in listed.splitlines()]

    def wait_empty_queue(self, timeout: float = PATIENCE_SECONDS) -> None:
        """Wait until Postfix holds no mail."""
        wait_until(lambda: not self._holds_mail(), timeout, "an empty queue")

    def flush(self) -> None:
        """Try every deferred mail now."""
        run(["postqueue", "-c", self.plan.config, "-f"])

    def delete_queue(self) -> None:
        """Throw away all mail that Postfix holds."""
        run(["postsuper", "-c", self.plan.config, "-d", "ALL"])

    def log(self) -> str:
        """Return Postfix's log so far."""
        return self.plan.log.read_text(errors="replace") if self.plan.log.exists() else ""

    def _holds_mail(self) -> bool:
        """Whether a mail is in any queue: without a process, for who waits asks again and again.

        A mail goes from one to the next in this order, and from deferred back to active.
        """
        queues = ("maildrop", "incoming", "active", "deferred", "active", "hold")
        return any(_holds_file(self.plan.queue / queue) for queue in queues)

    def _greets(self) -> bool:
        return greets(self.smtp_port) and greets(self.reinject_port)


def free_ports(count: int) -> list[int]:
    """Return distinct loopback ports that nothing listens on at this moment.

    Not of those that the kernel hands out: until Postfix listens, any program beside it
    could be given the same.
    """
    tries = random.sample(PORTS, count + 100)
    return list(itertools.islice(filter(_is_free, tries), count))


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def _holds_file(folder: Path) -> bool:
    """Whether a mail is in a queue, whose folders Postfix may part by the names of its mails.

    Its owner may execute a file that is whole (``MAIL_QUEUE_STAT_READY`` of Postfix' source). What
    is not was never acknowledged, and stays for a day and a half where who wrote it was killed.
    """
    return any(
        _is_whole(Path(place, name)) for place, _, names in os.walk(folder) for name in names
    )


def _is_whole(file: Path) -> bool:
    try:
        return bool(file.stat().st_mode & stat.S_IXUSR)
    except FileNotFoundError:  # it went on to another queue, which is looked at after this one
        return False


def _require_root() -> None:
    if os.geteuid() != 0:
        raise PermissionError("a private Postfix needs root: its daemons run as other users")


def _make_folders(plan: Plan) -> None:
    # Postfix's daemons reach the folder under other users; it holds no secret but SASL's.
    plan.root.chmod(0o755)
    for folder in (plan.config, plan.sasl, plan.queue, plan.queue / "pid"):
        folder.mkdir()
    for folder in (plan.root / "data", plan.maildir.parent):
        folder.mkdir(mode=0o700)
        shutil.chown(folder, MAIL_OWNER)
    for name, mode in QUEUE_FOLDERS.items():
        _make_queue_folder(plan.queue / name, mode)


def _make_queue_folder(folder: Path, mode: int) -> None:
    folder.mkdir()
    shutil.chown(folder, MAIL_OWNER, DROP_GROUP if mode & 0o070 else None)
    folder.chmod(mode)


def settle(folder: Path) -> None:
    """Have a configuration look as though it were written a while ago.

    Each of Postfix's programs waits for two seconds where somebody may be writing still.
    """
    past = time.time() - 60
    for file in folder.rglob("*"):
        os.utime(file, (past, past))


def greets(port: int) -> bool:
    """Return whether a mail server on this machine answers on the port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            return client.recv(4).startswith(b"220")
    except OSError:
        return False
