"""Pages, fonts and objects: what a printed document stands on."""

import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from rmp_milter.pdf.bars import _ticks
from rmp_milter.pdf.document import (
    DocBars,
    DocHeading,
    DocPiece,
    DocTable,
    DocText,
    PrintedDocument,
)
from rmp_milter.pdf.font_file import read_font
from rmp_milter.pdf.layout import FOOT, LEFT, PAGE, WIDTH, laid_out
from rmp_milter.pdf.marks import Lettering, WordsMark
from rmp_milter.pdf.tagged import _Letters, printed
from rmp_milter.pdf.type_case import kept_together, lines, settable
from rmp_milter.phrases.french_report import REPORT

FONTS = [read_font(name) for name in ("latin", "latin-bold")]
PLAIN = Lettering(bold=False, size=9)
CASE = _Letters()


def document(*pieces: DocPiece) -> PrintedDocument:
    return PrintedDocument("fr", "Titre", "Sous-titre", 1_793_491_200, "pied", pieces)


def test_both_fonts_have_every_letter_of_the_report_and_of_european_names() -> None:
    needed = set("".join([*REPORT, *REPORT.values()]))
    needed |= set("éèêëàâäîïôöùûüÿçœæÉÈÀÇŒÆŸ«»’…–—€ßŁłŠšŽžÅåØøÑñŐőĞğİıȘșȚțẠậĐđ\u00a0°²")
    assert {sign for sign in needed if not CASE.has(sign)} == set()
    assert not CASE.has("ع")
    assert not CASE.has("\u202e")
    assert not CASE.has("\n")


def test_widths_are_the_fonts_own() -> None:
    plain, bold = FONTS
    assert plain.width("i", 1000) < plain.width("W", 1000)
    assert plain.width("Ici", 10) < bold.width("Ici", 10)
    assert plain.width("00", 10) == 2 * plain.width("1", 10)
    assert plain.widths[plain.glyphs[ord("0")]] == 636  # DejaVu Sans: 1303 of 2048


@pytest.mark.parametrize(
    "words", ["", "un", "un deux trois " * 20, "W" * 300, "a " + "é" * 200]
)
def test_no_line_is_wider_than_its_room_and_nothing_is_lost(words: str) -> None:
    broken = lines(words, 100, PLAIN, CASE)
    assert "".join(broken) == words
    assert max(CASE.width(line.rstrip(), PLAIN) for line in broken) <= 100


def test_what_cannot_be_set_is_told_by_its_number_and_french_signs_stay() -> None:
    assert settable("a\u202eb", CASE) == "a\\u{202e}b"
    assert kept_together("« oui » : 3 %", "fr") == "«\u00a0oui\u00a0»\u00a0: 3\u00a0%"
    assert kept_together("yes : 3 %", "en") == "yes : 3\u00a0%"


@pytest.mark.parametrize("most", [0, 1, 4, 5, 6, 9, 11, 49, 51, 99, 101, 924, 10_000, 10**9])
def test_ticks_are_few_and_reach_the_highest_bar(most: int) -> None:
    ticks = [*_ticks(most)]
    assert ticks[0] == 0
    assert most <= ticks[-1]
    assert 2 <= len(ticks) <= 6
    assert len({after - before for before, after in pairwise(ticks)}) == 1


MANY: list[DocPiece] = [
    DocHeading("Tête"),
    DocText("mot " * 3000),
    DocText("code --avec 'options'" * 3, "code"),
    DocText("alerte " * 50, "alert"),
    DocTable(("A", "B"), [(f"r{n}", "x" * (n % 90)) for n in range(150)], (0.5, 0.5), (1,)),
    *[DocBars("Jours", "n", [n * n for n in range(31)], "en mots")] * 5,
    DocHeading("Ensemble"),
    DocTable(("A",), [(f"rang {n}",) for n in range(30)], (1.0,), whole=True),
    DocTable((), [("seul", "fin")], (0.5, 0.5), strong=True),
]


def test_nothing_stands_outside_its_page() -> None:
    laid = laid_out(document(*MANY), CASE)
    assert len(laid.pages) > 8
    for mark in laid.marks:
        if isinstance(mark, WordsMark):
            width = CASE.width(mark.words.rstrip(), mark.lettering)
            assert mark.left >= LEFT
            assert mark.left + width <= LEFT + WIDTH + 0.1
            assert FOOT - 32 <= mark.base <= PAGE[1] - 40


def test_a_whole_table_stays_on_the_page_of_its_head() -> None:
    laid = laid_out(document(*MANY), CASE)
    words = [{getattr(mark, "words", "") for mark in page} for page in laid.pages]
    (page,) = [page for page in words if "Ensemble" in page]
    assert {f"rang {n}" for n in range(30)} <= page


def test_objects_lie_where_the_table_says_and_the_length_is_that_of_the_stream() -> None:
    made = printed(document(*MANY))
    octets = made.octets
    start = int(octets.rpartition(b"startxref\n")[2].split()[0])
    table = octets[start:].split(b"trailer")[0].split(b"\n")[3:-1]
    places = [int(line.split()[0]) for line in table]
    for number, place in enumerate(places, 1):
        assert octets[place:].startswith(f"{number} 0 obj\n".encode())
    streams = re.findall(rb"/Length (\d+) >>\nstream\n", octets)
    ends = [match.end() for match in re.finditer(rb"/Length \d+ >>\nstream\n", octets)]
    assert len(streams) == made.pages + 4
    for length, end in zip(streams, ends, strict=True):
        assert octets[end + int(length) :].startswith(b"\nendstream")
    assert printed(document(*MANY)) == made


def test_what_is_marked_on_pages_is_what_the_structure_owns() -> None:
    octets = printed(document(*MANY)).octets.decode("latin-1")
    marked = len(re.findall(r"/MCID \d+ >> BDC", octets))
    owned = len(re.findall(r"/Type /MCR /Pg \d+ 0 R /MCID \d+", octets))
    assert marked == owned > 300
    begun = re.findall(r"^(?:/Artifact BMC|/\w+ << /MCID \d+ >> BDC)$", octets, re.MULTILINE)
    assert len(begun) == len(re.findall(r"^EMC$", octets, re.MULTILINE))
    kinds = set(re.findall(r"/S /(\w+)", octets)) - {"S"}
    assert kinds == {"Document", "H1", "H2", "P", "Table", "TR", "TH", "TD", "Figure"}


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="no poppler-utils")
def test_another_reader_finds_all_words_and_nothing_to_complain_of(tmp_path: Path) -> None:
    file = tmp_path / "many.pdf"
    file.write_bytes(printed(document(*MANY)).octets)
    done = subprocess.run(
        ["pdftotext", "-raw", file, "-"], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert done.stdout.split().count("mot") == 3000
    assert "page 2 sur" in done.stdout.replace("\u00a0", " ")
