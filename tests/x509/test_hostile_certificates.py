import pytest
from hostile_case import hostile
from hypothesis import given, settings
from hypothesis import strategies as st
from trust_case import RPPS, read, world

from rmp_milter.x509 import (
    KeyUse,
    ListError,
    PathVerdict,
    Purpose,
    X509Error,
    compile_list,
    judge,
    read_compiled,
    read_x509,
)
from rmp_milter.x509 import reading as reading_module
from rmp_milter.x509.bounds import MAX_DEPTH, MAX_ELEMENTS
from rmp_milter.x509.tlv import DerError
from testbed.counting import calls_of
from testbed.examples import some
from testbed.x509_maker import Authorities, Maker, authorities

MAKER = Maker(1_790_000_000)
TREES = authorities(MAKER)
USER = MAKER.user("a@b.example", TREES.public, points=("http://ca.example/a.crl",))
CARD = MAKER.card(RPPS, TREES.igc)
CASES = hostile(USER.der)


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_certificate_is_refused_by_count_before_a_library_sees_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    der, words = CASES[name]
    if "address" not in name:
        monkeypatch.setattr(reading_module, "x509", None)
    with pytest.raises(X509Error, match=words):
        read_x509(der)


@pytest.mark.parametrize("name", CASES)
def test_a_refusal_costs_little(name: str) -> None:
    """What is counted in calls costs tens of milliseconds at the most."""
    der, _ = CASES[name]

    def refused() -> None:
        with pytest.raises(X509Error):
            read_x509(der)

    assert calls_of(refused) < 40_000


def test_an_honest_certificate_is_far_below_the_bounds() -> None:
    assert MAX_DEPTH == 16
    assert len(USER.der) * 4 < MAX_ELEMENTS


@given(st.data())
@settings(deadline=None, max_examples=some(300))
def test_changed_octets_are_refused_or_judged_and_never_good(data: st.DataObject) -> None:
    made = data.draw(st.sampled_from([USER, CARD]))
    der = bytearray(made.der)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(der) - 1))
        der[at] = data.draw(st.integers(0, 255))
    if bytes(der) == made.der:
        return
    try:
        found = read_x509(bytes(der))
    except X509Error:
        return
    purpose = Purpose.PUBLIC if made is USER else Purpose.IGC_SANTE
    there = world(MAKER, TREES)
    assert judge(found, there, MAKER.now, purpose, KeyUse.SIGN).verdict is not PathVerdict.GOOD


@given(st.binary(max_size=400))
@settings(deadline=None, max_examples=some(300))
def test_any_octets_are_refused_in_one_line(octets: bytes) -> None:
    for read_one in (read_x509, read_compiled):
        with pytest.raises((X509Error, ListError)) as refused:
            read_one(octets)
        assert "\n" not in str(refused.value)


@given(st.data())
@settings(deadline=None, max_examples=some(200))
def test_a_changed_list_is_refused(data: st.DataObject) -> None:
    raw = bytearray(LIST)
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises((ListError, DerError)):
        compile_list(bytes(raw), read(TREES.public), read(TREES.public_root), MAKER.now)


LIST = MAKER.revocation_list(TREES.public, [5, 6, 7])


def test_octets_that_are_no_der_string_are_judged_without_a_fault(
    maker: Maker, trees: Authorities
) -> None:
    made = maker.user("a@b.example", trees.public)
    der = made.der.replace(b"\x0c\x01a", b"\x0c\x01\xff")
    with pytest.raises(X509Error):
        read_x509(der)
