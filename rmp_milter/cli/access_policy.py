"""The option ``--policy``: which witnesses must have cosigned."""

from pathlib import Path

import click

from rmp_milter.audit.folder import FolderError, read_bounded
from rmp_milter.phrases.phrase import Phrase, line_of
from rmp_milter.tlog.policies import MAX_POLICY, PolicyError, WitnessPolicy, parse_policy

FILE = click.Path(path_type=Path, dir_okay=False)


def read_policy(path: Path) -> WitnessPolicy:
    """Read a policy; raises :class:`~rmp_milter.tlog.policies.PolicyError`, ``FolderError``."""
    data = read_bounded(path, MAX_POLICY)
    try:
        return parse_policy(data)
    except PolicyError as error:
        line = Phrase("{path}: {error}", path=path, error=line_of(error))
        raise PolicyError(line) from None


def _policy(
    _ctx: click.Context, _param: click.Parameter, value: Path | None
) -> WitnessPolicy | None:
    """Take the file of a policy."""
    try:
        return None if value is None else read_policy(value)
    except (PolicyError, FolderError) as error:
        raise click.BadParameter(line_of(error)) from None


policy_option = click.option(
    "--policy",
    type=FILE,
    callback=_policy,
    help="Which witnesses must have cosigned (C2SP tlog-policy).",
)
