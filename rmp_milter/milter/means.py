"""What the pipeline works with, and what it holds of one mail on its way to a case."""

from collections.abc import Callable, Sequence
from typing import Self

import msgspec

from rmp_milter.calls.gate import Gate
from rmp_milter.calls.keeper import RemoteKeeper
from rmp_milter.calls.keepers import KeeperPlace, Keepers
from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol.opening import BodyRef, Opened, Signature
from rmp_milter.dossier.credentials import fingerprints_of
from rmp_milter.dossier.days import Clock
from rmp_milter.dossier.model import Doctor, Envelope, Onglet
from rmp_milter.dossier.rules import Policy
from rmp_milter.handlers.asking.case import Bounds
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.incoming.beside import InClear
from rmp_milter.mail.incoming.mimetree import Part
from rmp_milter.mail.incoming.surplus import Surplus
from rmp_milter.milter.answering.answers import Answers
from rmp_milter.milter.chores.witness_news import NewsOfWitnesses
from rmp_milter.milter.clocks import Clocks
from rmp_milter.store.format.former_keys import FormerOutboxKey
from rmp_milter.store.surface import Store


class Means(msgspec.Struct, frozen=True):
    """What the pipeline works with, handed in by the milter's start-up.

    ``services`` are all addresses of the service: an answer keeps the bounce address that it
    left with, whichever of them is the first by then; and one made by a key of before is known by
    that. Large mails wait at ``outsides`` to be
    read from outside. ``keeper`` is the one of the ``keepers`` that a mail is with, from its
    opening to its commit; ``keeper_wait`` are seconds since its final dot in which it may begin
    anew with another. The ``witnesses`` cosign the access log, of which patients get proofs.
    """

    store: Store
    keepers: Keepers
    keeper_wait: float
    keeper: RemoteKeeper
    answers: Answers
    services: tuple[str, ...]
    bounce_key: bytes
    former_bounce_keys: tuple[FormerOutboxKey, ...]
    language: Language
    clock: Clock
    new_id: Callable[[], bytes]
    this_year: Callable[[int], int]
    classify: Callable[[str, str, Sequence[str]], tuple[Onglet, str]]
    policy: Policy
    bounds: Bounds
    signature_days: int
    once_seconds: int
    outsides: Gate
    clocks: Clocks
    witnesses: NewsOfWitnesses

    def at(self, place: KeeperPlace) -> Self:
        """Return the same with the keeper that is there."""
        keeper = self.keeper.by(place.way)
        answers = msgspec.structs.replace(self.answers, keeper=keeper)
        return msgspec.structs.replace(self, keeper=keeper, answers=answers)


class Mail(msgspec.Struct, frozen=True):
    """One mail on its way: envelope, outer structure, duplicate digest; not its bytes."""

    envelope: Envelope
    outer: Part
    digest: bytes


class Gathered(msgspec.Struct, frozen=True):
    """The encrypted bodies of a mail, binary, and where each lies in their memory.

    ``clear`` is what came in clear beside them, ``surplus`` what may not be encrypted there.
    """

    refs: tuple[BodyRef, ...]
    memory: Memory
    clear: InClear
    surplus: Surplus | None = None


class Renewal(msgspec.Struct, frozen=True):
    """A later copy of one of somebody's certificates: his entry without it, and with it.

    ``newer`` is that copy, ``fingerprint`` its own; ``many`` says that he reads too many documents
    for all to be written anew for it.
    """

    before: Doctor
    after: Doctor
    newer: bytes
    fingerprint: str
    many: bool = False

    @property
    def is_another_key(self) -> bool:
        """Whether signatures by it bear another name than before."""
        return self.fingerprint not in fingerprints_of(self.before)


class Read(msgspec.Struct, frozen=True):
    """What the keeper made of a mail. ``bodies`` came with it, ``fresh`` were split off.

    ``clear`` is what came in clear beside it, ``surplus`` what may not be encrypted there, and
    ``has_sealed_files`` says that there are files encrypted by themselves; ``renewed`` is its
    signer with a newer copy of his key that it brought, ``newer`` that copy where it could not
    be put in the place of the one that is enrolled.
    """

    opened: Opened
    bodies: Memory
    fresh: Memory
    clear: InClear
    surplus: Surplus | None = None
    has_sealed_files: bool = False
    renewed: Renewal | None = None
    newer: Renewal | None = None

    @property
    def signers_id(self) -> bytes:
        """The ``doctor_id`` of its signer, where he is known by a copy that the mail brought."""
        known = self.renewed or self.newer
        return known.after.doctor_id if known else b""

    @property
    def is_objected(self) -> bool:
        """Whether something beside the text refuses the mail, unless it is an emergency."""
        refused = self.surplus is not None or self.opened.file_fault is not None
        return self.clear.is_refused or refused

    @property
    def signature(self) -> Signature:
        """What the mail's signature is worth."""
        return self.opened.signature

    def close(self) -> None:
        """Give back what was split off."""
        self.fresh.close()
