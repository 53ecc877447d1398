"""Lines of text as a PDF to print (ISO 32000-1): A4, one fixed-width font, nothing else."""

import io
from collections.abc import Sequence

_PER_PAGE, _WIDTH = 52, 88
_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>"


def pages(lines: Sequence[str]) -> bytes:
    """Return a PDF with these lines; long ones are folded, unknown characters shown as ``?``."""
    folded = [piece for line in lines for piece in _folded(line)]
    sheets = [folded[at : at + _PER_PAGE] for at in range(0, max(len(folded), 1), _PER_PAGE)]
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(sheets)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(sheets)} >>".encode(),
        _FONT,
    ]
    for number, sheet in enumerate(sheets):
        content = _content(sheet)
        page = (
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]"
            f" /Contents {5 + 2 * number} 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects += [
            page.encode(),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        ]
    return _file(objects)


def _folded(line: str) -> list[str]:
    return [line[at : at + _WIDTH] for at in range(0, max(len(line), 1), _WIDTH)]


def _content(lines: Sequence[str]) -> bytes:
    shown = " T* ".join(f"({_escaped(line)}) Tj" for line in lines)
    return f"BT /F1 10 Tf 14 TL 48 785 Td {shown} ET".encode("cp1252", "replace")


def _escaped(line: str) -> str:
    plain = "".join(char if char.isprintable() else "?" for char in line)
    return plain.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _file(objects: Sequence[bytes]) -> bytes:
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1))
    out.write(b"startxref\n%d\n%%%%EOF\n" % start)
    return out.getvalue()
