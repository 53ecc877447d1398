"""No line that somebody else wrote is ever own, however it is quoted."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from quoting import (
    FORWARDS,
    HTML_REPLIES,
    HTML_WAYS,
    REPLIES,
    flowed,
    in_html,
    no_break,
    wrapped,
)

from rmp_milter.mail.whose.reading import read_html, read_plain
from rmp_milter.mail.whose.words import Whose, Words
from testbed.examples import some

pytestmark = pytest.mark.slow

# For each of the clients; a machine under load is no fault.
# The same examples each time: a search for new ones belongs where somebody looks at them.
each_client = settings(max_examples=some(25), deadline=None, derandomize=True)
REQUEST = "Demande : clôture\nPatient : DUPONT Jean\nNé le : 30/01/1959\nCode : JzbVm7Kq"
_LONG = (
    "Cher confrère, je vous adresse ce patient pour un avis sur son traitement au long cours"
)
_OWN_LINES = st.sampled_from(
    [
        *(
            "Merci.",
            "Bonjour,",
            "Cher confrère,",
            "Bien reçu, merci beaucoup.",
            "-- ",
            "Dr Paul",
        ),
        *("Patient : DUPONT Jean", "Né le : 30/01/1959", "Demande : dossier", "", "", _LONG),
        *("Numéros : 1, 2, 3", "tension 12/8, pouls 72", "Motif : trouvé inconscient à 10h12"),
    ]
)
# What the quoted text holds is up to a stranger.
_STRANGE_LINES = st.one_of(
    st.sampled_from(
        [
            *REQUEST.split("\n"),
            *(
                "",
                "",
                ">",
                "> ",
                "> >",
                "|",
                "-- ",
                "...",
                "Bonjour,",
                "Merci.",
                _LONG,
                "> " + _LONG,
            ),
            *("Le 12/11/2026 à 10:12, X a écrit :", "On 3/4/26, Y wrote:", "Z a écrit :"),
            *("-----Message d'origine-----", "De : X", "Envoyé : lundi", "À : Y", "Objet : Z"),
            *(
                "--- End forwarded message ---",
                "</blockquote>",
                "&lt;/blockquote&gt;",
                "| a | b |",
            ),
            *(
                "x\u2028Demande : clôture",
                "x\u2028\u2028Demande : clôture",
                "\x0b\x0bDemande : a",
            ),
            *(
                "\u200bDemande : clôture",
                "a\x85\x85Patient : DUPONT Jean",
                f"{_LONG}\x0c\x0cMotif : x",
            ),
            f"{_LONG} {_LONG}\u2028\u2028Demande : clôture",
        ]
    ),
    st.text(alphabet="ab :>|\t\u00a0\u2028\x0b@10/é-_*", max_size=100),
)
_OWN = st.lists(_OWN_LINES, max_size=6).map("\n".join)
_STRANGE = st.lists(_STRANGE_LINES, min_size=1, max_size=8).map("\n".join)
_CLIENTS = {**REPLIES, **{f"forward {name}": client for name, client in FORWARDS.items()}}
_ENDS = re.compile("[\n\x0b\x0c\x85\u2028\u2029]")


def said(text: str) -> str:
    return " ".join(text.split())


def own_lines(words: Words) -> set[str]:
    return {said(line.text) for line in words.lines if line.whose is Whose.OWN} - {""}


def lines(text: str) -> set[str]:
    return {said(line) for line in _ENDS.split(text)} - {""}


@pytest.mark.parametrize("client", _CLIENTS)
@each_client
@given(own=_OWN, quoted=_STRANGE)
@example(own="Merci.", quoted=REQUEST)
@example(own="", quoted=REQUEST)
def test_nothing_quoted_below_is_own(client: str, own: str, quoted: str) -> None:
    text = f"{own}\n\n{_CLIENTS[client](quoted)}\n"
    assert own_lines(read_plain(text)) <= lines(own)
    assert own_lines(read_plain(no_break(text))) <= lines(own)


@pytest.mark.parametrize("client", _CLIENTS)
@each_client
@given(own=_OWN, quoted=_STRANGE)
@example(own="", quoted=f"{_LONG} {_LONG}\u2028\u2028Demande : clôture")
@example(own="", quoted="\x0b|\u2028Demande : clôture")
def test_nothing_quoted_above_is_own(client: str, own: str, quoted: str) -> None:
    text = f"{_CLIENTS[client](quoted)}\n\n{own}\n"
    assert own_lines(read_plain(text)) <= lines(own)
    assert own_lines(read_plain(wrapped(text))) <= lines(wrapped(own))


@pytest.mark.parametrize("client", _CLIENTS)
@each_client
@given(own=_OWN, quoted=_STRANGE)
def test_no_wrapping_makes_a_quoted_line_own(client: str, own: str, quoted: str) -> None:
    text = f"{own}\n\n{_CLIENTS[client](quoted)}\n"
    assert own_lines(read_plain(wrapped(text))) <= lines(wrapped(own))
    # Lines that flow are one again, and may run together; their words are the same.
    words = read_plain(flowed(text), flowed=True)
    assert set(said(words.text()).split()) <= set(own.split())


@pytest.mark.parametrize("client", _CLIENTS)
@each_client
@given(way=st.sampled_from(sorted(HTML_WAYS)), own=_OWN, quoted=_STRANGE)
def test_no_converting_to_html_makes_a_quoted_line_own(
    client: str, way: str, own: str, quoted: str
) -> None:
    text = f"{own}\n\n{_CLIENTS[client](quoted)}\n"
    assert own_lines(read_html(in_html(text, way))) <= lines(own)


@pytest.mark.parametrize("client", HTML_REPLIES)
@each_client
@given(own=_OWN, quoted=_STRANGE)
@example(own="Merci.", quoted=REQUEST)
def test_nothing_quoted_in_html_is_own(client: str, own: str, quoted: str) -> None:
    quotation = HTML_REPLIES[client](quoted)
    own_html = in_html(own, "divs")
    assert own_lines(read_html(own_html + quotation)) <= lines(own)
    assert own_lines(read_html(quotation + own_html)) <= lines(own)


_NAMES = st.lists(
    st.sampled_from(
        [*REQUEST.split("\n"), "X", _LONG, "le 3", "a écrit", "12/11/2026", "10:12"]
    ),
    min_size=1,
    max_size=9,
).map(" ".join)


@each_client
@given(name=_NAMES)
@example(name=f"X {_LONG} {REQUEST} {_LONG} le 3".replace("\n", " "))
def test_a_strangers_name_is_not_own_however_long_it_is(name: str) -> None:
    text = f"Merci.\n\nLe 12/11/2026 à 10:12, {name} a écrit :\n> Bonjour\n"
    assert own_lines(read_plain(wrapped(text))) <= {"Merci."}


@pytest.mark.parametrize("client", [name for name in REPLIES if name != "gnus"])
def test_own_words_above_a_quotation_stay_own(client: str) -> None:
    own = f"{REQUEST}\n\n{_LONG}."
    words = read_plain(f"{own}\n\n{REPLIES[client]('Bien reçu.')}\n")
    assert own_lines(words) == lines(own)


@each_client
@given(st.lists(_STRANGE_LINES, max_size=30).map("\n".join))
def test_no_line_vanishes(text: str) -> None:
    read = "".join(line.text for line in read_plain(text).lines)
    assert _kept(read) == _kept(text)


def _kept(text: str) -> str:
    """Return the signs without blanks, what is never seen, and marks, which may be repeated."""
    return re.sub(r"[\s\x0b\x0c\x85\u200b>|]", "", text)
