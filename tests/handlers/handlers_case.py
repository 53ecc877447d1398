"""A small world for the handlers: doctors, one dossier, a keeper that is played by hand."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, TypeVar

import msgspec
import pytest
from msgspec.structs import replace

from rmp_milter.calls.authority import NOTHING
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.cards import Amend, Amended
from rmp_milter.calls.protocol.filing import (
    Adopt,
    Create,
    Created,
    Reseal,
    Resealed,
    ResealedItem,
    Wait,
)
from rmp_milter.calls.protocol.leaves import (
    History,
    Record,
    Recorded,
    RecordedList,
    RecordList,
    Told,
)
from rmp_milter.calls.protocol.message import Span
from rmp_milter.calls.protocol.opening import Opened, OpenedBody, Signature, Trust
from rmp_milter.calls.protocol.releasing import (
    Prove,
    Proven,
    Recode,
    Recoded,
    Release,
    Released,
)
from rmp_milter.certificates import Cautions, Certificate
from rmp_milter.credentials import CertificateKind, CredentialError, CredentialFacts
from rmp_milter.credentials.failure import one_error
from rmp_milter.dossier.cards import NO_ACT, TAG_SIZE, DossierCard, Masked, packed
from rmp_milter.dossier.credentials import fingerprints_of
from rmp_milter.dossier.identity import trait_keys
from rmp_milter.dossier.model import (
    CodeSlot,
    Consent,
    Container,
    Doctor,
    Document,
    Dossier,
    Emergency,
    Entry,
    Fault,
    NumberedEntry,
    Onglet,
    PartName,
    Patient,
    Slots,
    StandingKey,
    Tally,
    Waiting,
)
from rmp_milter.dossier.naming import name_words
from rmp_milter.dossier.rules import Proof, Relation
from rmp_milter.dossier.search_terms import Term, TermKind, terms_of
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case, Sender
from rmp_milter.handlers.asking.outcome import Outcome
from rmp_milter.handlers.filing import deposit, key_packets, prescriber
from rmp_milter.handlers.people import keys
from rmp_milter.handlers.sight.seen import seen
from rmp_milter.handlers.sight.table import table_of
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.header.routing import parse

NOON = 1_780_000_000
CODE_SLOT = CodeSlot(b"s" * 16, b"n" * 12, b"c" * 48, folded=True)
SLOTS = Slots(code=CODE_SLOT, custody=b"custody")

Handler = Callable[[Case], Outcome]
Answering = Callable[[Request], Reply | MailError]
ReplyT = TypeVar("ReplyT", bound=Reply)


def doctor(name: str, number: int, profession: str = "médecin généraliste") -> Doctor:
    return Doctor(
        doctor_id=bytes([number]) * 16,
        name=name,
        rpps=f"1000000000{number}",
        mail=f"d{number}@cabinet.example",
        profession=profession,
        certificate=b"certificate of " + name.encode(),
        fingerprint=f"{number:040x}",
        key_ids=(f"{number:016x}",),
        card=b"card of " + name.encode(),
    )


DEMO = doctor("Dr Paul DEMO", 1)
OTHER = doctor("Dr Anne AUTRE", 2)
LAB = doctor("Laboratoire CENTRAL", 3, "laboratoire")
JEAN = Patient(birth_name="Dupont", first_names="Jean", birth_date="1959-01-30")


ACT, TICKET, PROVEN = b"the mail's act", b"the mail's ticket", b"the ticket, once proven"
WAITING_CARD = b"the waiting deposit's card"
NEW_DOSSIER = b"new dossier's id"
NEXT_CARD, NEXT_PERSON = b"the dossier's next card", b"the person's next card"
"""What the played keeper makes of any change."""


def card_of(dossier_id: bytes, treating: Doctor, masked: Sequence[Masked] = ()) -> bytes:
    """Return a card that nobody has vouched for: handlers cannot tell."""
    card = DossierCard(
        dossier=dossier_id,
        revision=0,
        act=NO_ACT,
        public_key=b"P" * 32,
        treating=treating.doctor_id,
        traits=(),
        number=b"",
        custody=b"",
        masked=tuple(masked),
    )
    return packed(card) + bytes(TAG_SIZE)


def dossier(patient: Patient = JEAN, treating: Doctor = DEMO, number: int = 9) -> Dossier:
    return Dossier(
        dossier_id=bytes([number]) * 16,
        public_key=b"P" * 32,
        patient=patient,
        treating=treating.doctor_id,
        slots=SLOTS,
        consent=Consent(treating.doctor_id, NOON, "test"),
        created_at=NOON,
        card=card_of(bytes([number]) * 16, treating),
    )


def entry(
    number: int, onglet: Onglet, title: str, readers: Sequence[Doctor] = ()
) -> NumberedEntry:
    document = Document(
        document_id=bytes([100 + number]) * 16,
        container=Container.ENTITY,
        digest=b"d" * 32,
        size=2048,
        sealed_key=b"sealed",
        parts=(
            PartName("", "text/plain", 300),
            PartName("radio.pdf", "application/pdf", 120_000),
        ),
        standing=tuple(StandingKey(each.fingerprint, b"standing") for each in readers),
    )
    return NumberedEntry(
        number, Entry(NOON, DEMO.doctor_id, DEMO.name, title, onglet, "type", (document,))
    )


def holders_by_term(dossiers: Sequence[Dossier]) -> dict[Term, list[bytes]]:
    """Return what the store's index of terms holds of these dossiers."""
    holders: dict[Term, list[bytes]] = {}
    for each in dossiers:
        for term in terms_of(each):
            holders.setdefault(term, []).append(each.dossier_id)
    return holders


