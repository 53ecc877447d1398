"""AuthEnvelopedData: what its tag covers, what goes with its body, and no way around it."""

import secrets

import pytest
from asn1crypto import cms
from cms_case import LIMIT, body_of, opened
from cms_openssl import LETTER, person
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from test_cms_closed import DATA, KEY, closed_gcm

from rmp_milter.cms import CmsError, CmsFault, CmsKind, Mode, head, read_body
from rmp_milter.cms.ciphers import aes
from rmp_milter.cms.tlv import framed, reading
from rmp_milter.keeper.cms.encoding import algorithm, integer, octets, oid, sequence
from rmp_milter.keeper.cms.making import enveloped, recipient_info
from rmp_milter.keeper.cms.opening import decrypt
from testbed.cms_tree import Branch, tree


def test_every_changed_octet_of_an_authenticated_body_is_seen() -> None:
    body = enveloped([LETTER], KEY, secrets.token_bytes, Mode.GCM)
    for at in range(len(body)):
        changed = body[:at] + bytes((body[at] ^ 1,)) + body[at + 1 :]
        try:
            read_body(reading(changed), 0, len(body), CmsKind.AUTHENTICATED)
        except CmsError:
            continue
        try:
            found = decrypt(reading(changed), 0, len(body), CmsKind.AUTHENTICATED, KEY, LIMIT)
        except CmsError:
            continue
        # The content's type stands in front, and nothing covers it: it is not acted on.
        assert found == LETTER
        assert at < 4 + len(oid(DATA))


def with_attributes(attributes: bytes) -> bytes:
    """Return an authenticated body with attributes beside it."""
    nonce = bytes(12)
    additional = b"\x31" + attributes[1:]
    sealed = AESGCM(KEY).encrypt(nonce, LETTER, additional)
    how = algorithm(aes(32, Mode.GCM).oid, sequence(octets(nonce), integer(16)))
    content = sequence(oid(DATA), how, framed(0x80, sealed[:-16]))
    return content + attributes + octets(sealed[-16:])


def test_authenticated_attributes_are_covered() -> None:
    value = sequence(oid("1.2.840.113549.1.9.3"), framed(0x31, oid(DATA)))
    body = with_attributes(framed(0xA1, value))
    read = reading(body)
    assert decrypt(read, 0, len(body), CmsKind.AUTHENTICATED, KEY, LIMIT) == LETTER
    changed = body.replace(oid(DATA) + octets(body[-16:]), oid(DATA[:-1] + "2") + body[-18:])
    with pytest.raises(CmsError) as error:
        decrypt(reading(changed), 0, len(body), CmsKind.AUTHENTICATED, KEY, LIMIT)
    assert (error.value.fault, error.value.name, str(error.value)) == closed_gcm()


def test_attributes_and_tag_go_with_the_body_and_other_attributes_do_not() -> None:
    # Read again by asn1crypto: OpenSSL 3.0 expects these attributes under other tags.
    value = sequence(oid("1.2.840.113549.1.9.3"), framed(0x31, oid(DATA)))
    body = with_attributes(framed(0xA1, value))
    info = recipient_info(person("reader").certificate, KEY)
    made = tree(head(CmsKind.AUTHENTICATED, [info], len(body)) + body)
    made.at(1, 0).inside.append(Branch(0xA2, b"\x30\0"))
    assert body_of(made.octets()) == body
    assert opened(made.octets(), person("reader")) == LETTER
    again = head(CmsKind.AUTHENTICATED, [info], len(body)) + body
    theirs = cms.ContentInfo.load(again, strict=True)["content"]
    assert theirs["auth_attrs"][0]["type"].native == "content_type"
    assert theirs["mac"].native == body[-16:]
    assert not theirs["unauth_attrs"]


def test_the_kind_that_was_stored_wins() -> None:
    # RFC 9709: a body sealed with GCM is not opened as CBC, nor the other way.
    body = enveloped([LETTER], KEY, secrets.token_bytes, Mode.GCM)
    counter = body[: len(body) - 18]
    vector = octets(bytes(16))
    as_cbc = sequence(
        oid(DATA), algorithm(aes(32, Mode.CBC).oid, vector), framed(0x80, bytes(32))
    )
    cbc = enveloped([LETTER], KEY, secrets.token_bytes)
    for kind, data in (
        (CmsKind.ENVELOPED, counter),
        (CmsKind.AUTHENTICATED, as_cbc + octets(bytes(16))),
        (CmsKind.AUTHENTICATED, cbc + octets(bytes(16))),
        (CmsKind.SIGNED, cbc),
    ):
        with pytest.raises(CmsError) as error:
            decrypt(reading(data), 0, len(data), kind, KEY, LIMIT)
        assert error.value.fault is CmsFault.UNSUPPORTED


@pytest.mark.parametrize("size", [0, 4, 11, 17])
def test_a_tag_of_another_length(size: int) -> None:
    body = enveloped([LETTER], KEY, secrets.token_bytes, Mode.GCM)
    changed = body[:-18] + octets(body[-16:][:size].ljust(size, b"\0"))
    changed = changed.replace(integer(16), integer(size))
    with pytest.raises(CmsError) as error:
        decrypt(reading(changed), 0, len(changed), CmsKind.AUTHENTICATED, KEY, LIMIT)
    assert error.value.fault is CmsFault.UNREADABLE
