"""The catalogue as a whole: complete, used, the same in both languages, in plain words."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import rmp_milter
from rmp_milter.calls.protocol import AttestationFault
from rmp_milter.dossier.model import PatientTold
from rmp_milter.mail.catalogue.texts import LETTERS, REFUSALS
from rmp_milter.mail.header.routing import Trouble
from rmp_milter.mail.outgoing.wording import smtp_line

PACKAGE = Path(rmp_milter.__file__).parent
CODE = [path for path in PACKAGE.rglob("*.py") if "catalogue" not in path.parts]
TREES = [ast.parse(path.read_text()) for path in CODE]
TEXTS = {**REFUSALS, **LETTERS}
EACH = [
    pytest.param(words, id=f"{key}-{language}")
    for key, text in TEXTS.items()
    for language, words in zip(("fr", "en"), text, strict=True)
]
FRENCH = [pytest.param(text.fr, id=key) for key, text in TEXTS.items()]

REFUSING = {"MailError", "Refusal", "try_again"}  # what raises a refusal by its key
WRITING = {"text", "known"}  # what writes a letter's text
WIDTH = 66
SIZES = {
    "patient": 20,
    **dict.fromkeys(("doctor", "treating", "sender", "former", "locum", "author", "name"), 16),
    **dict.fromkeys(("at", "reference", "said"), 16),
    **dict.fromkeys(("count", "minutes", "hours", "number", "documents", "dossiers"), 2),
    "mail": 24,
    "fingerprint": 50,
}
USUAL = 10  # characters of any other fact: of a day
TABLES = {"audit", "help", "rights", "welcome"}  # texts with columns of their own
WORDS = 110
PAGES = {"help", "rights", "index-keys", "accesses-proofs", "welcome", "created"}
"""Longer texts: pages to keep, or what is read once."""
NO_WORD_OF_WHAT_WAS_DONE = {
    *("no-access", "unavailable"),  # tell nothing of the dossier; have done nothing yet
}
JARGON = re.compile(
    r"(?<!PGP/)(?<!S/)\bMIME\b|en-tête|enveloppe|\bheader|métadonnée|encodage|octets?\b|"
    r"\bhash|\bjeton|\btoken|paramètre|syntaxe|parseur|certificat|\bASCII|\bUTF|\bSMTP|"
    r"entrée\(s\)|\bentrées? \{|clef|crypt(er|é)",
    re.IGNORECASE,
)
MEANT = {"checkpoint", "checkpoint-subject"}  # auditors' mails count the log's entries


def strings() -> Iterator[str]:
    for tree in TREES:
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def beginnings() -> Iterator[str]:
    """Yield what f-strings begin with that can make a key, as ``problem-``."""
    for tree in TREES:
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                first = node.values[0].value
                if isinstance(first, str) and re.fullmatch(r"[a-z]+(-[a-z]+)*-", first):
                    yield first


def keys_of(callers: set[str]) -> set[str]:
    """Return the literal first arguments of calls by these names."""
    found = set()
    for tree in TREES:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                first = node.args[0]
                if name in callers and isinstance(first, ast.Constant):
                    found.add(str(first.value))
    return found


def placeholders(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name}


def at_usual_length(line: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: "x" * SIZES.get(found[1], USUAL), line)


@pytest.mark.parametrize("key", TEXTS)
def test_both_languages_have_the_same_facts(key: str) -> None:
    text = TEXTS[key]
    assert placeholders(text.fr) == placeholders(text.en)
    assert text.fr.endswith("\n") == text.en.endswith("\n")


def test_no_text_is_refusal_and_letter_at_once() -> None:
    assert REFUSALS.keys() & LETTERS.keys() == set()


def test_every_refusal_that_is_raised_has_its_words() -> None:
    raised = keys_of(REFUSING)
    assert len(raised) > 30
    assert raised - REFUSALS.keys() == set()


def test_every_text_that_is_written_has_its_words() -> None:
    written = keys_of(WRITING)
    assert len(written) > 50
    assert written - LETTERS.keys() == set()


def test_every_kind_has_its_words() -> None:
    kinds = [f"problem-{trouble}" for trouble in Trouble]
    kinds += [f"attestation-{fault.replace(' ', '-')}" for fault in AttestationFault]
    kinds += [f"emergency-told-{told}" for told in PatientTold]
    assert [key for key in kinds if key not in LETTERS] == []


def test_every_text_is_used() -> None:
    said, made = set(strings()), tuple(beginnings())
    assert [key for key in TEXTS if key not in said and not key.startswith(made)] == []


@pytest.mark.parametrize("key", REFUSALS)
def test_a_refusal_is_short_and_says_that_nothing_was_done(key: str) -> None:
    fr, en = REFUSALS[key]
    for words in (fr, en):
        assert len(smtp_line(words)) <= 400
        assert words[0].isupper() or words.startswith("«")
        assert words.endswith(".")
        assert "\n" not in words
    if key not in NO_WORD_OF_WHAT_WAS_DONE:
        assert re.search(
            r"[Rr]ien n'a|n'a rien|n'a pas été (créé|changé|clos)|n'a rien changé", fr
        )
        assert re.search(
            r"[Nn]othing was|was not (created|changed|closed)|(changed|opened) nothing", en
        )


@pytest.mark.parametrize("words", EACH)
def test_no_form_of_a_request_stands_within_a_sentence(words: str) -> None:
    """A quoted answer could turn into what it only names: the word alone, without a colon."""
    prose = "\n".join(line for line in words.splitlines() if not line.startswith(" "))
    assert not re.search(r"«\s*\w[\w' ]*\s:\s", prose)


@pytest.mark.parametrize("words", FRENCH)
def test_plain_words_and_french_marks(words: str) -> None:
    prose = " ".join(words.split())
    assert words in {TEXTS[key].fr for key in MEANT} or not JARGON.search(prose)
    assert not re.search(r"«\S|\S»|\w[;?!]|’", prose)
    assert not re.search(r"(?<![\d\w])(tu|ton|ta|tes|toi)\b", prose)


@pytest.mark.parametrize("key", [key for key in LETTERS if key not in PAGES])
def test_a_letter_is_short(key: str) -> None:
    for words in LETTERS[key]:
        assert len(words.split()) <= WORDS


@pytest.mark.parametrize("key", [key for key in LETTERS if key not in TABLES])
def test_lines_fit_a_small_screen(key: str) -> None:
    """As written, with facts of usual length, so that wrapping leaves no crumbs behind."""
    for words in LETTERS[key]:
        lines = words.strip("\n").split("\n")
        for line in lines if len(lines) > 1 else []:
            assert len(at_usual_length(line)) <= WIDTH
