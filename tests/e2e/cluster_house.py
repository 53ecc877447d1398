"""Two hosts on three PostgreSQL servers, and what must hold of them whatever happened."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rmp_milter.audit.verify import verify
from rmp_milter.cli.access_keeper import verifier_key
from rmp_milter.cli.stores import engine_of, store_keys
from rmp_milter.config import load
from rmp_milter.host.log_place import log_of
from rmp_milter.keeper.keys.keys import load_log_key
from rmp_milter.keeper.log.journal import Journal
from rmp_milter.tlog.notes import VerifierKey
from testbed.processes import is_listening
from testbed.two_hosts import TwoHosts

if TYPE_CHECKING:
    from pathlib import Path

    from testbed.service import Service


class ClusterHouse(TwoHosts):
    """The servers and both hosts, and the checkpoints that auditors keep of the log."""

    def __init__(self) -> None:
        super().__init__()
        self.checkpoints = list[bytes]()

    def leading(self) -> Service:
        """Return the service whose keeper works."""
        found = [each for each in self.services if is_listening(each.keeper_socket)]
        assert len(found) == 1, "of two keepers with one log one works"
        return found[0]

    def keep_checkpoint(self) -> None:
        """Keep what auditors would be sent now."""
        self.checkpoints.append(self.leading().rmp("access", "checkpoint").stdout)

    def leaves(self, export: Path) -> list[dict[str, object]]:
        """Export the log, see that it extends all that was kept of it, and return its leaves."""
        service = self.leading()
        config = load(service.config)
        service.rmp("access", "export", str(export))
        with Journal(log_of(config)) as log:
            said = str(verifier_key(load_log_key(config.paths.keeper), log.origin))
            with log.snapshot() as seen:
                leaves = [json.loads(entry) for entry in seen.entries(0, len(log))]
        for kept in (None, *self.checkpoints):
            assert verify(export, VerifierKey.parse(said), kept).findings == []
        return leaves

    def check_store(self) -> None:
        """See that the store is sound."""
        config = load(self.services[0].config)
        assert engine_of(config).check(store_keys(config)).findings == ()

    def check_both_sides(self) -> None:
        """See that it is what the keeper vouched for and logged, too."""
        said = json.loads(self.leading().rmp("store", "check", "--json", check=False).stdout)
        assert said["sound"], said["findings"]