class World:
    """The store's snapshot, as far as handlers look at it."""

    def __init__(
        self, dossiers: Sequence[Dossier] = (), entries: Sequence[NumberedEntry] = ()
    ) -> None:
        self.held = tuple(dossiers)
        self.indexed: tuple[Dossier, ...] = ()
        self.holders: dict[Term, list[bytes]] = {}
        self.filed = tuple(entries)
        self.known = {each.doctor_id: each for each in (DEMO, OTHER, LAB)}
        self.later_packets: dict[tuple[bytes, str], bytes] = {}
        self.deferred: tuple[Waiting, ...] = ()
        self.once: set[bytes] = set()
        self.broken_glass: dict[str, Emergency] = {}
        self.tallies: dict[tuple[Fault, bytes], Tally] = {}

    def doctor(self, doctor_id: bytes) -> Doctor | None:
        return self.known.get(doctor_id)

    def dossiers_by_traits(self, trait_keys_asked: Sequence[str]) -> tuple[Dossier, ...]:
        asked = set(trait_keys_asked)
        return tuple(each for each in self.held if asked & set(trait_keys(each.patient)))

    def terms_ahead(self, terms: Sequence[Term]) -> None:
        """Do nothing: all is at hand."""

    def term_holders(self, term: Term) -> Iterator[bytes]:
        return iter(self._index().get(term, []))

    def words_held(self, words: Iterable[str]) -> frozenset[str]:
        index = self._index()
        return frozenset(word for word in words if Term(TermKind.WORD, word) in index)

    def _index(self) -> Mapping[Term, list[bytes]]:
        if self.indexed is not self.held:
            self.indexed, self.holders = self.held, holders_by_term(self.held)
        return self.holders

    def emergency(self, reference: str) -> Emergency | None:
        return self.broken_glass.get(reference)

    def dossiers_of(self, doctor_id: bytes) -> Iterator[Dossier]:
        return (each for each in self.held if each.treating == doctor_id)

    def entries(self, dossier_id: bytes, after: int = 0) -> tuple[NumberedEntry, ...]:
        known = any(d.dossier_id == dossier_id for d in self.held)
        return tuple(each for each in self.filed if known and each.number > after)

    def last_entry(self, dossier_id: bytes) -> NumberedEntry | None:
        return (self.entries(dossier_id) or (None,))[-1]

    def doctor_by_rpps(self, rpps: str) -> Doctor | None:
        return self._whose(lambda each: bool(rpps) and each.rpps == rpps)

    def doctor_by_mail(self, mail: str) -> Doctor | None:
        return self._whose(lambda each: each.mail == mail.casefold())

    def doctor_by_fingerprint(self, fingerprint: str) -> Doctor | None:
        return self._whose(lambda each: fingerprint in fingerprints_of(each))

    def doctor_by_key_id(self, key_id: str) -> Doctor | None:
        return self._whose(lambda each: key_id in each.key_ids)

    def patient_of(self, dossier_id: bytes) -> Doctor | None:
        return self._whose(lambda each: each.patient_of == dossier_id)

    def _whose(self, fits: Callable[[Doctor], bool]) -> Doctor | None:
        return next(filter(fits, self.known.values()), None)

    def doctors_named(self, name: str) -> Iterator[Doctor]:
        words = name_words(name)
        return (
            each
            for each in self.known.values()
            if words and not each.patient_of and name_words(each.name) == words
        )

    def principals_of(self, doctor_id: bytes) -> Iterator[Doctor]:
        return (
            each
            for each in self.known.values()
            if any(one.doctor_id == doctor_id for one in each.locums)
        )

    def dossier(self, dossier_id: bytes) -> Dossier | None:
        return next((each for each in self.held if each.dossier_id == dossier_id), None)

    def key_packets(self, document_id: bytes, fingerprint: str) -> bytes:
        return self.later_packets.get((document_id, fingerprint), b"")

    def waiting_by_traits(self, trait_keys_asked: Sequence[str]) -> tuple[Waiting, ...]:
        asked = set(trait_keys_asked)
        return tuple(each for each in self.deferred if asked & set(trait_keys(each.patient)))

    def happened(self, value: bytes) -> bool:
        return value in self.once

    def tally(self, fault: Fault, subject: bytes) -> Tally:
        return self.tallies.get((fault, subject), Tally())


