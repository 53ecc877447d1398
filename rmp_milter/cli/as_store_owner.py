"""A part of root's command that is done as the store's owner; root stays root for the rest."""

import os
import sys
from collections.abc import Callable
from typing import TypeVar

from rmp_milter.cli.errors import CommandError
from rmp_milter.cli.leaves import HostKeeper, operator
from rmp_milter.cli.stores import open_store
from rmp_milter.config import Config
from rmp_milter.host.owners import ChildFailed, in_child
from rmp_milter.store.surface import Store

ResultT = TypeVar("ResultT")


def with_keeper_and_store(
    config: Config, action: Callable[[HostKeeper, Store], ResultT], kind: type[ResultT]
) -> ResultT:
    """Return what ``action`` returns; ``kind`` is its type, which msgspec must encode.

    Raises :class:`CommandError` where it fails.
    """

    def done() -> ResultT:
        with operator(config) as keeper, open_store(config) as store:
            return action(keeper, store)

    if os.geteuid() != 0 or config.paths.store.stat().st_uid == 0:
        return done()
    sys.stdout.flush()
    try:
        return in_child(lambda: None, done, kind)
    except ChildFailed as error:
        raise CommandError(str(error), "give the command again: it goes on") from error
