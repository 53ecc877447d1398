"""Every mail of the corpora, with the shape that a look at it gives."""

import subprocess
import tempfile
from pathlib import Path

import pytest

from rmp_milter.mail.incoming.mimetree import content, scan, walk
from rmp_milter.mail.incoming.shapes import ShapeName, octets_of, recognise
from rmp_milter.mail.meaning.texts import text_of_mail

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"

# name → (shape, sizes of the pieces, names in clear, signed outside)
Expected = tuple[str, tuple[int, ...], tuple[str, ...], bool]
CLEAR: Expected = ("clear", (), (), False)
SIGNED: Expected = ("clear", (), (), True)


def _pgp_mime(*sizes: int, clear: tuple[str, ...] = (), signed: bool = False) -> Expected:
    return ("pgp-mime", sizes, clear, signed)


def _inline(*sizes: int, clear: tuple[str, ...] = ()) -> Expected:
    return ("inline", sizes, clear, False)


def _smime(size: int, clear: tuple[str, ...] = ()) -> Expected:
    return ("smime", (size,), clear, False)


def _mixed_up(size: int) -> Expected:
    return ("mixed-up", (size,), (), False)


EXPECTED: dict[str, Expected] = {
    "claws-4.1.1-pgpinline.eml": _inline(514, clear=("report.pdf", "Übersicht déjà-vu.txt")),
    "claws-4.1.1-pgpmime.eml": _pgp_mime(1318),
    "mutt-classic.eml": _pgp_mime(1096),
    "mutt-gpgme.eml": _pgp_mime(1056),
    "neomutt-classic.eml": _pgp_mime(1100),
    "neomutt-gpgme.eml": _pgp_mime(1060),
    "thunderbird-153.eml": _pgp_mime(4053),
    "openpgp-encrypted-attachment-gpgol.mbox": _inline(1797),
    "openpgp-encrypted-attachment-no-headers.mbox": _inline(1245),
    "openpgp-signed-rfc2231-attachments.mbox": SIGNED,
    "testmails-1.mbox": _inline(926, 932, 1013, 18424),
    "8bitencoded.mbox": CLEAR,
    "applehtmlwithattachments.mbox": CLEAR,
    "applehtmlwithattachmentsmixed.mbox": CLEAR,
    "combined.mbox": CLEAR,
    "crlf-encrypted-with-signature-multipart.mbox": _pgp_mime(413),
    "crlf-encrypted-with-signature.mbox": _inline(413),
    "encapsulated-with-attachment.mbox": CLEAR,
    "forward-openpgp-signed-encrypted-no-from.mbox": _pgp_mime(975),
    "forward-openpgp-signed-encrypted.mbox": _pgp_mime(975),
    "html.mbox": CLEAR,
    "htmlonly.mbox": CLEAR,
    "htmlonlyexternal.mbox": CLEAR,
    "inlinepgpencrypted-appendix.mbox": _inline(352),
    "inlinepgpencrypted-error.mbox": _inline(1641),
    "inlinepgpencrypted.mbox": _inline(352),
    "inlinepgpgencrypted-error.mbox": _inline(1641),
    "internal-pgpencrypted-mime.mbox": _mixed_up(1245),
    "multipart-mixed-alternative-inline-pgp.mbox": _inline(426),
    "no-content-type.mbox": CLEAR,
    "openpgp-encoded.mbox": CLEAR,
    "openpgp-encrypted+signed.mbox": _pgp_mime(878),
    "openpgp-encrypted-ambiguous-mime.mbox": _mixed_up(599),
    "openpgp-encrypted-applemail.mbox": _mixed_up(370),
    "openpgp-encrypted-attachment-and-non-encrypted-attachment.mbox": _pgp_mime(
        1246, clear=("image.png",)
    ),
    "openpgp-encrypted-attachment.mbox": _pgp_mime(1245),
    "openpgp-encrypted-enigmail1.6.mbox": _pgp_mime(370),
    "openpgp-encrypted-memoryhole.mbox": _pgp_mime(530),
    "openpgp-encrypted-memoryhole2.mbox": _pgp_mime(3777),
    "openpgp-encrypted-noData.mbox": CLEAR,
    "openpgp-encrypted-non-encrypted-attachment.mbox": _pgp_mime(1175, clear=("image.png",)),
    "openpgp-encrypted-partially-signed-attachments.mbox": _pgp_mime(1053, 468),
    "openpgp-encrypted-signed-thunderbird.mbox": _pgp_mime(4321),
    "openpgp-encrypted-two-attachments.mbox": _pgp_mime(599),
    "openpgp-encrypted.mbox": _pgp_mime(426),
    "openpgp-inline-charset-encrypted.mbox": _inline(805),
    "openpgp-inline-encrypted+nonenc.mbox": _inline(352, 805),
    "openpgp-inline-signed-broken.mbox": SIGNED,
    "openpgp-inline-signed-broken2.mbox": SIGNED,
    "openpgp-inline-signed.mbox": SIGNED,
    "openpgp-inline-wrong-charset-encrypted.mbox": _inline(575),
    "openpgp-multipart-embedded-signed.mbox": _pgp_mime(1310),
    "openpgp-multipart-embedded.mbox": _pgp_mime(950),
    "openpgp-signed-and-unsigned-attachments-and-parts.mbox": SIGNED,
    "openpgp-signed-apple.mbox": SIGNED,
    "openpgp-signed-base64-mailman-footer.mbox": SIGNED,
    "openpgp-signed-encrypted-two-attachments.mbox": _pgp_mime(1078),
    "openpgp-signed-encrypted.mbox": _pgp_mime(975),
    "openpgp-signed-mailinglist+additional-children.mbox": SIGNED,
    "openpgp-signed-mailinglist+old.mbox": CLEAR,
    "openpgp-signed-mailinglist.mbox": SIGNED,
    "openpgp-signed-no-protocol.mbox": SIGNED,
    "openpgp-signed-sender-mismatch.mbox": SIGNED,
    "openpgp-signed-two-attachments.mbox": SIGNED,
    "outlook.mbox": CLEAR,
    "plaintext.mbox": CLEAR,
    "plaintextattachment.mbox": CLEAR,
    "signed-forward-openpgp-signed-encrypted.mbox": _pgp_mime(975, signed=True),
    "smime-cert.mbox": CLEAR,
    "smime-encrypted-ambiguous-mime.mbox": _smime(1297),
    "smime-encrypted-not-so-ambiguous-mime.mbox": _smime(1297, clear=("readme.txt",)),
    "smime-encrypted-octet-stream.mbox": _smime(454),
    "smime-encrypted.mbox": _smime(454),
    "smime-opaque-enc+sign.mbox": _smime(1297),
    "smime-opaque-sign.mbox": SIGNED,
    "smime-opaque-signed-encrypted-attachment.mbox": _smime(1905),
    "smime-signed-apple.mbox": SIGNED,
    "smime-signed-charset.mbox": SIGNED,
    "smime-signed-encrypted.mbox": _smime(1512),
    "text+html-maillinglist.mbox": CLEAR,
    "alice-broken-exchange.eml": _mixed_up(951),
    "bob-enc-html-nbsp.eml": ("inline-html", (166,), (), False),
    "bob-enc-inline-nbsp-qp.eml": _inline(166),
    "encrypted-and-signed-alice-to-bob-nonascii.eml": _pgp_mime(2903),
    "encrypted-to-alice-as-hidden-recipient.eml": _pgp_mime(210),
    "fwd-unsigned-encrypted.eml": _pgp_mime(1067),
    "outer-pgp-sig-inner-pgp-enc.eml": _pgp_mime(1183, signed=True),
    "partial-encrypt-for-alice-html.eml": ("inline-html", (191,), (), False),
    "partial-encrypt-for-alice-plaintext.eml": _inline(191),
    "signed-by-0xfbfcc82a015e7330-encrypted-to-0xf231550c4f47e38e.eml": _pgp_mime(2244),
}


