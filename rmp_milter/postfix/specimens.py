"""Mails as the service gets them, by which a host's content filters are tried (``rmp check``).

Nothing in them is anybody's: what is encrypted is noise.
"""

import base64

_NOISE = base64.b64encode(bytes(range(7, 247))).decode()
_LINES = "\n".join(_NOISE[at : at + 64] for at in range(0, len(_NOISE), 64))
_HEAD = """\
Received: from cabinet.example (cabinet.example [192.0.2.1])
\tby mail.example with ESMTPS id 1; Mon, 2 Feb 2026 10:00:00 +0100
Date: Mon, 2 Feb 2026 10:00:00 +0100
From: Dr Anne MOREL <a.morel@cabinet.example>
To: rmp@chu.example
Subject: ...
Message-ID: <1@cabinet.example>
MIME-Version: 1.0
User-Agent: Mozilla Thunderbird
"""

SPECIMENS = {
    "PGP/MIME": f"""{_HEAD}\
Content-Type: multipart/encrypted; protocol="application/pgp-encrypted";
 boundary="------------b1"

--------------b1
Content-Type: application/pgp-encrypted
Content-Description: PGP/MIME version identification

Version: 1

--------------b1
Content-Type: application/octet-stream; name="encrypted.asc"
Content-Description: OpenPGP encrypted message
Content-Disposition: inline; filename="encrypted.asc"

-----BEGIN PGP MESSAGE-----

{_LINES}
-----END PGP MESSAGE-----

--------------b1--
""",
    "S/MIME": f"""{_HEAD}\
Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="smime.p7m"

{_LINES}
""",
    "the form part by part": f"""{_HEAD}\
Content-Type: multipart/mixed; boundary="b2"

--b2
Content-Type: text/plain; charset=utf-8

-----BEGIN PGP MESSAGE-----

{_LINES}
-----END PGP MESSAGE-----

--b2
Content-Type: application/octet-stream; name="examen.pdf.pgp"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="examen.pdf.pgp"

{_LINES}

--b2--
""",
}
"""What a mail is in, and the mail, in LF."""
