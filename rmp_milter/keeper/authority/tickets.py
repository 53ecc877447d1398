"""Tickets: what the keeper itself read in a mail, for the calls that the mail leads to.

Sealed under a key that only the running keeper has, and of no use after a quarter of an hour.
The mail's secrets (code, reason, session keys) are inside: with one mail's ticket nothing of
another mail can be used.
"""

import msgspec

from rmp_milter.dossier.model import Container, Verb
from rmp_milter.dossier.rules import Proof, known_by
from rmp_milter.keeper.keys.held import HeldError, HeldKind, Holder
from rmp_milter.mail.header.routing import RoutingHeader


class Attestation(msgspec.Struct, frozen=True, array_like=True):
    """A card's attestation that held: for which patient, shown to whom, once until when."""

    nir: str
    rpps: str
    issuer: str
    token: str
    expires: int

    def __repr__(self) -> str:
        """Show nothing of it."""
        return "Attestation(...)"


class HeldBody(msgspec.Struct, frozen=True, array_like=True):
    """A body that can be stored: what a seal binds, and its packed session key."""

    container: Container
    digest: bytes
    key: bytes

    def __repr__(self) -> str:
        """Show nothing of its key."""
        return f"HeldBody({self.container})"


class Share(msgspec.Struct, frozen=True, array_like=True):
    """What of the mail is one patient's: the header that names him, places of bodies."""

    header: RoutingHeader
    bodies: tuple[int, ...]


class Ticket(msgspec.Struct, frozen=True, array_like=True):
    """One opened mail. ``person`` is the sender's id, empty where nobody is known.

    ``verb`` is what the mail surely asks of this service, None where it asks nothing that could
    be done; ``proof`` how its sender is known, ``card`` that his CPS card signed it;
    ``certificate`` the digest of that by which he signed. ``at`` is when it was opened, ``signed``
    when it says that it was signed. ``keys`` are digests of the certificates that it encloses.
    ``proven`` are dossiers that the code or the card in it has opened.
    """

    act: bytes
    at: int
    signed: int
    person: bytes
    certificate: bytes
    proof: Proof | None
    verb: Verb | None
    shares: tuple[Share, ...]
    bodies: tuple[HeldBody, ...]
    keys: tuple[bytes, ...]
    code: str = ""
    reason: str = ""
    attestation: Attestation | None = None
    proven: tuple[bytes, ...] = ()
    card: bool = False

    def __repr__(self) -> str:
        """Show nothing of what it holds."""
        return "Ticket(...)"

    @property
    def known_by(self) -> tuple[Proof, ...]:
        """What proves who sent it; nothing where nobody is known."""
        return known_by(self.proof, card=self.card) if self.proof else ()

    def header(self, share: int) -> RoutingHeader:
        """Return the header that names the patient of a share; raises IndexError."""
        return self.shares[share].header


_decoder = msgspec.msgpack.Decoder(Ticket)


def sealed_ticket(holder: Holder, ticket: Ticket, now: int) -> bytes:
    """Return the ticket as the milter carries it."""
    return holder.hold(HeldKind.TICKET, msgspec.msgpack.encode(ticket), b"", now)


def read_ticket(holder: Holder, sealed: bytes, now: int) -> Ticket:
    """Return what was sealed; raise :class:`~rmp_milter.keeper.keys.held.HeldError`."""
    try:
        return _decoder.decode(holder.open(HeldKind.TICKET, sealed, b"", now))
    except msgspec.DecodeError:
        raise HeldError("not a ticket") from None
