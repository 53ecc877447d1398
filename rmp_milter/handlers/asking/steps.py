"""What every verb's handler is given, and what it gives back.

A handler is a generator without I/O: it yields requests for the keeper, is sent the
replies, and returns what is to be filed and said. The pipeline around it talks to the
keeper and commits. So a verb reads from top to bottom, and a test plays the keeper.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Protocol, TypeVar

import msgspec

from rmp_milter.calls.protocol import Event, Opened, Reply, Request
from rmp_milter.dossier.changes import DossierUpdate, NewDossier, NewEnvelope, Once
from rmp_milter.dossier.model import (
    Doctor,
    Dossier,
    Emergency,
    Entry,
    Fault,
    NumberedEntry,
    Onglet,
    Patient,
    PostalLetter,
    ReceiptLine,
    Strike,
    Tally,
    Waiting,
)
from rmp_milter.dossier.rules import STRICTEST, Policy, Proof, Way
from rmp_milter.errors import MailError
from rmp_milter.mail.header.routing import RoutingHeader
from rmp_milter.mail.outgoing.letter import Letter


class View(Protocol):
    """The dossiers and doctors at one moment: the store's snapshot."""

    def doctor(self, doctor_id: bytes) -> Doctor | None:
        """Return the enrolled doctor, or None."""

    def doctors(self) -> Iterator[Doctor]:
        """Yield the whole directory, patients with a key of their own included."""

    def doctor_by_rpps(self, rpps: str) -> Doctor | None:
        """Return the doctor of this RPPS number."""

    def doctor_by_mail(self, mail: str) -> Doctor | None:
        """Return the doctor of this mail address, case folded."""

    def doctor_by_fingerprint(self, fingerprint: str) -> Doctor | None:
        """Return the doctor with this primary key."""

    def doctor_by_key_id(self, key_id: str) -> Doctor | None:
        """Return the doctor one of whose keys has this id."""

    def patient_of(self, dossier_id: bytes) -> Doctor | None:
        """Return the patient's own directory entry, if he has a key."""

    def dossier(self, dossier_id: bytes) -> Dossier | None:
        """Return one dossier without its entries."""

    def dossiers(self) -> Iterator[Dossier]:
        """Yield all dossiers, closed ones included: for emergencies only."""

    def emergency(self, reference: str) -> Emergency | None:
        """Return the emergency access of a public reference."""

    def dossiers_by_traits(self, trait_keys: Sequence[str]) -> tuple[Dossier, ...]:
        """Return all dossiers that any of the keys leads to."""

    def dossiers_of(self, doctor_id: bytes) -> Iterator[Dossier]:
        """Return the dossiers of which the doctor is médecin traitant."""

    def entries(self, dossier_id: bytes, after: int = 0) -> tuple[NumberedEntry, ...]:
        """Return the dossier's entries beyond number ``after`` in the order they came."""

    def last_entry(self, dossier_id: bytes) -> NumberedEntry | None:
        """Return the dossier's newest entry, or None."""

    def envelope(self, document_id: bytes, fingerprint: str) -> bytes:
        """Return the key packets that were written later for a reader's key, or nothing."""

    def waiting_by_traits(self, trait_keys: Sequence[str]) -> tuple[Waiting, ...]:
        """Return the waiting deposits that any of the keys leads to."""

    def happened(self, value: bytes) -> bool:
        """Whether this, which may happen once, has happened."""

    def tally(self, fault: Fault, subject: bytes) -> Tally:
        """Return the tries that count against a subject."""


class Sender(msgspec.Struct, frozen=True):
    """Who wrote the mail, and what proves it (a signature or an account)."""

    doctor: Doctor
    proof: Proof


class Bounds(msgspec.Struct, frozen=True):
    """The host's choices that rules depend on; times in seconds.

    ``wrong_codes`` tries for a dossier within ``window`` let its code slot rest, as those
    of a sender or of all end code requests; ``hold`` is how long an answer waits that must
    not be told from another by its time; ``waiting`` is how long a deposit waits for its
    dossier and ``retention`` how long a closed dossier is kept. ``justify_hours`` is how
    soon an emergency is to be justified.
    """

    wrong_codes: int = 5
    sender_codes: int = 10
    global_codes: int = 500
    lists: int = 30
    window: int = 3600
    hold: int = 60
    waiting: int = 30 * 86_400
    retention: int = 20 * 365 * 86_400
    justify_hours: int = 24


class Share(msgspec.Struct, frozen=True):
    """What of a mail is one patient's: the header that names him, places of the bodies."""

    header: RoutingHeader
    bodies: tuple[int, ...]


