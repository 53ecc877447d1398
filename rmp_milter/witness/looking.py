"""What files say of witnesses, together: the policy, what is kept, what is wrong."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from rmp_milter.audit.cosigned import MOST_KEPT, CosignedCheckpoint, kept_in
from rmp_milter.audit.folder import read_bounded
from rmp_milter.phrases.phrase import Phrase, line_of
from rmp_milter.tlog.policies import MAX_POLICY, PolicyError, WitnessPolicy, parse_policy
from rmp_milter.witness.judging import (
    WitnessFinding,
    findings,
    judged_by,
    last_times,
    newest_met,
)
from rmp_milter.witness.pushing import read_asked


class WitnessesSeen(NamedTuple):
    """What is wrong, and the largest checkpoint that the policy is content with, if any.

    ``times`` says when each witness of the policy cosigned last, 0 where none of it is kept.
    """

    found: Sequence[WitnessFinding]
    newest: CosignedCheckpoint | None
    times: Mapping[str, int]


def read_policy(path: Path) -> WitnessPolicy:
    """Read a policy; raises :class:`~rmp_milter.tlog.policies.PolicyError`, ``FolderError``."""
    data = read_bounded(path, MAX_POLICY)
    try:
        return parse_policy(data)
    except PolicyError as error:
        line = Phrase("{path}: {error}", path=path, error=line_of(error))
        raise PolicyError(line) from None


def look(policy_file: Path, folder: Path, now: int, most: int = MOST_KEPT) -> WitnessesSeen:
    """Look at what is kept in ``folder`` by a policy, at ``now`` (epoch seconds).

    At ``most`` so many checkpoints, the largest, are looked at. Of a policy that names logs only
    theirs count. Raises as :func:`read_policy`.
    """
    policy = read_policy(policy_file)
    origins = {each.key.name for each in policy.logs}
    kept = kept_in(folder, most)
    mine = (each for each in kept if not origins or each.head.origin in origins)
    judged = judged_by(policy, mine)
    newest = newest_met(judged)
    found = list(findings(policy, judged, read_asked(folder), now))
    last = last_times(judged, now)
    times = {each.label: last.get(each.label, 0) for each in policy.witnesses}
    return WitnessesSeen(found, newest.checkpoint if newest else None, times)
