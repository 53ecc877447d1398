"""``rmp inspect`` of S/MIME: what an envelope shows, whose certificate signed, in words."""

from collections.abc import Iterable

import click

from rmp_milter.calls.protocol.opening import Signature, Trust
from rmp_milter.cli.output import Json, moment, print_pairs, print_table, spaced_fingerprint
from rmp_milter.inspection.envelopes import EnvelopeReader, EnvelopeSeen
from rmp_milter.inspection.inside import Inside
from rmp_milter.inspection.outside import EncryptedPart
from rmp_milter.inspection.smime_inside import SignersCertificate
from rmp_milter.keeper.keys.service_certificates import InUse

_OURS = {
    InUse.ANSWERS: "the service, its present certificate",
    InUse.OPENS: "the service, a certificate that still opens",
    InUse.OLD: "the service, an old certificate that opens no more",
}
_TRUST = {
    Trust.NONE: "not signed",
    Trust.GOOD: "holds, and its certificate is trusted",
    Trust.FUTURE: "holds, but says that it was made later than now: a clock is wrong",
    Trust.UNKNOWN: "by a certificate that nobody enrolled has",
    Trust.BAD: "does not hold",
    Trust.EXPIRED: "holds, but its certificate has ended, or has not begun",
    Trust.REVOKED: "holds, but its authority has revoked the certificate",
    Trust.ISSUER: "holds, but nobody whom the host trusts has issued the certificate",
    Trust.PURPOSE: "holds, but the certificate is not made for signing mail",
    Trust.WEAK: "holds, but by a key or a digest that is too weak",
}
_NOT_JUDGED = "holds; whom the host trusts could not be read"


def print_envelopes(parts: Iterable[EncryptedPart]) -> None:
    """Print for a person what each envelope shows, and whom it is for."""
    for part in parts:
        if part.smime is None:
            continue
        click.echo("\nEnvelope")
        print_pairs(_envelope(part.smime))
        if part.smime.readers:
            heads = ("SERIAL", "ISSUER", "KEY ID", "BY", "WHO")
            print_table(heads, [_reader(each) for each in part.smime.readers])


def _envelope(seen: EnvelopeSeen) -> list[tuple[str, str]]:
    lines = [
        ("cipher", seen.cipher or "cannot be told"),
        ("written as", seen.encoding.value),
        ("content", f"{seen.content} bytes" if seen.content else "cannot be told"),
    ]
    if seen.originator:
        lines.append(("beside", "certificates of the sender's"))
    if seen.authenticated:
        lines.append(("attributes", ", ".join(seen.authenticated)))
    if seen.unprotected:
        lines.append(("unprotected", ", ".join(seen.unprotected)))
    return lines


def _reader(reader: EnvelopeReader) -> tuple[str, ...]:
    who = _OURS[reader.ours] if reader.ours else "-"
    named = (reader.serial, reader.issuer, reader.key_id)
    return (*(each or "-" for each in named), reader.way, who)


def print_signer(inside: Inside, *, signers_known: bool) -> None:
    """Print for a person by which certificate an S/MIME mail is signed, and what that is worth."""
    if inside.smime is None:
        return
    click.echo("\nSignature")
    lines = [("verdict", trust_in_words(inside))]
    if inside.smime.certificate:
        lines += _certificate(inside.smime.certificate)
        lines.append(("enrolled", _enrolled(inside, signers_known=signers_known)))
        lines.append(("signed at", moment(inside.signature.created) or "-"))
    if inside.smime.capabilities is not None:
        words = ", ".join(inside.smime.capabilities) or "none is named"
        lines.append(("its program opens", words))
    print_pairs(lines)


def trust_in_words(inside: Inside) -> str:
    """Return what an S/MIME signature is worth; that a list is old is said with it."""
    signature = inside.signature
    if inside.smime and not inside.smime.is_judged and _is_somebodys(signature):
        return _NOT_JUDGED
    old = "; the revocation list is missing or old" if signature.stale else ""
    return _TRUST[signature.trust] + old


def _is_somebodys(signature: Signature) -> bool:
    return signature.trust not in {Trust.NONE, Trust.UNKNOWN, Trust.BAD}


def _enrolled(inside: Inside, *, signers_known: bool) -> str:
    if not signers_known:
        return "the directory could not be read"
    return f"yes, {inside.signer}" if inside.signer else "no"


def _certificate(shown: SignersCertificate) -> list[tuple[str, str]]:
    until = f"{moment(shown.not_before)[:10]} to {moment(shown.not_after)[:10]}"
    return [
        ("certificate", spaced_fingerprint(shown.digest)),
        ("  subject", shown.subject or "cannot be read"),
        ("  issuer", shown.issuer or "-"),
        ("  serial", shown.serial or "-"),
        ("  valid", until if shown.not_after else "-"),
        *([("  RPPS", shown.rpps)] if shown.rpps else []),
        *([("  addresses", ", ".join(shown.addresses))] if shown.addresses else []),
        *([("  capabilities", ", ".join(shown.capabilities))] if shown.capabilities else []),
    ]


def envelope_as_json(seen: EnvelopeSeen | None) -> Json:
    """Return what an envelope shows for a program; None for what is no envelope."""
    if seen is None:
        return None
    return {
        "cipher": seen.cipher,
        "encoding": seen.encoding.value,
        "content": seen.content,
        "readers": [
            {
                "serial": each.serial,
                "issuer": each.issuer,
                "key_id": each.key_id,
                "way": each.way,
                "ours": each.ours.value if each.ours else "",
            }
            for each in seen.readers
        ],
        "originator": seen.originator,
        "authenticated": seen.authenticated,
        "unprotected": seen.unprotected,
    }


def signer_as_json(inside: Inside) -> Json:
    """Return for a program what is shown of an S/MIME signature; None for OpenPGP."""
    if inside.smime is None:
        return None
    shown = inside.smime.certificate
    return {
        "judged": inside.smime.is_judged,
        "stale": inside.signature.stale,
        "signed_at": moment(inside.signature.created),
        "capabilities": inside.smime.capabilities,
        "certificate": {
            "sha256": shown.digest,
            "subject": shown.subject,
            "issuer": shown.issuer,
            "serial": shown.serial,
            "not_before": moment(shown.not_before),
            "not_after": moment(shown.not_after),
            "rpps": shown.rpps,
            "addresses": shown.addresses,
            "capabilities": shown.capabilities,
        }
        if shown
        else None,
    }
