"""NIST's PKITS: each test gives its expected result, or stands in the list of exclusions."""

import pytest
from msgspec.structs import asdict
from pkits_case import ANCHOR, MOMENT, Case, cases, certificate, judged
from pyhanko_certvalidator.policy_decl import PKIXValidationParams

from rmp_milter.x509 import PathVerdict, X509Error
from rmp_milter.x509.candidates import candidates
from rmp_milter.x509.walking import walk

DSA = "RFC 3279, 2.3.2: keys for DSA. FIPS 186-5 gave DSA up; no mail client makes such keys."
SCOPES = (
    "RFC 5280, 5: nobody needs to read lists of another scope than all that one CA issues. "
)
RELATIVE = SCOPES + "Here: a distribution point named relative to its issuer (4.2.1.13)."
REASONS = SCOPES + "Here: a list for some reasons only (5.2.5)."
INDIRECT = (
    SCOPES + "Here: indirect lists, of several issuers (5.2.5), and cRLIssuer (4.2.1.13)."
)
DELTA = "RFC 5280, 5: nobody needs delta lists; the next complete one says the same."
GOOD, STALE, WEAK, REVOKED = (
    (PathVerdict.GOOD, False),
    (PathVerdict.GOOD, True),
    (PathVerdict.WEAK, False),
    (PathVerdict.REVOKED, False),
)

EXCLUDED = {
    "40104": (DSA, WEAK),
    "40105": (DSA, None),
    **dict.fromkeys(("41404", "41405", "41406", "41407"), (RELATIVE, STALE)),
    **dict.fromkeys(("41415", "41416", "41418", "41419", "41420", "41421"), (REASONS, STALE)),
    **dict.fromkeys(
        ("41422", "41423", "41424", "41425", "41428", "41429", "41430", "41431", "41432"),
        (INDIRECT, STALE),
    ),
    **dict.fromkeys(("41433", "41434"), (INDIRECT, STALE)),
    "41504": (DELTA, GOOD),
    "41505": (DELTA, REVOKED),
}
"""Number of a test → the rule that we do not need and why, and what we say instead (None: it is
not read). All but one of them end on the side of caution."""

ALL = cases()
PLAIN = [case for case in ALL if case.params is None]
WITH_POLICIES = [case for case in ALL if case.params is not None]


def as_expected(case: Case) -> bool:
    try:
        found = judged(case)
    except X509Error:
        return case.expected == "PathValidationError"
    if case.expected == "RevokedError":
        return found.verdict is PathVerdict.REVOKED
    if case.expected in ("InsufficientRevinfoError", "StaleRevinfoError"):
        return (found.verdict, found.stale) == STALE
    if case.expected == "PathValidationError":
        return found.verdict not in (PathVerdict.GOOD, PathVerdict.REVOKED)
    return (found.verdict, found.stale) == GOOD


def test_the_suite_is_whole() -> None:
    assert (len(ALL), len(WITH_POLICIES)) == (246, 33)
    assert {case.id for case in ALL} >= EXCLUDED.keys()


@pytest.mark.parametrize(
    "case", [case for case in PLAIN if case.id not in EXCLUDED], ids=lambda case: case.name
)
def test_a_path_is_judged_as_nist_expects(case: Case) -> None:
    assert as_expected(case)


@pytest.mark.parametrize("number", EXCLUDED)
def test_an_excluded_test_is_one_that_we_do_answer_otherwise(number: str) -> None:
    (case,) = [case for case in PLAIN if case.id == number]
    _why, instead = EXCLUDED[number]
    assert not as_expected(case)
    if instead is None:
        with pytest.raises(X509Error):
            judged(case)
    else:
        found = judged(case)
        assert (found.verdict, found.stale) == instead


@pytest.mark.parametrize("case", WITH_POLICIES, ids=lambda case: case.name)
def test_policies_are_inherited_as_nist_expects(case: Case) -> None:
    assert case.params is not None
    parameters = PKIXValidationParams(**asdict(case.params))
    others = tuple(map(certificate, case.others))
    paths = list(candidates(certificate(case.cert), (certificate(ANCHOR),), others))
    verdicts = {walk(path, MOMENT, parameters)[0] for path in paths}
    assert (PathVerdict.GOOD in verdicts) == (case.expected == "")
