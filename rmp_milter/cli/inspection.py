"""What ``rmp inspect`` prints: for people in sections, for programs as JSON."""

from collections.abc import Iterable, Mapping

import click

from rmp_milter.calls.protected import Addressed
from rmp_milter.cli.inspect_smime import (
    envelope_as_json,
    print_envelopes,
    print_signer,
    signer_as_json,
)
from rmp_milter.cli.output import Json, print_pairs, print_table, visible
from rmp_milter.dossier.model import PartName
from rmp_milter.handlers.letters.refusal import problem_words
from rmp_milter.inspection.inside import Inside
from rmp_milter.inspection.outside import EncryptedPart, OtherPart, Treatment
from rmp_milter.inspection.report import MailReport
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import refusal, text
from rmp_milter.mail.header.routing import Problem, RoutingHeader

HIDDEN = "0" * 16
"""The key id of a reader who shall not be seen (RFC 9580, 5.1.8)."""
Facts = Mapping[str, str]


def print_report(report: MailReport, language: Language, facts: Facts) -> None:
    """Print the report for a person; ``facts`` fill the refusals' sentences."""
    print_pairs(_summary(report))
    for key in _refusals(report):
        click.echo(f"  {key}: {refusal(key, language, facts)}")
    _print_parts(report)
    if report.inside and report.header:
        _print_header(report.inside, report.header, language)
        print_signer(report.inside, signers_known=report.signers_known)
        _print_inside(report.inside)


def _refusals(report: MailReport) -> Iterable[str]:
    verdict = report.verdict.text
    return dict.fromkeys([*([verdict] if verdict else []), *report.objections])


_READERS = {
    Addressed.NAMED: "the service, by what is signed or encrypted",
    Addressed.UNNAMED: "nobody inside who is known here",
    Addressed.OTHERS: "others only, by what is signed or encrypted",
}


def _summary(report: MailReport) -> list[tuple[str, str]]:
    lines = [("shape", _shape(report)), ("size", f"{report.size} bytes")]
    if dropped := report.outside.clear.dropped:
        lines.append(("in clear", f"dropped: {', '.join(dropped)}"))
    if report.more_mails:
        lines.append(("note", "other mails follow in this file, which were not looked at"))
    lines += [("automatic", _automatic(report)), ("verdict", _verdict(report))]
    if report.inside is None or report.header is None:
        return [*lines, ("opened", f"no: {report.not_opened}")]
    lines.append(("request", report.header.verb.value))
    lines.append(("signature", _signature(report, report.inside)))
    lines.append(("written to", _READERS[report.inside.protected.addressed]))
    if report.objections:
        lines.append(("then refused", ", ".join(report.objections)))
    return lines


def _shape(report: MailReport) -> str:
    signed = ", inside a signature" if report.outside.signed_outside else ""
    return (report.outside.shape or "cannot be told") + signed


def _automatic(report: MailReport) -> str:
    """Return why the mail looks automatic, in one word or a few."""
    verdict = report.verdict
    if verdict.outcome is Treatment.AUTOMATIC:
        return verdict.detail
    doubt = report.outside.doubt
    return f"unless somebody enrolled signed it ({doubt})" if doubt else "no"


def _verdict(report: MailReport) -> str:
    verdict = report.verdict
    if verdict.outcome is Treatment.AUTOMATIC:
        return "automatic: noticed, never opened, never answered"
    if verdict.outcome is Treatment.TAKEN:
        return "taken: the service accepts this shape"
    return f"refused: {verdict.text}" + (f" ({verdict.detail})" if verdict.detail else "")


def _signature(report: MailReport, inside: Inside) -> str:
    signature = inside.signature
    words = [signature.trust.value]
    if inside.signer:
        words.append(f"by {inside.signer}")
    elif signature.fingerprint:
        words.append(f"by {signature.fingerprint}")
    elif signature.issuers:
        words.append(f"names key {', '.join(signature.issuers)}")
    if signature.issuers and not report.signers_known:
        words.append("(the enrolled doctors could not be read)")
    return " ".join(words)


def _print_parts(report: MailReport) -> None:
    _section(
        "Encrypted",
        ("NAME", "SIZE", "CONTAINER", "ENCRYPTED TO", "TROUBLE"),
        [_encrypted_line(part) for part in report.outside.encrypted],
    )
    print_envelopes(report.outside.encrypted)
    _section(
        "Other parts",
        ("NAME", "TYPE", "SIZE", "WHAT"),
        [
            (part.name or "-", part.media_type, str(part.size), part.what)
            for part in report.outside.others
        ],
    )


