"""Pages of marks as a tagged PDF 1.7: fonts embedded, text that can be read out and copied.

The same marks give the same octets: nothing is asked of a clock, of chance or of the machine.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from itertools import groupby
from typing import NamedTuple

from rmp_milter.pdf.document import PrintedDocument
from rmp_milter.pdf.font_file import EmbeddedFont, read_font
from rmp_milter.pdf.font_objects import add_font
from rmp_milter.pdf.layout import PAGE, laid_out
from rmp_milter.pdf.marks import ARTIFACT, BoxMark, LaidOut, Lettering, PageMark, WordsMark
from rmp_milter.pdf.objects import (
    BINARY,
    PdfObjects,
    array,
    dictionary,
    pdf_file,
    real,
    reference,
    stream,
    text,
)
from rmp_milter.pdf.structure import add_structure

_PLAIN, _BOLD = "F1", "F2"
_FILES = {_PLAIN: "latin", _BOLD: "latin-bold"}


class PrintedFile(NamedTuple):
    """A file, and how many pages it has."""

    octets: bytes
    pages: int


class _Letters:
    """Both fonts: a case of types."""

    def __init__(self) -> None:
        self.fonts = {key: read_font(file) for key, file in _FILES.items()}

    def has(self, sign: str, /) -> bool:
        """Whether both have a character."""
        return all(font.has(sign) for font in self.fonts.values())

    def width(self, words: str, lettering: Lettering, /) -> float:
        """Return the width of words in points."""
        return self.fonts[_key(lettering)].width(words, lettering.size)


def _key(lettering: Lettering) -> str:
    return _BOLD if lettering.bold else _PLAIN


def printed(document: PrintedDocument) -> PrintedFile:
    """Return the document as a file."""
    letters = _Letters()
    laid = laid_out(document, letters)
    objects = PdfObjects()
    catalogue, pages = objects.add(), objects.add()
    fonts = {
        key: reference(add_font(objects, font, _signs(laid, key)))
        for key, font in letters.fonts.items()
    }
    kids = _add_pages(objects, pages, laid, fonts, letters.fonts)
    entries = {
        "Type": "/Catalog",
        "Pages": reference(pages),
        "Lang": f"({document.language})",
        "MarkInfo": "<< /Marked true >>",
        "StructTreeRoot": reference(add_structure(objects, laid, kids)),
        "ViewerPreferences": "<< /DisplayDocTitle true >>",
    }
    objects.put(catalogue, dictionary(entries))
    listed = {"Type": "/Pages", "Kids": array([*map(reference, kids)]), "Count": str(len(kids))}
    objects.put(pages, dictionary(listed))
    info = objects.add(_info(document))
    digest = sha256(b"".join(objects.all)).hexdigest()[:32]
    trailer = {
        "Root": reference(catalogue),
        "Info": reference(info),
        "ID": f"[<{digest}> <{digest}>]",
    }
    return PrintedFile(pdf_file(objects.all, trailer, "1.7", BINARY), len(kids))


def _signs(laid: LaidOut, key: str) -> set[str]:
    """Return the characters that are written in a font."""
    words = (mark for mark in laid.marks if isinstance(mark, WordsMark))
    return set("".join(mark.words for mark in words if _key(mark.lettering) == key))


def _info(document: PrintedDocument) -> str:
    date = datetime.fromtimestamp(document.made, UTC).strftime("(D:%Y%m%d%H%M%SZ)")
    return dictionary(
        {
            "Title": text(document.title),
            "Subject": text(document.subtitle),
            "Producer": "(rmp-milter)",
            "CreationDate": date,
            "ModDate": date,
        }
    )


def _add_pages(
    objects: PdfObjects,
    parent: int,
    laid: LaidOut,
    fonts: Mapping[str, str],
    letters: Mapping[str, EmbeddedFont],
) -> list[int]:
    """Add all pages and return their numbers; they share the fonts."""
    shared = dictionary({"Font": dictionary(fonts)})
    numbers = []
    for at, marks in enumerate(laid.pages):
        content = objects.add(stream(_content(marks, laid, letters).encode("ascii")))
        entries = {
            "Type": "/Page",
            "Parent": reference(parent),
            "MediaBox": array([0, 0, *map(real, PAGE)]),
            "Resources": shared,
            "Contents": reference(content),
            "StructParents": str(at),
            "Tabs": "/S",
        }
        numbers.append(objects.add(dictionary(entries)))
    return numbers


def _content(
    marks: Sequence[PageMark], laid: LaidOut, letters: Mapping[str, EmbeddedFont]
) -> str:
    """Return what draws a page; what belongs to one element stands between marks (14.6)."""
    out, known = [], 0
    for of, together in groupby(marks, key=lambda mark: mark.of):
        if of == ARTIFACT:
            out.append("/Artifact BMC")
        else:
            out.append(f"/{laid.elements[of].kind} << /MCID {known} >> BDC")
            known += 1
        out += (_drawn(mark, letters) for mark in together)
        out.append("EMC")
    return "\n".join(out)


def _drawn(mark: PageMark, letters: Mapping[str, EmbeddedFont]) -> str:
    if isinstance(mark, BoxMark):
        places = map(real, (mark.left, mark.base, mark.width, mark.height))
        return f"{real(mark.grey)} g {' '.join(places)} re f"
    key, size = _key(mark.lettering), real(mark.lettering.size)
    place = f"{real(mark.left)} {real(mark.base)} Td"
    return f"0 g BT /{key} {size} Tf {place} {letters[key].shown(mark.words)} Tj ET"
