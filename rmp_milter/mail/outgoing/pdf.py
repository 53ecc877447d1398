"""Pages to print as a PDF (ISO 32000-1) of plain ASCII, nothing in it compressed.

Written here, since the page must hold the mark for the patient's code literally: the keeper
puts the code in after the milter, which may not know it, has written the page. ReportLab
could be told to (no compression, a built-in font) but brings Pillow, an image codec, and
14 MB into the process that holds the store, for one page of text; fpdf2 brings 38 MB.
"""

import unicodedata
from collections.abc import Iterable
from textwrap import wrap

import msgspec

from rmp_milter.dossier.identity import fold
from rmp_milter.pdf.objects import array, dictionary, pdf_file, reference, stream

WIDTH, HEIGHT = 595, 420  # points; A5 across
_MARGIN = 28
_LEADING = 1.45
_CHARACTER = 0.5  # width of a character of Helvetica in the mean, in its size

PLAIN, BOLD, TYPEWRITER = "F1", "F2", "F3"
_FONTS = {
    PLAIN: "Helvetica",
    BOLD: "Helvetica-Bold",
    TYPEWRITER: "Courier-Bold",
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
    return _document("\n".join([*_frame(), *_shown(lines)]))


def _document(content: str) -> bytes:
    """Return a PDF of one page with this content stream."""
    first = 3 + len(_FONTS)  # the catalogue, the pages' list and the fonts come before
    names = {name: reference(2 + number) for number, name in enumerate(_FONTS, 1)}
    objects = [
        dictionary({"Type": "/Catalog", "Pages": reference(2)}),
        dictionary({"Type": "/Pages", "Kids": array([reference(first)]), "Count": "1"}),
        *(
            f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>"
            for name in _FONTS.values()
        ),
        (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}]"
            f" /Contents {first + 1} 0 R /Resources << /Font {dictionary(names)} >> >>"
        ),
    ]
    written = [each.encode("ascii") for each in objects]
    page_content = stream(content.encode("ascii"))
    return pdf_file([*written, page_content], {"Root": reference(1)}, "1.4")


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
