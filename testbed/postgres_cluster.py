"""Three PostgreSQL servers on this machine: one decides, two follow, a commit has two disks.

As on three hosts: any of them is killed as at a power cut, a standby is promoted, and the old
primary comes back by rewind or by a base backup. Sockets only, each in a folder of its own.
"""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from testbed.command import CommandError
from testbed.lifetime import Starting
from testbed.postgres import PrivatePostgres
from testbed.processes import descendants, is_running
from testbed.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES = ("a", "b", "c")
SECONDS = 30

DURABLE = {
    "fsync": "on",
    "full_page_writes": "on",
    # One line for all three, whichever decides: who is named and does not follow does not count.
    "synchronous_standby_names": f"ANY 1 ({', '.join(NAMES)})",
    "wal_keep_size": "256MB",
    "wal_receiver_status_interval": "1",
    "wal_retrieve_retry_interval": "200ms",
    "recovery_min_apply_delay": "0",
}


class ClusterNode(PrivatePostgres):
    """One of the three; ``name`` is what the others call it by."""

    def __init__(self, name: str, settings: Mapping[str, str]) -> None:
        super().__init__(settings)
        self.name = name

    def make_files(self) -> None:
        """Make new files that say themselves how they are served: pg_rewind starts them too.

        Its recovery would throw away the part of the log that it then looks for.
        """
        super().make_files()
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.writelines(f"{name} = '{value}'\n" for name, value in DURABLE.items())

    @property
    def runs(self) -> bool:
        """Whether it was started and has not ended."""
        return self._server is not None and self._server.poll() is None

    def kill(self) -> None:
        """End all of it at once, as at a power cut: nobody writes or answers anything more."""
        self._signal(signal.SIGKILL)
        self.stop(signal.SIGKILL)

    def stand_still(self) -> None:
        """Stop all of its processes where they are (SIGSTOP), as a host that hangs."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let them go on."""
        self._signal(signal.SIGCONT)

    def follow(self, source: PrivatePostgres) -> None:
        """Have it be a standby of ``source``, from its next start on."""
        with (self.data / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"primary_conninfo = '{self._way_to(source)}'\n")
        signal_file = self.data / "standby.signal"
        signal_file.touch()
        owner = self.data.stat()
        os.chown(signal_file, owner.st_uid, owner.st_gid)

    def turn_to(self, source: PrivatePostgres) -> None:
        """Have it, a standby that runs, follow another from now on."""
        way = self._way_to(source)
        self.run_sql(f"ALTER SYSTEM SET primary_conninfo = '{way}'", "SELECT pg_reload_conf()")

    def _way_to(self, source: PrivatePostgres) -> str:
        return f"host={source.folder} user=postgres application_name={self.name}"

    def copy(self, source: PrivatePostgres) -> None:
        """Have the files of another, by a base backup; its own are gone."""
        shutil.rmtree(self.data, ignore_errors=True)
        where = f"host={source.folder} user=postgres"
        words = ("-D", str(self.data), "-c", "fast", "--no-sync", "-d", where)
        self.run_as_owner("pg_basebackup", *words)

    def rewind(self, source: PrivatePostgres) -> None:
        """Have its files be as another's, from where their histories part (``pg_rewind``)."""
        where = f"host={source.folder} user=postgres dbname=postgres"
        self.run_as_owner(
            "pg_rewind", f"--target-pgdata={self.data}", f"--source-server={where}"
        )

    @property
    def position(self) -> int:
        """How much of the log it has on disk, as a standby."""
        most = "greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())"
        return int(self.run_sql(f"SELECT {most} - '0/0'::pg_lsn"))

    @property
    def decides(self) -> bool:
        """Whether it is a primary."""
        return self.run_sql("SELECT pg_is_in_recovery()").strip() == "f"

    def _signal(self, number: signal.Signals) -> None:
        """Signal the server and what it started; on return of a kill all of them are gone."""
        if self._server is None:
            return
        started = descendants(self._server.pid)
        for pid in (self._server.pid, *started):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        if number is signal.SIGKILL:
            self._server.wait(SECONDS)
            wait_until(lambda: not any(map(is_running, started)), SECONDS, "their end")


class PostgresCluster(Starting):
    """Three servers, ``ANY 1`` of two standbys synchronous; :attr:`primary` decides at first.

    ``settings`` are put over :data:`DURABLE`. Its users name :attr:`hosts`, and find who decides.
    Use it as a context manager.
    """

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        wanted = DURABLE | dict(settings or {})
        self.nodes = tuple(ClusterNode(name, wanted) for name in NAMES)
        self.primary = self.nodes[0]

    @property
    def hosts(self) -> str:
        """All three, as libpq is told them."""
        return ",".join(str(node.folder) for node in self.nodes)

    @property
    def standbys(self) -> list[ClusterNode]:
        """Those that run and do not decide."""
        return [node for node in self.nodes if node is not self.primary and node.runs]

    def start(self) -> None:
        """Make the first, copy it twice, and return when both follow."""
        self.primary.start()
        for node in self.nodes[1:]:
            self.begin_anew(node)
        self.wait_followed()

    def begin_anew(self, node: ClusterNode) -> None:
        """Bring a node back by a base backup of the primary."""
        node.copy(self.primary)
        node.follow(self.primary)
        node.launch()

    def rewind(self, node: ClusterNode) -> None:
        """Bring a former primary back by rewind: what it alone had is gone from it."""
        self.primary.run_sql("CHECKPOINT")  # pg_rewind asks the source's control file
        node.rewind(self.primary)
        node.follow(self.primary)
        node.launch()

    def promote(self) -> ClusterNode:
        """Make the standby that has most of the log the primary, and return it.

        The old one must be gone, and **both** others must be there: what was acknowledged is on one
        of the two, nobody knows on which. Raises :class:`CommandError` where that is not so.
        """
        if self.primary.runs:
            raise CommandError("the old primary is not gone: it is to be fenced first")
        if len(self.standbys) < len(NAMES) - 1:
            raise CommandError(
                "only one standby is there, which may lack what was acknowledged"
            )
        return self.promote_beside()

    def promote_beside(self) -> ClusterNode:
        """Do the same without a look at the old one, as where it hangs and nobody can fence it."""
        chosen = max(self.standbys, key=lambda node: node.position)
        chosen.run_sql("SELECT pg_promote(true, 30)")
        self.primary, old = chosen, self.primary
        for node in self.standbys:
            if node is not old:
                node.turn_to(chosen)
        return chosen

    def wait_followed(self, by: int = len(NAMES) - 1) -> None:
        """Return when so many standbys stream from the primary, and have what it has."""
        said = (
            "SELECT count(*) FROM pg_stat_replication"
            " WHERE state = 'streaming' AND flush_lsn >= pg_current_wal_flush_lsn()"
        )
        wait_until(lambda: int(self.primary.run_sql(said)) >= by, SECONDS, f"{by} standbys")

    def close(self) -> None:
        """End all three and remove their files."""
        for node in self.nodes:
            node.go_on()
            node.close()
