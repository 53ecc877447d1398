"""Leaves that go with no key: of what a mail reads or asks in vain, and of what the host does."""

from msgspec.structs import replace

from rmp_milter.calls.protocol.leaves import Record, Recorded
from rmp_milter.calls.protocol.message import Event, Why
from rmp_milter.dossier.cards import DossierCard
from rmp_milter.dossier.emergency import EMERGENCY
from rmp_milter.dossier.model import Verb
from rmp_milter.dossier.rules import Proof, Relation, Way
from rmp_milter.dossier.spoken import reference_typed
from rmp_milter.keeper.authority.judging import dossier_grant, fits, opens
from rmp_milter.keeper.authority.refusals import Unentitled
from rmp_milter.keeper.desk.desk import CallFailed, Desk, write_leaf
from rmp_milter.keeper.desk.entitled import (
    NOBODY,
    Entitled,
    acting_for,
    entitled,
    leaf_of,
    write_entitled,
)
from rmp_milter.keeper.desk.ways import check_there
from rmp_milter.mail.header.cutting_reason import MAX_REASON

_GIVES_REASONS = frozenset({Verb.URGENCE, Verb.JUSTIFICATION})
_NONE = "none"
"""The outcome of a search that found nobody."""


def record(desk: Desk, request: Record, now: int) -> Recorded:
    """Write a leaf, with the reason of a justification or a review if there is one.

    Raises :class:`CallFailed`, :class:`Unentitled`, ``Moved``.
    """
    if not request.by.ticket:  # the operator's door alone lets this through
        if len(request.words) > MAX_REASON:
            raise CallFailed(Why.TOO_LARGE, "a reason too long")
        return Recorded(write_leaf(desk, request.event, now, request.words))
    found = entitled(desk, request.by, now)
    leaf = leaf_asked(desk, found, request.event)
    gives = request.with_reason and found.ticket.verb in _GIVES_REASONS
    reason = found.ticket.reason if gives else ""
    return Recorded(write_entitled(desk, found, leaf, now, reason=reason))


def leaf_asked(desk: Desk, found: Entitled, event: Event) -> Event:
    """Return what the mail may have written: of what it asks, and of a dossier that it means.

    Raises :class:`Unentitled`.
    """
    verb = found.ticket.verb
    if event.action == EMERGENCY:  # which is a release's
        raise Unentitled("a leaf of something else")
    if event.outcome == _NONE and verb is Verb.URGENCE:
        return leaf_of(found, event, outcome=_NONE)
    dossier = found.ground.dossier
    if event.outcome != "granted":
        return _refusal(desk, found, event, verb)
    if verb in _GIVES_REASONS:
        if found.ticket.proof is not Proof.SIGNATURE:
            raise Unentitled("a reason that nobody has signed")
        # An emergency is written down whatever card there is, or none.
        dossier_id = dossier.dossier if dossier else event.dossier_id
        if dossier_id:
            check_there(desk, dossier_id)
        leaf = leaf_of(found, event, dossier=dossier_id)
        said = found.ticket.header(found.ground.share).reference
        return replace(
            leaf, reference=reference_typed(said) if verb is Verb.JUSTIFICATION else ""
        )
    if dossier is None:
        if event.dossier_id or event.entries or event.documents:
            raise Unentitled("without the dossier's card")
        return leaf_of(found, event)
    return _reading(desk, found, event)


def _refusal(desk: Desk, found: Entitled, event: Event, verb: Verb | None) -> Event:
    """Return the leaf of a creation that is held: in the dossier that may be the patient's."""
    dossier, header = found.ground.dossier, found.ticket.header(found.ground.share)
    if verb is not Verb.CREATION or event.outcome != "refused":
        raise Unentitled("a refusal that is not the milter's to tell")
    if dossier is not None and not fits(desk.sealer, header, dossier):
        raise Unentitled("another patient's dossier")
    return leaf_of(
        found, event, dossier=dossier.dossier if dossier else NOBODY, outcome="refused"
    )


def _reading(desk: Desk, found: Entitled, event: Event) -> Event:
    dossier, relation, grant = dossier_grant(desk.rules, desk.sealer, found.ground)
    if not opens(grant, found.ground, dossier):
        raise Unentitled("the way in was not gone")
    return replace(
        _of_dossier(found, event, dossier, relation, grant.way), documents=event.documents
    )


def _of_dossier(
    found: Entitled, event: Event, dossier: DossierCard, relation: Relation, way: Way
) -> Event:
    return leaf_of(
        found,
        event,
        dossier=dossier.dossier,
        way=way,
        acting_for=acting_for(found.ground, is_locum=relation is Relation.LOCUM),
    )
