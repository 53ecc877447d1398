"""The text of a forward: found in each client's manner, and told apart from an answer."""

import pytest
from quoting import FORWARDS, HTML_REPLIES, REPLIES, wrapped

from rmp_milter.mail.whose.forwards import forwarded
from rmp_milter.mail.whose.reading import read_html, read_plain

LETTER = "Patient : DUPONT Jean\nNé le : 30/01/1959\n\nCher confrère, thorax normal."
LINES = tuple(LETTER.split("\n"))


def trimmed(lines: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("\n".join(lines).strip("\n").split("\n"))


@pytest.mark.parametrize("own", ["", "Bonjour,\n\nPour information.\n\n"])
@pytest.mark.parametrize("client", FORWARDS)
def test_the_text_of_a_forward_is_found(client: str, own: str) -> None:
    found = forwarded(read_plain(own + FORWARDS[client](LETTER) + "\n"))
    assert found is not None
    assert trimmed(found.lines) == LINES
    assert found.sure is (client != "outlook fr")


def test_the_text_of_a_forward_in_html_is_found() -> None:
    found = forwarded(read_html("<p>Bonjour</p>" + HTML_REPLIES["thunderbird forward"](LETTER)))
    assert found is not None
    assert (trimmed(found.lines), found.sure) == (LINES, True)


@pytest.mark.parametrize("client", REPLIES)
def test_an_answer_is_no_forward(client: str) -> None:
    found = forwarded(read_plain("Bonjour,\n\n" + REPLIES[client](LETTER)))
    # Some write the same above both: the mail's own header has to tell.
    assert found is None or not found.sure


@pytest.mark.parametrize("outer", FORWARDS)
@pytest.mark.parametrize("inner", FORWARDS)
def test_a_forward_in_a_forward_is_gone_into(outer: str, inner: str) -> None:
    text = FORWARDS[outer]("Pour information.\n\n" + FORWARDS[inner](LETTER))
    found = forwarded(read_plain(text))
    assert found is not None
    assert trimmed(found.lines) == LINES


def test_the_outer_text_counts_where_it_has_words() -> None:
    inner = FORWARDS["gmail"](LETTER)
    text = FORWARDS["gmail"]("Patient : MARTIN Paul\nNé le : 02/02/1960\n\n" + inner)
    found = forwarded(read_plain(text))
    assert found is not None
    assert trimmed(found.lines) == ("Patient : MARTIN Paul", "Né le : 02/02/1960")


def test_an_answer_inside_a_forward_is_left_out() -> None:
    text = FORWARDS["gmail"](LETTER + "\n\n" + REPLIES["thunderbird fr"]("Patient : X"))
    found = forwarded(read_plain(text))
    assert found is not None
    assert trimmed(found.lines) == LINES


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Bonjour",
        "> Patient : DUPONT Jean",
        "> a\n\n" + FORWARDS["gmail"](LETTER),
        FORWARDS["gmail"]("Bonjour,"),
        FORWARDS["gmail"](""),
        FORWARDS["gmail"]("Bonjour,\n\n" + REPLIES["thunderbird fr"](LETTER)),
        FORWARDS["gmail"](LETTER) + "\nligne" * 20_000,
    ],
)
def test_nothing_else_is_a_forward(text: str) -> None:
    assert forwarded(read_plain(text)) is None


def test_what_is_hidden_is_not_forwarded() -> None:
    source = f"<p hidden>{REPLIES['thunderbird fr']('x')}</p>" + HTML_REPLIES[
        "thunderbird forward"
    ](f"{LETTER}")
    found = forwarded(read_html(source))
    assert found is not None
    assert trimmed(found.lines) == LINES


def test_a_wrapped_forward_is_still_one() -> None:
    found = forwarded(read_plain(wrapped(FORWARDS["apple"](LETTER))))
    assert found is not None
    assert trimmed(found.lines) == LINES
