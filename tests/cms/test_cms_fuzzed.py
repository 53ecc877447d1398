"""Real messages bent in their structure: nothing but a CmsError comes out of any reader."""

import secrets
from functools import cache

import pytest
from cms_case import LIMIT, body_of
from cms_openssl import P256, OpenSsl, person
from hypothesis import given, settings
from hypothesis import strategies as st

from rmp_milter.cms import CmsError, CmsKind, looks_like_cms, read_body, read_envelope
from rmp_milter.cms.enclosed import signed_content
from rmp_milter.cms.small import checked
from rmp_milter.cms.tlv import Walker, reading
from rmp_milter.keeper.cms.keys import certificate_names, public_key
from rmp_milter.keeper.cms.opening import content_keys, decrypt
from rmp_milter.keeper.cms.signed import is_one_signature, read_signed, verify
from testbed.cms_bending import bent
from testbed.examples import some

ENVELOPES = ["aes-256-cbc", "aes-128-gcm"]
changes = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 1 << 16), st.integers(0, 1 << 16)),
    min_size=1,
    max_size=4,
)


@cache
def seeds(openssl: OpenSsl) -> list[bytes]:
    """Return envelopes, bodies, signatures and a certificate, as openssl writes them."""
    readers = [person("reader"), person("reader", P256)]
    envelopes = [
        openssl.encrypt(*readers, cipher=cipher, options=options)
        for cipher in ENVELOPES
        for options in ((), ("-stream",), ("-keyid",))
    ]
    pss = ("-keyopt", "rsa_padding_mode:pss")
    signatures = [openssl.sign(person("author"), *each) for each in ((), ("-stream",), pss)]
    signatures.append(openssl.sign(person("author", P256)))
    made = [*envelopes, openssl.encrypt_oaep(person("reader"), "sha256"), *signatures]
    return [*made, body_of(envelopes[0]), person("reader").certificate]


def open_all(data: bytes) -> None:
    read = reading(data)
    envelope = read_envelope(read, 0, len(data))
    keys = [person("reader").key(), person("reader", P256).key()]
    for key in content_keys(envelope, keys, secrets.token_bytes):
        decrypt(read, *envelope.body, envelope.kind, key, LIMIT)


def verify_all(data: bytes) -> None:
    verify(read_signed(reading(data), 0, len(data)), person("author").certificate)


def body_alone(data: bytes, kind: CmsKind = CmsKind.ENVELOPED) -> None:
    body = read_body(reading(data), 0, len(data), kind)
    assert sum(map(len, body.pieces(reading(data)))) == body.length


READERS = [
    open_all,
    verify_all,
    body_alone,
    lambda data: body_alone(data, CmsKind.AUTHENTICATED),
    certificate_names,
    public_key,
    signed_content,
    checked,
    lambda data: is_one_signature(reading(data), 0, len(data)),
    lambda data: Walker(reading(data), 0, len(data)).whole(),
    looks_like_cms,
]


def only_ours(data: bytes) -> int:
    """Give the octets to every reader; return how many took them.

    What each test asserts: a reader takes them or raises CmsError, and nothing else.
    """
    taken = 0
    for reader in READERS:
        try:
            reader(data)
        except CmsError:
            continue
        taken += 1
    return taken


def test_whole_messages_are_taken(openssl: OpenSsl) -> None:
    # Or the changes below would change nothing that is read.
    assert all(only_ours(each) >= 4 for each in seeds(openssl))


@settings(derandomize=True, max_examples=some(400))
@given(st.integers(0, 99), changes)
def test_bent_messages(openssl: OpenSsl, which: int, how: list[tuple[int, int, int]]) -> None:
    made = seeds(openssl)
    only_ours(bent(made[which % len(made)], how))


@settings(derandomize=True, max_examples=some(200))
@given(st.integers(0, 99), st.integers(0, 4000), st.binary(max_size=12), st.integers(0, 8))
def test_messages_with_other_octets(
    openssl: OpenSsl, which: int, at: int, octets: bytes, removed: int
) -> None:
    made = seeds(openssl)
    data = made[which % len(made)]
    at %= len(data)
    only_ours(data[:at] + octets + data[at + removed :])


@given(st.binary(max_size=60))
@settings(derandomize=True, max_examples=some(200))
def test_noise(data: bytes) -> None:
    only_ours(data)
    only_ours(b"\x30\x80" + data)


@pytest.mark.soak
@settings(max_examples=20_000)
@given(st.integers(0, 99), changes)
def test_many_bent_messages(
    openssl: OpenSsl, which: int, how: list[tuple[int, int, int]]
) -> None:
    made = seeds(openssl)
    only_ours(bent(made[which % len(made)], how))
