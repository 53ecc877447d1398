"""Look for words where they must not be: in files, in the arguments of processes.

A word is looked for in every form in which it might have slipped through: upper and
lower case, without accents, in several encodings, and inside base64 at any offset.
"""

import base64
import mmap
import quopri
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

SHORTEST = 6
"""Bytes; anything shorter occurs by chance in encrypted data."""

_ENCODINGS = ("utf-8", "cp1252", "utf-16-le", "utf-16-be")


@dataclass(frozen=True)
class Trace:
    """A place where a word was found."""

    place: str
    word: str


def in_files(folders: Iterable[Path], words: Iterable[str | bytes]) -> list[Trace]:
    """Return every file below ``folders`` that holds one of ``words`` in some form.

    Bytes are looked for as they are and in base64; raises :class:`ValueError` for a word
    that is too short to mean anything.
    """
    needles = {_shown(word): _forms(word) for word in words}
    return [
        Trace(str(file), word)
        for file in _files(folders)
        for word, forms in needles.items()
        if _holds(file, forms)
    ]


def in_processes(pids: Iterable[int], words: Iterable[str]) -> list[Trace]:
    """Return every process whose arguments or environment hold one of ``words``."""
    needles = {word: _forms(word) for word in words}
    return [
        Trace(place, word)
        for place, data in _said_by(pids)
        for word, forms in needles.items()
        if any(form in data for form in forms)
    ]


def count_files(folders: Iterable[Path]) -> int:
    """Return how many files :func:`in_files` looks into."""
    return len(list(_files(folders)))


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        paths = folder.rglob("*") if folder.is_dir() else [folder]
        yield from (path for path in paths if path.is_file() and not path.is_symlink())


def _holds(file: Path, forms: frozenset[bytes]) -> bool:
    if file.stat().st_size == 0:
        return False
    with file.open("rb") as stream:
        data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        with data:
            return any(data.find(form) >= 0 for form in forms)


def _said_by(pids: Iterable[int]) -> Iterator[tuple[str, bytes]]:
    for pid in pids:
        for name in ("cmdline", "environ"):
            file = Path(f"/proc/{pid}/{name}")
            yield str(file), file.read_bytes()


def _shown(word: str | bytes) -> str:
    return word if isinstance(word, str) else f"{len(word)} bytes of a file"


def _forms(word: str | bytes) -> frozenset[bytes]:
    if len(word) < SHORTEST:
        raise ValueError(f"{word!r} is too short to look for")
    raw = {word} if isinstance(word, bytes) else _encoded(word)
    return frozenset(raw | {form for each in raw for form in _in_base64(each)})


def _encoded(word: str) -> set[bytes]:
    spellings = {word, word.upper(), word.lower(), word.title(), _unaccented(word)}
    spellings |= {_unaccented(spelling) for spelling in spellings}
    encoded = {
        spelling.encode(encoding, errors="ignore")
        for spelling in spellings
        for encoding in _ENCODINGS
    }
    return encoded | {quopri.encodestring(each) for each in encoded}


def _unaccented(word: str) -> str:
    return "".join(
        each for each in unicodedata.normalize("NFD", word) if not unicodedata.combining(each)
    )


def _in_base64(data: bytes) -> set[bytes]:
    """Return the base64 characters that ``data`` always gives, for each of the 3 offsets."""
    found = set()
    for offset in range(3):
        text = base64.b64encode(bytes(offset) + data)
        first, last = (8 * offset + 5) // 6, 8 * (offset + len(data)) // 6
        found.add(text[first:last])
    return {each for each in found if len(each) >= SHORTEST}
