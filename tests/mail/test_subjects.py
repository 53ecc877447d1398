"""Subjects of answers: words of any letters, in encoded words that a client puts together."""

from email.header import decode_header, make_header
from email.parser import BytesHeaderParser

import pytest

from rmp_milter.mail.outgoing.wrapping import _encoded

LONGEST = 75
"""Characters of an encoded word (RFC 2047, 2)."""


@pytest.mark.parametrize(
    "words",
    [
        "Dépôt",
        "a" * 38 + "é" * 80,
        "é" * 19 + "aé" * 40,
        "日本語のカルテ" * 12,
        "x" + "🩺" * 30,
        "a" * 39,
        "a" * 40,
        "",
    ],
)
def test_an_encoded_subject_holds_whole_characters(words: str) -> None:
    """Each encoded word can be decoded by itself, none is too long, nothing is lost."""
    encoded = _encoded(words)
    each = encoded.split()
    assert all(len(word) <= LONGEST for word in each)
    assert "".join(str(make_header(decode_header(word))) for word in each) == words
    parsed = BytesHeaderParser().parsebytes(f"Subject: {encoded}\r\n\r\n".encode())
    assert str(make_header(decode_header(parsed["Subject"]))) == words
