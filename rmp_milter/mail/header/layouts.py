"""Tables in plain text, made into lines of ``word : value``: one row is one patient.

    Patient <tab> DUPONT Jean      | Né le | 30/01/1959 |      Nom    <tab> Prénom <tab> Né le
                                                               DUPONT <tab> Jean <tab> 30/01/59

HTML tables come here as columns between tabs. A second row of a table with its words on top
gives the same words again, so that two patients show.
"""

import re
from collections.abc import Sequence

from rmp_milter.mail.header.once import remembered
from rmp_milter.mail.header.words import BEGINNERS, Field, field_of

_MAX_CELLS = 16
_BARS = re.compile("[|│┃¦]")
_TABS = re.compile(r"\t[\t ]*")
_GAPS = re.compile(r"\t[\t ]*| {2,}")
_RULE = re.compile(r"[-=+:_ ]{2,}")
_EDGE = " \t*_"
_SHORTEST = 3  # letters of a word that stands without a colon
_IN_COLUMNS = BEGINNERS | {Field.NUMBERS, Field.SEX, Field.AGE, Field.ADDRESS, Field.TAB}


def unfolded(rows: Sequence[str]) -> list[str]:
    """Return the rows, those of tables as lines of ``word : value``."""
    lines: list[str] = []
    at = 0
    while at < len(rows):
        cells = _cells(rows[at])
        labels = [cell.rstrip(" :：") for cell in cells]
        if len(labels) > 1 and all(_is_label(label) for label in labels):
            made, after = _below(labels, rows, at + 1)
            if made:
                lines += made
                at = after
                continue
        lines += _pairs(cells) or [rows[at]]
        at += 1
    return lines


def is_table_row(row: str) -> bool:
    """Return whether bars in the row are a table's, not a client's quotation mark."""
    return len(_BARS.findall(row)) > 1


@remembered
def _cells(row: str) -> list[str]:
    """Return the cells of a row that may be a table's; one or none if it is none."""
    if is_table_row(row) or (_BARS.search(row.strip().strip("|")) and ":" not in row):
        cells = _BARS.split(row, maxsplit=_MAX_CELLS)
    else:
        gaps = _TABS if ":" in row or "=" in row else _GAPS
        cells = gaps.split(row.strip(), maxsplit=_MAX_CELLS)
    return [bare for cell in cells if (bare := cell.strip(_EDGE))]


def _is_label(cell: str) -> bool:
    return len(cell) >= _SHORTEST and field_of(cell) in _IN_COLUMNS


def _below(labels: list[str], rows: Sequence[str], at: int) -> tuple[list[str], int]:
    """Return the lines that the rows under the labels make, and where the table ends."""
    made: list[str] = []
    while at < len(rows):
        cells = _cells(rows[at])
        if not all(map(_RULE.fullmatch, cells)) or not cells:
            if len(cells) != len(labels) or any(map(_is_label, cells)):
                break
            made += [f"{label} : {cell}" for label, cell in zip(labels, cells, strict=True)]
        at += 1
    return made, at


def _pairs(cells: list[str]) -> list[str]:
    """Return ``word : value`` of the cells of a row whose first one is a word; else nothing."""
    if len(cells) < 2 or not _is_label(cells[0].rstrip(" :：")):  # noqa: PLR2004 -- word and value
        return []
    lines: list[str] = []
    for cell in cells:
        label = cell.rstrip(" :：")
        if _is_label(label):
            lines.append(f"{label} :")
        elif re.match(r"[^:：=]{1,60}[:：=]", cell):  # a column that has its own word
            lines.append(cell)
        else:
            lines[-1] += f" {cell}"
    return lines
