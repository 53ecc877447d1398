"""HTML: its lines, what clients put around a quotation, and what nobody sees."""

import html
import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from quoting import HTML_REPLIES, HTML_WAYS, in_html, owners

from rmp_milter.mail.incoming.htmltext import html_to_text
from rmp_milter.mail.whose.html_looks import Look, colour_of, declarations, looks
from rmp_milter.mail.whose.html_tokens import Tag, TextToken, tokens
from rmp_milter.mail.whose.reading import read_html
from rmp_milter.mail.whose.words import Whose
from testbed.examples import some

pytestmark = pytest.mark.slow

REQUEST = "Demande : clôture"


def texts(source: str) -> list[str]:
    return [line.text for line in read_html(source).lines]


# --- tags and text


def begin(name: str, attributes: dict[str, str] | None = None) -> Tag:
    return Tag(name, closing=False, attributes=attributes or {})


def end(name: str) -> Tag:
    return Tag(name, closing=True, attributes={})


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('<a title="x>y">z', [begin("a"), TextToken("z")]),
        ("<a title=x>y", [begin("a"), TextToken("y")]),
        ("<A CLASS='b c' ID=d>", [begin("a", {"class": "b c", "id": "d"})]),
        ("<p class=a class=b>", [begin("p", {"class": "a"})]),
        ("<p hidden>", [begin("p", {"hidden": ""})]),
        ("<p style = 'a:b'/>", [begin("p", {"style": "a:b"})]),
        ("<p/class=x/>", [begin("p", {"class": "x/"})]),
        ("<p id=&eacute;>", [begin("p", {"id": "é"})]),
        ('<p ="x>y">', [begin("p"), TextToken('y">')]),
        ("</P x>", [end("p")]),
        ("a &lt;b&gt; &eacute", [TextToken("a <b> é")]),
        ("1 < 2", [TextToken("1 "), TextToken("<"), TextToken(" 2")]),
        (
            "<!-- <p> -->a<!-->b<!--->c<!--x--!>d",
            [TextToken("a"), TextToken("b"), TextToken("c"), TextToken("d")],
        ),
        ("<?xml?><!DOCTYPE html></>x", [TextToken("x")]),
        ("<xmp><p>&lt;</xmp>", [begin("xmp"), TextToken("<p>&lt;", "xmp"), end("xmp")]),
        ("<textarea>&lt;<p></textarea>",
         [begin("textarea"), TextToken("<<p>", "textarea"), end("textarea")]),
        ("<style><p></style >",
         [begin("style"), TextToken("<p>", "style"), end("style")]),
        ("<script>a</scripts></script>",
         [begin("script"), TextToken("a</scripts>", "script"), end("script")]),
        ("<p class='x", [begin("p", {"class": "x"})]),
        ("<p class='x' <b>y", [begin("p", {"class": "x"}), TextToken("y")]),
    ],
)  # fmt: skip
def test_tags_and_texts_are_those_of_the_standard(source: str, expected: list[object]) -> None:
    assert [token for token, _ in tokens(source)] == expected


def test_a_tag_with_more_than_is_read_is_odd() -> None:
    (many, _), *_ = tokens("<p " + "x " * 200 + "style=display:none>")
    (long, _), *_ = tokens("<p style='" + "a" * 9000 + "'>")
    assert (many.odd, long.odd) == (True, True)


@settings(deadline=None, derandomize=True)
@given(st.text(alphabet="ab<>/&;=\"' !-p\n#1"))
@example("&am" * 70_000)
@example("&a" + "b" * 140_000)
def test_each_sign_of_a_page_is_in_one_token(source: str) -> None:
    ends = [0, *(end for _, end in tokens(source))]
    assert ends == sorted(ends)
    assert len(set(ends)) == len(ends)
    assert ends[-1] <= len(source)


