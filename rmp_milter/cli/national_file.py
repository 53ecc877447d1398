"""The national directory's file of persons and activities, read line by line.

``PS_LibreAcces_Personne_activite_*.txt``, from the free-access extraction of the Annuaire Santé
(Agence du Numérique en Santé): text in UTF-8, columns parted by ``|`` without quotes, named by
the first line; one line for each place where somebody works, about two million. Only the lines
of wanted numbers are looked at, and only what is compared is kept of them.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import BinaryIO, NamedTuple, Protocol

import msgspec

from rmp_milter.cli.errors import CommandError
from rmp_milter.dossier.identity import fold

_BETWEEN = b"|"
_LONGEST_LINE = 64 * 1024
_MOST_LINES = 200
"""Lines of one person that are looked at; of real people some have twenty."""
_ZIP = b"PK\x03\x04"
_HINT = (
    "take PS_LibreAcces_Personne_activite_*.txt out of the Annuaire Santé's PS_LibreAcces zip"
)

NUMBER = "Identifiant PP"
REQUIRED = {
    "number": NUMBER,
    "family": "Nom d'exercice",
    "given": "Prénom d'exercice",
    "profession": "Libellé profession",
    "mode": "Libellé mode exercice",
}
OPTIONAL = {"skill": "Libellé savoir-faire", "mail": "Adresse e-mail (coord. structure)"}


class Stepping(Protocol):
    """Is told how far the reading is, as click's progress bar is."""

    def update(self, n_steps: int, /) -> None:
        """Take note of so many bytes more."""


class NationalLine(NamedTuple):
    """What a line says of somebody at one place; ``mode`` is empty where he does not work."""

    family: str
    given: str
    profession: str
    mode: str
    skill: str
    mail: str


class NationalEntry(msgspec.Struct):
    """All that the file says of somebody, each value once, in its order."""

    lines: list[NationalLine] = msgspec.field(default_factory=list)

    @property
    def is_active(self) -> bool:
        """Whether a place is named where he works."""
        return any(line.mode for line in self.lines)

    def values(self, field: str) -> tuple[str, ...]:
        """Return the values of one field of :class:`NationalLine` that are there."""
        found = (str(getattr(line, field)) for line in self.lines)
        return tuple(dict.fromkeys(each for each in found if each))


def read_entries(
    opened: BinaryIO, wanted: Collection[str], step: Stepping
) -> Mapping[str, NationalEntry]:
    """Return what an open file says of the ``wanted`` RPPS numbers; the memory is theirs alone.

    ``step`` is told how many bytes were read since the last time. Raises :class:`CommandError`
    for a file that is another, and ``OSError``.
    """
    entries: dict[str, NationalEntry] = {}
    by_bytes = {number.encode(): number for number in wanted}
    columns = _columns(opened.readline(_LONGEST_LINE), opened.name)
    at = columns["number"]
    for line in _lines(opened, step):
        cells = line.split(_BETWEEN)
        number = by_bytes.get(cells[at].strip()) if len(cells) > at else None
        if number:
            entry = entries.setdefault(number, NationalEntry())
            if len(entry.lines) < _MOST_LINES:
                entry.lines.append(_read(cells, columns))
    return entries


def _lines(opened: BinaryIO, step: Stepping) -> Iterator[bytes]:
    size = 0
    while line := opened.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise CommandError(f"{opened.name}: a line is too long", _HINT)
        size += len(line)
        if size >= 1 << 20:
            step.update(size)
            size = 0
        yield line
    step.update(size)


def _columns(head: bytes, file: str) -> dict[str, int]:
    """Return where each value stands in a line, by our names."""
    if head.startswith(_ZIP):
        raise CommandError(f"{file}: is a zip archive", _HINT)
    named = [fold(each) for each in head.decode("utf-8-sig", "replace").split("|")]
    places = {
        name: named.index(fold(column))
        for name, column in {**REQUIRED, **OPTIONAL}.items()
        if fold(column) in named
    }
    if missing := [column for name, column in REQUIRED.items() if name not in places]:
        raise CommandError(f"{file}: has no column {', '.join(missing)}", _HINT)
    return places


def _read(cells: Sequence[bytes], columns: Mapping[str, int]) -> NationalLine:
    def cell(name: str) -> str:
        at = columns.get(name, len(cells))
        return cells[at].decode(errors="replace").strip() if at < len(cells) else ""

    return NationalLine(*map(cell, NationalLine._fields))
