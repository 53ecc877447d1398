"""Certificates that the host enters for somebody: read out of files, and which is the first.

The first one is what he is written to by; with the others he signs as well.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import click

from rmp_milter.cli.errors import CommandError, refusing
from rmp_milter.config import Config
from rmp_milter.credentials import (
    CertificateKind,
    CredentialError,
    CredentialFacts,
    check_enrollable,
    check_usable,
    read_credential,
    usable,
)
from rmp_milter.dossier.cards import MOST_OTHERS
from rmp_milter.dossier.credentials import certificates_of
from rmp_milter.dossier.model import Credential, Doctor, ReplyForm
from rmp_milter.handlers.people.keys import key_ids_of

ANSWERS = click.Choice([kind.value for kind in CertificateKind])
WORDS = {CertificateKind.OPENPGP: "OpenPGP", CertificateKind.SMIME: "S/MIME"}
_HINT = "ask the doctor for a key that can be encrypted to"
_CLOCK = "a clock is wrong, this machine's (date) or the one on which it was made"
_TRANSLATES = "set rules.translates = true in rmp.toml, or choose another form"
LATER = (
    "documents filed before today come as before; those filed from now on come sealed by the "
    "service"
)
"""What is said to whoever chooses the form ``lisible``."""
_FORMS = "S/MIME has no answers part by part: --reply-form separate or grouped"


class Chosen(NamedTuple):
    """Somebody's certificates: what he is written to by, and the others."""

    first: CredentialFacts
    others: tuple[CredentialFacts, ...] = ()

    @property
    def key_ids(self) -> tuple[str, ...]:
        """What signatures by any of them may name."""
        return key_ids_of(self.first, self.others)

    @property
    def credentials(self) -> tuple[Credential, ...]:
        """The others, as the directory has them."""
        return tuple(Credential(each.binary, each.fingerprint) for each in self.others)


def read_files(files: Sequence[Path], now: int) -> list[CredentialFacts]:
    """Return the certificates of files, one of each, that somebody may be enrolled with.

    Raises :class:`CommandError` with what is wrong, of several files with which.
    """
    return [read_file(file, now, alone=len(files) == 1) for file in files]


def read_file(file: Path, now: int, *, alone: bool) -> CredentialFacts:
    """Return the certificate of a file that somebody may be enrolled with.

    Raises :class:`CommandError`, which names the file unless it is ``alone``.
    """
    try:
        found = read_credential(file.read_bytes())
        check_enrollable(found.binary, now)
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from error
    except CredentialError as error:
        hint = _CLOCK if error.reason == "not-yet-valid" else _HINT
        raise CommandError(str(error) if alone else f"{file}: {error}", hint) from error
    return found


def usable_file(file: Path, now: int) -> CredentialFacts:
    """Return the certificate of a file to write to somebody by; raises :class:`CommandError`."""
    (found,) = read_files((file,), now)
    with refusing(CredentialError, hint=_HINT):
        check_usable(found.binary, now)
    return found


def chosen(
    found: Sequence[CredentialFacts], answers: str | None, rpps: str, now: int
) -> Chosen:
    """Return the certificates of a professional with this RPPS number, the first one chosen.

    That is the first that can be encrypted to at ``now``, of the kind ``answers`` if that is
    given. Raises :class:`CommandError`.
    """
    check_together(found, rpps)
    wanted = [each for each in found if answers in {None, each.kind.value}]
    first = next((each for each in wanted if usable(each.binary, now)), None)
    if first is None:
        kind = f"no {WORDS[CertificateKind(answers)]} certificate" if answers else "none"
        raise CommandError(f"{kind} of these can be encrypted to", _HINT)
    return Chosen(first, tuple(each for each in found if each is not first))


def check_together(found: Sequence[CredentialFacts], rpps: str) -> None:
    """Raise :class:`CommandError` unless these may be one professional's certificates."""
    if len({each.fingerprint for each in found}) < len(found):
        raise CommandError("one certificate is given twice", "give each once")
    if len(found) > 1 + MOST_OTHERS:
        raise CommandError(f"nobody has more than {1 + MOST_OTHERS} certificates")
    for each in found:
        if each.is_card and not each.rpps:
            raise CommandError(
                "the CPS certificate holds no RPPS number", "see rmp doctor show"
            )
        if each.rpps and each.rpps != rpps:
            raise CommandError(
                f"the CPS certificate is of RPPS number {each.rpps}, "
                f"the directory says {rpps or 'none'}",
                "one of the two is somebody else's: ask whose card it is",
            )


def check_offered(form: ReplyForm, config: Config) -> None:
    """Raise :class:`CommandError` for a form of answers that this host does not give."""
    if form is ReplyForm.LISIBLE and not config.rules.translates:
        raise CommandError("this host translates no documents", _TRANSLATES)


def check_form(first: CertificateKind, form: ReplyForm) -> None:
    """Raise :class:`CommandError` for a form of answers that the first one's kind has not."""
    if first is CertificateKind.SMIME and form is ReplyForm.PARTITIONED:
        raise CommandError("answers by S/MIME cannot be partitioned", _FORMS)


def of_doctor(doctor: Doctor) -> Chosen:
    """Return what somebody's entry in the directory has; raises :class:`CommandError`."""
    with refusing(CredentialError):
        first, *others = map(read_credential, certificates_of(doctor))
    return Chosen(first, tuple(others))


def changed(  # noqa: PLR0913, PLR0917 -- what is there, and each way in which it changes
    present: Chosen,
    added: Sequence[CredentialFacts],
    without: Iterable[str],
    answers: str | None,
    rpps: str,
    now: int,
) -> Chosen:
    """Return somebody's certificates with those added, without those named by fingerprint.

    The first one stays the first, unless ``answers`` names the other kind, or it can be
    encrypted to no more. Raises :class:`CommandError`.
    """
    gone = {"".join(each.split()).lower() for each in without}
    _check_gone(present, gone)
    anew = {each.fingerprint for each in added}
    if present.first.fingerprint in anew:
        raise CommandError(
            "answers go to this certificate already", "for another copy of it: rmp doctor rekey"
        )
    kept = [each for each in present.others if each.fingerprint not in gone | anew]
    found = [present.first, *kept, *added]
    stays = answers == present.first.kind.value and usable(present.first.binary, now)
    if answers is None or stays:
        check_together(found, rpps)
        return Chosen(present.first, tuple(found[1:]))
    return chosen(found, answers, rpps, now)


def _check_gone(present: Chosen, gone: set[str]) -> None:
    if present.first.fingerprint in gone:
        raise CommandError(
            "answers go to this certificate", "give him another: --answers, or rmp doctor rekey"
        )
    if unknown := gone - {each.fingerprint for each in present.others}:
        raise CommandError(
            f"he has no certificate {min(unknown)}", "rmp doctor show lists what he has"
        )
