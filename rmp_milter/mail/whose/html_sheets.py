"""Style sheets, as far as they may hide text.

A rule with a plain selector at the top of a sheet holds for sure; one that depends on the
medium, on other elements or on attributes holds perhaps.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rmp_milter.mail.whose.html_looks import declarations, matters, vanishes

MAX_SHEETS = 256 * 1024  # characters of all style sheets of a page
MAX_RULES = 2000  # that may hide something
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_BRACE = re.compile("[{}]")
_COMBINED = re.compile(r"[\s>+~]+")
_SIMPLE = re.compile(r"([.#]?)([\w\\-]+)|(\*)")
_PLAIN = re.compile(r"(?:[\w-]+|\*)?(?:[.#][\w-]+)*")


class _Rule(NamedTuple):
    """A rule: what an element must be (``p``, ``.k``, ``#x``), and what then holds."""

    needed: frozenset[str]
    said: dict[str, str]
    sure: bool


class Sheets:
    """The rules of a page that may hide something.

    ``all_in_doubt`` where there are more than are looked at.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        """Read the sheets in their order."""
        self.rules: dict[str, list[_Rule]] = {}
        count, room = 0, MAX_SHEETS
        self.all_in_doubt = False
        for text in texts:
            for rule in _rules(text[: max(room, 0)]):
                count += 1
                if count <= MAX_RULES:
                    self.rules.setdefault(min(rule.needed, default="*"), []).append(rule)
            room -= len(text)
        self.all_in_doubt = count > MAX_RULES or room < 0

    def said_of(self, traits: frozenset[str]) -> tuple[dict[str, str], list[dict[str, str]]]:
        """Return what holds for an element, and which other rules may hide it."""
        sure: dict[str, str] = {}
        perhaps: list[dict[str, str]] = []
        for trait in ("*", *sorted(traits)):
            for rule in self.rules.get(trait, ()):
                if rule.needed <= traits and rule.sure:
                    sure |= rule.said
                elif rule.needed <= traits:
                    perhaps.append(rule.said)
        return sure, perhaps


def traits(name: str, classes: str, identity: str) -> frozenset[str]:
    """Return by what rules may know an element."""
    found = {name, *(f".{each}" for each in classes.lower().split()[:50])}
    return frozenset(found | ({f"#{identity.strip().lower()}"} if identity.strip() else set()))


def _rules(text: str) -> Iterator[_Rule]:
    """Yield the rules that have to do with what is hidden."""
    plain = _COMMENT.sub(" ", text)
    heads: list[str] = []
    at = 0
    for brace in _BRACE.finditer(plain):
        before, at = plain[at : brace.start()], brace.end()
        if brace[0] == "{":
            heads.append(before.rpartition(";")[2].strip().lower())
        elif heads:
            head = heads.pop()
            said = {} if head.startswith("@") else declarations(before)
            if said and matters(said):
                yield from _of_selectors(head, said, nested=bool(heads))


def _of_selectors(head: str, said: dict[str, str], *, nested: bool) -> Iterator[_Rule]:
    for selector in head.split(",")[:200]:
        *outer, last = _COMBINED.split(selector.strip())
        bare = re.sub(r"\[[^\]]*\]?|::?[\w-]+(?:\([^)]*\)?)?", "", last)
        needed = frozenset(
            (kind + name).replace("\\", "") for kind, name, _ in _SIMPLE.findall(bare) if name
        )
        sure = not nested and not outer and bool(_PLAIN.fullmatch(last))
        if sure or vanishes(said):
            yield _Rule(needed, said, sure)
