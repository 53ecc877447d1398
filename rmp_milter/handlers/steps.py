"""What every verb's handler is given, and what it gives back.

A handler is a generator without I/O: it yields requests for the keeper, is sent the
replies, and returns what is to be filed and said. The pipeline around it talks to the
keeper and commits. So a verb reads from top to bottom, and a test plays the keeper.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from enum import StrEnum
from typing import Protocol, TypeVar

import msgspec

from rmp_milter.changes import NewDossier
from rmp_milter.errors import MailError
from rmp_milter.keeper.protocol import Event, Opened, Reply, Request
from rmp_milter.mail.letter import Letter
from rmp_milter.mail.routing import RoutingHeader
from rmp_milter.model import Doctor, Dossier, Entry, NumberedEntry, Onglet, Patient


class View(Protocol):
    """The dossiers and doctors at one moment: the store's snapshot."""

    def doctor(self, doctor_id: bytes) -> Doctor | None:
        """Return the enrolled doctor, or None."""

    def dossiers_by_traits(self, trait_keys: Sequence[str]) -> tuple[Dossier, ...]:
        """Return all dossiers that any of the keys leads to."""

    def dossiers_of(self, doctor_id: bytes) -> Iterator[Dossier]:
        """Return the dossiers of which the doctor is médecin traitant."""

    def entries(self, dossier_id: bytes) -> tuple[NumberedEntry, ...]:
        """Return the dossier's entries in the order in which they came."""

    def last_entry(self, dossier_id: bytes) -> NumberedEntry | None:
        """Return the dossier's newest entry, or None."""


class Proof(StrEnum):
    """What proves who wrote the mail."""

    SIGNATURE = "signature"
    ACCOUNT = "account"


class Sender(msgspec.Struct, frozen=True):
    """Who wrote the mail, and what proves it."""

    doctor: Doctor
    proof: Proof


class Asked(msgspec.Struct, frozen=True):
    """A read mail: all that a handler may know of it.

    ``new_id`` draws a fresh 16-byte identifier; ``classify`` gives a document its onglet
    and the reason, from type, profession and file names.
    """

    digest: bytes
    at: int
    mail_from: str
    sender: Sender
    header: RoutingHeader
    opened: Opened
    new_id: Callable[[], bytes]
    classify: Callable[[str, str, Sequence[str]], tuple[Onglet, str]]

    @property
    def doctor(self) -> Doctor:
        """The doctor who asks."""
        return self.sender.doctor


class Filing(msgspec.Struct, frozen=True):
    """An entry to append; its documents are the opened mail's bodies, in their order."""

    dossier_id: bytes
    entry: Entry


class Outcome(msgspec.Struct, frozen=True):
    """What one mail does: written in one transaction, then said."""

    letter: Letter
    dossiers: tuple[NewDossier, ...] = ()
    filings: tuple[Filing, ...] = ()


Steps = Generator[Request, Reply, Outcome]

ReplyT = TypeVar("ReplyT", bound=Reply)


def expect(reply: Reply, kind: type[ReplyT]) -> ReplyT:
    """Return ``reply``, which must be of ``kind``: the keeper answers as it is asked.

    Raises TypeError otherwise; a ``Failed`` never gets here (the pipeline raises it).
    """
    if not isinstance(reply, kind):
        raise TypeError(f"the keeper replied {type(reply).__name__}, not {kind.__name__}")
    return reply


def event(
    asked: Asked,
    action: str,
    dossier_id: bytes = b"",
    *,
    documents: Sequence[bytes] = (),
    outcome: str = "granted",
) -> Event:
    """Return the access log's leaf for what ``asked`` is about to do."""
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
