"""Vitale attestations: which tokens count, and why each other one does not."""

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jwt.api_jws import PyJWS
from keeper_case import NOW, SERVICE

from rmp_milter.calls.protocol.opening import AttestationFault as Fault
from rmp_milter.calls.protocol.opening import Attested
from rmp_milter.keeper.vitale import trust
from rmp_milter.keeper.vitale.attestation import NOBODY_ATTESTS, AttestationError
from rmp_milter.keeper.vitale.jws import CLOCK_SKEW, MAX_TOKEN, JwsVerifier
from testbed.examples import some
from testbed.vitale import CardSoftware

NIR = "159013456789082"
RPPS = "10003456786"
DAY = 24 * 3600


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keeper") / "trust"


@pytest.fixture(scope="module", params=["EdDSA", "ES256"])
def software(request: pytest.FixtureRequest, folder: Path) -> CardSoftware:
    made = CardSoftware(f"Lecteur {request.param}", request.param)
    assert trust.add(folder, made.name, made.pem, NOW).kid == made.kid
    return made


@pytest.fixture(scope="module")
def verifier(folder: Path) -> JwsVerifier:
    return JwsVerifier(folder, frozenset({SERVICE, "dossier@x.fr"}), DAY)


def fault(verifier: JwsVerifier, token: str, now: int = NOW) -> Fault:
    with pytest.raises(AttestationError) as error:
        verifier.verify(token, now)
    return error.value.reason


def changed(software: CardSoftware, **claims: object) -> str:
    said = {**software.claims(NIR, RPPS, SERVICE, NOW), **claims}
    kept = {name: value for name, value in said.items() if value is not None}
    return software.sign(kept)  # type: ignore[arg-type] # wrong claims, on purpose


def unsigned(header: dict[str, object], claims: dict[str, str | int]) -> str:
    return ".".join(b64(json.dumps(each).encode()) for each in (header, claims))


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def test_a_good_token_says_who_attests_whom_to_whom(
    software: CardSoftware, verifier: JwsVerifier
) -> None:
    claims = software.claims(NIR, RPPS, SERVICE, NOW)
    found = verifier.verify(software.sign(claims), NOW)
    assert found == Attested(software.name, NIR, RPPS, str(claims["jti"]), int(claims["exp"]))
    for audience in ("dossier@x.fr", SERVICE.upper()):
        assert verifier.verify(changed(software, aud=audience), NOW).nir == NIR
    assert verifier.verify(changed(software, more={"x": 1}), NOW).nir == NIR


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": "Autre"}, Fault.UNKNOWN_ISSUER),
        ({"aud": "rmp@autre.fr"}, Fault.OTHER_SERVICE),
        ({"exp": NOW}, Fault.MALFORMED),
        ({"exp": NOW - 1}, Fault.MALFORMED),
        ({"iat": NOW - 7200, "exp": NOW}, Fault.EXPIRED),
        ({"nbf": NOW + CLOCK_SKEW + 1}, Fault.EXPIRED),
        ({"iat": NOW + CLOCK_SKEW + 1, "exp": NOW + 7200}, Fault.EXPIRED),
        ({"exp": NOW + DAY + 1}, Fault.TOO_LONG),
        ({"exp": 1 << 70}, Fault.MALFORMED),
        ({"exp": str(NOW + 60)}, Fault.MALFORMED),
        ({"exp": None}, Fault.MALFORMED),
        ({"iat": None}, Fault.MALFORMED),
        ({"iat": -5}, Fault.MALFORMED),
        ({"jti": None}, Fault.MALFORMED),
        ({"jti": ""}, Fault.MALFORMED),
        ({"jti": "a\nb"}, Fault.MALFORMED),
        ({"jti": "x\n"}, Fault.MALFORMED),
        ({"jti": "x" * 101}, Fault.MALFORMED),
        ({"aud": None}, Fault.MALFORMED),
        ({"aud": [SERVICE]}, Fault.MALFORMED),
        ({"rpps": "1000345678"}, Fault.MALFORMED),
        ({"rpps": "١٠٠٠٣٤٥٦٧٨٦"}, Fault.MALFORMED),
        ({"nir": "159013456789083"}, Fault.MALFORMED),
        ({"nir": "1590134567890"}, Fault.MALFORMED),
        ({"nir": None}, Fault.MALFORMED),
        ({"nir": 159013456789082}, Fault.MALFORMED),
    ],
)
def test_a_signed_token_that_says_the_wrong_thing_is_refused(
    software: CardSoftware, verifier: JwsVerifier, claims: dict[str, object], reason: Fault
) -> None:
    assert fault(verifier, changed(software, **claims)) is reason


def test_its_time_is_bounded_on_both_sides(
    software: CardSoftware, verifier: JwsVerifier
) -> None:
    token = changed(software, iat=NOW, exp=NOW + DAY)
    for now in (NOW - CLOCK_SKEW, NOW, NOW + DAY - 1):
        assert verifier.verify(token, now).expires == NOW + DAY
    assert fault(verifier, token, NOW - CLOCK_SKEW - 1) is Fault.EXPIRED
    assert fault(verifier, token, NOW + DAY) is Fault.EXPIRED


