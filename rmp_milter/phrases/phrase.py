"""A line that can still be said in the other language when it is printed."""

from typing import Literal, Self

from rmp_milter.phrases.french import FRENCH

Language = Literal["fr", "en"]
LANGUAGES: tuple[Language, ...] = ("fr", "en")


class Phrase(str):
    """An English line, and what it was filled with: a text like any other to who cares not."""

    __slots__ = ("facts", "template")
    template: str
    facts: dict[str, object]

    def __new__(cls, template: str, **facts: object) -> Self:
        """Fill ``{names}`` of the template; without any facts it is taken as it stands."""
        made = super().__new__(cls, template.format_map(facts) if facts else template)
        made.template, made.facts = template, facts
        return made


def line_of(error: BaseException) -> str:
    """Return an error's line, as the phrase that it may be: ``str(error)`` is English.

    What the system says of a file comes without its number.
    """
    if isinstance(error, OSError) and error.strerror:
        reason = reason_of(error)
        named = error.filename is not None
        return Phrase("{path}: {error}", path=error.filename, error=reason) if named else reason
    said = error.args[0] if len(error.args) == 1 else None
    return said if isinstance(said, Phrase) else Phrase(str(error))


def reason_of(error: OSError) -> Phrase:
    """Return what the system says is wrong."""
    return Phrase(error.strerror or str(error))


def told(line: str, language: Language) -> str:
    """Return a line in the language; one that nobody has put into French stays as it is.

    What it is filled with stays too, unless that is a phrase itself: names and words of the log
    are the same in both.
    """
    if language == "en":
        return str(line)
    if not isinstance(line, Phrase):
        return FRENCH.get(line, line)
    french = FRENCH.get(line.template, line.template)
    if not line.facts:
        return french
    return french.format_map(
        {
            name: told(fact, language) if isinstance(fact, Phrase) else fact
            for name, fact in line.facts.items()
        }
    )
