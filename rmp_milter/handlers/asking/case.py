"""One case: a read mail of a known sender, the store at one moment, and a keeper that helps.

A handler is ``handle(case) -> Outcome``. It does nothing by itself: what needs keys or a
leaf it asks of ``case.keeper``, what it looks at is in ``case.view``, and what it decides is
written by who called it. So a verb reads from top to bottom, and a test hands in a keeper
that records what it was asked.
"""

from collections.abc import Callable, Sequence

import msgspec

from rmp_milter.calls.protocol.opening import Opened
from rmp_milter.credentials import CertificateKind, kind_of
from rmp_milter.dossier.days import UNIVERSAL, Clock
from rmp_milter.dossier.model import Container, Doctor, Onglet
from rmp_milter.dossier.rules import STRICTEST, Policy, Proof, known_by
from rmp_milter.handlers.asking.keeper import Keeper
from rmp_milter.handlers.asking.view import View
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.header.routing import RoutingHeader


class Sender(msgspec.Struct, frozen=True):
    """Who wrote the mail, and what proves it (a signature or an account).

    ``newer`` is a later copy of one of his certificates that could not be put in its place;
    ``instead`` is it where it is of the one that he is written to by. ``card`` says that the
    signature is by his CPS card.
    """

    doctor: Doctor
    proof: Proof
    newer: bytes = b""
    instead: bytes = b""
    card: bool = False

    @property
    def known_by(self) -> tuple[Proof, ...]:
        """What proves that it is he."""
        return known_by(self.proof, card=self.card)

    @property
    def certificate(self) -> bytes:
        """By which he is written to."""
        return self.instead or self.doctor.certificate


class Bounds(msgspec.Struct, frozen=True):
    """The host's choices that rules depend on; times in seconds.

    ``wrong_codes`` tries for a dossier within ``window`` let its code slot rest (for one of
    before, ``old_wrong_codes`` within 30 days as well), as those
    of a sender or of all end code requests; ``hold`` is how long an answer waits that must
    not be told from another by its time; ``waiting`` is how long a deposit waits for its
    dossier, ``retention`` how long a closed dossier is kept and ``contest`` how long a change of
    médecin traitant can be contested. ``justify_hours`` is how soon an emergency is to be
    justified. One request is answered with ``answer_mails`` mails at most, of ``answer_bytes``
    each. ``translates`` says that the keeper opens documents for readers whose program does not;
    ``consent`` is the version of the text to which patients consent.
    """

    wrong_codes: int = 5
    old_wrong_codes: int = 30
    sender_codes: int = 10
    global_codes: int = 500
    lists: int = 30
    window: int = 3600
    hold: int = 60
    waiting: int = 30 * 86_400
    retention: int = 20 * 365 * 86_400
    contest: int = 15 * 86_400
    justify_hours: int = 24
    answer_mails: int = 20
    answer_bytes: int = 10_000_000
    translates: bool = True
    consent: str = "2026-1"


class PatientShare(msgspec.Struct, frozen=True):
    """What of a mail is one patient's: the header that names him, places of the bodies.

    ``place`` is the share's own among those of the mail.
    """

    header: RoutingHeader
    bodies: tuple[int, ...]
    place: int = 0


class Occasion(msgspec.Struct, frozen=True):
    """What has something done, and when: a mail, or a chore that nobody asked for.

    ``digest`` is the mail's duplicate digest or stands in its place; ``at`` in epoch
    seconds; ``view`` is the store at that moment.
    """

    digest: bytes
    at: int
    view: View
    keeper: Keeper

    @property
    def act(self) -> bytes:
        """What the access log knows it by."""
        return self.digest


class Case(Occasion, frozen=True):
    """All that a handler may know of a mail, and whom it may ask.

    ``new_id`` draws a fresh 16-byte identifier; ``classify`` gives a document its onglet
    and the reason, from type, profession and file names. ``parcels`` are there only where
    one mail names several patients (:class:`~rmp_milter.calls.protocol.opening.Parcel`).
    ``message_id`` is the mail's own, empty where it may not stand in an answer's header;
    ``thread`` the Message-ID that the mail's thread began with, empty where it has none.
    ``clock`` is the host's, by which people's days and hours go. ``cosigned`` is the newest
    checkpoint of the access log that witnesses signed, where proofs are asked for.
    """

    mail_from: str
    sender: Sender
    header: RoutingHeader
    opened: Opened
    language: Language
    new_id: Callable[[], bytes]
    classify: Callable[[str, str, Sequence[str]], tuple[Onglet, str]]
    policy: Policy = STRICTEST
    bounds: Bounds = Bounds()
    parcels: tuple[PatientShare, ...] = ()
    message_id: str = ""
    clock: Clock = UNIVERSAL
    thread: str = ""
    cosigned: bytes = b""

    @property
    def act(self) -> bytes:
        """What the keeper knows the mail by, however it is wrapped."""
        return self.opened.once

    @property
    def ticket(self) -> bytes:
        """What the keeper read in the mail, for the calls that it leads to."""
        return self.opened.ticket

    @property
    def shares(self) -> tuple[PatientShare, ...]:
        """What is each patient's: normally all of it is one's."""
        everything = tuple(range(len(self.opened.bodies)))
        return self.parcels or (PatientShare(self.header, everything),)

    @property
    def doctor(self) -> Doctor:
        """The doctor (or the patient with a key of his own) who asks."""
        return self.sender.doctor

    @property
    def proofs(self) -> frozenset[Proof]:
        """What the mail proves; a code is only stated here, the keeper tries it."""
        found = {*self.sender.known_by}
        if self.opened.has_code:
            found.add(Proof.CODE)
        if self.opened.attested and self.opened.attested.rpps == self.doctor.rpps:
            found.add(Proof.VITALE)
        return frozenset(found)

    @property
    def closed(self) -> frozenset[Container]:
        """What the sender's program does not open, where nobody translates it for him."""
        if self.bounds.translates:
            return frozenset()
        return frozenset(each for each in Container if not self.opens(each))

    def opens(self, container: Container) -> bool:
        """Whether the sender's program opens such a body."""
        smime = kind_of(self.doctor.certificate) is CertificateKind.SMIME
        return container.opens_for(smime=smime, gcm=self.doctor.program.opens_gcm)
