"""NIST's PKITS out of the fixture: its certificates, lists and what each test expects."""

import functools
import tarfile
from pathlib import Path

import msgspec

from rmp_milter.x509 import (
    X509,
    ListError,
    PathVerdict,
    RevocationList,
    World,
    compile_list,
    read_x509,
)
from rmp_milter.x509.paths import Judged, by_issuer, judge_path

ARCHIVE = Path(__file__).parents[1] / "fixtures" / "pkits" / "pkits.tar.xz"
MOMENT = 1_790_000_000  # 2026-09-21: between the dates that the tests rest on
ANCHOR, ANCHOR_LIST = "TrustAnchorRootCertificate.crt", "TrustAnchorRootCRL.crl"


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Inputs of the algorithm (RFC 5280, 6.1.1) that some tests set."""

    user_initial_policy_set: frozenset[str] = frozenset({"any_policy"})
    initial_policy_mapping_inhibit: bool = False
    initial_explicit_policy: bool = False
    initial_any_policy_inhibit: bool = False


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One test; ``expected`` is the class of the error, or empty."""

    id: str
    name: str
    cert: str
    others: tuple[str, ...]
    crls: tuple[str, ...]
    expected: str
    params: Params | None = None
    revocation: bool | None = None


@functools.cache
def files() -> dict[str, bytes]:
    found = {}
    with tarfile.open(ARCHIVE) as archive:
        for member in archive:
            stream = archive.extractfile(member)
            assert stream is not None
            found[member.name] = stream.read()
    return found


def cases() -> list[Case]:
    return msgspec.json.decode(files()["pkits.json"], type=list[Case])


@functools.cache
def certificate(name: str) -> X509:
    return read_x509(files()[f"certs/{name}"])


def lists(case: Case) -> list[RevocationList]:
    """Compile the lists of a test from the anchor downwards, as ``rmp trust refresh`` does."""
    others = tuple(map(certificate, case.others))
    waiting = [files()[f"crls/{name}"] for name in (ANCHOR_LIST, *case.crls)]
    found: list[RevocationList] = []
    for _ in range(len(waiting)):
        for raw in list(waiting):
            compiled = _compiled(raw, others, found)
            if compiled:
                found.append(compiled)
                waiting.remove(raw)
    return found


def _compiled(
    raw: bytes, others: tuple[X509, ...], so_far: list[RevocationList]
) -> RevocationList | None:
    anchor = certificate(ANCHOR)
    world = World({}, others, by_issuer(so_far))
    for signer in (anchor, *others):
        if signer is not anchor:
            judged = judge_path(signer, world, MOMENT, (anchor,))
            if judged.verdict is not PathVerdict.GOOD:
                continue
        try:
            return compile_list(raw, signer, anchor, MOMENT)
        except ListError:
            continue
    return None


def judged(case: Case) -> Judged:
    others = tuple(map(certificate, case.others))
    world = World({}, others, by_issuer(lists(case)))
    return judge_path(certificate(case.cert), world, MOMENT, (certificate(ANCHOR),))
