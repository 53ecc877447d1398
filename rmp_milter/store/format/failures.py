"""What the store raises, so that each caller knows what was and what was not done."""

from rmp_milter.engine.failures import (
    LostMomentError,
    NotInTimeError,
    NotReachedError,
    OtherFormatError,
    StoreError,
    StoreFailed,
    UnknownEndError,
)

__all__ = [
    "Conflict",
    "DamagedRecordError",
    "InUseError",
    "LostMomentError",
    "NoRowError",
    "NotInTimeError",
    "NotReachedError",
    "OtherFormatError",
    "StoreError",
    "StoreFailed",
    "UnknownEndError",
]


class InUseError(StoreError):
    """A process has the store open, and what was to be done must be done alone."""


class NoRowError(StoreError):
    """The outbox has no such row, or none any more."""


class DamagedRecordError(StoreError):
    """A record does not open: altered, moved to another place, or another key."""


class Conflict(Exception):  # noqa: N818 -- no error: the ground moved, decide again
    """What the changes were decided on is no longer so; nothing of them was written.

    ``reason`` is one of

    - ``duplicate``: the mail is already done;
    - ``replayed``: what may happen once has happened;
    - ``ground``: a card that the decision rests on is not in force any more;
    - ``tries``: others count against the sender or the patient than the decision saw;
    - ``patient``: a dossier that the decision did not know of fits the same traits;
    - ``dossier``: it is not of the revision that the decision saw, or is closed by now
      (for an erasure: is not closed, or erased already);
    - ``entries``: the dossier has others than the decision saw;
    - ``doctor``: another has the mail, RPPS number, account, key or dossier; or this one
      is not of the revision that the decision saw, or is not there;
    - ``waiting``: the deposit does not wait any more;
    - ``emergency``: it is not of the revision that the decision saw;
    - ``letter``: it does not wait to be posted any more.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
