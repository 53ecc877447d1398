"""An embedded font as objects of a PDF: composite, by the numbers of its glyphs (9.7)."""

from collections.abc import Collection

from rmp_milter.pdf.font_file import EmbeddedFont
from rmp_milter.pdf.objects import PdfObjects, array, dictionary, reference, stream

_TAG = "RMPAAA"
"""Says that the font has not all letters of the one that it is named after (9.6.4)."""
_SYMBOLIC = 4
_STEM = 90
_IN_A_BLOCK = 100
_CMAP = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <ffff>
endcodespacerange
{blocks}
endcmap
CMapName currentdict /CMap defineresource pop
end
end"""


def add_font(objects: PdfObjects, font: EmbeddedFont, signs: Collection[str]) -> int:
    """Add a font and return its number; ``signs`` are the characters that are written in it."""
    name = f"/{_TAG}+{font.name}"
    file = objects.add(stream(font.file, {"Length1": str(len(font.file))}))
    descriptor = objects.add(
        dictionary(
            {
                "Type": "/FontDescriptor",
                "FontName": name,
                "Flags": str(_SYMBOLIC),
                "FontBBox": array(font.box),
                "ItalicAngle": "0",
                "Ascent": str(font.ascent),
                "Descent": str(font.descent),
                "CapHeight": str(font.ascent),
                "StemV": str(_STEM),
                "FontFile2": reference(file),
            }
        )
    )
    glyphs = objects.add(
        dictionary(
            {
                "Type": "/Font",
                "Subtype": "/CIDFontType2",
                "BaseFont": name,
                "CIDSystemInfo": "<< /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>",
                "FontDescriptor": reference(descriptor),
                "W": f"[0 {array(font.widths)}]",
                "CIDToGIDMap": "/Identity",
            }
        )
    )
    meaning = objects.add(stream(_meaning(font, signs).encode("ascii")))
    return objects.add(
        dictionary(
            {
                "Type": "/Font",
                "Subtype": "/Type0",
                "BaseFont": name,
                "Encoding": "/Identity-H",
                "DescendantFonts": array([reference(glyphs)]),
                "ToUnicode": reference(meaning),
            }
        )
    )


def _meaning(font: EmbeddedFont, signs: Collection[str]) -> str:
    """Return which characters glyphs stand for, by which text is copied and found (9.10.3)."""
    known = {font.glyphs[ord(sign)]: sign for sign in sorted(signs, reverse=True)}
    pairs = [f"<{glyph:04x}> <{ord(known[glyph]):04x}>" for glyph in sorted(known)]
    blocks = [pairs[first : first + _IN_A_BLOCK] for first in range(0, len(pairs), _IN_A_BLOCK)]
    said = (f"{len(block)} beginbfchar\n{chr(10).join(block)}\nendbfchar" for block in blocks)
    return _CMAP.format(blocks="\n".join(said))
