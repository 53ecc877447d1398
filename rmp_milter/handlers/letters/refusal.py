"""The letter to a known sender whose mail was refused: why, what was understood, how to."""

from textwrap import fill

from rmp_milter.calls.protocol import Opened
from rmp_milter.dossier.model import Doctor
from rmp_milter.errors import MailError
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import refusal, text
from rmp_milter.mail.header.routing import Problem, RoutingHeader, Trouble
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import bullet_list

_ABOUT_PROOFS = frozenset(
    {"no-access", "code-missing", "card-needed", "signature-needed", "creation-attestation"}
)
_EXPLAINED = frozenset({"header-problems", "nothing-asked", "not-filed", "no-text"})
"""Refusals that a look at the header helps with."""


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
    words = fill(refusal(error.text, language, error.facts), 76) + "\n"
    if fault and error.text in _ABOUT_PROOFS:
        why = text(f"attestation-{fault.replace(' ', '-')}", language)
        words += "\n" + fill(why, 76) + "\n"
    if error.text in _EXPLAINED:
        words += _explanation(header, understood, language)
    return Letter(subject=text("subject-refusal", language), text=words)


def _explanation(header: RoutingHeader | None, understood: str, language: Language) -> str:
    lines = [line for line in understood.splitlines() if line.strip()]
    lines = lines or [text("understood-nothing", language)]
    parts = [text("understood", language), bullet_list(lines)]
    problems = header.problems if header else ()
    if problems:
        wrong = [_problem(problem, language) for problem in problems]
        parts += ["", text("problems", language), bullet_list(wrong)]
    example = text("example", language).rstrip().splitlines()
    parts += ["", text("example-head", language), "", *(f"    {line}" for line in example)]
    return "\n" + "\n".join(parts) + "\n"


def _problem(problem: Problem, language: Language) -> str:
    key = f"problem-{problem.kind}"
    if problem.nearest:
        key = "problem-near" if problem.kind is Trouble.UNKNOWN else "problem-near-value"
    facts = {"word": problem.word, "value": problem.value, "nearest": problem.nearest}
    return text(key, language, **facts).rstrip(" :")
