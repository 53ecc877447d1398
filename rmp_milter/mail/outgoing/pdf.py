"""Pages to print as a PDF (ISO 32000-1) of plain ASCII, nothing in it compressed.

Written here, since the page must hold the mark for the patient's code literally: the keeper
puts the code in after the milter, which may not know it, has written the page. ReportLab
could be told to (no compression, a built-in font) but brings Pillow, an image codec, and
14 MB into the process that holds the store, for one page of text; fpdf2 brings 38 MB.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from textwrap import wrap

import msgspec

from rmp_milter.dossier.identity import fold

WIDTH, HEIGHT = 595, 420  # points; A5 across
_MARGIN = 28
_LEADING = 1.45
_CHARACTER = 0.5  # width of a character of Helvetica in the mean, in its size

_A4, _PER_SHEET, _COLUMNS = (595, 842), 52, 88
PLAIN, BOLD, TYPEWRITER, SMALL_TYPEWRITER = "F1", "F2", "F3", "F4"
_FONTS = {
    PLAIN: "Helvetica",
    BOLD: "Helvetica-Bold",
    TYPEWRITER: "Courier-Bold",
    SMALL_TYPEWRITER: "Courier",
}
_ASCII = range(0x20, 0x7F)


class PrintedLine(msgspec.Struct, frozen=True):
    """A paragraph; it is wrapped, but for one in the typewriter's font."""

    words: str
    size: int = 11
    font: str = PLAIN
    space: int = 4  # points above it


def page(lines: Iterable[PrintedLine]) -> bytes:
    """Return a PDF of one page, A5 across, with the lines one below the other."""
    return _document(["\n".join([*_frame(), *_shown(lines)])], WIDTH, HEIGHT)


def sheets(lines: Iterable[str]) -> bytes:
    """Return a PDF of as many A4 pages as the lines need, as a terminal shows them.

    Lines that are too long are folded.
    """
    folded = [piece for line in lines for piece in _folded(line)]
    starts = range(0, max(len(folded), 1), _PER_SHEET)
    return _document([_typed(folded[at : at + _PER_SHEET]) for at in starts], *_A4)


def _folded(line: str) -> list[str]:
    return [line[at : at + _COLUMNS] for at in range(0, max(len(line), 1), _COLUMNS)]


def _typed(lines: Iterable[str]) -> str:
    shown = " T* ".join(f"({_string(line)}) Tj" for line in lines)
    return f"BT /{SMALL_TYPEWRITER} 10 Tf 14 TL 48 785 Td {shown} ET"


def _document(contents: Sequence[str], width: int, height: int) -> bytes:
    """Return a PDF with a page for each content stream."""
    first = 3 + len(_FONTS)  # the catalogue, the pages' list and the fonts come before
    fonts = " ".join(f"/{name} {2 + number} 0 R" for number, name in enumerate(_FONTS, 1))
    kids = " ".join(f"{first + 2 * number} 0 R" for number in range(len(contents)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} >>",
        *(
            f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>"
            for name in _FONTS.values()
        ),
    ]
    for number, content in enumerate(contents):
        objects += [
            (
                f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}]"
                f" /Contents {first + 2 * number + 1} 0 R /Resources << /Font << {fonts} >> >> >>"
            ),
            f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        ]
    return _file(objects)


def _frame() -> list[str]:
    """Draw a dashed line to cut along."""
    half = _MARGIN // 2
    return [f"[4 3] 0 d 0.5 w {half} {half} {WIDTH - 2 * half} {HEIGHT - 2 * half} re S"]


def _shown(lines: Iterable[PrintedLine]) -> list[str]:
    shown, top = [], float(HEIGHT - _MARGIN)
    for line in lines:
        top -= line.space
        for words in _wrapped(line):
            top -= line.size * _LEADING
            text = f"({_string(words)}) Tj"
            shown.append(f"BT /{line.font} {line.size} Tf {_MARGIN} {top:.1f} Td {text} ET")
    return shown


def _wrapped(line: PrintedLine) -> list[str]:
    if line.font == TYPEWRITER:
        return [line.words]
    return wrap(line.words, int((WIDTH - 2 * _MARGIN) / (line.size * _CHARACTER)))


def _string(words: str) -> str:
    """Return the inside of a literal string (7.3.4.2) in WinAnsi, octal beyond ASCII."""
    return "".join(map(_octet, b"".join(map(_winansi, words))))


def _octet(value: int) -> str:
    sign = chr(value)
    if sign in "\\()":
        return f"\\{sign}"
    return sign if value in _ASCII else f"\\{value:03o}"


def _winansi(sign: str) -> bytes:
    """Return a character as the font has it: without its accent, or as a question mark."""
    bare = unicodedata.normalize("NFKD", sign)[:1]
    for form in (sign, bare, fold(sign)):
        try:
            if encoded := form.encode("cp1252"):
                return encoded
        except UnicodeEncodeError:
            continue
    return b"?"


def _file(objects: Sequence[str]) -> bytes:
    """Return the objects, numbered from 1, with the table of where each begins (7.5)."""
    out, places = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n"
    out += "".join(f"{place:010} 00000 n \n" for place in places)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    return out.encode("ascii")