def _mails() -> list[Path]:
    return sorted(
        path
        for path in CORPORA.rglob("*")
        if path.suffix in {".eml", ".mbox"} and path.is_file()
    )


pytestmark = pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora are not here")


def test_no_mail_of_the_corpora_is_left_out() -> None:
    assert {path.name for path in _mails()} == set(EXPECTED)


@pytest.mark.parametrize("path", _mails(), ids=lambda path: path.name)
def test_the_shape_is_the_expected_one(path: Path) -> None:
    raw = path.read_bytes()
    shape = recognise(raw)
    sizes = tuple(sum(map(len, octets_of(raw, piece))) for piece in shape.pieces)
    found = (shape.name.value, sizes, shape.clear_attachments, shape.signed_outside)
    assert found == EXPECTED[path.name]


@pytest.mark.parametrize("path", _mails(), ids=lambda path: path.name)
@pytest.mark.parametrize("eol", [b"\r\n", b"\r"])
def test_other_line_ends_give_the_same_shape(path: Path, eol: bytes) -> None:
    raw = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", eol)
    shape = recognise(raw)
    sizes = tuple(sum(map(len, octets_of(raw, piece))) for piece in shape.pieces)
    assert (shape.name.value, sizes) == EXPECTED[path.name][:2]


@pytest.mark.parametrize("path", _mails(), ids=lambda path: path.name)
def test_everything_in_it_can_be_read(path: Path) -> None:
    raw = path.read_bytes()
    for part in walk(scan(raw)):
        assert sum(map(len, content(raw, part))) <= len(raw)
        assert all(each.whole for each in text_of_mail(raw, part, 1000).readings)


def test_all_that_is_encrypted_is_seen_by_gpg_too() -> None:
    """Each piece is a key packet and an encrypted body, and gpg finds nothing else in it."""
    with tempfile.TemporaryDirectory(prefix="g") as home:
        for path in _mails():
            raw = path.read_bytes()
            shape = recognise(raw)
            for piece in shape.pieces if shape.name is not ShapeName.SMIME else ():
                listing = subprocess.run(
                    ["gpg", "--homedir", home, "--batch", "--list-only", "--list-packets"],
                    input=b"".join(octets_of(raw, piece)),
                    capture_output=True,
                    check=False,
                ).stdout
                assert b":pubkey enc packet:" in listing, path.name
                assert b":encrypted data packet:" in listing, path.name


def test_all_that_is_smime_is_seen_by_openssl_too() -> None:
    for path in _mails():
        raw = path.read_bytes()
        shape = recognise(raw)
        for piece in shape.pieces if shape.name is ShapeName.SMIME else ():
            listing = subprocess.run(
                ["openssl", "cms", "-cmsout", "-print", "-noout", "-inform", "DER"],
                input=b"".join(octets_of(raw, piece)),
                capture_output=True,
                check=True,
            ).stdout
            assert b"pkcs7-envelopedData" in listing, path.name
