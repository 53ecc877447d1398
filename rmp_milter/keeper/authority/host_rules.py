"""What the host has chosen and the keeper holds to by itself, whatever the milter says."""

from typing import NamedTuple

from rmp_milter.dossier.days import UNIVERSAL, YEAR_SECONDS, Clock
from rmp_milter.dossier.rules import STRICTEST, Policy

DAY = 86_400
SAME_MOMENT = 300
"""Seconds by which the time that a mail came may differ from when it was opened."""


class HostRules(NamedTuple):
    """The configuration's [policy] and [rules], as far as they decide who may have what done.

    A closed dossier is kept for ``retention`` seconds. Tries are counted within ``window``
    seconds, those of codes from before within 30 days. ``translates`` says that the keeper may
    open a document at its delivery, for a reader who cannot open it as it is.
    """

    policy: Policy = STRICTEST
    clock: Clock = UNIVERSAL
    signature_days: int = 7
    contest_days: int = 15
    retention: int = 20 * YEAR_SECONDS
    wrong_codes: int = 5
    old_wrong_codes: int = 30
    sender_codes: int = 10
    global_codes: int = 500
    window: int = 3600
    translates: bool = True

    @property
    def remembered(self) -> int:
        """For how many seconds an act is known again: as long as its mail would be taken."""
        return (self.signature_days + 4) * DAY


AS_SHIPPED = HostRules()
"""What holds where the host has chosen nothing."""
