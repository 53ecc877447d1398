"""The signature is dkimpy's own, octet for octet, whoever does the arithmetic."""

import time
from unittest.mock import patch

import dkim
import pytest
from courier_case import DKIM_KEY
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from rmp_milter.courier.delivery import WholeMail
from rmp_milter.courier.dkim_signature import SIGNED_FIELDS, DkimSigner

HEADER = (
    b"From: RMP <rmp@rmp.test>\r\nTo: dr@x.test\r\nSubject: Votre\r\n demande\r\n"
    b"Message-ID: <1@rmp.test>\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000"
)
PEM = DKIM_KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


@pytest.mark.parametrize("body", [b"", b"Bonjour\r\n", b"a \t b\r\n\r\n\r\n", b"x\r\n" * 9999])
def test_openssl_and_dkimpy_sign_alike(body: bytes) -> None:
    with patch.object(time, "time", return_value=1_800_000_000.0):
        field = DkimSigner("rmp.test", "sel", DKIM_KEY).signature(WholeMail(HEADER, body))
        expected = dkim.DKIM(HEADER + b"\r\n\r\n" + body).sign(
            b"sel",
            b"rmp.test",
            PEM,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=list(SIGNED_FIELDS),
        )
    assert field == expected
    assert b"a=rsa-sha256" in field
