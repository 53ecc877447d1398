"""What is doubtful of where records are kept."""

from typing import NamedTuple


class Doubts(NamedTuple):
    """Lines for an admin: what loses records, and what should be otherwise."""

    losses: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
