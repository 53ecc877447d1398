import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.mail.incoming.htmltext import html_to_text, strip_tags


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<div>Patient : A</div><div>Né le : b</div><div><br></div><div>Lettre</div>",
         "Patient : A\nNé le : b\n\nLettre"),
        ("<p class=x>Patient : A<o:p></o:p></p>\n<p><o:p>&nbsp;</o:p></p><p>x",
         "Patient : A\n\nx"),
        ("Patient : A<br>\nNé le : b<br><br>Lettre", "Patient : A\nNé le : b\n\nLettre"),
        ("<title>t</title><style>p{a:b}</style><script>x<y</script>a &amp; b&eacute;", "a & bé"),
        ("<!-- <p>hidden --><!DOCTYPE html><?xml x?>seen", "seen"),
        ("<pre>a\n\n  b</pre>c", "a\n\nb\nc"),
        ("<table><tr><td>Patient :</td><td>A</td></tr><tr><td>b</td></tr></table>",
         "Patient :\tA\nb"),
        ("1 < 2 and <3", "1 < 2 and <3"),
        ("long\n   line", "long line"),
        ("open <b", "open"),
        ("open <!-- for ever", "open"),
        ("", ""),
    ],
)  # fmt: skip
def test_html_reads_as_the_reader_sees_it(html: str, text: str) -> None:
    assert html_to_text(html) == text


_BITS = ["<p>", "</p>", "<br>", "<!--", "-->", "<", ">", "&nbsp;", "&", "a", "<pre>", "\n"]
_BITS += ["<style>", "</STYLE>", "<td>", "</pre>"]


@given(st.lists(st.sampled_from(_BITS)).map("".join))
def test_any_html_becomes_text(html: str) -> None:
    assert len(html_to_text(html)) <= len(html) + html.count("<")


def test_hostile_html_takes_linear_time() -> None:
    for bit in ("<", "<!--", "<a", "<p>", "&", "<a b='", "<pre>"):
        assert isinstance(html_to_text(bit * 100_000), str)


def test_tags_cut_between_chunks_are_still_tags() -> None:
    html = b"<div>abc&#43;def</div>&nbsp;x" * 50
    whole = b"".join(strip_tags([html]))
    for size in (1, 3, 8, 50):
        cut = [html[at : at + size] for at in range(0, len(html), size)]
        assert b"".join(strip_tags(cut)) == whole
    assert whole.startswith(b"\nabc+def\n x")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (b"a&#43;b&#x2B;c&plus;d&equals;&#61&sol;", b"a+b+c+d==/"),
        (b"&amp;plus; &amp;#43;", b"&plus; &#43;"),
        (b"&#233;&#8211;&nbsp;x", b"\xe9? x"),
        (b"&am&am&eacute;&#;&", b"&am&am\xe9&#;&"),
    ],
)
def test_references_that_armor_may_hold_are_resolved_and_no_others(
    html: bytes, text: bytes
) -> None:
    assert b"".join(strip_tags([html])) == text
