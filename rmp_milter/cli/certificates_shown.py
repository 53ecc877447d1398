"""What is shown of somebody's certificates: whose, of whom, until when, for what."""

from typing import NamedTuple

from rmp_milter.cli.credentials import WORDS, of_doctor
from rmp_milter.cli.errors import CommandError
from rmp_milter.cli.output import Json, moment, spaced_fingerprint
from rmp_milter.credentials import (
    CertificateKind,
    CredentialError,
    CredentialFacts,
    ends_at,
    may_sign,
    usable,
)
from rmp_milter.dossier.model import Doctor


class ShownCertificate(NamedTuple):
    """A certificate as it is shown.

    ``until`` is in epoch seconds, 0 for no end, None where nothing can be encrypted to it now.
    """

    facts: CredentialFacts
    until: int | None
    uses: tuple[str, ...]
    is_answered: bool


def certificates_shown(doctor: Doctor, now: int) -> list[ShownCertificate]:
    """Return somebody's certificates as they are at ``now``; none where one cannot be read.

    What is wrong with it is among the warnings (:mod:`.cautions`).
    """
    try:
        his = of_doctor(doctor)
    except CommandError:
        return []
    return [
        _shown(each, now, is_answered=each is his.first) for each in (his.first, *his.others)
    ]


def _shown(facts: CredentialFacts, now: int, *, is_answered: bool) -> ShownCertificate:
    uses = (
        *(["sign"] if may_sign(facts.binary) else []),
        *(["encrypt"] if usable(facts.binary, now) else []),
    )
    return ShownCertificate(facts, _until(facts, now), uses, is_answered)


def _until(facts: CredentialFacts, now: int) -> int | None:
    try:
        return ends_at(facts.binary, now)
    except CredentialError:
        return None


def as_json(shown: ShownCertificate) -> dict[str, Json]:
    """Return a certificate as programs read it."""
    facts = shown.facts
    return {
        "kind": facts.kind.value,
        "fingerprint": facts.fingerprint,
        "names": list(facts.names),
        "issuer": facts.issuer,
        "algorithm": facts.algorithm,
        "rpps": facts.rpps,
        "until": moment(shown.until) if shown.until else "",
        "uses": list(shown.uses),
        "answers": shown.is_answered,
    }


def as_pairs(shown: ShownCertificate) -> list[tuple[str, str]]:
    """Return a certificate as people read it: its lines, the first of which opens it."""
    facts = shown.facts
    is_openpgp = facts.kind is CertificateKind.OPENPGP
    kind = WORDS[facts.kind] + (", of a CPS card" if facts.is_card else "")
    uses = " and ".join(shown.uses) or "nothing, now"
    answered = "; answers go to it" if shown.is_answered else ""
    return [
        ("certificate", f"{kind}, {facts.algorithm}"),
        ("  fingerprint", spaced_fingerprint(facts.fingerprint)),
        *(("  user id" if is_openpgp else "  subject", name) for name in facts.names),
        *([("  issuer", facts.issuer)] if facts.issuer else []),
        ("  valid until", _end(shown.until)),
        ("  for", f"{uses}{answered}"),
    ]


def _end(until: int | None) -> str:
    if until is None:
        return "over, or not begun"
    return moment(until)[:10] if until else "no end is set"
