"""What opens nothing says nothing: one answer, whatever was wrong."""

from pathlib import Path
from typing import Any

import pytest
from cms_case import LIMIT, body_of, envelope_of, key_of, opened
from cms_openssl import LETTER, P256, P384, RSA, person
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from test_cms_making import sent

from rmp_milter.cms import CmsError, CmsFault, CmsKind, Mode
from rmp_milter.cms.tlv import reading
from rmp_milter.keeper.cms.making import enveloped
from rmp_milter.keeper.cms.opening import MAX_TRIES, content_keys, decrypt
from testbed.cms_tree import tree

WYCHEPROOF = Path(__file__).parents[1] / "fixtures" / "wycheproof"
KEY = bytes(range(32))
DATA = "1.2.840.113549.1.7.1"
RECIPIENT = (1, 0, 1, 0)


def answer(data: bytes, kind: str = RSA) -> tuple[CmsFault, str, str]:
    """Return all that the error of opening a message says."""
    with pytest.raises(CmsError) as error:
        opened(data, person("reader", kind))
    assert error.value.__cause__ is None
    return error.value.fault, error.value.name, str(error.value)


def wrong_key() -> tuple[CmsFault, str, str]:
    body = enveloped([LETTER], KEY, bytes)  # always the same: one in 256 would be padded well
    with pytest.raises(CmsError) as error:
        decrypt(reading(body), 0, len(body), CmsKind.ENVELOPED, bytes(32), LIMIT)
    return error.value.fault, error.value.name, str(error.value)


def transported(encrypted: bytes) -> bytes:
    """Return an envelope whose first recipient has this instead of the encrypted key."""
    made = tree(sent(person("reader"), mode=Mode.GCM))
    made.at(*RECIPIENT, 3).content = encrypted
    return made.octets()


def encrypted(content_key: bytes) -> bytes:
    public = person("reader").private.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    return public.encrypt(content_key, padding.PKCS1v15())


def wrongly_padded() -> bytes:
    public = person("reader").private.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    numbers = public.public_numbers()
    block = int.from_bytes(b"\0\1" + b"\xff" * 221 + b"\0" + KEY)
    return pow(block, numbers.e, numbers.n).to_bytes(256)


@pytest.mark.parametrize(
    "made",
    [
        lambda: encrypted(b""),
        lambda: encrypted(KEY[:16]),
        lambda: encrypted(KEY[:31]),
        lambda: encrypted(KEY + b"\0"),
        lambda: encrypted(KEY[::-1]),
        wrongly_padded,
        lambda: bytes(256),
        lambda: b"\xff" * 256,
        lambda: bytes(255),
        lambda: b"",
    ],
    ids=["empty", "16", "31", "33", "another", "padding", "zeros", "ones", "short", "nothing"],
)
def test_no_answer_tells_a_padding_from_a_key(made: Any) -> None:  # noqa: ANN401 -- makes octets
    data = transported(made())
    assert len(key_of(data, person("reader"))) == 32
    assert answer(data) == closed_gcm() == wrong_key()


def test_the_key_that_stands_in_is_drawn_whether_it_is_needed_or_not() -> None:
    drawn: list[int] = []

    def random(size: int) -> bytes:
        drawn.append(size)
        return bytes(size)

    for data in (sent(person("reader")), transported(encrypted(b"")), transported(b"")):
        list(content_keys(envelope_of(data), [person("reader").key()], random))
    assert drawn == [32, 32, 32]


@pytest.mark.parametrize("place", [(3,), (2, 1)])
def test_oaep_that_does_not_fit(place: tuple[int, ...]) -> None:
    made = tree(sent(person("reader"), mode=Mode.GCM, oaep=True))
    if place == (3,):
        made.at(*RECIPIENT, 3).content = bytes(256)
    else:
        made.at(*RECIPIENT, 2, 1).inside = []  # SHA-1, the default
    assert answer(made.octets()) == closed_gcm()


