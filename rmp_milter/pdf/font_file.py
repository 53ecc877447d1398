"""A TrueType font that is embedded in a PDF: its letters, their widths, its file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from struct import iter_unpack, unpack_from

_FORMAT_4 = 4
_END_OF_CMAP = 0xFFFF
_EM = 1000
"""Widths in a PDF are in thousandths of the size (9.2.4)."""


@dataclass(frozen=True)
class EmbeddedFont:
    """A font; ``glyphs`` has the number of each character's glyph, ``widths`` each glyph's."""

    name: str
    file: bytes
    glyphs: dict[int, int]
    widths: Sequence[int]
    box: Sequence[int]
    ascent: int
    descent: int

    def has(self, sign: str) -> bool:
        """Whether it has a character."""
        return ord(sign) in self.glyphs

    def width(self, words: str, size: float) -> float:
        """Return the width of words in points."""
        return sum(self.widths[self.glyphs[ord(each)]] for each in words) * size / _EM

    def shown(self, words: str) -> str:
        """Return words as the content of a page has them: their glyphs' numbers."""
        return f"<{''.join(f'{self.glyphs[ord(each)]:04x}' for each in words)}>"


FONTS = {"latin": "DejaVuSans", "latin-bold": "DejaVuSans-Bold"}
"""The files in ``fonts/``, and the names of the fonts that they are letters of."""


@cache
def read_font(file: str) -> EmbeddedFont:
    """Return one of the :data:`FONTS`, by its file."""
    data = files("rmp_milter.pdf").joinpath("fonts", f"{file}.ttf").read_bytes()
    tables = _tables(data)
    head, hhea = tables["head"], tables["hhea"]
    (units,) = unpack_from(">H", data, head + 18)
    ascent, descent = unpack_from(">2h", data, hhea + 4)
    (count,) = unpack_from(">H", data, hhea + 34)
    advances = unpack_from(">" + "H2x" * count, data, tables["hmtx"])

    def scaled(values: Sequence[int]) -> list[int]:
        return [round(value * _EM / units) for value in values]

    return EmbeddedFont(
        name=FONTS[file],
        file=data,
        glyphs=dict(_glyphs(data, tables["cmap"])),
        widths=scaled(advances),
        box=scaled(unpack_from(">4h", data, head + 36)),
        ascent=scaled([ascent])[0],
        descent=scaled([descent])[0],
    )


def _tables(data: bytes) -> dict[str, int]:
    """Return where each table of the file begins."""
    (count,) = unpack_from(">H", data, 4)
    records = iter_unpack(">4s4xL4x", data[12 : 12 + 16 * count])
    return {tag.decode(): place for tag, place in records}


def _glyphs(data: bytes, cmap: int) -> Iterator[tuple[int, int]]:
    """Yield characters and their glyphs, of the first map, which has to be of format 4."""
    (place,) = unpack_from(">L", data, cmap + 8)
    at = cmap + place
    kind, _, _, twice = unpack_from(">4H", data, at)
    if kind != _FORMAT_4:
        raise ValueError(f"a map of characters of format {kind}")
    count = twice // 2
    ends = unpack_from(f">{count}H", data, at + 14)
    starts, deltas, offsets = (
        unpack_from(f">{count}H", data, at + 16 + part * twice) for part in (1, 2, 3)
    )
    for number, (end, start) in enumerate(zip(ends, starts, strict=True)):
        if start == _END_OF_CMAP:
            return
        for sign in range(start, end + 1):
            glyph = sign
            if offset := offsets[number]:
                entry = at + 16 + 3 * twice + 2 * number + offset + 2 * (sign - start)
                (glyph,) = unpack_from(">H", data, entry)
            yield sign, (glyph + deltas[number]) & 0xFFFF
