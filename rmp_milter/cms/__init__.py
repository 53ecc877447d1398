"""CMS (RFC 5652, 5083) as far as no key is needed: whose an envelope is, and where its body lies.

Nothing here knows mail or private keys. The order of the modules: errors, tlv, small, oids,
ciphers, recognise, recipients, envelope, body,
enclosed, assembling.
"""

from rmp_milter.cms.assembling import head
from rmp_milter.cms.body import Body, read_body
from rmp_milter.cms.ciphers import Cipher, Mode
from rmp_milter.cms.enclosed import signed_content
from rmp_milter.cms.envelope import CmsEnvelope, read_envelope
from rmp_milter.cms.errors import CmsError, CmsFault
from rmp_milter.cms.recipients import KeyWay, Recipient, RecipientId
from rmp_milter.cms.recognise import CmsKind, looks_like_cms
from rmp_milter.cms.tlv import ReadAt

__all__ = [
    "Body",
    "Cipher",
    "CmsEnvelope",
    "CmsError",
    "CmsFault",
    "CmsKind",
    "KeyWay",
    "Mode",
    "ReadAt",
    "Recipient",
    "RecipientId",
    "head",
    "looks_like_cms",
    "read_body",
    "read_envelope",
    "signed_content",
]
