"""All that ``rmp inspect`` can say of one mail, and what stands in the mail's way."""

from collections.abc import Mapping

import msgspec

from rmp_milter.calls.protocol import Trust
from rmp_milter.dossier.model import Value, Verb
from rmp_milter.errors import MailError
from rmp_milter.inspection.inside import Addresses, Inside, Opener, open_signed
from rmp_milter.inspection.outside import Outcome, Outside, Verdict, refused
from rmp_milter.mail.header.routing import RoutingHeader, parse
from rmp_milter.milter.sender import Directory


class Report(Value, frozen=True):
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


class Ground(msgspec.Struct, frozen=True):
    """What a mail is judged on: enrolled doctors, verbs in service, the year."""

    directory: Directory | None
    verbs: Mapping[Verb, object]
    this_year: int


def too_large(size: int, *, more_mails: bool) -> Report:
    """Return the report on a mail that is too large to be looked at."""
    verdict = refused("too-large")
    return Report(size, more_mails, Outside(verdict), verdict, not_opened="too large")


def closed(report: Report, reason: str) -> Report:
    """Return the report on a mail that is not opened, for a reason in words."""
    return msgspec.structs.replace(report, not_opened=reason)


def opened(report: Report, opener: Opener, mail_from: str, ground: Ground) -> Report:
    """Open the mail and say what is inside.

    A refusal on opening becomes the verdict, unless there was one before; where the
    keeper cannot work, the verdict stays. Raises what else ``opener`` raises.
    """
    addresses = Addresses(mail_from, report.outside.from_field)
    try:
        inside = open_signed(opener, addresses, ground.directory)
    except MailError as error:
        return _not_opened(report, error)
    header = parse(inside.header, ground.this_year)
    return msgspec.structs.replace(
        report,
        inside=inside,
        header=header,
        objections=tuple(_objections(inside, header, ground)),
        signers_known=ground.directory is not None,
    )


def _not_opened(report: Report, error: MailError) -> Report:
    reason = error.detail or error.text
    if error.temporary or report.verdict.outcome is not Outcome.TAKEN:
        return closed(report, reason)
    verdict = refused(error.text, reason)
    return msgspec.structs.replace(report, verdict=verdict, not_opened=reason)


_UNTRUSTED = {Trust.BAD: "bad-signature", Trust.EXPIRED: "expired-key"}


def _objections(inside: Inside, header: RoutingHeader, ground: Ground) -> list[str]:
    """Return the refusals that the pipeline has for an opened mail, in its order.

    An unknown signer is none: only the milter knows who authenticated by SMTP AUTH.
    """
    untrusted = _UNTRUSTED.get(inside.signature.trust)
    found = [untrusted] if untrusted else []
    if header.problems:
        found.append("header-problems")
    elif header.verb not in ground.verbs:
        found.append("not-in-service")
    return found
