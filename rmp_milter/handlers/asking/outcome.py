"""What a handler gives back: what the mail does, and what its sender is told."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from rmp_milter.dossier.changes import (
    Adoption,
    Counted,
    DossierUpdate,
    NewDossier,
    NewKeyPackets,
    Once,
)
from rmp_milter.dossier.model import (
    Doctor,
    Emergency,
    Entry,
    PostalLetter,
    ReceiptLine,
    Strike,
    Waiting,
)
from rmp_milter.errors import MailError
from rmp_milter.mail.outgoing.letter import Letter


class Filing(msgspec.Struct, frozen=True):
    """An entry to append; its documents are the opened mail's bodies, in their order.

    ``bodies`` are their places where they are not all of them.
    """

    dossier_id: bytes
    entry: Entry
    bodies: tuple[int, ...] | None = None


class Deferral(msgspec.Struct, frozen=True):
    """A deposit to keep waiting; its documents and ``bodies`` are as a filing's."""

    waiting: Waiting
    trait_keys: tuple[str, ...]
    bodies: tuple[int, ...] | None = None


class Notice(msgspec.Struct, frozen=True):
    """A letter to somebody other than the sender.

    One that is not ``sent`` is sealed and committed all the same, to nobody: it stands for
    another that would be, so that both cost the same time and leave the same rows. The key of
    a reader who ``is_new`` came enclosed in the mail itself.
    """

    reader: Doctor
    letter: Letter
    not_before: int = 0
    sent: bool = True
    urgent: bool = False
    is_new: bool = False


class Effects(msgspec.Struct, frozen=True):
    """What a mail changes, apart from the answer; all of it in one transaction."""

    dossiers: tuple[NewDossier, ...] = ()
    updates: tuple[DossierUpdate, ...] = ()
    filings: tuple[Filing, ...] = ()
    deferrals: tuple[Deferral, ...] = ()
    adoptions: tuple[Adoption, ...] = ()
    key_packets: tuple[NewKeyPackets, ...] = ()
    doctors: tuple[Doctor, ...] = ()
    strikes: tuple[Strike, ...] = ()
    cleared: tuple[Strike, ...] = ()
    once: tuple[Once, ...] = ()
    receipts: tuple[ReceiptLine, ...] = ()
    notices: tuple[Notice, ...] = ()
    emergencies: tuple[Emergency, ...] = ()
    postal: tuple[PostalLetter, ...] = ()
    counted: tuple[Counted, ...] = ()


class Outcome(msgspec.Struct, frozen=True):
    """What one mail does, and what its sender is told (nothing where he wants it so).

    An ``urgent`` answer leaves before all others that wait.
    """

    letter: Letter | None
    effects: Effects = Effects()
    not_before: int = 0
    urgent: bool = False


class Refusal(MailError):  # noqa: N818 -- the field's word
    """A refusal that leaves something behind: a try that counts, a notice to somebody.

    ``below`` stands under the sentence of why, in lines of its own.
    """

    def __init__(
        self,
        text: str,
        effects: Effects,
        *,
        not_before: int = 0,
        facts: Mapping[str, str] = MappingProxyType({}),
        below: str = "",
    ) -> None:
        super().__init__(text, facts=facts)
        self.effects = effects
        self.not_before = not_before
        self.below = below
