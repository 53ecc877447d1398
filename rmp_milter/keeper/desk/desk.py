"""What every call works with, how a call fails, and the leaf that each one writes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from rmp_milter.audit.reasons import seal_reason
from rmp_milter.calls.protocol.message import Event, Why
from rmp_milter.dossier.weak_codes import SHORTEST_CODE
from rmp_milter.keeper.authority.cards import Sealer
from rmp_milter.keeper.authority.host_rules import AS_SHIPPED, HostRules
from rmp_milter.keeper.keys.held import Holder
from rmp_milter.keeper.keys.keys import Keys
from rmp_milter.keeper.keys.sealing import Random
from rmp_milter.keeper.log.journal import NOTHING, Journal, WithLeaf
from rmp_milter.keeper.log.leaves import LeafError
from rmp_milter.keeper.log.own import Own, OwnAhead
from rmp_milter.keeper.vitale.attestation import AttestationVerifier
from rmp_milter.x509 import World


class CallFailed(Exception):  # noqa: N818 -- reads as what it is where it is raised
    """A call that does nothing; ``detail`` is for the host's log and shows no content."""

    def __init__(self, why: Why, detail: str = "") -> None:
        super().__init__(f"{why}: {detail}")
        self.why = why
        self.detail = detail


def nobody_trusted() -> World:
    """Return what a host trusts of X.509 that has named no authority: nobody."""
    return World({})


@dataclass(frozen=True)
class Limits:
    """Bounds; sizes in bytes, times in seconds.

    ``message`` bounds the shared memory, ``plaintext`` what a main body decrypts to,
    ``text`` how far its text is searched for the routing header, ``request`` one message
    on the socket, ``timeout`` each wait for the caller, ``work`` a whole call: a worker
    that takes longer is ended and replaced. ``attestation`` is the longest that a Vitale
    attestation may be valid.
    """

    message: int = 64 << 20
    plaintext: int = 64 << 20
    text: int = 64 << 10
    request: int = 16 << 20
    key_packets: int = 64
    bodies: int = 256
    parts: int = 200
    timeout: float = 30.0
    work: float = 300.0
    code_length: int = SHORTEST_CODE
    code_minimum: int = SHORTEST_CODE
    attestation: int = 24 * 3600


@dataclass(frozen=True, repr=False)
class Desk:
    """The keys, the log, the held values' key, randomness, bounds, whose word counts.

    ``services`` are the addresses by which a mail names the service, ``rules`` what the host
    has chosen of who may do what, ``world`` gives whose X.509 certificates count now.
    """

    keys: Keys
    journal: Journal
    holder: Holder
    random: Random
    limits: Limits
    verifier: AttestationVerifier
    services: frozenset[str] = frozenset()
    rules: HostRules = AS_SHIPPED
    world: Callable[[], World] = nobody_trusted

    @cached_property
    def sealer(self) -> Sealer:
        """What makes and reads cards."""
        peppers = self.keys.peppers
        return Sealer(peppers.present, peppers.before)


def write_leaf(  # noqa: PLR0913 -- the leaf, and what is written and read with it
    desk: Desk,
    event: Event,
    now: int,
    reason: str = "",
    with_it: WithLeaf | None = None,
    *,
    asked: OwnAhead = NOTHING,
) -> int:
    """Write the event into the log, durable on return; return its index.

    The ``reason`` is sealed for the auditors and kept beside the leaf, in the same
    transaction, as is what ``with_it`` writes, which most often asks for what is ``asked``.
    Raises :class:`CallFailed` for an event that no leaf can hold, and what ``with_it`` raises.
    """
    sealed = _sealed(desk, event, reason)
    try:
        return desk.journal.append(event, now, sealed, with_it=with_it, asked=asked)
    except LeafError as error:
        raise CallFailed(Why.UNAVAILABLE, str(error)) from None


def write_leaves(
    desk: Desk,
    events: Iterable[Event],
    now: int,
    reason: str,
    with_them: Callable[[Own], None],
) -> tuple[int, ...]:
    """Write events as :func:`write_leaf` does one, each with the ``reason``: all or none."""
    leaves = [(event, _sealed(desk, event, reason)) for event in events]
    try:
        return desk.journal.append_all(leaves, now, with_them=with_them)
    except LeafError as error:
        raise CallFailed(Why.UNAVAILABLE, str(error)) from None


def _sealed(desk: Desk, event: Event, reason: str) -> bytes:
    return seal_reason(reason, desk.keys.auditors, event.request) if reason else b""
