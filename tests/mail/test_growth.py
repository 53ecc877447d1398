"""Texts put together by chance from what the readers know: twice as long costs twice as much.

A search, as an attacker would make one: of each start the costliest of some changes is gone on
from. Words that the readers know, and what is nearly one, are what takes them longest.
"""

import random
import time
from collections.abc import Callable

import pytest

from rmp_milter.mail.header.words import BEGINNERS
from rmp_milter.mail.incoming.mimetree import MimeLimit, scan
from rmp_milter.mail.incoming.shapes import recognise
from rmp_milter.mail.meaning.whole import meaning_of_mail
from rmp_milter.mail.whose.attributions import attributions
from rmp_milter.mail.whose.openings import openings
from testbed.counting import calls_of

pytestmark = pytest.mark.slow

_WORDS = [field.value for field in BEGINNERS]
_WORDS += [
    "urgence",
    "urgzzez",
    "urgnece",
    "demmande",
    "nouveau code",
    "médecin traitant",
    "dossier",
]
_WORDS += [
    "01/02/1950",
    "12:30",
    "Le ",
    "a écrit",
    "De",
    "À",
    "Objet",
    "Envoyé",
    "-----",
    "merci",
]
_WORDS += [
    "Message d'origine",
    "Bonjour",
    "Dr",
    "DUPONT",
    "Jean",
    "né le",
    "M.",
    "1590175123456",
]
_WORDS += ["U-ABCD-EFGH-JKLM", "<a@b.fr>", "eyJhbGciOi", "x", "é", "ﬁ", "et", "patient suivant"]
_SIGNS = [
    " ",
    "\n",
    ":",
    " : ",
    "  ",
    "\t",
    "|",
    "> ",
    "\n> ",
    "\n\n",
    ", ",
    "-",
    "(",
    ")",
    "/",
    "=",
]
_SIGNS += ["*", "_", "•", "\u00a0", ";", ".", "\n- ", "\r", "1) ", "&eacute;"]
_TAGS = [
    "<br>",
    "<p>",
    "</p>",
    "<div>",
    "</div>",
    "<b>",
    "</b>",
    "<td>",
    "<tr>",
    "<table>",
    "<li>",
]
_TAGS += [
    "<blockquote>",
    "<span style='color:#fff'>",
    "</span>",
    "<style>a{b:c}</style>",
    "<!--",
    "<a",
]
_MIME = [
    "Content-Type: ",
    "multipart/mixed; boundary=",
    "x",
    "\n",
    "\n\n",
    "--x",
    "--x--",
    "--",
    ";",
]
_MIME += [
    "message/rfc822",
    "text/html",
    "text/plain",
    "Content-Transfer-Encoding: base64",
    " ",
    "=",
]
_MIME += [
    "-----BEGIN PGP MESSAGE-----",
    "-----END PGP MESSAGE-----",
    "QUJD",
    "filename=",
    "name*0*=",
]
_MIME += [
    "=?utf-8?q?a?=",
    "utf-8''%41",
    '"',
    "\\",
    "Content-Disposition: attachment",
    "&amp;",
    "<p>",
]

Reader = Callable[[bytes], object]


def of_text(kind: str) -> Reader:
    head = f"Content-Type: text/{kind}; charset=utf-8\n\n".encode()

    def read(text: bytes) -> object:
        data = head + text
        return meaning_of_mail(data, scan(data), 64 << 10, 2026)

    return read


def of_mail(mail: bytes) -> object:
    try:
        return recognise(memoryview(mail))
    except MimeLimit:
        return None


READERS: dict[str, tuple[Reader, list[str]]] = {
    "plain": (of_text("plain"), _WORDS + _SIGNS),
    "html": (of_text("html"), _WORDS + _SIGNS + _TAGS),
    "mail": (of_mail, _MIME + _SIGNS),
}