def test_forged_tokens_are_refused(software: CardSoftware, verifier: JwsVerifier) -> None:
    claims = software.claims(NIR, RPPS, SERVICE, NOW)
    head, body, signature = software.sign(claims).split(".")
    stranger = CardSoftware("Inconnu", software.algorithm)
    posing = CardSoftware(software.name, software.algorithm)
    none = unsigned({"alg": "none", "kid": software.kid}, claims)
    more = b64(json.dumps({**claims, "nir": "2" + NIR[1:]}).encode())
    other_kind = CardSoftware(
        software.name, "ES256" if software.algorithm == "EdDSA" else "EdDSA"
    )
    with_secret = PyJWS().encode(b"{}", "k" * 32, "HS256", {"kid": software.kid})
    own_key = {"jwk": "x", "jku": "https://x.fr", "kid": posing.kid}
    for token, reason in {
        f"{none}.": Fault.MALFORMED,
        f"{none}.{signature}": Fault.BAD_SIGNATURE,
        posing.sign(claims, {"kid": software.kid}): Fault.BAD_SIGNATURE,
        other_kind.sign(claims, {"kid": software.kid}): Fault.BAD_SIGNATURE,
        with_secret: Fault.BAD_SIGNATURE,
        f"{head}.{more}.{signature}": Fault.BAD_SIGNATURE,
        f"{head}.{body}.{'A' * 86}": Fault.BAD_SIGNATURE,
        posing.sign(claims): Fault.UNKNOWN_ISSUER,
        posing.sign(claims, own_key): Fault.UNKNOWN_ISSUER,
        stranger.sign(stranger.claims(NIR, RPPS, SERVICE, NOW)): Fault.UNKNOWN_ISSUER,
        software.sign(claims, {"kid": f"../{software.kid}"}): Fault.UNKNOWN_ISSUER,
        software.sign(claims, {"kid": ""}): Fault.UNKNOWN_ISSUER,
    }.items():
        assert fault(verifier, token) is reason, token


def test_extensions_that_must_be_understood_are_refused(
    software: CardSoftware, verifier: JwsVerifier
) -> None:
    claims = software.claims(NIR, RPPS, SERVICE, NOW)
    body = b64(json.dumps(claims).encode())
    for extension in ({"crit": ["exp"], "exp": 1}, {"crit": "exp"}, {"b64": False}):
        header = {"alg": software.algorithm, "kid": software.kid, **extension}
        head = b64(json.dumps(header).encode())
        alone = software.sign(claims).rpartition(".")[2]
        assert fault(verifier, f"{head}.{body}.{alone}") in Fault


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b.c", "..", "a.b.c.d", "é.b.c", "eyJ.eyJ.x\n", " ".join(["ey.ey.x"] * 2)],
)
def test_what_is_no_token_is_malformed(verifier: JwsVerifier, token: str) -> None:
    assert fault(verifier, token) is Fault.MALFORMED


def test_a_token_has_an_end(software: CardSoftware, verifier: JwsVerifier) -> None:
    token = changed(software, padding="x" * MAX_TOKEN)
    assert len(token) > MAX_TOKEN
    assert fault(verifier, token) is Fault.MALFORMED
    assert fault(verifier, "e" * 8192) is Fault.MALFORMED


def test_json_nested_without_end_is_malformed(
    software: CardSoftware, verifier: JwsVerifier
) -> None:
    deep = b64(b"[" * 1400 + b"]" * 1400)
    head = b64(json.dumps({"alg": "EdDSA", "kid": software.kid}).encode())
    assert fault(verifier, f"{deep}.{head}.{'A' * 86}"[:MAX_TOKEN]) is Fault.MALFORMED
    assert fault(verifier, f"{head}.{b64(b'[' * 2500)}.{'A' * 86}") is not None


def test_a_key_counts_from_when_it_is_added_until_it_is_removed(
    verifier: JwsVerifier, folder: Path
) -> None:
    made = CardSoftware("Nouveau")
    token = made.token(NIR, RPPS, SERVICE, NOW)
    assert fault(verifier, token) is Fault.UNKNOWN_ISSUER
    trust.add(folder, made.name, made.pem, NOW)
    assert verifier.verify(token, NOW).issuer == "Nouveau"
    trust.remove(folder, "Nouveau")
    assert fault(verifier, token) is Fault.UNKNOWN_ISSUER


def test_a_registered_key_that_others_may_write_counts_for_nothing(
    verifier: JwsVerifier, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = CardSoftware("Ouvert")
    trust.add(folder, made.name, made.pem, NOW)
    file = folder / f"{made.kid}.json"
    file.chmod(0o620)
    assert fault(verifier, made.token(NIR, RPPS, SERVICE, NOW)) is Fault.UNKNOWN_ISSUER
    assert "others may write it" in caplog.text
    trust.remove(folder, made.kid)


def test_a_keeper_that_trusts_nobody_refuses_all(software: CardSoftware) -> None:
    with pytest.raises(AttestationError):
        NOBODY_ATTESTS.verify(software.token(NIR, RPPS, SERVICE, NOW), NOW)


_SEGMENT = st.one_of(
    st.text("abcXYZ019-_", max_size=60),
    st.binary(max_size=60).map(b64),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["alg", "kid", "crit", "b64", "iss", "exp", "nir"]), inner
            )
        ),
        max_leaves=8,
    ).map(lambda value: b64(json.dumps(value).encode())),
)


@settings(max_examples=some(300), deadline=None)
@given(st.lists(_SEGMENT, min_size=1, max_size=4).map(".".join), st.text(max_size=20))
def test_no_token_of_a_stranger_is_fatal_or_grants(
    verifier: JwsVerifier, token: str, text: str
) -> None:
    for each in (token, text, token + text):
        assert fault(verifier, each) in Fault


@settings(max_examples=some(300), deadline=None)
@given(st.integers(0, 700), st.sampled_from("ABab01-_.={ \n"))
def test_no_change_to_a_good_token_leaves_it_good(
    software: CardSoftware, verifier: JwsVerifier, place: int, sign: str
) -> None:
    good = software.token(NIR, RPPS, SERVICE, NOW)
    place %= len(good)
    for bad in (good[:place] + sign + good[place + 1 :], good[:place], good + sign):
        if bad != good:
            assert fault(verifier, bad) in Fault
