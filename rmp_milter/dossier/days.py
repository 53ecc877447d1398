"""Days as the rules count them: ISO, UTC."""

from datetime import UTC, datetime


def day_of(moment: int) -> str:
    """Return the UTC day of a moment as ``YYYY-MM-DD``."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")
