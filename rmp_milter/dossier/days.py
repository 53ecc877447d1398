"""Days as the rules count them: ISO, from midnight to midnight where the host is."""

from datetime import UTC, datetime, tzinfo

import msgspec

YEAR_SECONDS = 31_557_600
"""A year as times of conservation count it."""


class Clock(msgspec.Struct, frozen=True):
    """The clock on the host's wall: the time zone's name (IANA's) and its rules.

    People's days and hours go by it; what machines read is in UTC.
    """

    name: str
    rules: tzinfo

    def at(self, moment: int) -> datetime:
        """Return a time (seconds since the epoch) as this clock shows it."""
        return datetime.fromtimestamp(moment, self.rules)


UNIVERSAL = Clock("UTC", UTC)


def day_of(moment: int, clock: Clock) -> str:
    """Return the day of a moment as ``YYYY-MM-DD``."""
    return clock.at(moment).strftime("%Y-%m-%d")
