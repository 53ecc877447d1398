"""``Vitale : <JWS>``: taken off the header whole, however clients wrap it, and masked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.keeper.desk.quick import within
from rmp_milter.mail.header.cutting import cut
from rmp_milter.mail.header.routing import parse
from testbed.counting import turns_of
from testbed.vitale import CardSoftware, header_line
from testbed.waiting import PATIENCE_SECONDS

HEADER = "Patient : DUPONT Jean\nNé le : 30/01/1959\nDemande : dossier"
TOKEN = CardSoftware().token("159013456789082", "10003456786")
OTHER = CardSoftware("Autre", "ES256").token("159013456789082", "10003456786")
# Edges that look like bold text or a bullet where a client breaks the line.
ODD = "eyJhbGciOiJFZERTQSJ9_." + "_-*".replace("*", "_") * 40 + "." + "-_" * 42 + "Ag"


def assert_taken(text: str, token: str = TOKEN) -> None:
    found = cut(text)
    assert found.attestation == token
    assert token[:16] not in found.header
    assert token[-16:] not in found.header
    read = parse(found.header, 2026)
    assert (read.birth_name, read.problems) == ("DUPONT", ())
    assert found.has_secret
    assert token[-16:] not in repr(found)


@pytest.mark.parametrize(
    "word", ["Vitale", "Carte Vitale", "ATTESTATION VITALE", "Vitale card"]
)
@pytest.mark.parametrize("colon", [" : ", ":", "\u00a0: ", " = ", "\uff1a"])
def test_it_is_taken_in_every_spelling(word: str, colon: str) -> None:
    assert_taken(f"{HEADER}\n{word}{colon}{TOKEN}\n\nCher confrère")


WAYS = [
    pytest.param(quoting, line_end, wrapped, token, marks=() if here else pytest.mark.soak)
    for quoting in ("", "> ", ">> ", "> > ")
    for line_end in ("\n", "\r\n", "\r", " \r\n")
    for wrapped in (0, 20, 60, 72, 76, 78, 998)
    for token in (TOKEN, OTHER, ODD)
    for here in [token == TOKEN or (quoting in {"", "> > "} and line_end == "\r\n")]
]
"""Each way to wrap and to quote; the other tokens in each run by those of the usual line ends."""


@pytest.mark.parametrize(("quoting", "line_end", "wrapped", "token"), WAYS)
def test_it_is_put_together_where_clients_wrapped_it(
    token: str, wrapped: int, line_end: str, quoting: str
) -> None:
    line = header_line(token, wrapped=wrapped)
    for text in (f"{line}{HEADER}", f"{HEADER}\n{line}", f"{HEADER}\n{line}\nCher confrère\n"):
        quoted = quoting + text.replace("\n", f"\n{quoting}")
        assert_taken(quoted.replace("\n", line_end), token)


def test_what_follows_it_is_read_and_a_letter_stays_behind() -> None:
    line = header_line(TOKEN, wrapped=76)
    found = cut(f"{line}Patient : DUPONT Jean\nNé le : 30/01/1959\n\nBonjour\n")
    assert found.attestation == TOKEN
    assert found.letter
    assert "Né le : 30/01/1959" in found.header
    assert cut(f"{HEADER}\n{line}Bonjour\n").attestation == TOKEN


def test_a_token_in_a_column_or_in_the_words_of_another_line_counts() -> None:
    assert_taken(f"Vitale : {TOKEN}      Patient : DUPONT Jean\nNé le : 30/01/1959")
    found = cut(f"{HEADER}\nMotif : voici {TOKEN}\n")
    assert found.attestation == TOKEN
    assert TOKEN[:16] not in found.header
    stray = cut(f"{HEADER}\nJeton : {TOKEN}\nDocument : lettre\n")
    assert stray.attestation == TOKEN
    assert TOKEN[:16] not in stray.header


def test_two_that_differ_are_both_masked_and_are_none() -> None:
    found = cut(f"{HEADER}\nVitale : {TOKEN}\nVitale : {OTHER}\n")
    assert found.attestation == f"{TOKEN} {OTHER}"
    assert found.header.count("Vitale : ••••") == 1
    assert OTHER[:40] not in found.header
    assert cut(f"{HEADER}\nVitale : {TOKEN}\nVitale : {TOKEN}\n").attestation == TOKEN


def test_words_about_a_card_are_no_attestation_in_a_letter() -> None:
    found = cut(f"{HEADER}\n\nCher confrère,\nCarte Vitale : vue ce jour\n{TOKEN}\n")
    assert (found.attestation, found.has_secret) == ("", False)
    assert "Vitale" not in found.header
    empty = cut(f"{HEADER}\nVitale :\nDocument : lettre\n")
    assert (empty.attestation, empty.has_secret) == ("", False)
    assert parse(empty.header, 2026).document == "lettre"
    assert cut(f"{HEADER}\nVitale : oui\n").attestation == "oui"


def test_code_and_attestation_may_both_be_there() -> None:
    found = cut(f"{HEADER}\nCode : JzbV\n{header_line(TOKEN, wrapped=60)}")
    assert (found.code, found.attestation) == ("JzbV", TOKEN)
    assert "Code : ••••" in found.header.splitlines()


def test_a_token_without_end_is_masked_and_shows_that_it_is_none() -> None:
    for wrapped in (0, 76):
        found = cut(f"{HEADER}\n{header_line('ey' + 'J' * 8190, wrapped=wrapped)}")
        assert len(found.attestation) > 4096
        assert "JJJJ" not in found.header


HOSTILE = [
    "Vitale :" + " " * 100_000,
    "Vitale :\n" * 20_000,
    ("Vitale : " + "ey" * 30) * 500,
    "Motif : " + "ey" * 50_000,
    "Vitale :" + "\n> > " * 30_000,
    ("Vitale : " + "a" * 30 + "\n") * 2_000,
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_text_is_looked_at_for_ever(hostile: str) -> None:
    with within(PATIENCE_SECONDS):
        cut(f"{HEADER}\n{hostile}")


@pytest.mark.soak
@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_text_takes_longer_than_five_times_what_was_measured(hostile: str) -> None:
    assert turns_of(lambda: cut(f"{HEADER}\n{hostile}")) < 50


_BITS = ["Patient : A", "Vitale : ", "Code : x", "\n", "\r\n", " ", ">", "> ", "*", "  ", "Mot"]
_BITS += ["Vitale", ":", "\u00a0", "é", "Motif : ", "-", "."]
_NOISE = st.lists(st.sampled_from(_BITS), max_size=12).map("".join)


@given(_NOISE, st.sampled_from([0, 20, 76]), st.sampled_from(["", "\n", " ", "é", "\n\n", "*"]))
def test_no_mixture_lets_the_attestation_through(before: str, wrapped: int, after: str) -> None:
    line = header_line(TOKEN, wrapped=wrapped).rstrip("\n")
    found = cut(f"Patient : A\n{before}\n{line}{after}")
    pieces = [TOKEN[at : at + 20] for at in range(0, len(TOKEN) - 20, 20)]
    assert [piece for piece in pieces if piece in found.header] == []