def closed_gcm() -> tuple[CmsFault, str, str]:
    body = body_of(sent(person("reader"), mode=Mode.GCM))
    with pytest.raises(CmsError) as error:
        decrypt(reading(body), 0, len(body), CmsKind.AUTHENTICATED, bytes(32), LIMIT)
    return error.value.fault, error.value.name, str(error.value)


@pytest.mark.parametrize("kind", [P256, P384])
def test_agreements_that_do_not_fit(kind: str) -> None:
    made = tree(sent(person("reader", kind), mode=Mode.GCM))
    point, wrapped = made.at(*RECIPIENT, 1, 0, 1), made.at(*RECIPIENT, 3, 0, 1)
    for branch, values in (
        (point, (b"", b"\0", bytes(66), b"\0\4" + bytes(64), b"\0" + b"\xff" * 97)),
        (wrapped, (b"", bytes(24), bytes(39), wrapped.content[::-1])),
    ):
        before = branch.content
        for content in values:
            branch.content = content
            assert answer(made.octets(), kind) == closed_gcm()
        branch.content = before
    assert opened(made.octets(), person("reader", kind)) == LETTER


def test_closed_says_the_same_of_both_modes() -> None:
    assert wrong_key() == closed_gcm()
    assert wrong_key()[0] is CmsFault.UNREADABLE


@pytest.mark.parametrize("key", [b"", bytes(16), bytes(24), bytes(33)])
@pytest.mark.parametrize("mode", Mode)
def test_a_key_of_another_size_is_a_wrong_one(mode: Mode, key: bytes) -> None:
    data = sent(person("reader"), mode=mode)
    envelope = envelope_of(data)
    with pytest.raises(CmsError) as error:
        decrypt(reading(data), *envelope.body, envelope.kind, key, LIMIT)
    assert (error.value.fault, error.value.name, str(error.value)) == wrong_key()


@pytest.mark.parametrize("length", [0, 15, 17])
def test_a_ciphertext_that_is_no_row_of_blocks(length: int) -> None:
    made = tree(sent(person("reader")))
    made.at(1, 0, 2, 2).content = bytes(length)
    assert answer(made.octets()) == wrong_key()


@pytest.mark.parametrize("mode", Mode)
def test_too_large_depends_on_no_key(mode: Mode) -> None:
    data = sent(person("reader"), mode=mode, data=bytes(1000))
    envelope = envelope_of(data)
    for key in (key_of(data, person("reader")), bytes(32), b""):
        with pytest.raises(CmsError) as error:
            decrypt(reading(data), *envelope.body, envelope.kind, key, 900)
        assert error.value.fault is CmsFault.TOO_LARGE
    key = key_of(data, person("reader"))
    assert decrypt(reading(data), *envelope.body, envelope.kind, key, 1000) == bytes(1000)


def test_a_recipient_that_is_ours_by_an_unknown_way_is_said_to_be_so() -> None:
    made = tree(sent(person("reader")))
    made.at(*RECIPIENT, 2, 0).content = b"\x2a\3"
    assert answer(made.octets()) == (CmsFault.UNSUPPORTED, "1.2.3", "algorithm 1.2.3")


def test_an_issuer_written_otherwise_is_tried_last() -> None:
    made = tree(sent(person("nobody"), person("reader")))
    names = [each.at(1, 0, 1, 0, 1) for each in made.at(1, 0, 1).inside]
    for name in names:
        assert name.tag == 0x0C
        name.tag = 0x13
    assert opened(made.octets(), person("reader")) == LETTER


def test_tries_are_bounded() -> None:
    made = tree(sent(person("reader", P256)))
    recipients = made.at(1, 0, 1)
    recipients.inside *= 64
    keys = content_keys(envelope_of(made.octets()), [person("reader", P256).key()], bytes)
    assert len(list(keys)) == MAX_TRIES
