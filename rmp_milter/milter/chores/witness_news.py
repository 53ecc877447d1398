"""What the chores tell of witnesses: from files, since the milter has no network."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import msgspec

from rmp_milter.audit.folder import FolderError
from rmp_milter.tlog.policies import PolicyError
from rmp_milter.witness.looking import look

LOOKED_AT = 20
"""The newest checkpoints, of some days: the milter has emergencies to answer meanwhile."""
_TROUBLES = {
    "refused": "witness-refused",
    "wrong": "witness-refused",
    "silent": "witness-silent",
    "unmet": "witness-unmet",
}


class WitnessNews(msgspec.Struct, frozen=True):
    """The newest checkpoint that is cosigned as the policy asks, and what the host is told of."""

    asked: bool = False
    cosigned: bytes = b""
    troubles: tuple[str, ...] = ()


NewsOfWitnesses: TypeAlias = Callable[[int], WitnessNews]
"""Tells what there is at a time (epoch seconds)."""


def no_news(_now: int) -> WitnessNews:
    """Tell of a host that has no policy."""
    return WitnessNews()


def news_by(policy: str, folder: str) -> NewsOfWitnesses:
    """Return what looks at the policy file and the folder of cosigned checkpoints, if any."""
    if not policy:
        return no_news

    def news(now: int) -> WitnessNews:
        try:
            seen = look(Path(policy), Path(folder), now, LOOKED_AT)
        except (FolderError, PolicyError, OSError):
            return WitnessNews(asked=True, troubles=("witness-unmet",))
        troubles = dict.fromkeys(_TROUBLES[each.kind] for each in seen.found)
        newest = seen.newest
        cosigned = newest.note.encode() if newest else b""
        return WitnessNews(asked=True, cosigned=cosigned, troubles=(*troubles,))

    return news
