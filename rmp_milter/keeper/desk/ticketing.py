"""The ticket of an opened mail: who sent it, what it asks, and what of it later calls need.

The keeper reads the header as the milter does, by the same functions; what the milter makes of
it decides about the words of an answer only.
"""

from collections.abc import Sequence
from typing import NamedTuple

from rmp_milter.calls.protected import Protected
from rmp_milter.calls.protocol.opening import (
    BY_A_CANDIDATE,
    IN_NEED,
    Attested,
    Doubt,
    Parcel,
    Signature,
    Standing,
    Trust,
)
from rmp_milter.dossier.model import Verb
from rmp_milter.dossier.rules import GOVERNING, Proof
from rmp_milter.errors import MailError
from rmp_milter.keeper.authority.ground import Registrant, digest_of
from rmp_milter.keeper.authority.host_rules import HostRules
from rmp_milter.keeper.authority.tickets import Attestation, HeldBody, Share, Ticket
from rmp_milter.mail.header.routing import RoutingHeader, parse
from rmp_milter.mail.meaning.meant import Days, check_named, check_readers, check_unsigned
from rmp_milter.mail.meaning.understanding import OwnWords, check_age, understood


class Secrets(NamedTuple):
    """What a mail's text carries that leaves the keeper in a ticket only."""

    code: str
    reason: str
    attested: Attested | None

    def __repr__(self) -> str:
        """Show nothing of it."""
        return "Secrets(...)"


class ReadMail(NamedTuple):
    """What was read in a mail: which act it is, its own words, of whom and when, what it brings."""

    act: bytes
    header: str
    standing: Standing
    doubts: tuple[Doubt, ...]
    protected: Protected
    signature: Signature
    parcels: tuple[Parcel, ...]
    keys: tuple[bytes, ...]
    bodies: tuple[HeldBody, ...]
    has_documents: bool


class Moment(NamedTuple):
    """When a mail is opened (epoch seconds), by which rules, under which addresses."""

    now: int
    this_year: int
    rules: HostRules
    services: frozenset[str]


def sender_among(
    persons: Sequence[Registrant], signature: Signature, account: str
) -> tuple[Registrant, Proof] | None:
    """Return who sent a mail: who signed it, or, unsigned, whose account it came from."""
    if signature.trust in BY_A_CANDIDATE:
        signers = [each for each in persons if signature.fingerprint in each.fingerprints]
        return (signers[0], Proof.SIGNATURE) if signers else None
    owners = [each for each in persons if account and each.card.account == account]
    unsigned = signature.trust in {Trust.NONE, Trust.UNKNOWN}
    return (owners[0], Proof.ACCOUNT) if owners and unsigned else None


def ticket_of(
    sender: tuple[Registrant, Proof], said: ReadMail, secrets: Secrets, moment: Moment
) -> Ticket:
    """Return the ticket; one that asks nothing that could be done has no verb."""
    person, proof = sender
    words = OwnWords(said.header, said.standing, said.doubts)
    header = understood(words, moment.this_year, person.card)
    shares = tuple(
        Share(parse(each.header, moment.this_year), each.bodies) for each in said.parcels
    ) or (Share(header, tuple(range(len(said.bodies)))),)
    return Ticket(
        act=said.act,
        at=moment.now,
        signed=said.signature.created,
        person=person.card.person,
        certificate=digest_of(person.certificates[0]),
        proof=proof,
        verb=_asked(header, sender, said, moment),
        shares=shares,
        bodies=said.bodies,
        keys=tuple(map(digest_of, said.keys)),
        code=secrets.code,
        reason=secrets.reason,
        attestation=_attestation(secrets.attested),
        card=said.signature.card,
    )


def _attestation(attested: Attested | None) -> Attestation | None:
    if attested is None:
        return None
    return Attestation(
        attested.nir, attested.rpps, attested.issuer, attested.token_id, attested.expires
    )


def _is_relied_on(signature: Signature, verb: Verb) -> bool:
    stale = signature.stale and verb in GOVERNING
    return not stale and signature.trust not in IN_NEED | {Trust.FUTURE}


def _asked(
    header: RoutingHeader, sender: tuple[Registrant, Proof], said: ReadMail, moment: Moment
) -> Verb | None:
    """Return what the mail surely asks of this service now; an emergency is asked for less."""
    person, proof = sender
    if header.verb is Verb.URGENCE:
        return header.verb if proof is Proof.SIGNATURE else None
    if header.problems or not _is_relied_on(said.signature, header.verb):
        return None
    if said.standing is not Standing.HEADER and not said.has_documents:
        return None
    if moment.services and header.service not in {"", *moment.services}:
        return None
    try:
        check_age(said.signature, moment.now, moment.rules.signature_days)
        check_readers(header, said.protected)
        check_named(header, said.protected, moment.services)
        if proof is Proof.ACCOUNT:
            days = Days(moment.now, moment.rules.clock, moment.rules.signature_days)
            check_unsigned(header, said.protected, person.card.mail, days)
    except MailError:
        return None
    return header.verb
