"""What words say of whom they name: by RPPS number, by mail address, or by name."""

import re

from rmp_milter.dossier.identity import fold

_RPPS = re.compile(r"(?<!\d)\d(?:[ .]?\d){10}(?!\d)", re.ASCII)
_MAIL = re.compile(r"[^\s<>(),;:]+@[^\s<>(),;:]+[^\s<>(),;:.]")
_TITLES = frozenset(
    {"DR", "DOCTEUR", "DOCTEURE", "PR", "PROFESSEUR", "PROFESSEURE", "M", "MR", "MME", "MLLE"}
)


def numbers_in(words: str) -> list[str]:
    """Return the RPPS numbers in ``words``, their digits alone."""
    return [re.sub(r"\D", "", number) for number in _RPPS.findall(words)]


def addresses_in(words: str) -> list[str]:
    """Return the mail addresses in ``words``, as they stand there."""
    return _MAIL.findall(words)


def name_words(name: str) -> list[str]:
    """Return the words of a name in an order of their own, without titles before it."""
    words = fold(name).split()
    while words and words[0] in _TITLES:
        words = words[1:]
    return sorted(words)


def is_named(words: str, rpps: str, mail: str, name: str) -> bool:
    """Whether ``words`` name the person of this number, address and name, and nobody else.

    Every number and every address in them must be this one's. Only without any do they count
    as a name, which must then be all of this one's, in any order, with or without a title.
    Whether somebody else has the same name, only the directory knows.
    """
    numbers, addresses = numbers_in(words), addresses_in(words)
    if numbers or addresses:
        own = mail.casefold()
        return set(numbers) <= {rpps} and {each.casefold() for each in addresses} <= {own}
    wanted = name_words(words)
    return bool(wanted) and name_words(name) == wanted
