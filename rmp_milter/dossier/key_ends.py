"""When somebody is told that the key he is written to by ends. Pure."""

DAY = 86_400
STAGES = (7, 30, 60)
"""Days before the end at which a letter is due, one for each."""


def stage_due(end: int, at: int) -> int | None:
    """Return which letter is due at ``at``: the days of its stage, None for none.

    ``end`` and ``at`` are epoch seconds; an end of 0 is none, and of what is over nobody can be
    told any more by an encrypted letter. Who is enrolled late is told once of where he is.
    """
    left = end - at
    if not end or left <= 0:
        return None
    return next((days for days in STAGES if left <= days * DAY), None)
