"""What files say of witnesses, together: the policy, what is kept, what is wrong."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rmp_milter.audit.cosigned import CosignedCheckpoint, kept_in
from rmp_milter.audit.folder import read_bounded
from rmp_milter.phrases.phrase import Phrase, line_of
from rmp_milter.tlog.policies import MAX_POLICY, PolicyError, WitnessPolicy, parse_policy
from rmp_milter.witness.judging import WitnessFinding, findings, newest_met
from rmp_milter.witness.pushing import read_asked


class WitnessesSeen(NamedTuple):
    """The policy, the cosigned checkpoints (the largest first), and what is wrong."""

    policy: WitnessPolicy
    kept: Sequence[CosignedCheckpoint]
    found: Sequence[WitnessFinding]

    @property
    def newest(self) -> CosignedCheckpoint | None:
        """The largest checkpoint that the policy is content with."""
        met = newest_met(self.policy, self.kept)
        return met[0] if met else None


def read_policy(path: Path) -> WitnessPolicy:
    """Read a policy; raises :class:`~rmp_milter.tlog.policies.PolicyError`, ``FolderError``."""
    data = read_bounded(path, MAX_POLICY)
    try:
        return parse_policy(data)
    except PolicyError as error:
        line = Phrase("{path}: {error}", path=path, error=line_of(error))
        raise PolicyError(line) from None


def look(policy_file: Path, folder: Path, now: int) -> WitnessesSeen:
    """Look at what is kept in ``folder`` by a policy, at ``now`` (epoch seconds).

    Of a policy that names logs only theirs count. Raises as :func:`read_policy`.
    """
    policy = read_policy(policy_file)
    origins = {each.key.name for each in policy.logs}
    kept = [each for each in kept_in(folder) if not origins or each.head.origin in origins]
    found = list(findings(policy, kept, read_asked(folder), now))
    return WitnessesSeen(policy, kept, found)
