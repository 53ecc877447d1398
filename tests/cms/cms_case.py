"""What tests of envelopes do again and again."""

import secrets

from cms_openssl import Person

from rmp_milter.cms import CmsEnvelope, CmsError, CmsFault, head, read_envelope
from rmp_milter.cms.tlv import reading
from rmp_milter.keeper.cms.opening import content_keys, decrypt

LIMIT = 1 << 27


def envelope_of(data: bytes) -> CmsEnvelope:
    return read_envelope(reading(data), 0, len(data))


def body_of(data: bytes) -> bytes:
    offset, length = envelope_of(data).body
    return data[offset : offset + length]


def key_of(data: bytes, *readers: Person) -> bytes:
    """Return the first content key that comes out."""
    keys = [reader.key() for reader in readers]
    return next(content_keys(envelope_of(data), keys, secrets.token_bytes))


def opened(data: bytes, *readers: Person) -> bytes:
    """Return what an envelope holds for one of the readers."""
    envelope = envelope_of(data)
    fault = CmsError(CmsFault.UNREADABLE, "no key of ours")
    for key in content_keys(envelope, [each.key() for each in readers], secrets.token_bytes):
        try:
            return decrypt(reading(data), *envelope.body, envelope.kind, key, LIMIT)
        except CmsError as error:
            fault = error
    raise fault


def for_others(data: bytes, recipient_infos: list[bytes]) -> bytes:
    """Return the envelope with other recipients in front of the same body."""
    body = body_of(data)
    return head(envelope_of(data).kind, recipient_infos, len(body)) + body
