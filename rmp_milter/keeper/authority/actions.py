"""What a leaf may be called: what the mail asks, and nothing that the milter would rather say."""

from rmp_milter.dossier.emergency import EMERGENCY, JUSTIFICATION
from rmp_milter.dossier.model import Verb
from rmp_milter.dossier.rules import Act
from rmp_milter.keeper.authority.ground import Ground
from rmp_milter.keeper.authority.judging import ACTS
from rmp_milter.keeper.authority.refusals import Unentitled

LISTED = "urgence liste"
"""The action of the leaf of a patient who stood in an emergency's short list."""


def check_action(ground: Ground, action: str) -> None:
    """Raise :class:`Unentitled` for a leaf of something else than the mail asks."""
    verb = ground.ticket.verb
    if verb is None or action not in _actions(ground, verb):
        raise Unentitled("a leaf of something else")


def _actions(ground: Ground, verb: Verb) -> set[str]:
    if verb is Verb.URGENCE:
        return {EMERGENCY, LISTED}
    if verb is Verb.JUSTIFICATION:
        return {JUSTIFICATION}
    act = ACTS.get(verb)
    names = {verb.value, *([act.value] if act else [])}
    if act and ground.ticket.header(ground.share).numbers:
        # Asked back which entries were meant, the sender is shown an index: that is a reading.
        names.add(Act.CONSULTATION.value)
    return names
