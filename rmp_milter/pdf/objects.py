"""The objects of a PDF (ISO 32000-1), and the file of them; nothing in it is compressed."""

from collections.abc import Mapping, Sequence

BINARY = b"%\xe2\xe3\xcf\xd3\n"
"""Tells programs that look at a file's beginning that it is no text (7.5.2)."""


def pdf_file(
    objects: Sequence[bytes], trailer: Mapping[str, str], version: str, mark: bytes = b""
) -> bytes:
    """Return the objects, numbered from 1, with the table of where each begins (7.5).

    The ``trailer`` names the catalogue and what else a reader begins with.
    """
    out, places = bytearray(f"%PDF-{version}\n".encode() + mark), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    start = len(out)
    table = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n"
    table += "".join(f"{place:010} 00000 n \n" for place in places)
    entries = dictionary({"Size": str(len(objects) + 1), **trailer})
    table += f"trailer\n{entries}\nstartxref\n{start}\n%%EOF\n"
    return bytes(out + table.encode())


def dictionary(entries: Mapping[str, str]) -> str:
    """Return a dictionary (7.3.7)."""
    return f"<< {' '.join(f'/{name} {value}' for name, value in entries.items())} >>"


def stream(content: bytes, entries: Mapping[str, str] | None = None) -> bytes:
    """Return a stream (7.3.8)."""
    head = dictionary({**(entries or {}), "Length": str(len(content))})
    return head.encode() + b"\nstream\n" + content + b"\nendstream"


def reference(number: int) -> str:
    """Return what points to an object (7.3.10)."""
    return f"{number} 0 R"


def array(values: Sequence[object]) -> str:
    """Return an array (7.3.6)."""
    return f"[{' '.join(map(str, values))}]"


def text(words: str) -> str:
    """Return a text string (7.9.2.2) of any characters."""
    return f"<feff{words.encode('utf-16-be').hex()}>"


def real(value: float) -> str:
    """Return a number, to a hundredth of a point."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


class PdfObjects:
    """Objects as they are numbered while a file is made."""

    def __init__(self) -> None:
        self.all: list[bytes] = []

    def add(self, content: str | bytes = b"") -> int:
        """Add an object and return its number; one without content is put in later."""
        self.all.append(content if isinstance(content, bytes) else content.encode("ascii"))
        return len(self.all)

    def put(self, number: int, content: str) -> None:
        """Put the content of an object that was added without."""
        self.all[number - 1] = content.encode("ascii")