def _section(title: str, heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    if rows:
        click.echo(f"\n{title}")
        print_table(heads, rows)


def _encrypted_line(part: EncryptedPart) -> tuple[str, ...]:
    name = f"{part.name or '-'} (main)" if part.main else part.name or "-"
    readers = ["hidden" if key_id == HIDDEN else key_id for key_id in part.key_ids]
    if part.smime:
        count = len(part.smime.readers)
        readers = [f"{count} certificate{'' if count == 1 else 's'}"]
    to = [*readers, *(["a passphrase"] if part.passphrase else [])]
    return name, str(part.size), part.protection.value, " ".join(to) or "-", part.trouble


def _print_header(inside: Inside, header: RoutingHeader, language: Language) -> None:
    click.echo("\nRouting header")
    lines = [line for line in inside.header.splitlines() if line.strip()]
    for line in lines or [text("understood-nothing", language)]:
        click.echo(f"  {visible(line)}")
    if header.problems:
        click.echo(text("problems", language))
        for problem in header.problems:
            click.echo(f"  - {visible(sentence_of(problem, language))}")


def sentence_of(problem: Problem, language: Language) -> str:
    """Return on one line what its sender reads of a problem."""
    return " ".join(problem_words(problem, language).split())


def _print_inside(inside: Inside) -> None:
    rows = [(part.name or "-", part.media_type, str(part.size)) for part in inside.parts]
    _section("Inside", ("NAME", "TYPE", "SIZE"), [*rows])


def report_as_json(report: MailReport, language: Language, facts: Facts) -> Json:
    """Return the report for a program; keys and words are described in rmp(1)."""
    verdict = report.verdict
    return {
        "shape": report.outside.shape,
        "size": report.size,
        "more_mails": report.more_mails,
        "signed_outside": report.outside.signed_outside,
        "dropped": [each.value for each in report.outside.clear.dropped],
        "automatic": verdict.detail if verdict.outcome is Treatment.AUTOMATIC else "",
        "verdict": {
            "outcome": verdict.outcome.value,
            "detail": verdict.detail,
            **(_refusal(verdict.text, language, facts) if verdict.text else {}),
        },
        "encrypted": [_encrypted(part) for part in report.outside.encrypted],
        "others": [_other(part) for part in report.outside.others],
        "not_opened": report.not_opened,
        "opened": _opened(report, language, facts),
    }


def _refusal(key: str, language: Language, facts: Facts) -> dict[str, Json]:
    return {"text": key, "sentence": refusal(key, language, facts)}


def _encrypted(part: EncryptedPart) -> dict[str, Json]:
    return {
        "name": part.name,
        "main": part.main,
        "size": part.size,
        "container": part.protection.value,
        "key_ids": part.key_ids,
        "passphrase": part.passphrase,
        "trouble": part.trouble,
        "smime": envelope_as_json(part.smime),
    }


def _other(part: OtherPart) -> dict[str, Json]:
    return {
        "name": part.name,
        "media_type": part.media_type,
        "size": part.size,
        "what": part.what,
    }


def _opened(report: MailReport, language: Language, facts: Facts) -> Json:
    inside, header = report.inside, report.header
    if inside is None or header is None:
        return None
    return {
        "request": header.verb.value,
        "header": inside.header.splitlines(),
        "problems": [problem_as_json(problem, language) for problem in header.problems],
        "signature": {
            "trust": inside.signature.trust.value,
            "fingerprint": inside.signature.fingerprint,
            "issuers": inside.signature.issuers,
            "signer": inside.signer,
            "signers_known": report.signers_known,
            "smime": signer_as_json(inside),
        },
        "readers": inside.protected.addressed.value,
        "parts": [_part(part) for part in inside.parts],
        "refusals": [_refusal(key, language, facts) for key in report.objections],
    }


def problem_as_json(problem: Problem, language: Language) -> dict[str, Json]:
    """Return a problem for a program: its kind, the line's word, its value, the sentence."""
    return {
        "kind": problem.kind.value,
        "word": problem.word,
        "value": problem.value,
        "nearest": problem.nearest,
        "sentence": sentence_of(problem, language),
    }


def _part(part: PartName) -> dict[str, Json]:
    return {"name": part.name, "media_type": part.media_type, "size": part.size}
