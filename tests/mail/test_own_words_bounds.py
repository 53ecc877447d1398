"""Bounds: linear on any input, and nothing beyond them is own."""

from collections.abc import Callable

import pytest

from rmp_milter.mail.whose.forwards import forwarded
from rmp_milter.mail.whose.html_page import MAX_DEPTH, MAX_TAGS
from rmp_milter.mail.whose.reading import read_html, read_plain
from rmp_milter.mail.whose.words import MAX_LINES, MAX_TEXT, Whose, Words
from testbed.counting import calls_of

pytestmark = pytest.mark.slow

_PLAIN = [
    *("a", "\n", "> ", "> a\n", "Le x a écrit :\n", "Le 3 a écrit :\n", "a écrit :\n", "\r"),
    *("Le 12/11/2026 à 10:12, x\n", "De : x\n", "De : x\n\n", "-----Message d'origine-----\n"),
    *("a : b\n", "| a\n", "> 3\n", " ", "\u2028", "*_ ", ":", "a@", "12/11/2026 ", "-", "Le "),
    *("Bonjour Monsieur, ", "12/11 10:12 <a@b> c:\n", "De : a À : b ", "Objet : x\n", "<a@"),
    *(
        "À : x\nDe : y\n",
        "Le 12/11/2026 à 10:12\na écrit :\n",
        "10:12 <",
        "a écrit ",
        "_" * 30 + "\n",
    ),
]
_HTML = [
    *(
        "&am",
        "<",
        "<div>",
        "<b><i>",
        "<!--",
        "<a x=1 ",
        "<p>",
        "\n",
        "<style>.a{color:red}</style>",
    ),
    *("<blockquote type=cite>x</blockquote>", "<blockquote>x</blockquote>", "<td>x", "x<br>"),
    *(
        '<a b="',
        "<div></b>",
        "<p><font color=white>x</p>",
        "&#x41;",
        "<li>x",
        "</p>",
        "<table>",
    ),
    *(
        "<i style='color:white'>",
        "<p style='a:b;a:b'>x",
        "<!--x-->",
        "<a b='x'",
        "<style>",
        "</",
    ),
    *(
        "<blockquote><table>",
        "<div style='border-top:solid'>De : x</div>",
        "<textarea>",
        "<pre>\n",
    ),
    "<b hidden><p>x</b></p>",
]


def steps(read: Callable[[str], Words], text: str) -> int:
    """Return how many calls of functions reading the text takes."""
    return calls_of(lambda: read(text))


def grows_evenly(read: Callable[[str], Words], bit: str, times: int) -> None:
    """Fail unless four times as much takes four times as long; some calls are made but once."""
    assert steps(read, bit * 4 * times) <= 4.4 * steps(read, bit * times) + 6 * times


@pytest.mark.parametrize("bit", _PLAIN)
def test_plain_text_takes_linear_time(bit: str) -> None:
    grows_evenly(read_plain, bit, 60)


@pytest.mark.parametrize("bit", _PLAIN)
def test_flowed_text_takes_linear_time(bit: str) -> None:
    def read(text: str) -> Words:
        return read_plain(text, flowed=True)

    grows_evenly(read, bit, 60)


@pytest.mark.parametrize("bit", _HTML)
def test_html_takes_linear_time(bit: str) -> None:
    grows_evenly(read_html, bit, 60)


def test_43_megabytes_of_open_references_are_read() -> None:
    words = read_html("&am" * (43_000_000 // 3))
    assert words.whole is False
    assert words.lines[-1].whose is Whose.DOUBTFUL


@pytest.mark.parametrize(
    "bit", ["<p>", "<div>", "x<br>", "<b style='color:white'>x</b>", "<", "a"]
)
def test_other_large_pages_are_read(bit: str) -> None:
    words = read_html(bit * (2 * MAX_TEXT // len(bit)))
    assert (words.whole, words.lines[-1].whose) == (False, Whose.DOUBTFUL)


@pytest.mark.parametrize("bit", ["a", "\n", "De : x\n", "Le 3 a écrit :\n", "> a\n", "\u2028"])
def test_other_large_texts_are_read(bit: str) -> None:
    text = bit * (4 * MAX_TEXT // len(bit))
    words = read_plain(text)
    assert (words.whole, words.lines[-1].whose) == (False, Whose.DOUBTFUL)
    assert len(words.lines) <= MAX_LINES + 1


def test_what_lies_beyond_the_lines_is_in_doubt_and_all_there() -> None:
    text = "a\n" * MAX_LINES + "Demande : clôture\nPatient : A"
    words = read_plain(text)
    assert words.lines[-1] == ("Demande : clôture\nPatient : A", Whose.DOUBTFUL, True)
    assert words.text() == "\n".join(["a"] * MAX_LINES)


def test_what_lies_beyond_the_signs_is_in_doubt_and_all_there() -> None:
    text = "own\n" + "b" * MAX_TEXT + "\nDemande : clôture"
    words = read_plain(text)
    assert [line.whose for line in words.lines] == [Whose.OWN, Whose.OWN, Whose.DOUBTFUL]
    assert "\n".join(line.text for line in words.lines[::2]) == text


def test_below_an_opening_what_lies_beyond_is_foreign() -> None:
    text = "-----Message d'origine-----\n" + "a\n" * MAX_LINES + "Demande : clôture"
    assert read_plain(text).lines[-1].whose is Whose.FOREIGN


@pytest.mark.parametrize(
    "filler",
    ["<b></b>" * MAX_TAGS, "<div>" * (MAX_DEPTH + 1), "a" * (MAX_TEXT + 1), "<br>" * 11_000],
)
def test_what_lies_beyond_a_pages_bounds_is_in_doubt(filler: str) -> None:
    words = read_html(f"<p>own</p>{filler}<p>Demande : clôture</p>")
    assert (words.lines[0].text, words.lines[0].whose) == ("own", Whose.OWN)
    assert words.lines[-1].text.endswith("<p>Demande : clôture</p>")
    assert words.lines[-1].whose is Whose.DOUBTFUL
    assert words.whole is False


def test_a_text_beyond_the_bounds_is_no_forward() -> None:
    assert forwarded(read_plain("Begin forwarded message:\n\nx\n" + "a\n" * MAX_LINES)) is None