def body(name: str = "radio.pdf") -> OpenedBody:
    return OpenedBody(
        container=Container.ENTITY,
        span=Span(0, 500),
        digest=b"d" * 32,
        parts=(PartName("", "text/plain", 40), PartName(name, "application/pdf", 400)),
    )


def play(request: Request) -> Reply:  # noqa: PLR0911 -- one for each call
    """Answer as a keeper would that can do everything."""
    if isinstance(request, Create):
        return Created(NEW_DOSSIER, b"P" * 32, SLOTS, b"held drawn code", NEXT_CARD)
    if isinstance(request, Reseal):
        packets = tuple(b"packet for " + each for each in request.readers)
        return Resealed(tuple(ResealedItem(b"sealed", packets) for _ in request.items))
    if isinstance(request, Prove):
        return Proven(PROVEN)
    if isinstance(request, Release):
        released = tuple((b"released",) * len(request.readers) for _ in request.items)
        return Released(released, leaf=7)
    if isinstance(request, Wait | Adopt):
        packets = tuple(b"packet for " + each for each in request.readers)
        items = tuple(ResealedItem(b"sealed", packets) for _ in request.items)
        return Resealed(items, WAITING_CARD if isinstance(request, Wait) else b"")
    if isinstance(request, Recode):
        held = b"held chosen code" if request.chosen else b"held drawn code"
        return Recoded(CODE_SLOT, held, NEXT_CARD, b"vitale")
    if isinstance(request, Amend):
        return Amended(NEXT_CARD, NEXT_PERSON)
    if isinstance(request, History):
        return Told(())
    if isinstance(request, RecordList):
        return RecordedList(tuple(range(1, len(request.leaves) + 1)))
    assert isinstance(request, Record)
    return Recorded(1)


def size_of(request: Request) -> int:
    """Return the octets of a call but for its cards: those of what is there are read with it.

    That takes microseconds, before a code is tried for half a second.
    """
    bare = replace(request, by=NOTHING) if hasattr(request, "by") else request
    return len(msgspec.msgpack.encode(bare))


def refusing(kind: type[Request], text: str = "no-access") -> Answering:
    """Return the answers of a keeper that can do everything but requests of one kind."""

    def answer(request: Request) -> Reply | MailError:
        return MailError(text) if isinstance(request, kind) else play(request)

    return answer


def read_table(state: Dossier, entries: Sequence[NumberedEntry], by: Doctor = OTHER) -> str:
    """Return how a colleague names the index that he was sent, behind the numbers."""
    visible = seen(state, entries, Relation.OTHER, by.doctor_id)
    return f"(table {table_of(state, visible).mark})"


class RecordingKeeper:
    """Plays the keeper: notes in order what it is asked, and answers as ``answer`` says.

    A :class:`MailError` among the answers is raised, as a keeper refuses.
    """

    def __init__(self, answer: Answering = play) -> None:
        self.requests: list[Any] = []
        self._answer = answer

    def create(self, request: Create) -> Created:
        return self._reply(request, Created)

    def reseal(self, request: Reseal) -> Resealed:
        return self._reply(request, Resealed)

    def wait(self, request: Wait) -> Resealed:
        return self._reply(request, Resealed)

    def adopt(self, request: Adopt) -> Resealed:
        return self._reply(request, Resealed)

    def prove(self, request: Prove) -> Proven:
        return self._reply(request, Proven)

    def release(self, request: Release) -> Released:
        return self._reply(request, Released)

    def recode(self, request: Recode) -> Recoded:
        return self._reply(request, Recoded)

    def history(self, request: History) -> Told:
        return self._reply(request, Told)

    def record(self, request: Record) -> Recorded:
        return self._reply(request, Recorded)

    def record_list(self, request: RecordList) -> RecordedList:
        return self._reply(request, RecordedList)

    def amend(self, request: Amend) -> Amended:
        return self._reply(request, Amended)

    def _reply(self, request: Request, kind: type[ReplyT]) -> ReplyT:
        self.requests.append(request)
        reply = self._answer(request)
        if isinstance(reply, MailError):
            raise reply
        assert isinstance(reply, kind)
        return reply


