"""A dossier's search terms, written: what it has gained, and what it has lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.tables import StoreTable
from rmp_milter.store.format.words import count_of, counted

if TYPE_CHECKING:
    from rmp_milter.dossier.model import Dossier
    from rmp_milter.store.write.writing import Writing


def move_terms(writing: Writing, old: Dossier | None, new: Dossier) -> None:
    """Have the terms of ``new`` lead to the dossier, and those it had as ``old`` no more.

    A closed dossier has none, so that closing it takes them all away. Its family words are
    counted up and down. Raises :class:`StoreError` where a term to add leads to it already, and
    where a word to take away is counted for nobody.
    """
    if old is not None and _searched(old) == _searched(new):
        return
    before = frozenset() if old is None else writing.codecs.terms.of(old)
    after = writing.codecs.terms.of(new)
    for key in before - after:
        writing.txn.delete(StoreTable.TERMS, key)
    for key in after - before:
        writing.add(StoreTable.TERMS, key, b"")
    _count_words(writing, old, new)


def _count_words(writing: Writing, old: Dossier | None, new: Dossier) -> None:
    before = frozenset() if old is None else writing.codecs.words.of(old)
    after = writing.codecs.words.of(new)
    for key in before - after:
        _count(writing, key, -1)
    for key in after - before:
        _count(writing, key, 1)


def _count(writing: Writing, key: bytes, change: int) -> None:
    table = StoreTable.WORDS
    count = count_of(writing.txn.get(table, key)) + change
    if count < 0:
        raise StoreError("a family word is counted for fewer dossiers than have it")
    if count:
        writing.txn.put(table, key, counted(count))
    else:
        writing.txn.delete(table, key)


def _searched(dossier: Dossier) -> tuple[object, ...]:
    """Return all that a dossier's terms are made of: most changes of a dossier move none."""
    return dossier.patient, dossier.sheet, dossier.closure is None
