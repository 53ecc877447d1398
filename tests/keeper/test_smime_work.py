"""The same work for whatever is wrong, and bounds on what a mail may cost."""

from collections.abc import Callable
from unittest.mock import patch

import pytest
from smime_causes import CAUSES, unsigned
from smime_mails import cbc, enrolled, service, signed_by, signed_mail, why
from smime_mails import paul as pauls

from rmp_milter.calls.protocol.message import Why
from rmp_milter.keeper.cms.opening import MAX_TRIES
from rmp_milter.keeper.desk import signed_inside, smime
from rmp_milter.keeper.desk.desk import Desk
from testbed.cms_tree import Branch, tree
from testbed.counting import calls_of
from testbed.outlook import p7m

pytestmark = pytest.mark.promise(number=22)
MIB = 1 << 20
SIGNER = (1, 0, -1, 0)


def wrong_padding() -> bytes:
    envelope = bytearray(cbc(signed_mail(pauls())))
    envelope[-17] ^= 0x80  # the block before the last: the padding's octet is above 16 for sure
    return bytes(envelope)


@pytest.mark.parametrize("cause", [*CAUSES, wrong_padding])
def test_whatever_is_wrong_one_signature_is_verified_and_everything_hashed(
    smime_desk: Desk, cause: Callable[[], bytes]
) -> None:
    envelope = cause() if cause is wrong_padding else cbc(cause())
    verified, rests = [], []
    verify, rest = signed_inside.verify, signed_inside._Work.rest

    def noted(*args: object) -> None:
        verified.append(args)
        verify(*args)

    def rested(work: signed_inside._Work) -> None:
        rest(work)
        rests.append(work)

    with (
        patch.object(signed_inside, "verify", noted),
        patch.object(signed_inside._Work, "rest", rested),
    ):
        assert why(smime_desk, envelope, enrolled(smime_desk, pauls())) is Why.SMIME_UNREADABLE
    assert (len(verified), len(rests)) == (1, 1)


def attributes(count: int) -> bytes:
    made = tree(signed_by(pauls()))
    other = [
        Branch(0x30, inside=[Branch(6, bytes((42, n))), Branch(0x31, b"\5\0")])
        for n in range(count)
    ]
    made.at(*SIGNER, 3).inside.extend(other)
    return p7m(made.octets(), "signed-data")


def certificates(count: int) -> bytes:
    made = tree(signed_by(pauls()))
    made.at(1, 0, 3).inside *= count
    return p7m(made.octets(), "signed-data")


def chunked(size: int) -> bytes:
    made = tree(signed_by(pauls()))
    content = made.at(1, 0, 2, 1, 0)
    pieces = [Branch(4, bytes(1024)) for _ in range(size // 1024)]
    content.tag, content.content, content.inside, content.open = 0x24, b"", pieces, True
    return made.octets()


@pytest.mark.parametrize("inside", [attributes(65), certificates(17), chunked(MIB)])
def test_what_is_too_much_inside_is_refused_like_all_else(
    smime_desk: Desk, inside: bytes
) -> None:
    envelope = cbc(inside)
    assert why(smime_desk, envelope, enrolled(smime_desk, pauls())) is Why.SMIME_UNREADABLE


def streamed(envelope: bytes, size: int) -> bytes:
    """Return an envelope whose ciphertext comes in pieces of that size, no length said."""
    made = tree(envelope)
    content = made.at(1, 0, -1, -1)
    data, content.tag, content.content = content.content, 0xA0, b""
    content.inside = [Branch(4, data[at : at + size]) for at in range(0, len(data), size)]
    for each in (made, made.at(1), made.at(1, 0), made.at(1, 0, -1), content):
        each.open = True
    return made.octets()


def test_twenty_megabytes_in_pieces_of_a_kilobyte_cost_what_pieces_cost(
    smime_desk: Desk,
) -> None:
    # 20,000 pieces, for each certificate of ours that is named so often as is tried.
    costs = []
    for size in (2 * MIB, 20 * MIB):
        envelope = streamed(cbc(bytes(size), *[service()] * 2), 1024)
        person = enrolled(smime_desk, pauls())
        costs.append(calls_of(lambda: why(smime_desk, envelope, person)))  # noqa: B023 -- called at once
    assert costs[1] < 11 * costs[0]
    assert costs[1] / (2 * 20 * 1024) < 80


@pytest.mark.parametrize(
    ("count", "said"), [(64, Why.SMIME_UNREADABLE), (65, Why.TOO_MANY_RECIPIENTS)]
)
def test_recipients_are_bounded_and_so_are_tries(
    smime_desk: Desk, count: int, said: Why
) -> None:
    envelope = cbc(unsigned(), *[service()] * count)
    tried = []
    real = smime.inside_of
    with patch.object(smime, "inside_of", lambda *args: tried.append(args) or real(*args)):
        assert why(smime_desk, envelope) is said
    assert len(tried) == (MAX_TRIES if said is Why.SMIME_UNREADABLE else 0)