# --- lines


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("<div>a</div><div>b</div><div><br></div><div>c</div>", ["a", "b", "", "c"]),
        ("<p>a<o:p></o:p></p>\n<p><o:p>&nbsp;</o:p></p><p>b", ["a", "", "b"]),
        ("a<br>\nb<br><br>c", ["a", "b", "", "c"]),
        ("<title>t</title><script>x<y</script>a &amp; b&eacute;", ["a & bé"]),
        ("<pre>a\n\n  b</pre>c", ["a", "", "b", "c"]),
        ("<p style='white-space: pre-wrap'>a\r\nb\rc</p>", ["a", "b", "c"]),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", ["a\tb", "c"]),
        ("<table><tr><td><p>a</p></td><td><p>b</p></td></tr></table>", ["a\tb"]),
        ("<table><tr><td><p>a</p><p>b</p></td><td>c</td></tr></table>", ["a", "b", "c"]),
        ("<td>a<td>b<tr><td>c", ["a\tb", "c"]),
        ("<ul><li>a<li>b</ul>", ["a", "b"]),
        ("long\n   line", ["long line"]),
        ("a<span style='display:block'>b</span>c", ["a", "b", "c"]),
        ("<b>a</b><i>b</i>", ["ab"]),
        ("a&nbsp;b\u200bc", ["a bc"]),
        ("", []),
        ("open <b", ["open"]),
    ],
)  # fmt: skip
def test_lines_are_those_that_a_reader_sees(source: str, lines: list[str]) -> None:
    assert texts(source) == lines


_BITS = [
    "<p>",
    "</p>",
    "<br>",
    "<div>",
    "</div>",
    "&nbsp;",
    "a",
    "b c",
    "<b>",
    "</b>",
    "\n",
    "<h1>",
]


@given(st.lists(st.sampled_from(_BITS)).map("".join))
def test_the_lines_are_those_of_the_reader_that_was(source: str) -> None:
    before = html_to_text(source).replace("\u00a0", " ")
    assert "\n".join(texts(source)).split() == before.split()
    assert len(texts(source)) == len(before.split("\n")) or not before


# --- quotations by the tree


@pytest.mark.parametrize("client", HTML_REPLIES)
def test_each_clients_quotation_is_foreign_and_what_is_above_own(client: str) -> None:
    words = read_html(f"<p>Merci.</p>{HTML_REPLIES[client](REQUEST)}")
    assert owners(words)[0] == "O"
    assert {line.whose for line in words.lines if line.text == REQUEST} == {Whose.FOREIGN}
    assert set(owners(words).lstrip("O")) == {"F"}


@pytest.mark.parametrize("client", HTML_REPLIES)
def test_it_is_when_outlook_on_the_web_quotes_it_again(client: str) -> None:
    quoted = re.sub(r'(class|id)="', r'\1="x_x_', HTML_REPLIES[client](REQUEST))
    words = read_html(f"<p>Merci.</p>{quoted}")
    assert Whose.OWN not in {line.whose for line in words.lines if line.text == REQUEST}


@pytest.mark.parametrize(
    "start",
    [
        '<div class="gmail_quote">',
        '<div class="yahoo_quoted">',
        '<blockquote style="margin:0 0 0 40px;border:none">',
        "<blockquote>",
        '<div style="border:none;border-left:solid blue 1.5pt;padding:0cm 0cm 0cm 4.0pt">',
    ],
)
def test_what_also_wraps_own_text_is_a_doubt_without_an_attribution(start: str) -> None:
    end = "</blockquote>" if "<blockquote" in start else "</div>"
    words = read_html(f"<p>Bonjour,</p>{start}<p>Patient : A</p>{end}<p>Cher confrère</p>")
    assert owners(words) == "ODO"
    attribution = "<div>Le 12/11/2026 à 10:12, X a écrit :</div>"
    inside = read_html(f"<p>Merci</p>{start}{attribution}<p>Demande</p>{end}")
    above = read_html(f"<p>Merci</p>{attribution}{start}<p>Demande</p>{end}")
    assert owners(inside) == owners(above) == "OFF"


@pytest.mark.parametrize(
    "start",
    ["<div style='border:1px solid #ccc'>", "<div style='border-left:none'>", "<div class=x>"],
)
def test_other_frames_are_own(start: str) -> None:
    assert owners(read_html(f"{start}<p>Patient : A</p></div>")) == "O"


