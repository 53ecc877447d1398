"""The catalogue as a whole: complete, used, the same in both languages, in plain words."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter
from typing import get_args

import rmp_milter
from rmp_milter.calls.protocol.opening import AttestationFault
from rmp_milter.certificates.reading import WORDS as KEY_WORDS
from rmp_milter.certificates.reading import Reason
from rmp_milter.credentials.failure import CredentialReason
from rmp_milter.dossier.model import PatientTold
from rmp_milter.mail.catalogue.texts import LETTERS, REFUSALS
from rmp_milter.mail.header.routing import Trouble
from rmp_milter.mail.outgoing.wording import smtp_line
from testbed.source import parsed

PACKAGE = Path(rmp_milter.__file__).parent
CODE = [path for path in PACKAGE.rglob("*.py") if "catalogue" not in path.parts]
TEXTS = {**REFUSALS, **LETTERS}
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
PAGES = {
    "help",
    "rights",
    "index-keys",
    "accesses-proofs",
    "welcome",
    "created",
    "smime-welcome",
}
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
NOTHING_FR = re.compile(r"[Rr]ien n'a|n'a rien|n'a pas été (créé|changé|clos)|n'a rien changé")
NOTHING_EN = re.compile(
    r"[Nn]othing was|was not (created|changed|closed)|(changed|opened) nothing"
)
MEANT = {
    "checkpoint",
    "checkpoint-subject",
    "checkpoint-handover",
}  # auditors' mails count the log's entries
OF_OUTLOOK = {
    *("smime", "smime-unreadable", "old-cipher", "old-certificate", "unknown-certificate"),
    *("expired-certificate", "revoked-certificate", "stale-list", "unknown-issuer"),
    *("wrong-purpose", "key-untrusted", "certificate-renewed", "smime-welcome", "cps-needed"),
    *("key-missing", "certificate-ends"),
}
"""What Outlook calls a certificate and a setting, whoever uses S/MIME knows by these words."""


@cache
def nodes() -> tuple[ast.Constant | ast.JoinedStr | ast.Call, ...]:
    """Return all that the functions below look at, from one walk through the code."""
    kinds = (ast.Constant, ast.JoinedStr, ast.Call)
    every = (node for path in CODE for node in ast.walk(parsed(path)))
    return tuple(node for node in every if isinstance(node, kinds))


def strings() -> Iterator[str]:
    for node in nodes():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def beginnings() -> Iterator[str]:
    """Yield what f-strings begin with that can make a key, as ``problem-``."""
    for node in nodes():
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            first = node.values[0].value
            if isinstance(first, str) and re.fullmatch(r"[a-z]+(-[a-z]+)*-", first):
                yield first


def keys_of(callers: set[str]) -> set[str]:
    """Return the literal first arguments of calls by these names."""
    found = set()
    for node in nodes():
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


def test_both_languages_have_the_same_facts() -> None:
    for key, text in TEXTS.items():
        assert placeholders(text.fr) == placeholders(text.en), key
        assert text.fr.endswith("\n") == text.en.endswith("\n"), key


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


def test_every_fault_of_a_key_has_its_words_for_doctors_and_patients() -> None:
    assert {*get_args(Reason)} == set(KEY_WORDS)
    ours, of_x509 = get_args(CredentialReason)
    reasons = {*get_args(ours), *get_args(of_x509)}
    for beginning in ("key-unusable-", "patient-key-unusable-"):
        worded = {key.removeprefix(beginning) for key in REFUSALS if key.startswith(beginning)}
        assert worded == reasons


def test_every_text_is_used() -> None:
    said, made = set(strings()), tuple(beginnings())
    assert [key for key in TEXTS if key not in said and not key.startswith(made)] == []


def test_a_refusal_is_one_short_line_of_sentences() -> None:
    for key, text in REFUSALS.items():
        for words in text:
            assert len(smtp_line(words)) <= 400, key
            assert words[0].isupper() or words.startswith("«"), key
            assert words.endswith("."), key
            assert "\n" not in words, key


def test_a_refusal_says_that_nothing_was_done() -> None:
    for key in REFUSALS.keys() - NO_WORD_OF_WHAT_WAS_DONE:
        fr, en = REFUSALS[key]
        assert NOTHING_FR.search(fr), key
        assert NOTHING_EN.search(en), key


def test_no_form_of_a_request_stands_within_a_sentence() -> None:
    """A quoted answer could turn into what it only names: the word alone, without a colon."""
    for key, text in TEXTS.items():
        for words in text:
            prose = "\n".join(line for line in words.splitlines() if not line.startswith(" "))
            assert not re.search(r"«\s*\w[\w' ]*\s:\s", prose), key


def test_plain_words_and_french_marks() -> None:
    for key, text in TEXTS.items():
        prose = " ".join(text.fr.split())
        assert key in MEANT | OF_OUTLOOK or not JARGON.search(prose), key
        assert not re.search(r"«\S|\S»|\w[;?!]|’", prose), key
        assert not re.search(r"(?<![\d\w])(tu|ton|ta|tes|toi)\b", prose), key


def test_a_letter_is_short() -> None:
    for key in LETTERS.keys() - PAGES:
        for words in LETTERS[key]:
            assert len(words.split()) <= WORDS, key


def test_lines_fit_a_small_screen() -> None:
    """As written, with facts of usual length, so that wrapping leaves no crumbs behind."""
    for key in LETTERS.keys() - TABLES:
        for words in LETTERS[key]:
            lines = words.strip("\n").split("\n")
            wide = [line for line in lines if len(at_usual_length(line)) > WIDTH]
            assert len(lines) == 1 or wide == [], key
