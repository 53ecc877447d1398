"""Writing the patient's code into an answer that the milter wrote without knowing it."""

import re
from itertools import zip_longest

from rmp_milter.calls.protocol.answering import CODE_FIELD, CODE_LIMIT, CODE_MARK
from rmp_milter.dossier.spoken import grouped
from rmp_milter.mail.outgoing.spelling import (
    SPELLED_MARKS,
    SPELLED_WIDTH,
    spelled,
    spelled_fields,
)


def with_code(plain: bytes, code: str) -> bytes:
    """Return the answer with the code in place of its marks: in groups of four, and spelled.

    Fields keep their width: what is counted in a PDF stays right.
    """
    shown = _shown(code)
    plain = plain.replace(CODE_FIELD.encode(), shown.ljust(CODE_LIMIT).encode())
    plain = plain.replace(CODE_MARK.encode(), shown.encode())
    for language, mark in SPELLED_MARKS.items():
        lines = spelled(code, language)
        for field, line in zip_longest(spelled_fields(language), lines, fillvalue=""):
            plain = plain.replace(field.encode(), line.ljust(SPELLED_WIDTH).encode())
        plain = _with_lines(plain, mark.encode(), lines)
    return plain


def _shown(code: str) -> str:
    """Return the code in groups of four, unless it is too long to be shown so."""
    in_groups = grouped(code)
    return in_groups if len(in_groups) <= CODE_LIMIT else code


def _with_lines(plain: bytes, mark: bytes, lines: tuple[str, ...]) -> bytes:
    """Put the lines in place of the mark's, each indented and ended as that one is."""
    pattern = re.compile(rb"^( {0,20})" + re.escape(mark) + rb"(\r?\n)", re.MULTILINE)
    return pattern.sub(
        lambda at: b"".join(at[1] + line.encode() + at[2] for line in lines), plain
    )
