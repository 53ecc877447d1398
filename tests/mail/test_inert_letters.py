"""No window of lines of any letter of ours asks for anything, however it comes back.

Safety does not rest on a quotation being recognised: the windows are read as they stand,
as if the sender had typed them himself.
"""

import html
import re
from collections.abc import Callable
from functools import cache
from itertools import chain
from textwrap import fill

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from letters_case import ATTACKS, letters
from quoting import HTML_WAYS, flowed, in_html, no_break, wrapped

from rmp_milter.calls.protocol.opening import Standing
from rmp_milter.dossier.model import Verb
from rmp_milter.mail.header.lines import lines_of
from rmp_milter.mail.header.routing import Cut, RoutingHeader, Trouble, cut, parse
from rmp_milter.mail.header.slots import is_slot
from rmp_milter.mail.header.words import Field
from rmp_milter.mail.meaning.meaning import meaning
from rmp_milter.mail.outgoing.narrow import WIDTH
from rmp_milter.mail.whose.reading import read_html, read_plain
from testbed.examples import some

YEAR = 2026
TRAITS = {"Patient", "Nom", "Prénom", "Né le"}
OF_REASONS = {Verb.URGENCE, Verb.JUSTIFICATION}
NOT_OF_A_PATIENT = {Verb.CREATION, Verb.MEDECIN_TRAITANT, Verb.DEPOT}
"""What a patient who writes himself is refused whatever he says, so that no word is needed."""


@cache
def pages(said: str | None = None) -> list[tuple[str, list[str]]]:
    return [(n, w.split("\n")) for n, w in letters(said)]


def _joined(width: int) -> Callable[[str], str]:
    """Fill paragraphs anew, as some clients do with what they quote."""

    def joined(text: str) -> str:
        paragraphs = re.split(r"\n\s*\n", text)
        return "\n\n".join(fill(each, width) for each in paragraphs)

    return joined


def _html_words(text: str) -> str:
    """Return what is left of plain text in HTML: no line ends, no runs of blanks."""
    return html.unescape(" ".join(html.escape(text).split()))


FORMS: dict[str, Callable[[str], str]] = {
    "as it stands": str,
    "marked": lambda text: "\n".join(f"> {line}" for line in text.split("\n")),
    "marked twice": lambda text: "\n".join(f">> {line}" for line in text.split("\n")),
    "barred": lambda text: "\n".join(f"| {line}" for line in text.split("\n")),
    "indented": lambda text: "\n".join(f"        {line}" for line in text.split("\n")),
    "wrapped at 60": lambda text: wrapped(text, 60),
    "joined at 72": _joined(72),
    "joined at 78": _joined(78),
    "one line": lambda text: " ".join(text.split()),
    "html": _html_words,
    "no-break": no_break,
    "flowed": flowed,
    "double spaced": lambda text: text.replace("\n", "\n\n"),
    "without empty lines": lambda text: re.sub(r"\n\s*\n", "\n", text),
    "small": str.lower,
    "capitals": str.upper,
    "bullets": lambda text: "\n".join(f"- {line.strip()}" for line in text.split("\n")),
}
USUAL = ("as it stands", "marked", "wrapped at 60", "joined at 78", "html")
"""Forms that every run tries, each on a share of the letters; the campaigns try all on all."""
SHARE = 15
"""Of the letters, one in so many: there are a thousand, of few kinds, in two languages."""
EXAMPLES = ("    Demande : ", "    Request : ", "    Référence : U-", "    Reference : U-")
"""Lines of examples that are no slots: what stands beside them is one."""
MAY_ASK = re.compile(r"[:=]|code|urgen|né\(e\) le|born|\d\d/\d\d/", re.IGNORECASE)
"""What a line has that could be read as anything."""
PLACES: dict[str, Callable[[str], str]] = {
    "alone": str,
    "below": lambda text: f"Merci.\n\n{text}",
    "right below": lambda text: f"Merci.\n{text}",
    "above": lambda text: f"{text}\n\nMerci.\n",
    "right above": lambda text: f"{text}\nMerci.\n",
}


def asks(text: str) -> str:
    """Return what the text asks for, typed as it stands by a doctor or a patient; else nothing."""
    return _faults(cut(text))


