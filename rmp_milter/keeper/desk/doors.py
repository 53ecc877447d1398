"""The keeper's two doors, and which requests belong to which.

Through the milter's come mails; through the operator's, where only root and the keeper's own
user may knock, what the host does by himself. What is at the wrong door is not done: a milter
in foreign hands acts in the name of no host, and no command in that of a doctor.
"""

from collections.abc import Mapping
from enum import StrEnum

from rmp_milter.calls.protocol.answering import Seal, Translate, Welcome
from rmp_milter.calls.protocol.calls import Request
from rmp_milter.calls.protocol.cards import Amend, Compare, Forget, Relearn, Show, Vouch, Wake
from rmp_milter.calls.protocol.filing import Adopt, Create, Reseal, Wait
from rmp_milter.calls.protocol.leaves import Checkpoint, History, Record, RecordList
from rmp_milter.calls.protocol.message import HOST, Event, Message, Why, heartbeat_at
from rmp_milter.calls.protocol.opening import Open
from rmp_milter.calls.protocol.releasing import Prove, Recode, Release, Renew
from rmp_milter.calls.protocol.rotating import Recard, Reslot, SealAgain, TryCustody
from rmp_milter.dossier.emergency import REVIEW
from rmp_milter.keeper.desk.desk import CallFailed


class Door(StrEnum):
    """Through which of its sockets a request has come to the keeper."""

    MILTER = "milter"
    OPERATOR = "operator"


_MAILS = frozenset({Door.MILTER})
_HOSTS = frozenset({Door.OPERATOR})
_BOTH = _MAILS | _HOSTS

DOORS: Mapping[type[Message], frozenset[Door]] = {
    Open: _MAILS,
    Create: _MAILS,
    Reseal: _MAILS,
    Prove: _MAILS,
    Release: _BOTH,
    Renew: _MAILS,
    Recode: _MAILS,
    Wait: _MAILS,
    Adopt: _MAILS,
    History: _MAILS,
    Record: _BOTH,
    RecordList: _MAILS,
    Amend: _MAILS,
    Forget: _HOSTS,
    Vouch: _HOSTS,
    Wake: _HOSTS,
    Relearn: _HOSTS,
    Compare: _HOSTS,
    Show: _BOTH,
    Checkpoint: _MAILS,
    Seal: _MAILS,
    Translate: _MAILS,
    Welcome: _HOSTS,
    SealAgain: _HOSTS,
    Reslot: _HOSTS,
    Recard: _HOSTS,
    TryCustody: _HOSTS,
}
"""Where each request may come in; what stands in no row comes in nowhere."""

HOSTS_ACTS = frozenset(
    {
        *("inscription", "modification", "radiation"),  # the directory
        *("recherche", "export", "reouverture", "code reactive", "effacement"),  # dossiers
        "reprise",  # a store from before there were cards
        "restauration",  # a keeper or a store from an older copy
        "rescellement",  # from a former key of the keeper's to its present one
        "nouvelle clé de garde",  # dossiers' slots to the keeper's present key
        *(
            "nouveau poivre",
            "fin de code",
        ),  # cards made anew; a code that was under a former one
        REVIEW,
    }
)
"""Actions that no mail asks for; others (a key, a locum) may be a doctor's or the host's."""


def check_door(door: Door, request: Request) -> None:
    """See that a request, and the leaf that it wants, belong to the door that it came through.

    Raises :class:`CallFailed` ``NOT_HERE``; then nothing may be done.
    """
    if door not in DOORS.get(type(request), frozenset()) or not _may_be_written(door, request):
        raise CallFailed(Why.NOT_HERE, f"{type(request).__name__} at the {door}'s door")


def _may_be_written(door: Door, request: Request) -> bool:
    match request:
        case Open() | Seal() | Compare() | Show() | Welcome() | TryCustody():
            return True
        case Checkpoint():
            beat = request.event
            return beat is None or beat == heartbeat_at(beat.at)
        case Record() | Release() if bool(request.by.ticket) is (door is Door.OPERATOR):
            return False  # the host has no ticket, and a mail is nothing without one
        case RecordList():
            return all(_is_mails(each.event) for each in request.leaves)
        case _:
            return (
                _is_hosts(request.event) if door is Door.OPERATOR else _is_mails(request.event)
            )


def _is_hosts(event: Event) -> bool:
    """Whether a leaf names the host as who acts, and nobody else."""
    return HOST in event.proof.split("+") and not event.actor_rpps


def _is_mails(event: Event) -> bool:
    """Whether a leaf is of a mail, or of a deposit that once came in one."""
    by_host = HOST in event.proof.split("+") or event.action in HOSTS_ACTS
    return bool(event.request) and not by_host
