"""A PostgreSQL server of its own in a temporary folder: no TCP, no system cluster touched."""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import signal
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg.pq import ExecStatus

from testbed.command import CommandError, program, removed_on_failure, run
from testbed.folders import own_folder
from testbed.lifetime import Starting
from testbed.once import once
from testbed.processes import is_listening
from testbed.waiting import PATIENCE_SECONDS, wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg.pq.abc import PGconn

OWNERS = ("postgres", "nobody")
"""Whose processes these are, where a test runs as root: the server refuses to be root's."""

QUICK = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "on",
}
"""For tests of what is stored; those of what survives say otherwise."""

ALWAYS = {
    "listen_addresses": "",
    "shared_buffers": "16MB",
    "max_wal_size": "256MB",
    "autovacuum_naptime": "1h",
    "log_min_messages": "warning",
}


class PrivatePostgres(Starting):
    """A server whose socket lies in :attr:`folder`; its superuser is ``postgres``.

    ``settings`` are put over :data:`QUICK`. ``folder`` has data already, taken over from another
    server. ``auth`` says who is believed: anybody, or by ``peer`` the system's users. Use it as a
    context manager.
    """

    def __init__(
        self,
        settings: Mapping[str, str] | None = None,
        folder: Path | None = None,
        auth: str = "trust",
    ) -> None:
        self._auth = auth
        self.folder = folder or own_folder("rmp-pg-")
        self.data = self.folder / "data"
        self._settings = QUICK | ALWAYS | dict(settings or {})
        self._server: subprocess.Popen[bytes] | None = None
        _give(self.folder)

    def start(self) -> None:
        """Make its files, if there are none, and start it; return when it answers."""
        with removed_on_failure(self.folder):
            if not self.data.exists():
                self.make_files()
            self.launch()

    @property
    def pid(self) -> int:
        """The process whose children serve; 0 where none runs."""
        return self._server.pid if self._server else 0

    def make_files(self) -> None:
        """Copy the files of a new, empty cluster, which are made once for all (``initdb``)."""
        made = once(f"postgres-{self._auth}", self._make_for_all)
        run([program("cp"), "-a", str(made / "data"), str(self.data)])

    def _make_for_all(self, place: Path) -> None:
        words = ["-D", str(self.data), "--no-sync", "-A", self._auth, "-U", "postgres"]
        # Checksums are what pg_rewind needs of an old primary.
        self.run_as_owner("initdb", *words, "--data-checksums", "-E", "UTF8", "--locale=C")
        shutil.move(self.data, place / "data")

    def launch(self) -> None:
        """Start the server on the files that are there."""
        options = [f"-c{name}={value}" for name, value in self._settings.items()]
        socket = f"-cunix_socket_directories={self.folder}"
        command = [
            *as_its_owner(),
            *_binary("postgres", "-D", str(self.data), socket, *options),
        ]
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 -- ours
        wait_until(self._answers, PATIENCE_SECONDS, "PostgreSQL")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the server: at once, in order, or as at a power cut (``SIGQUIT``)."""
        if self._server is not None:
            self._server.send_signal(how)
            self._server.wait(timeout=30)
            self._server = None

    def run_sql(
        self, *statements: str, database: str = "postgres", user: str = "postgres"
    ) -> str:
        """Run statements as ``user``, each by itself; return what psql prints, unaligned.

        Where the server believes anybody, no psql is begun. Raises :class:`CommandError`.
        """
        if self._auth == "trust":
            return self._said(statements, database, user)
        lines = [part for each in statements for part in ("-c", each)]
        where = ["-h", str(self.folder), "-U", user, "-d", database]
        command = _binary("psql", *where, "-XqAt", "-v", "ON_ERROR_STOP=1", *lines)
        return run([*as_its_owner(), *command]).stdout.decode()

    def _said(self, statements: Sequence[str], database: str, user: str) -> str:
        try:
            with psycopg.connect(
                host=str(self.folder),
                user=user,
                dbname=database,
                options=_IN_TIME,
                autocommit=True,
            ) as connection:
                rows = [row for each in statements for row in _rows(connection.pgconn, each)]
        except psycopg.Error as error:
            raise CommandError(f"postgres: {error}") from error
        return "".join(f"{row}\n" for row in rows)

    def standby(self, name: str) -> PrivatePostgres:
        """Return a server, not started yet, that follows this one under ``name``."""
        own = PrivatePostgres(self._settings)
        source = f"host={self.folder} user=postgres application_name={name}"
        own.run_as_owner("pg_basebackup", "-D", str(own.data), "-R", "-c", "fast", "-d", source)
        return own

    def run_as_owner(self, name: str, *words: str) -> None:
        """Run one of the server's programs to its end, as its user."""
        run([*as_its_owner(), *_binary(name, *words)])

    def close(self) -> None:
        """End the server and remove its files."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        if self._server is not None and self._server.poll() is not None:
            raise CommandError(f"postgres ended: {(self.folder / 'log').read_text()[-2000:]}")
        return (
            is_listening(self.folder / ".s.PGSQL.5432")
            and not run(
                _binary("pg_isready", "-q", "-h", str(self.folder)), check=False
            ).returncode
        )


_IN_TIME = f"-c statement_timeout={1000 * PATIENCE_SECONDS}"


def _rows(connection: PGconn, statement: str) -> list[str]:
    """Return what a statement gives, by the protocol that has no transaction around it."""
    result = connection.exec_(statement.encode())
    if result.status not in {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK}:
        raise CommandError(f"{statement}: {result.error_message.decode()}")
    return [
        "|".join(
            (result.get_value(row, column) or b"").decode() for column in range(result.nfields)
        )
        for row in range(result.ntuples)
    ]


SHARED = "RMP_TEST_POSTGRES"
"""Names the folder of a server that tests share to the processes that they start."""


@cache
def shared_server() -> str:
    """Return where the socket is of a server that all share; who asks first starts and ends it."""
    if SHARED not in os.environ:
        server = PrivatePostgres()
        server.start()
        atexit.register(server.close)
        os.environ[SHARED] = str(server.folder)
        atexit.register(os.environ.pop, SHARED, None)
    return os.environ[SHARED]


def _binary(name: str, *words: str) -> list[str]:
    """Return a call of one of the server's programs, of the newest version that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=_version)
    return [str(found[-1]) if found else program(name), *words]


def _version(binary: Path) -> int:
    return int(binary.parts[4])


def as_its_owner() -> list[str]:
    """Return the beginning of a command that is to run as the server's user, and to end with us."""
    ended = ["--pdeathsig", "INT"]
    if os.geteuid():
        return [program("setpriv"), *ended]
    user = _owner()
    own = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return [program("setpriv"), *own, *ended]


def _owner() -> pwd.struct_passwd:
    for name in OWNERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise CommandError("there is no user to run PostgreSQL as")


def _give(folder: Path) -> None:
    folder.chmod(0o755)
    if not os.geteuid():
        os.chown(folder, _owner().pw_uid, _owner().pw_gid)