def test_an_own_block_inside_a_doubtful_frame_sinks_no_more_than_the_frame() -> None:
    block = "<p>De : X</p><p>Envoyé : lundi</p><p>À : Y</p><p>Objet : Z</p>"
    source = f"<blockquote><p>a</p>{block}<p>Demande</p></blockquote><p>own</p>"
    assert owners(read_html(source)) == "D" + "F" * 5 + "O"


def test_below_a_quotation_words_are_own_if_none_stand_above() -> None:
    quotation = HTML_REPLIES["thunderbird"]("x")
    assert owners(read_html(f"{quotation}<p>Demande : dossier</p>")) == "FFO"
    assert owners(read_html(f"<p>Merci.</p>{quotation}<p>Demande : dossier</p>")) == "OFFD"


def test_two_words_make_a_block_under_a_drawn_line() -> None:
    drawn = "<div style='border-top:solid #B5C4DF 1.0pt'>"
    block = "<p>De : X</p><p>Objet : Y</p>"
    assert owners(read_html(f"<p>Merci</p>{drawn}{block}</div><p>Demande</p>")) == "OFFF"
    assert owners(read_html(f"<p>Merci</p><hr>{block}<p>Demande</p>")) == "OFFF"
    assert owners(read_html(f"<p>Merci</p>{block}<p>Demande</p>")) == "OOOO"


def test_text_that_got_out_of_its_quotation_is_not_own() -> None:
    quotation = HTML_REPLIES["thunderbird"]("x").replace(
        "x<", f"x</blockquote><p>{REQUEST}</p><"
    )
    assert owners(read_html(quotation)) == "FFD"
    assert owners(read_html("<p>Merci</p></div>" + HTML_REPLIES["thunderbird"]("x"))) == "OFF"


@pytest.mark.parametrize("client", ["thunderbird forward", "outlook web", "outlook telephone"])
def test_what_a_client_forwards_as_it_is_does_not_get_out_of_it(client: str) -> None:
    # Thunderbird makes this of a forwarded mail with "</div>" in it: no end tag is left over.
    quotation = HTML_REPLIES[client]("x") + f"<p>{REQUEST}</p>"
    for above in ("", "<p>Bonjour,</p>"):
        words = read_html(above + quotation)
        assert {line.whose for line in words.lines if line.text == REQUEST} == {Whose.FOREIGN}


def test_a_cell_holds_the_end_tags_in_it() -> None:
    source = (
        "<blockquote type=cite><table><tr><td>a</blockquote>b</td></tr></table>c</blockquote>d"
    )
    assert owners(read_html(source)) in {"FFD", "FFFD"}


# --- what nobody sees


HIDING = [
    "display:none",
    "DISPLAY : None !important",
    "dis/**/play:none;display:none",
    r"d\69splay:none",
    "visibility:hidden",
    "font-size:0",
    "font-size:0px",
    "font-size: 1px",
    "font-size:.1em",
    "font:0/0 a",
    "color:#ffffff",
    "color:white",
    "color:#fefefe",
    "color:rgb(255, 255, 255)",
    "color:transparent",
    "color:rgba(0,0,0,0)",
    "background:#123456;color:#123456",
    "opacity:0",
    "mso-hide:all",
    "max-height:0;overflow:hidden",
    "position:absolute;left:-9999px",
    "text-indent:-9999px",
    "position:absolute;clip:rect(0,0,0,0)",
    "transform:scale(0)",
]
SHOWING = [
    "display:block",
    "visibility:visible",
    "font-size:8pt",
    "font:12px/1.5 Arial",
    "font:7.0pt 'Times New Roman'",
    "color:#1f497d",
    "color:windowtext",
    "color:#ffffff;background:#003366",
    "color:white;background-image:url(x.png)",
    "color:var(--x)",
    "opacity:0.9",
    "max-width:100%;overflow:hidden",
    "margin-left:36.0pt;text-indent:-18.0pt",
    "height:100%",
    "",
]


@pytest.mark.parametrize("style", HIDING)
def test_what_is_hidden_is_never_own(style: str) -> None:
    for element in ("p", "div", "span"):
        words = read_html(f'<p>Merci</p><{element} style="{style}">{REQUEST}</{element}>')
        assert owners(words) == "OH"
        assert words.text() == "Merci"


