"""The armor's ``Charset``, which nobody signs, must not make other words of the same octets."""

import encodings.aliases
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.mail.header.cutting import cut
from rmp_milter.mail.header.lines import rows_of
from rmp_milter.mail.incoming.charsets import decode, decode_unsigned

LABELS = sorted({*encodings.aliases.aliases, *encodings.aliases.aliases.values(), "", "none"})
HIDDEN = b"+AFAAYQB0AGkAZQBuAHQAIAA6ACAA-CIBLE Jean\n~{M7~}\n\x1b$B$3\x1b(B\n"
FRENCH = "Patient : LEFÈVRE Zoé\nNé le : 30/01/1959\n\nŒdème, 3 € … « ça »\n"


@pytest.mark.parametrize("label", LABELS)
def test_no_label_makes_other_lines_or_other_signs_of_ascii(label: str) -> None:
    for data in (HIDDEN, FRENCH.encode(), FRENCH.encode("windows-1252"), bytes(range(256))):
        as_labelled, plain = decode_unsigned(data, label), decode(data)
        if as_labelled == plain:
            continue
        assert [*map(len, rows_of(as_labelled))] == [*map(len, rows_of(plain))]
        assert re.sub(r"[^\x00-\x7f]", "?", as_labelled) == re.sub(r"[^\x00-\x7f]", "?", plain)
        assert cut(as_labelled).header == cut(plain).header


@given(st.binary(max_size=60), st.sampled_from(LABELS))
def test_any_octets_keep_their_lines_under_any_label(data: bytes, label: str) -> None:
    as_labelled, plain = decode_unsigned(data, label), decode(data)
    assert [*map(len, rows_of(as_labelled))] == [*map(len, rows_of(plain))]


@pytest.mark.parametrize("charset", ["utf-8", "windows-1252", "iso-8859-15"])
def test_french_under_its_own_label_is_read(charset: str) -> None:
    words = FRENCH.replace("…", "...") if charset == "iso-8859-15" else FRENCH
    assert decode_unsigned(words.encode(charset), charset) == words
