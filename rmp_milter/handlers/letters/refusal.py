"""The letter to a known sender whose mail was refused: why, what was understood, how to."""

from collections.abc import Sequence

from rmp_milter.calls.protocol.opening import Opened
from rmp_milter.dossier.model import Doctor, Verb
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.outcome import Refusal
from rmp_milter.mail.catalogue.examples import example_of, example_unsigned
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import refusal, text
from rmp_milter.mail.header.routing import Problem, RoutingHeader, Trouble
from rmp_milter.mail.header.words import Field
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.narrow import narrow
from rmp_milter.mail.outgoing.wording import bullet_list, short

_ABOUT_PROOFS = frozenset(
    {
        *("no-access", "code-missing", "card-needed", "signature-needed", "cps-needed"),
        "creation-attestation",
    }
)
# Characters of the sender's words that are repeated: they end on the line that they stand on.
_WORD, _SHOWN = 24, 48
_EXPLAINED = frozenset({"header-problems", "not-filed", "no-text"})
"""Refusals that a look at the header helps with."""
_EVERY_DAY = (Verb.URGENCE, Verb.CONSULTATION, Verb.DEPOT)
"""What may have been meant by words that hold no request; an emergency is first."""


def attestation_fault(opened: Opened, doctor: Doctor) -> str:
    """Return what is wrong with the mail's Vitale attestation in itself, or nothing.

    Only what its sender can read in it: not whether it is the asked patient's.
    """
    attested = opened.attested
    if attested is not None and attested.rpps != doctor.rpps:
        return "other doctor"
    return opened.attestation_fault


def refusal_letter(
    error: MailError,
    header: RoutingHeader | None,
    understood: str,
    language: Language,
    fault: str = "",
) -> Letter:
    """Return the letter; ``understood`` are the header's lines with any code masked.

    It says nothing that depends on what the store holds, but for ``error`` itself;
    ``fault`` is that of the mail's attestation (:func:`attestation_fault`).
    """
    words = narrow(refusal(error.text, language, error.facts)) + "\n"
    if fault and error.text in _ABOUT_PROOFS:
        why = text(f"attestation-{fault.replace(' ', '-')}", language)
        words += "\n" + narrow(why) + "\n"
    if isinstance(error, Refusal) and error.below:
        words += f"\n{error.below}"
    if error.text == "nothing-asked":
        words += "\n" + "\n".join(_models(_EVERY_DAY, language)) + "\n"
    if error.text == "service-unnamed" and header:
        words += "\n" + "\n".join(_models((header.verb,), language)) + "\n"
    if error.text == "unsigned-unbound":
        words += f"\n{example_unsigned(language)}\n"
    if error.text in _EXPLAINED:
        words += _explanation(header, understood, language)
    return Letter(subject=text("subject-refusal", language), text=words)


def _explanation(header: RoutingHeader | None, understood: str, language: Language) -> str:
    """Return what is to be corrected, a model to copy, and last what was read."""
    parts = []
    problems = header.problems if header else ()
    if problems:
        wrong = [problem_words(problem, language) for problem in problems]
        parts += [text("problems", language), bullet_list(wrong), ""]
    parts += _models(_probably_meant(header), language)
    lines = [_quoted(line, language) for line in understood.splitlines() if line.strip()]
    lines = lines or [text("understood-nothing", language)]
    parts += ["", text("understood", language), bullet_list(lines)]
    return "\n" + "\n".join(parts) + "\n"


def _models(verbs: Sequence[Verb], language: Language) -> list[str]:
    """Return what to copy for each of these requests, below one sentence that says how."""
    examples = [part for verb in verbs for part in ("", example_of(verb, language))]
    return [text("example-head", language), *examples]


def _probably_meant(header: RoutingHeader | None) -> tuple[Verb, ...]:
    """Return the request whose example helps; where nobody can tell, the two of every day."""
    if header and header.meant:
        return (header.meant,)
    if header is None or any(each.word == Field.REQUEST for each in header.problems):
        return (Verb.DEPOT, Verb.CONSULTATION)
    return (header.verb,)


def _quoted(line: str, language: Language) -> str:
    """Return a header's line as nobody can read it for one again."""
    word, _, value = line.partition(":")
    said = _value(value, language)
    return text("understood-line", language, word=short(word, _WORD)) + said


def problem_words(problem: Problem, language: Language) -> str:
    """Return what is wrong with a line, the word offered, and below it what was read."""
    key = f"problem-{problem.kind}"
    if problem.nearest:
        key = "problem-near" if problem.kind is Trouble.UNKNOWN else "problem-near-value"
    facts = {"word": short(problem.word, _WORD), "nearest": problem.nearest}
    return text(key, language, **facts) + _value(problem.value, language)


def _value(value: str, language: Language) -> str:
    """Return what was written, on a line with words of ours before it."""
    shown = short(value, _SHOWN)
    return "\n      " + text("problem-value", language, value=shown) if shown else ""
