"""The keeper as handlers ask it: one method a call, its reply's type known.

The calls are those of :mod:`rmp_milter.calls.protocol` that a handler may make; opening
mails and sealing answers is done around it. Each raises
:class:`~rmp_milter.errors.MailError` where the keeper does not do what it is asked.
"""

from typing import Protocol

from rmp_milter.calls.protocol.cards import Amend, Amended
from rmp_milter.calls.protocol.filing import Adopt, Create, Created, Reseal, Resealed, Wait
from rmp_milter.calls.protocol.leaves import (
    History,
    Record,
    Recorded,
    RecordedList,
    RecordList,
    Told,
)
from rmp_milter.calls.protocol.releasing import (
    Prove,
    Proven,
    Recode,
    Recoded,
    Release,
    Released,
)


class Keeper(Protocol):
    """What needs keys, or leaves a leaf in the access log."""

    def create(self, request: Create) -> Created:
        """Make a dossier's id, key, slots and card."""

    def reseal(self, request: Reseal) -> Resealed:
        """Seal a mail's session keys to a dossier."""

    def wait(self, request: Wait) -> Resealed:
        """Seal a mail's session keys to the waiting key."""

    def adopt(self, request: Adopt) -> Resealed:
        """Seal the keys of a waiting deposit to a dossier."""

    def prove(self, request: Prove) -> Proven:
        """Try a way into a dossier and hand nothing out."""

    def release(self, request: Release) -> Released:
        """Open a dossier and write key packets of its documents."""

    def recode(self, request: Recode) -> Recoded:
        """Open a dossier and put it under a new code."""

    def history(self, request: History) -> Told:
        """Return the leaves of a dossier."""

    def record(self, request: Record) -> Recorded:
        """Write a leaf."""

    def record_list(self, request: RecordList) -> RecordedList:
        """Write the leaves of a short list."""

    def amend(self, request: Amend) -> Amended:
        """Change what governs a dossier, or who somebody is."""
