"""The option ``--policy``: which witnesses must have cosigned."""

from pathlib import Path

import click

from rmp_milter.audit.folder import FolderError
from rmp_milter.phrases.phrase import line_of
from rmp_milter.tlog.policies import PolicyError, WitnessPolicy
from rmp_milter.witness.looking import read_policy

FILE = click.Path(path_type=Path, dir_okay=False)


def _policy(
    _ctx: click.Context, _param: click.Parameter, value: Path | None
) -> WitnessPolicy | None:
    """Take the file of a policy."""
    try:
        return None if value is None else read_policy(value)
    except (PolicyError, FolderError) as error:
        raise click.BadParameter(line_of(error)) from None


policy_file_option = click.option(
    "--policy", type=FILE, help="Which witnesses must have cosigned (C2SP tlog-policy)."
)
"""The file itself, for who tells its digest."""
policy_option = click.option(
    "--policy",
    type=FILE,
    callback=_policy,
    help="Which witnesses must have cosigned (C2SP tlog-policy).",
)
