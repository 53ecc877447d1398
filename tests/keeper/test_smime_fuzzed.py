"""Real mails bent in their structure: nothing but an answer, and nobody's but what he signed."""

from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from smime_mails import (
    ENTITY,
    Captured,
    answered,
    cbc,
    enrolled,
    opened,
    signed_by,
    signed_mail,
)
from smime_mails import paul as pauls

from rmp_milter.calls.protocol.message import Failed
from rmp_milter.calls.protocol.opening import Opened, Trust
from rmp_milter.keeper.desk.desk import Desk
from testbed import mime
from testbed.cms_bending import bent
from testbed.examples import some
from testbed.outlook import p7m

SETTINGS = settings(
    derandomize=True,
    max_examples=some(100),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
changes = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 1 << 16), st.integers(0, 1 << 16)),
    min_size=1,
    max_size=4,
)


@cache
def sealed() -> bytes:
    return cbc(signed_mail(pauls()))


@cache
def captured() -> Captured:
    return Captured(sealed())


def detached(signature: bytes) -> bytes:
    beside = mime.file_part("smime.p7s", signature, "application/pkcs7-signature")
    protocol = '; protocol="application/pkcs7-signature"; micalg=sha-256'
    return mime.multipart("signed", [ENTITY, beside], protocol)


def check(desk: Desk, envelope: bytes) -> None:
    """See that the answer is one, and that only what Dr Paul signed is his."""
    person = enrolled(desk, pauls())
    reply = answered(desk, envelope, person, account="carl")
    assert isinstance(reply, Failed | Opened)
    if isinstance(reply, Opened) and reply.signature.trust is not Trust.UNKNOWN:
        whole = opened(desk, sealed(), person)
        assert (reply.once, reply.signature) == (whole.once, whole.signature)


@SETTINGS
@given(how=changes)
def test_bent_envelopes(smime_desk: Desk, how: list[tuple[int, int, int]]) -> None:
    check(smime_desk, bent(sealed(), how))


@SETTINGS
@given(how=changes, form=st.sampled_from(["bare", "opaque", "detached"]))
def test_bent_signatures(smime_desk: Desk, how: list[tuple[int, int, int]], form: str) -> None:
    made = bent(signed_by(pauls()), how)
    inside = {"bare": made, "opaque": p7m(made, "signed-data"), "detached": detached(made)}
    check(smime_desk, cbc(inside[form]))


@SETTINGS
@given(at=st.integers(0, 5000), octets=st.binary(max_size=12), removed=st.integers(0, 8))
def test_other_octets_in_the_plaintext(
    smime_desk: Desk, at: int, octets: bytes, removed: int
) -> None:
    clear = signed_mail(pauls())
    at %= len(clear)
    check(smime_desk, cbc(clear[:at] + octets + clear[at + removed :]))


@SETTINGS
@given(
    moves=st.lists(
        st.tuples(st.integers(0, 2000), st.integers(0, 2000), st.integers(0, 40)),
        min_size=1,
        max_size=4,
    ),
    flipped=st.binary(min_size=16, max_size=16),
)
def test_blocks_moved_about(
    smime_desk: Desk, moves: list[tuple[int, int, int]], flipped: bytes
) -> None:
    blocks = list(captured().blocks)
    for source, target, count in moves:
        source, target = source % len(blocks), target % len(blocks)  # noqa: PLW2901 -- within bounds
        blocks[target:target] = blocks[source : source + count]
    mask = zip(blocks[len(blocks) // 2], flipped, strict=True)
    blocks[len(blocks) // 2] = bytes(a ^ b for a, b in mask)
    check(smime_desk, captured().sent_again(blocks))