@pytest.mark.parametrize("style", HIDING)
def test_it_is_by_a_style_sheet_too(style: str) -> None:
    for head, element in (
        (".k", "<p class='j K'>"),
        ("#k", "<p id=k>"),
        ("p.k", "<p class=k>"),
        ("h2, .k", "<p class=k>"),
        ("body{margin:0} .k", "<p class=k>"),
    ):
        sheet = f"<style><!-- /* x */ {head}{{{style}}} --></style>"
        assert owners(read_html(f"<p>Merci</p>{element}{REQUEST}</p>{sheet}")) == "OH"


@pytest.mark.parametrize("style", SHOWING)
def test_what_is_shown_is_own(style: str) -> None:
    assert owners(read_html(f'<p style="{style}">Patient : A</p>')) == "O"
    sheet = f"<style>p{{{style}}}</style>"
    assert owners(read_html(f"{sheet}<p>Patient : A</p>")) == "O"


@pytest.mark.parametrize(
    "rule",
    [
        "@media print{.k{display:none}}",
        "@media screen{@supports (x:y){.k{font-size:0}}}",
        "div .k{display:none}",
        "div > p.k{visibility:hidden}",
        ".k:hover{display:none}",
        "p[class]{display:none}",
        "[class]{display:none}",
        ".k:not(.x){display:none}",
    ],
)
def test_a_rule_that_may_not_hold_leaves_a_doubt(rule: str) -> None:
    words = read_html(f"<style>{rule}</style><p class=k>Patient : A</p>")
    assert owners(words) == "D"


def test_a_sheet_that_is_too_long_leaves_a_doubt() -> None:
    sheet = "<style>" + "p.x{color:red}" * 3000 + "</style>"
    assert owners(read_html(f"{sheet}<p>Patient : A</p>")) == "D"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<div style='font-size:0'><p style='font-size:12pt'>a</p>b</div>", "OH"),
        ("<div style='visibility:hidden'><p style='visibility:visible'>a</p></div>", "O"),
        ("<div style='display:none'><p style='display:block'>a</p></div>", "H"),
        ("<table bgcolor=#000000><tr><td><font color=#ffffff>a</font></td></tr></table>", "O"),
        ("<table bgcolor=#ffffff><tr><td><font color=#ffffff>a</font></td></tr></table>", "H"),
        ("<p hidden>a</p><template>b</template>c", "HHO"),
        ("<details><p>a</p></details><details open>b</details>", "DO"),
        ("<p style='display:none'>a<p>b</p>", "HO"),
        ("<font><p style='display:none'>a</font>b</p>c", "HO"),
        ("<span style='display:none'>a<ul></span>b", "HH"),
        ("<p style='display:none'><tr><td>a", "H"),
        ("<h1>a<h2></h2><span style='display:none'>b</h1>c", "HHO"),
        ("<div style='display:none'></tr></td>a</div>b", "HO"),
        ("<table><td style='display:none'>a<table></td>b</table></table>c", "HHO"),
        ("<p><b style='display:none'>a</p><p>b</p>", "HH"),
        ("<span style='display:none'><span>a</span>b</span>c", "OH"),
        ("<div style='display:none'>a<br>b<br></div>c", "HHO"),
        ("<p>Pat<span style='display:none'>x</span>ient : A</p>", "OH"),
    ],
)
def test_hiding_follows_the_tree(source: str, expected: str) -> None:
    assert sorted(owners(read_html(source))) == sorted(expected)


def test_hidden_text_inside_a_word_does_not_break_it() -> None:
    words = read_html("<p>Pat<span style='display:none'>Code : x</span>ient : A</p>")
    assert words.text() == "Patient : A"


def test_a_hidden_line_above_is_no_quotation() -> None:
    words = read_html(f"<p>Merci</p><p hidden>x</p><p>{REQUEST}</p>")
    assert owners(words) == "OHO"


@pytest.mark.parametrize(
    ("value", "colour"),
    [
        ("#fff", (255, 255, 255)),
        ("#0123", (0, 17, 34)),
        ("1px solid #102030", (16, 32, 48)),
        ("rgb(1 2 3 / 50%)", (1, 2, 3)),
        ("no colour", None),
        ("white", (255, 255, 255)),
    ],
)
def test_colours(value: str, colour: tuple[int, int, int] | None) -> None:
    assert colour_of(value) == colour


