"""The sentence on a prolonged key that was taken up, in an answer that goes anyway."""

from rmp_milter.certificates import ends_at
from rmp_milter.dossier.days import Clock
from rmp_milter.dossier.model import Doctor
from rmp_milter.handlers.asking.outcome import Outcome
from rmp_milter.handlers.letters.dropped import with_words
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.wording import day


def with_prolonged(
    outcome: Outcome, renewed: Doctor | None, at: int, clock: Clock, language: Language
) -> Outcome:
    """Return the outcome whose answer, or line of the daily digest, says until when it is valid.

    ``renewed`` is the sender with the copy that was taken up, None where there was none.
    """
    if renewed is None:
        return outcome
    end = ends_at(renewed.certificate, at)
    if not end:
        return with_words(outcome, text("key-prolonged-for-good", language))
    return with_words(outcome, text("key-prolonged", language, until=day(end, clock)))