def asked(  # noqa: PLR0913 -- each is a thing that a test varies
    text: str,
    *,
    by: Doctor = DEMO,
    proof: Proof = Proof.SIGNATURE,
    bodies: Sequence[OpenedBody] = (),
    has_code: bool = False,
    has_reason: bool = False,
    onglet: Onglet = Onglet.IMAGERIE,
    view: World | None = None,
    language: Language = "fr",
) -> Case:
    """Return the case of a mail; whoever runs it gives it its world and its keeper."""
    numbers = count(200)
    return Case(
        digest=b"q" * 32,
        at=NOON,
        view=view or World(),
        keeper=RecordingKeeper(),
        mail_from=by.mail,
        sender=Sender(by, proof),
        header=parse(text, 2026),
        opened=Opened(
            text,
            Signature(Trust.GOOD, by.fingerprint),
            tuple(bodies),
            has_code,
            has_reason=has_reason,
            once=ACT,
            ticket=TICKET,
        ),
        language=language,
        new_id=lambda: bytes([next(numbers)]) * 16,
        classify=lambda *_: (onglet, "type"),
    )


def run(
    handle: Handler,
    mail: Case,
    world: World | None = None,
    keeper: RecordingKeeper | None = None,
) -> tuple[Outcome, list[Any]]:
    """Have a mail handled in a world; return the outcome and what the keeper was asked."""
    keeper = keeper or RecordingKeeper()
    case = replace(mail, view=mail.view if world is None else world, keeper=keeper)
    return handle(case), keeper.requests


def refusal_of(
    handle: Handler,
    mail: Case,
    world: World | None = None,
    keeper: RecordingKeeper | None = None,
) -> MailError:
    """Have a mail handled that is refused; return the refusal."""
    with pytest.raises(MailError) as caught:
        run(handle, mail, world, keeper)
    return caught.value


def refused_trial(
    handle: Handler, mail: Case, world: World | None = None
) -> tuple[MailError, Any]:
    """Have a mail handled whose code or card opens nothing; return the refusal and the trial.

    The trial is all that the keeper was asked.
    """
    keeper = RecordingKeeper(_opening_nothing)
    error = refusal_of(handle, mail, world, keeper)
    (trial,) = keeper.requests
    assert isinstance(trial, Prove | Recode)
    return error, trial


def _opening_nothing(request: Request) -> Reply | MailError:
    tried = isinstance(request, Prove | Recode | Release)
    return MailError("no-access") if tried else play(request)


def play_usable(
    monkeypatch: pytest.MonkeyPatch, usable: Callable[[bytes, int], bool] = lambda *_: True
) -> None:
    """Have ``usable`` judge the played certificates (they are none) of readers of a deposit."""
    for module in (deposit, key_packets, prescriber):
        monkeypatch.setattr(module, "usable", usable)


def credential_reader(
    read: Callable[[bytes], Certificate],
) -> Callable[[bytes], CredentialFacts]:
    """Return a reader of certificates of both kinds that knows OpenPGP's alone, by ``read``."""

    def credential(data: bytes) -> CredentialFacts:
        with one_error():
            found = read(data)
        return CredentialFacts(
            CertificateKind.OPENPGP,
            found.binary,
            found.fingerprint,
            found.key_ids,
            found.user_ids,
            found.algorithm,
            found.created_at,
        )

    return credential


def play_certificates(
    monkeypatch: pytest.MonkeyPatch,
    read: Callable[[bytes], Certificate],
    usable: Callable[[bytes, int], bool] = lambda *_: True,
) -> None:
    """Have ``read`` and ``usable`` judge the played certificates that come with a mail."""

    def check_usable(data: bytes, now: int) -> None:
        if not usable(data, now):
            raise CredentialError("expired")

    monkeypatch.setattr(keys, "read_credential", credential_reader(read))
    monkeypatch.setattr(keys, "check_usable", check_usable)
    monkeypatch.setattr(keys, "addresses", lambda _data: frozenset())
    monkeypatch.setattr(keys, "cautions", lambda *_: Cautions(lacks_address=False, expires=0))
