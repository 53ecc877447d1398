"""When an emergency's doctor is reminded, and when the host is alerted. Pure."""

from collections.abc import Sequence

from rmp_milter.dossier.model import Emergency, EmergencyState

HOUR = 3600
_ENDED = frozenset({EmergencyState.CLOSED, EmergencyState.CONTESTED})


def is_open(emergency: Emergency) -> bool:
    """Return whether it is still to be looked into."""
    return emergency.state not in _ENDED


def reminder_due(emergency: Emergency, now: int, hours: Sequence[int]) -> bool:
    """Return whether a further reminder is due; ``hours`` after the access, in their order.

    Several that were missed (the service stood still) make one.
    """
    if emergency.state is not EmergencyState.NEW:
        return False
    passed = [emergency.at + each * HOUR for each in hours if now >= emergency.at + each * HOUR]
    return bool(passed) and max(emergency.reminded, default=0) < passed[-1]


def alerts_due(
    emergency: Emergency, now: int, justify_hours: int, review_hours: int
) -> tuple[str, ...]:
    """Return what the host is to be alerted of: ``justification``, ``review``, both, nothing."""
    late = []
    if emergency.state is EmergencyState.NEW and now > emergency.at + justify_hours * HOUR:
        late.append("justification")
    if is_open(emergency) and now > emergency.at + review_hours * HOUR:
        late.append("review")
    return tuple(late)