def _faults(found: Cut) -> str:
    if found.code or found.attestation:
        return "a secret"
    header = parse(found.header, YEAR)
    if not found.found or (header.verb in OF_REASONS and not found.reason):
        return ""  # asked back
    if header.verb is Verb.URGENCE or not header.problems:
        return f"a doctor's {header.verb}"
    return _fault_of_a_patient(header)


def _fault_of_a_patient(header: RoutingHeader) -> str:
    """Return what the header asks for where a patient writes, who need not name himself."""
    needed = [
        each
        for each in header.problems
        if not (each.kind is Trouble.MISSING and each.word in TRAITS)
    ]
    asks_anew = needed or header.verb in NOT_OF_A_PATIENT
    return "" if asks_anew else f"a patient's {header.verb}"


@pytest.mark.parametrize("said", [None, *ATTACKS])
def test_no_line_is_a_word_and_a_value_but_in_examples(said: str | None) -> None:
    letters = (lines for name, lines in pages(said) if "emergency-form" not in name)
    for line in set(chain.from_iterable(letters)):
        for read in lines_of(line):
            value = read.value.strip(" »«.,;")
            known = read.field not in {None, Field.SERVICE} and bool(value)
            # A birth date alone on a line names nobody.
            known = known and (read.field is Field.CODE or bool(re.search("[:=]", line)))
            if known and not is_slot(read.field, value):
                assert line.startswith(EXAMPLES), line


@pytest.mark.parametrize("said", [None, *ATTACKS])
def test_no_line_is_so_long_that_clients_break_it(said: str | None) -> None:
    for name, lines in pages(said):
        if "subject" not in name:
            assert [line for line in lines if len(line) > WIDTH] == [], name


@pytest.mark.slow
@pytest.mark.promise(number=20)
def test_no_text_of_ours_asks_for_anything_from_any_line_on() -> None:
    starts = {
        "\n".join(lines[start:])
        for _, lines in pages()
        for start in range(len(lines))
        if MAY_ASK.search(lines[start])
    }
    assert starts
    for text in starts:
        assert asks(text) == "", text


def no_window_asks(form: str, tried: list[tuple[str, list[str]]]) -> None:
    found = {
        tuple(lines[start : start + size])
        for _, lines in tried
        for start in range(len(lines))
        for size in (1, 2, 3, len(lines))
    }
    windows = [each for each in found if any(map(MAY_ASK.search, each))]
    assert windows
    for window in windows:
        text = FORMS[form]("\n".join(window))
        assert asks(text) == "", text


@pytest.mark.slow
@pytest.mark.promise(number=20)
@pytest.mark.parametrize("form", USUAL)
def test_a_share_of_the_letters_asks_for_nothing_in_a_usual_form(form: str) -> None:
    no_window_asks(form, pages()[USUAL.index(form) :: SHARE])


@pytest.mark.soak
@pytest.mark.promise(number=20)
@pytest.mark.parametrize("form", FORMS)
def test_no_text_of_ours_asks_for_anything_in_any_form(form: str) -> None:
    no_window_asks(form, pages())


@st.composite
def windows(draw: st.DrawFn) -> tuple[str, str]:
    """Draw lines of a letter with an intruder's words in it, in the manner of some client."""
    name, lines = draw(st.sampled_from(pages(draw(st.sampled_from([None, *ATTACKS])))))
    start = draw(st.integers(0, len(lines) - 1))
    end = draw(st.integers(start + 1, len(lines)))
    text = "\n".join(lines[start:end])
    for form in draw(st.lists(st.sampled_from(sorted(FORMS)), min_size=1, max_size=2)):
        text = FORMS[form](text)
    return name, PLACES[draw(st.sampled_from(sorted(PLACES)))](text)


@pytest.mark.promise(number=20)
@settings(derandomize=True, max_examples=some(150), deadline=None)
@given(windows())
def test_no_window_of_any_letter_asks_for_anything(window: tuple[str, str]) -> None:
    name, text = window
    assert asks(text) == "", (name, text)


@settings(derandomize=True, max_examples=some(60), deadline=None)
@given(windows(), st.sampled_from(sorted(HTML_WAYS)))
def test_nor_does_it_in_html_or_by_what_the_whole_mail_means(
    window: tuple[str, str], way: str
) -> None:
    name, text = window
    for words in (read_plain(text), read_html(in_html(text, way))):
        read = meaning(words, YEAR)
        if read.standing is Standing.HEADER and not read.doubts:
            assert _faults(read.cut) == "", (name, text)
