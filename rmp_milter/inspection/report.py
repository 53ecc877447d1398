"""All that ``rmp inspect`` can say of one mail, and what stands in the mail's way."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import msgspec

from rmp_milter.calls.protocol.opening import BY_A_CANDIDATE, Trust
from rmp_milter.dossier.days import UNIVERSAL, day_of
from rmp_milter.dossier.model import Doctor, Value, Verb
from rmp_milter.errors import MailError
from rmp_milter.inspection.inside import Addresses, Inside, Opener, open_signed
from rmp_milter.inspection.outside import (
    Outside,
    Treatment,
    Verdict,
    in_doubt,
    refused,
)
from rmp_milter.mail.header.routing import RoutingHeader
from rmp_milter.mail.meaning.meant import Days, check_named, check_readers, check_unsigned
from rmp_milter.mail.meaning.understanding import (
    Arrival,
    InService,
    check_arrival,
    check_request,
    understood,
)
from rmp_milter.milter.clocks import HostTime, check_not_early
from rmp_milter.milter.emergencies import refused as in_its_words
from rmp_milter.milter.sender import (
    Directory,
    check_proven,
    check_signature,
    check_strength,
)


class MailReport(Value, frozen=True):
    """``verdict`` is on the shape and on opening; ``objections`` are keys of later refusals.

    ``inside`` and ``header`` are None where the mail was not opened: ``not_opened`` says
    why. ``signers_known`` says that the signature was held against enrolled doctors.
    """

    size: int
    more_mails: bool
    outside: Outside
    verdict: Verdict
    inside: Inside | None = None
    header: RoutingHeader | None = None
    objections: tuple[str, ...] = ()
    not_opened: str = ""
    signers_known: bool = False


class Circumstances(msgspec.Struct, frozen=True):
    """What a mail is judged on: enrolled doctors, verbs in service, when it is to have come.

    ``at`` is in epoch seconds; ``signature_days`` how old a signature may be then;
    ``services`` are the service's addresses, none where they are not known.
    """

    directory: Directory | None
    verbs: Mapping[Verb, object]
    at: int
    signature_days: int
    services: tuple[str, ...] = ()

    @property
    def this_year(self) -> int:
        """The year for years of two digits."""
        return int(day_of(self.at, UNIVERSAL)[:4])


def too_large(size: int, *, more_mails: bool) -> MailReport:
    """Return the report on a mail that is too large to be looked at."""
    verdict = refused("too-large")
    return MailReport(size, more_mails, Outside(verdict), verdict, not_opened="too large")


def closed(report: MailReport, reason: str) -> MailReport:
    """Return the report on a mail that is not opened, for a reason in words."""
    return msgspec.structs.replace(report, not_opened=reason)


def opened(
    report: MailReport, opener: Opener, mail_from: str, ground: Circumstances
) -> MailReport:
    """Open the mail and say what is inside.

    A refusal on opening becomes the verdict, unless there was one before; where the
    keeper cannot work, the verdict stays. Raises what else ``opener`` raises.
    """
    outside = report.outside
    addresses = Addresses(mail_from, outside.from_field, outside.autocrypt, ground.at)
    try:
        inside = open_signed(opener, addresses, ground.directory)
    except MailError as error:
        return _not_opened(report, error)
    signer = _signer(inside, ground.directory)
    header = understood(inside.words, ground.this_year, signer)
    return msgspec.structs.replace(
        report,
        verdict=_excused(report, (inside, header, signer), ground),
        inside=msgspec.structs.replace(inside, signer=signer.name if signer else ""),
        header=header,
        objections=tuple(_objections(inside, header, signer, ground)),
        signers_known=ground.directory is not None,
    )


_Read = tuple[Inside, RoutingHeader, Doctor | None]


def _excused(report: MailReport, read: _Read, ground: Circumstances) -> Verdict:
    """Return the verdict now that it is known who wrote what.

    A mail in doubt is a machine's unless somebody enrolled signed it; what stands beside its
    text refuses no emergency.
    """
    inside, header, signer = read
    verdict = _verdict(report, inside.refusal)
    unsigned = inside.signature.trust not in BY_A_CANDIDATE or signer is None
    if ground.directory is not None and unsigned:
        told = refused("unknown-sender") if report.outside.doubt else verdict
        return in_doubt(told, report.outside.doubt)
    if verdict.by_letter and header.verb is Verb.URGENCE:
        return Verdict(Treatment.TAKEN)
    return verdict


def _signer(inside: Inside, directory: Directory | None) -> Doctor | None:
    return directory.doctor_by_fingerprint(inside.signature.fingerprint) if directory else None


def _not_opened(report: MailReport, error: MailError) -> MailReport:
    reason = error.detail or error.text
    refusal = "" if error.temporary else error.text
    verdict = in_doubt(_verdict(report, refusal, reason), report.outside.doubt)
    return msgspec.structs.replace(report, verdict=verdict, not_opened=reason)


def _verdict(report: MailReport, refusal: str, detail: str = "") -> Verdict:
    """Return the verdict on the shape, or on opening where there was none against it."""
    taken = report.verdict.outcome is Treatment.TAKEN
    return refused(refusal, detail) if refusal and taken else report.verdict


def _objections(
    inside: Inside, header: RoutingHeader, signer: Doctor | None, ground: Circumstances
) -> list[str]:
    """Return the refusals that the pipeline has for an opened mail, in its order.

    An unknown signer is none: only the milter knows who authenticated by SMTP AUTH.
    """
    arrival = Arrival(inside.signature, inside.has_code, ground.at)
    found: list[str] = []
    with _noting(found, header, inside.signature.trust):
        check_signature(inside.signature)
        if ground.directory is not None:
            check_proven(inside.signature, unproven=inside.unproven)
    with _noting(found):
        check_arrival(arrival, header, signer, ground.signature_days)
    with _noting(found):
        _check_meant(inside, header, ground)
    with _noting(found):
        check_not_early(inside.signature, header.verb, ground.at, HostTime(UNIVERSAL, "fr"))
    with _noting(found):
        if inside.smime is None or inside.smime.is_judged:
            check_strength(inside.signature, header.verb)
    with _noting(found):
        has_documents = any(part.name for part in inside.parts)
        service = InService(ground.verbs, ground.services)
        check_request(header, inside.standing, service, has_documents=has_documents)
    with _noting(found):
        check_named(header, inside.protected, ground.services)
    return list(dict.fromkeys(found))


def _check_meant(inside: Inside, header: RoutingHeader, ground: Circumstances) -> None:
    if inside.signature.trust is Trust.NONE:
        days = Days(ground.at, UNIVERSAL, ground.signature_days)
        check_unsigned(header, inside.protected, None, days)
    check_readers(header, inside.protected)


@contextmanager
def _noting(
    found: list[str], header: RoutingHeader | None = None, trust: Trust = Trust.NONE
) -> Iterator[None]:
    """Note the refusal that the block raises, and go on.

    With a ``header`` it is one heard at SMTP time, of which an emergency has words of its own.
    """
    try:
        yield
    except MailError as error:
        told = in_its_words(error, header, trust) if header else error
        found.append(told.text)
