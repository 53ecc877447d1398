"""The sentence on a prolonged key that was taken up, in an answer that goes anyway."""

from collections.abc import Iterator
from typing import Protocol

from rmp_milter.credentials import CertificateKind, ends_at, kind_of
from rmp_milter.dossier.days import Clock
from rmp_milter.handlers.asking.outcome import Outcome
from rmp_milter.handlers.letters.dropped import with_words
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.wording import day


class TakenUp(Protocol):
    """A later copy of somebody's certificate, in its place now."""

    @property
    def newer(self) -> bytes:
        """That copy."""

    @property
    def many(self) -> bool:
        """Whether he reads too many documents for all to be written anew for it."""


def with_prolonged(
    outcome: Outcome, renewed: TakenUp | None, at: int, clock: Clock, language: Language
) -> Outcome:
    """Return the outcome whose answer, or line of the daily digest, says until when it is valid.

    ``renewed`` is the copy that was taken up, None where there was none.
    """
    for words in _sentences(renewed, at, clock, language) if renewed else ():
        outcome = with_words(outcome, words)
    return outcome


def _sentences(renewed: TakenUp, at: int, clock: Clock, language: Language) -> Iterator[str]:
    end = ends_at(renewed.newer, at)
    is_x509 = kind_of(renewed.newer) is CertificateKind.SMIME
    if not end:
        yield text("key-prolonged-for-good", language)
    else:
        name = "certificate-renewed" if is_x509 else "key-prolonged"
        yield text(name, language, until=day(end, clock))
    if renewed.many:
        yield text("certificate-renewed-much", language)
