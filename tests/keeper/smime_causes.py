"""What may be wrong inside an envelope, and may not be told apart; each is a plaintext."""

import hashlib
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from smime_mails import ENTITY, TEXT, signed_by, signed_mail, user
from smime_mails import paul as pauls

from rmp_milter.cms.oids import encoded
from rmp_milter.cms.tlv import framed
from rmp_milter.keeper.cms.attributes import MESSAGE_DIGEST
from testbed import mime
from testbed.cms_tree import Branch, tree
from testbed.outlook import p7m
from testbed.x509_maker import Made

SIGNER = (1, 0, -1, 0)
"""Where the SignerInfo lies in the tree of a message."""


def resigned(made: Branch, author: Made | None = None) -> bytes:
    """Return the message with a signature that fits its attributes."""
    attributes = made.at(*SIGNER, 3)
    data = framed(0x31, b"".join(each.octets() for each in attributes.inside))
    key = (author or pauls()).key
    made.at(*SIGNER, 5).content = key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    return made.octets()


def unsigned() -> bytes:
    return ENTITY


def empty() -> bytes:
    return b""


def noise() -> bytes:
    return bytes(range(256)) * 40


def broken_signature() -> bytes:
    made = tree(signed_by(pauls()))
    made.at(*SIGNER, 5).content = bytes(256)
    return p7m(made.octets(), "signed-data")


def strangers_broken_signature() -> bytes:
    made = tree(signed_by(user("eve")))
    made.at(*SIGNER, 5).content = bytes(256)
    return p7m(made.octets(), "signed-data")


def content_changed() -> bytes:
    made = tree(signed_by(pauls()))
    made.at(1, 0, 2, 1, 0).content += b" "
    return p7m(made.octets(), "signed-data")


def two_signers() -> bytes:
    made, other = tree(signed_by(pauls())), tree(signed_by(user("eve")))
    made.at(1, 0, -1).inside.append(other.at(*SIGNER))
    return p7m(made.octets(), "signed-data")


def no_signer() -> bytes:
    made = tree(signed_by(pauls()))
    made.at(1, 0, -1).inside.clear()
    return p7m(made.octets(), "signed-data")


def no_attributes() -> bytes:
    made = tree(signed_by(pauls()))
    del made.at(*SIGNER).inside[3]
    signature = pauls().key.sign(ENTITY, padding.PKCS1v15(), hashes.SHA256())
    made.at(*SIGNER, 4).content = signature
    return p7m(made.octets(), "signed-data")


def weak_digest(oid: str, digest: str) -> bytes:
    made = tree(signed_by(pauls()))
    made.at(*SIGNER, 2, 0).content = encoded(oid)
    for each in made.at(*SIGNER, 3).inside:
        if each.inside[0].content == encoded(MESSAGE_DIGEST):
            each.inside[1].inside[0].content = hashlib.new(digest, ENTITY).digest()
    return p7m(resigned(made), "signed-data")


def by_sha1() -> bytes:
    return weak_digest("1.3.14.3.2.26", "sha1")


def by_md5() -> bytes:
    return weak_digest("1.2.840.113549.2.5", "md5")


def beside_another_part() -> bytes:
    return mime.multipart("mixed", [mime.text_part(TEXT), signed_mail(pauls())])


def before_another_part() -> bytes:
    return mime.multipart("mixed", [signed_mail(pauls()), mime.text_part(TEXT)])


def alone_in_a_multipart() -> bytes:
    return mime.multipart("mixed", [signed_mail(pauls())])


def attached_to_a_mail() -> bytes:
    inner = {"Content-Type": "message/rfc822"}
    return mime.entity(inner, signed_mail(pauls()))


def signed_with_more_behind() -> bytes:
    return signed_mail(pauls()) + b"\r\nPatient : MARTIN Anne\r\n"


def octets_behind_the_signature() -> bytes:
    return p7m(signed_by(pauls()) + TEXT.encode(), "signed-data")


def without_certificate_by_nobody_known() -> bytes:
    made = tree(signed_by(user("eve")))
    made.at(1, 0, 3).inside.clear()
    return p7m(made.octets(), "signed-data")


CAUSES: list[Callable[[], bytes]] = [
    unsigned,
    empty,
    noise,
    broken_signature,
    strangers_broken_signature,
    content_changed,
    two_signers,
    no_signer,
    no_attributes,
    by_sha1,
    by_md5,
    beside_another_part,
    before_another_part,
    alone_in_a_multipart,
    attached_to_a_mail,
    signed_with_more_behind,
    octets_behind_the_signature,
    without_certificate_by_nobody_known,
]