def cost(read: Reader, bit: str, size: int) -> int:
    """Return how many calls it takes to read the bit again and again, up to the size."""
    octets = bit.encode()
    text = (octets * (size // len(octets) + 1))[:size]
    return calls_of(lambda: read(text))


def changed(chance: random.Random, bit: str, words: list[str]) -> str:
    """Return the bit with a word put in, or some signs taken out."""
    at = chance.randrange(len(bit))
    if chance.random() < 0.3:
        return bit[:at] + bit[at + chance.randint(1, 6) :] or "x"
    return (bit[:at] + chance.choice(words) + bit[at:])[:300]


def costliest(chance: random.Random, read: Reader, words: list[str], tries: int) -> str:
    best = "".join(chance.choice(words) for _ in range(chance.randint(1, 8)))
    most = cost(read, best, 1000)
    for _ in range(tries):
        bit = changed(chance, best, words)
        if (calls := cost(read, bit, 1000)) > most:
            best, most = bit, calls
    return best


def check(kind: str, seed: int, tries: int) -> None:
    read, words = READERS[kind]
    bit = costliest(random.Random(seed), read, words, tries)  # noqa: S311 -- a seed, no secret
    small, large = cost(read, bit, 4000), cost(read, bit, 8000)
    # Where a text is cut off may decide how it is read: what grows does so with each doubling.
    if large > 2.4 * small + 3000:
        assert cost(read, bit, 16_000) <= 2.4 * large + 3000, bit
    assert large <= 8000 * 400, bit  # of the shortest lines that look like a label: 0.2 s


@pytest.mark.promise(number=11)
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", list(READERS))
def test_reading_takes_as_long_as_there_is_to_read(kind: str, seed: int) -> None:
    check(kind, seed, 12)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [*range(2, 6), *range(100, 160)])
@pytest.mark.parametrize("kind", list(READERS))
def test_reading_takes_as_long_as_there_is_to_read_long(kind: str, seed: int) -> None:
    check(kind, seed, 60)


@pytest.mark.parametrize("size", [2000, pytest.param(4000, marks=pytest.mark.soak)])
@pytest.mark.parametrize(
    "bit",
    [
        "urgzzez : x\n",
        "urgnece : x\n",
        "-----Message d'origine-----\n",
        "a écrit :\n",
        "\nurgzzez:",
    ],
)
def test_texts_that_took_long(bit: str, size: int) -> None:
    read, _ = READERS["plain"]
    small, large = cost(read, bit, size), cost(read, bit, 4 * size)
    assert large <= 4.4 * small + 0.75 * size
    assert large <= 4 * size * 150 + 5 * size


RUNS = [
    "-",
    "_",
    "=",
    "*",
    "~",
    "#",
    ">",
    "|",
    ":",
    " ",
    "\t",
    "a",
    "1",
    "-=",
    ": ",
    "a ",
    "1/",
    "é",
]


def seconds(read: Reader, bit: bytes) -> float:
    """Return the processor's time for 8 KiB of it, the less of two: no count sees an expression."""
    took = list[float]()
    for _ in range(2):
        start = time.process_time()
        read(bit * (8192 // len(bit) + 1))
        took.append(time.process_time() - start)
    return min(took)


@pytest.mark.soak
@pytest.mark.parametrize("end", ["x\n", ":\n", " : x\n", "a écrit\n"])
@pytest.mark.parametrize("run", RUNS)
def test_runs_of_one_sign_take_about_as_long_as_words(run: str, end: str) -> None:
    """At most eleven times as long; lines of dashes once took five hundred times."""
    read, _ = READERS["plain"]
    words = seconds(read, b"Bonjour, je vous adresse ce patient.\n")
    for length in (190, 590, 3900):
        for begin in ("", "-----a", "Code : "):
            bit = f"{begin}{run * (length // len(run))}{end}".encode()
            assert seconds(read, bit) < 100 * words, bit


@pytest.mark.parametrize(
    ("line", "drawn"),
    [
        ("---- Le Dr X a écrit ----", True),
        ("  == X wrote ==  ", True),
        ("- X a écrit -", False),
        ("---- X a écrit", False),
        ("-" * 3, False),
        ("-" * 590 + "x", False),
    ],
)
def test_a_drawn_attribution_has_two_signs_on_each_side(line: str, *, drawn: bool) -> None:
    assert (0 in attributions([line])) is drawn


@pytest.mark.parametrize(
    ("line", "opens"),
    [("---- Mail ----", True), ("-----_---", True), ("--- a --", False), ("-" * 150, False)],
)
def test_words_between_drawn_lines_open_a_quotation_above_a_block(
    line: str, *, opens: bool
) -> None:
    block = ["De : X <x@y.fr>", "Envoyé : 12/11/2026 10:12", "À : Y", "Objet : Z"]
    found = openings([line, *block]).get(0)
    assert (found is not None and found.end == 5) is opens
