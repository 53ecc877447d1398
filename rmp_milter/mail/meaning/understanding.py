"""What an opened mail asks, and what refuses it before that is looked at.

The pipeline decides by this, and ``rmp inspect`` tells by it what the pipeline would do.
"""

from collections.abc import Collection, Container
from typing import NamedTuple, Protocol

import msgspec

from rmp_milter.calls.protocol.opening import Doubt, Opened, Signature, Standing
from rmp_milter.credentials import usable
from rmp_milter.dossier.model import Doctor, Verb
from rmp_milter.errors import MailError
from rmp_milter.mail.header.routing import Problem, RoutingHeader, Trouble, parse
from rmp_milter.mail.header.understood import unpacked

DAY_SECONDS = 86_400
_SHOWN = 80  # characters of an address that a refusal repeats
_TRAITS = frozenset({"Patient", "Nom", "Prénom", "Né le"})


class Arrival(msgspec.Struct, frozen=True):
    """An opened mail: its signature, whether it carries a code, when it came.

    ``at`` is in epoch seconds.
    """

    signature: Signature
    has_code: bool
    at: int


class OwnWords(msgspec.Struct, frozen=True):
    """What the keeper gave of a mail's words: the header's lines, and what is unsure of them.

    ``read`` is what the lines say, where they were read already.
    """

    header: str
    standing: Standing = Standing.HEADER
    doubts: tuple[Doubt, ...] = ()
    read: RoutingHeader | None = None


class Writer(Protocol):
    """Who wrote a mail, as far as it matters for what must be said: a patient, or not."""

    @property
    def patient_of(self) -> bytes:
        """The dossier of a patient with a key of his own; empty for anybody else."""


class InService(NamedTuple):
    """The requests that the service carries out, and its addresses (none: not known)."""

    verbs: Container[Verb]
    addresses: Collection[str] = ()


def words_of(opened: Opened) -> OwnWords:
    """Return the words of a mail that the keeper has opened, and read."""
    read = unpacked(opened.routing) if opened.routing else None
    return OwnWords(opened.header, opened.standing, opened.doubts, read)


def lines_alone(opened: Opened, this_year: int) -> RoutingHeader:
    """Return what the lines of an opened mail say, whoever wrote them, whatever is unsure."""
    return understood(msgspec.structs.replace(words_of(opened), doubts=()), this_year, None)


def understood(said: OwnWords, this_year: int, doctor: Writer | None) -> RoutingHeader:
    """Return what the header's lines say, without what must not refuse the mail.

    Where a patient writes, the lack of his name; in an emergency, everything: what was
    understood is searched by. ``doctor`` is who wrote, None where nobody can tell;
    ``this_year`` the year in which the mail came.
    """
    header = said.read or parse(said.header, this_year)
    if header.verb is Verb.URGENCE:
        return msgspec.structs.replace(header, problems=())
    doubts = (Problem(Trouble(doubt.value), "") for doubt in said.doubts)
    problems = dict.fromkeys((*doubts, *header.problems))
    if doctor is not None and doctor.patient_of:
        problems = {each: None for each in problems if not _names_nobody(each)}
    return msgspec.structs.replace(header, problems=tuple(problems))


def _names_nobody(problem: Problem) -> bool:
    return problem.kind is Trouble.MISSING and problem.word in _TRAITS


def check_arrival(
    mail: Arrival, header: RoutingHeader, doctor: Doctor | None, signature_days: int
) -> None:
    """Refuse at SMTP time what was signed too long ago, or tries a code in vain.

    Where a code is tried the answer must reach its sender: else the try would not count
    (``expired-key``). An emergency is refused for neither: a clock may be wrong.
    """
    if header.verb is Verb.URGENCE:
        return
    check_age(mail.signature, mail.at, signature_days)
    if mail.has_code and doctor is not None and not usable(doctor.certificate, mail.at):
        raise MailError("expired-key", enhanced="5.7.7", detail="no answer can be sealed")


def check_age(signature: Signature, at: int, days: int) -> None:
    """Refuse a mail that was signed more than ``days`` before it came (``stale``).

    So what was once caught on its way cannot be sent again later; within the days the
    encrypted text itself is known again. A signature without a time cannot be judged.
    """
    if signature.created and signature.created < at - days * DAY_SECONDS:
        raise MailError("stale", enhanced="5.7.7", detail="signed too long ago")


def is_thanks(standing: Standing, *, has_documents: bool) -> bool:
    """Return whether the mail is nothing but a courtesy, to be answered once a thread."""
    return standing is Standing.COURTESY and not has_documents


def check_request(
    header: RoutingHeader,
    standing: Standing,
    service: InService,
    *,
    has_documents: bool,
) -> None:
    """Refuse by letter what was not understood, is for another service, or not in service.

    Words to a person (``nothing-asked``) are told apart from a header that is not clear.
    An emergency is refused for no address.
    """
    if standing is not Standing.HEADER and not has_documents:
        raise MailError("nothing-asked")
    if header.problems:
        raise MailError("header-problems")
    elsewhere = bool(service.addresses and header.service not in {"", *service.addresses})
    if elsewhere and header.verb is not Verb.URGENCE:
        raise MailError("other-service", facts={"service": header.service[:_SHOWN]})
    if header.verb not in service.verbs:
        raise MailError("not-in-service")
