"""The sentences on what came beside an encrypted text and was not kept, or not read."""

from collections.abc import Sequence
from textwrap import fill

import msgspec

from rmp_milter.dossier.model import ReceiptLine
from rmp_milter.handlers.asking.outcome import Outcome
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text

_WIDTH = 66


def with_dropped(outcome: Outcome, dropped: Sequence[str], language: Language) -> Outcome:
    """Return the outcome whose answer, or line of the daily digest, says what was dropped.

    ``dropped`` are the ends of keys in the catalogue (``footer``, ``logo``...).
    """
    if not dropped:
        return outcome
    what = ", ".join(text(f"dropped-{each}", language) for each in dropped)
    return with_words(outcome, text("dropped", language, what=what))


def with_left_aside(outcome: Outcome, language: Language) -> Outcome:
    """Return an emergency's outcome whose answer says that encrypted parts were not read."""
    return with_words(outcome, text("left-aside", language))


def with_files_unsigned(outcome: Outcome, language: Language) -> Outcome:
    """Return the outcome whose receipt says that nobody signed its files."""
    return with_words(outcome, text("files-unsigned", language))


def with_words(outcome: Outcome, sentence: str) -> Outcome:
    """Return the outcome whose answer, or last line of the daily digest, ends with a sentence."""
    words = fill(sentence, _WIDTH)
    if outcome.letter is not None:
        said = f"{outcome.letter.text.rstrip()}\n\n{words}\n"
        return msgspec.structs.replace(
            outcome, letter=msgspec.structs.replace(outcome.letter, text=said)
        )
    lines = _with_line(outcome.effects.receipts, words)
    effects = msgspec.structs.replace(outcome.effects, receipts=lines)
    return msgspec.structs.replace(outcome, effects=effects)


def _with_line(lines: tuple[ReceiptLine, ...], words: str) -> tuple[ReceiptLine, ...]:
    if not lines:
        return ()
    indented = words.replace("\n", "\n      ")
    last = msgspec.structs.replace(lines[-1], text=f"{lines[-1].text}\n      {indented}")
    return (*lines[:-1], last)
