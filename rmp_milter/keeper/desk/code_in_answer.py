"""Writing the patient's code into an answer that the milter wrote without knowing it."""

import re

from rmp_milter.calls.protocol import CODE_FIELD, CODE_LIMIT, CODE_MARK
from rmp_milter.dossier.spoken import grouped
from rmp_milter.mail.catalogue.spelling import (
    SPELLED_GROUPS,
    SPELLED_MARKS,
    SPELLED_WIDTH,
    spelled,
    spelled_field,
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
        padded = [*lines, *[""] * (SPELLED_GROUPS - len(lines))]
        for group, line in enumerate(padded[:SPELLED_GROUPS], 1):
            field = spelled_field(language, group).encode()
            plain = plain.replace(field, line.ljust(SPELLED_WIDTH).encode())
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