class Asked(msgspec.Struct, frozen=True):
    """A read mail: all that a handler may know of it.

    ``new_id`` draws a fresh 16-byte identifier; ``classify`` gives a document its onglet
    and the reason, from type, profession and file names. ``parcels`` are there only where
    one mail names several patients (:class:`~rmp_milter.calls.protocol.Parcel`).
    """

    digest: bytes
    at: int
    mail_from: str
    sender: Sender
    header: RoutingHeader
    opened: Opened
    new_id: Callable[[], bytes]
    classify: Callable[[str, str, Sequence[str]], tuple[Onglet, str]]
    policy: Policy = STRICTEST
    bounds: Bounds = Bounds()
    parcels: tuple[Share, ...] = ()

    @property
    def shares(self) -> tuple[Share, ...]:
        """What is each patient's: normally all of it is one's."""
        everything = tuple(range(len(self.opened.bodies)))
        return self.parcels or (Share(self.header, everything),)

    @property
    def doctor(self) -> Doctor:
        """The doctor (or the patient with a key of his own) who asks."""
        return self.sender.doctor

    @property
    def proofs(self) -> frozenset[Proof]:
        """What the mail proves; a code is only stated here, the keeper tries it."""
        found = {self.sender.proof}
        if self.opened.held_code:
            found.add(Proof.CODE)
        if self.opened.attested and self.opened.attested.rpps == self.doctor.rpps:
            found.add(Proof.VITALE)
        return frozenset(found)


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


class Adopting(msgspec.Struct, frozen=True):
    """A waiting deposit that becomes an entry of a dossier."""

    waiting_id: bytes
    dossier_id: bytes
    entry: Entry


class Notice(msgspec.Struct, frozen=True):
    """A letter to somebody other than the sender.

    One that is not ``sent`` is sealed all the same and thrown away: it stands for another
    that would be, so that both cost the same time.
    """

    reader: Doctor
    letter: Letter
    not_before: int = 0
    sent: bool = True
    urgent: bool = False


class Effects(msgspec.Struct, frozen=True):
    """What a mail changes, apart from the answer; all of it in one transaction."""

    dossiers: tuple[NewDossier, ...] = ()
    updates: tuple[DossierUpdate, ...] = ()
    filings: tuple[Filing, ...] = ()
    deferrals: tuple[Deferral, ...] = ()
    adoptions: tuple[Adopting, ...] = ()
    envelopes: tuple[NewEnvelope, ...] = ()
    doctors: tuple[Doctor, ...] = ()
    strikes: tuple[Strike, ...] = ()
    cleared: tuple[Strike, ...] = ()
    once: tuple[Once, ...] = ()
    receipts: tuple[ReceiptLine, ...] = ()
    notices: tuple[Notice, ...] = ()
    emergencies: tuple[Emergency, ...] = ()
    postal: tuple[PostalLetter, ...] = ()


class Outcome(msgspec.Struct, frozen=True):
    """What one mail does, and what its sender is told (nothing where he wants it so).

    An ``urgent`` answer leaves before all others that wait.
    """

    letter: Letter | None
    effects: Effects = Effects()
    not_before: int = 0
    urgent: bool = False


class Refusal(MailError):  # noqa: N818 -- the field's word
    """A refusal that leaves something behind: a try that counts, a notice to somebody."""

    def __init__(self, text: str, effects: Effects, *, not_before: int = 0) -> None:
        super().__init__(text)
        self.effects = effects
        self.not_before = not_before


Steps = Generator[Request, Reply, Outcome]

ReplyT = TypeVar("ReplyT", bound=Reply)


def expect(reply: Reply, kind: type[ReplyT]) -> ReplyT:
    """Return ``reply``, which must be of ``kind``: the keeper answers as it is asked.

    Raises TypeError otherwise; a ``Failed`` never gets here (it is thrown as MailError).
    """
    if not isinstance(reply, kind):
        raise TypeError(f"the keeper replied {type(reply).__name__}, not {kind.__name__}")
    return reply


def event(  # noqa: PLR0913 -- a leaf has as many fields
    asked: Asked,
    action: str,
    dossier_id: bytes = b"",
    *,
    documents: Sequence[bytes] = (),
    outcome: str = "granted",
    way: Way | None = None,
    acting_for: str = "",
    entries: Sequence[int] = (),
) -> Event:
    """Return the access log's leaf for what ``asked`` is about to do."""
    proofs = [asked.sender.proof.value, *([way.value] if way else [])]
    return Event(
        at=asked.at,
        action=action,
        request=asked.digest,
        actor_rpps=asked.doctor.rpps,
        actor_fingerprint=asked.doctor.fingerprint,
        sender=asked.mail_from,
        dossier_id=dossier_id,
        documents=tuple(documents),
        outcome=outcome,
        proof="+".join(dict.fromkeys(proofs)),
        acting_for=acting_for,
        entries=tuple(entries),
    )


def asked_patient(header: RoutingHeader) -> Patient:
    """Return the patient that the header names.

    Raises :class:`MailError` ``header-problems`` unless birth name, first names and date
    of birth are all there: without the three traits nobody is matched.
    """
    if not (header.birth_name and header.first_names and header.birth_date):
        raise MailError("header-problems")
    return Patient(
        birth_name=header.birth_name,
        first_names=header.first_names,
        birth_date=header.birth_date,
        nir=header.nir,
    )
