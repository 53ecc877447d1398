"""What ``rmp check`` says of authorities and revocation lists: what ends, and what is old."""

from collections.abc import Iterator
from pathlib import Path

from rmp_milter.dossier.rules import Policy, Proof
from rmp_milter.postfix.rules import PostfixFinding, Severity
from rmp_milter.trust.folder import KnownTrust, known
from rmp_milter.trust.lists import differs, held
from rmp_milter.x509 import Purpose, RevocationList
from rmp_milter.x509.comparing import comparable

SOON = 30 * 86_400
"""Seconds before its end at which an authority's certificate is named."""
DAY = 86_400

Findings = Iterator[PostfixFinding]


def check_trust(trust: Path, now: int) -> Findings:
    """Look at the trust folder of the keeper, at ``now`` (epoch seconds)."""
    there, lists = known(trust), held(trust)
    for problem in (*there.problems, *lists.problems):
        yield PostfixFinding(Severity.ERROR, problem, "until then it counts for nothing")
    yield from _ends(there, now)
    yield from _missing(there, lists.lists)
    for place, found in lists.lists.items():
        yield from _list(trust, there, place, found, now)


def check_cards(trust: Path, policy: Policy) -> Findings:
    """Name what nobody can do: a policy asks for a CPS card, and no authority of cards is there."""
    if known(trust).of(Purpose.IGC_SANTE):
        return
    for (act, relation), sets in policy.items():
        if sets and all(Proof.CPS in each for each in sets):
            yield PostfixFinding(
                Severity.ERROR,
                f"[policy] {act}_{relation}: asks for a CPS card, and no authority of CPS cards "
                "is trusted: nobody can do this",
                f"rmp trust add ca FILE --purpose {Purpose.IGC_SANTE}",
            )


def _ends(there: KnownTrust, now: int) -> Findings:
    for each in there.authorities:
        left = each.certificate.not_after - now
        name = f"{each.certificate.subject} ({each.place})"
        if left < 0:
            yield _warning(f"{name}: is expired", "nothing that it issued holds any more")
        elif left <= SOON:
            yield _warning(
                f"{name}: expires in {left // DAY} days", "ask its issuer for the next one"
            )


def _missing(there: KnownTrust, lists: dict[str, RevocationList]) -> Findings:
    """Name authorities that no list is there of."""
    issuers = {found.header.issuer for found in lists.values()}
    for each in there.authorities:
        if comparable(each.certificate.subject_der) not in issuers:
            yield _warning(
                f"{each.certificate.subject}: there is no revocation list of it",
                "rmp trust refresh, rmp trust add url, rmp trust add crl",
            )


def _list(
    trust: Path, there: KnownTrust, place: str, found: RevocationList, now: int
) -> Findings:
    name = _name(there, found, place)
    late = now - found.header.next_update
    if late > 0:
        yield _warning(
            f"{name}: the revocation list is old, the next one was due {late // DAY} days ago",
            "rmp trust refresh says why; until then who governs is not changed by what it covers",
        )
    wrong = differs(trust, there, place, now)
    if wrong:
        yield PostfixFinding(
            Severity.ERROR,
            f"{name}: the compiled revocation list is not right: {wrong}",
            f"rmp trust remove {place}, then rmp trust refresh",
        )


def _name(there: KnownTrust, found: RevocationList, place: str) -> str:
    for each in there.authorities:
        if comparable(each.certificate.subject_der) == found.header.issuer:
            return each.certificate.subject
    return f"list {place}"


def _warning(line: str, hint: str) -> PostfixFinding:
    return PostfixFinding(Severity.WARNING, line, hint)