@given(st.text(alphabet="abcdisplayno:; #0123.%-/*\\()!{}\"'", max_size=200))
def test_any_style_gives_a_look(style: str) -> None:
    assert isinstance(looks(Look(), declarations(style)).is_hidden, bool)


# --- any page


_FRAGMENTS = [
    *(
        "<p>",
        "</p>",
        "<div>",
        "</div>",
        "<b>",
        "</b>",
        "<br>",
        "<table>",
        "<tr>",
        "<td>",
        "</td>",
    ),
    *("</table>", "<li>", "<blockquote>", "<blockquote type=cite>", "</blockquote>", "<pre>"),
    *("</pre>", "<style>", "</style>", ".k{display:none}", "<p class=k>", "<span hidden>"),
    *("</span>", "<!--", "-->", "<", ">", "&", "&lt;", "&#x0;", "&#xD800;", "\n", "\t", '"'),
    *(
        '<div class="gmail_quote">',
        '<div id="divRplyFwdMsg">',
        "<hr>",
        "Merci",
        "De : X",
        "> a",
    ),
    *("Le 12/11/2026 à 10:12, X a écrit :", "<i style='color:white'>", "<o:p>", "\u2028", "</"),
    *("<textarea>", "</textarea>", "<a href='x", "<body>", "</html>", "\x00", "<svg><title>"),
]


@settings(max_examples=some(300), deadline=None, derandomize=True)
@given(st.lists(st.one_of(st.sampled_from(_FRAGMENTS), st.text(max_size=5)), max_size=40))
def test_any_page_is_read(fragments: list[str]) -> None:
    source = "".join(fragments)
    words = read_html(source)
    assert sum(len(line.text) for line in words.lines) <= len(source) + len(words.lines)
    assert words.whole


@given(st.binary(max_size=400).map(lambda octets: octets.decode("latin-1")))
def test_any_octets_are_read(source: str) -> None:
    assert read_html(source).whole


_TREES = st.recursive(
    st.text(alphabet="abc é&<", max_size=8).map(html.escape),
    lambda inner: st.builds(
        lambda name, parts: f"<{name}>{''.join(parts)}</{name}>",
        st.sampled_from(["p", "div", "b", "span", "td", "li", "h2", "blockquote", "pre"]),
        st.lists(inner, max_size=4),
    ),
    max_leaves=20,
)


class _AllText(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def handle_data(self, data: str) -> None:
        self.text += data


@given(_TREES)
def test_the_text_is_that_of_the_standard_librarys_parser(source: str) -> None:
    other = _AllText()
    other.feed(source)
    other.close()
    assert "".join("".join(texts(source)).split()) == "".join(other.text.split())


_STRANGE = st.recursive(
    st.sampled_from(
        [REQUEST, "Merci", "> x", "De : X", "</blockquote>", "</div>", "<p>", "<b>"]
    ),
    lambda inner: st.builds(
        lambda start, parts: f"<{start}>{''.join(parts)}</{start.split()[0]}>",
        st.sampled_from(
            [
                "p",
                "div",
                "table",
                "td",
                "span",
                "b",
                "blockquote type=cite",
                "div class=x",
                "li",
            ]
        ),
        st.lists(inner, max_size=4),
    ),
    max_leaves=15,
)


@settings(deadline=None, derandomize=True)
@given(client=st.sampled_from(sorted(HTML_REPLIES)), strange=_STRANGE)
def test_no_markup_of_a_stranger_becomes_own(client: str, strange: str) -> None:
    quotation = HTML_REPLIES[client]("MARKUP").replace("MARKUP", strange)
    words = read_html(f"<div>Voici.</div>{quotation}")
    assert {line.text for line in words.lines if line.whose is Whose.OWN} <= {"Voici.", ""}


@pytest.mark.parametrize("way", HTML_WAYS)
def test_marks_that_are_text_count_in_html(way: str) -> None:
    words = read_html(in_html("Merci.\n\n> Demande : clôture\n> Patient : A\n", way))
    assert {line.text for line in words.lines if line.whose is Whose.OWN} == {"Merci.", ""}
