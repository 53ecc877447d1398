"""The words of the routing header as a whole: each means one thing, and nothing is without one."""

import pytest

from rmp_milter.dossier.identity import fold
from rmp_milter.dossier.model import Scope, Verb
from rmp_milter.mail.header import words
from rmp_milter.mail.header.words import Field, field_of, scope_of, verb_of

REQUESTS = [(word, verb) for verb, spellings in words._VERBS.items() for word in spellings]
SCOPES = [(word, scope) for scope, spellings in words._SCOPES.items() for word in spellings]
LINES = [(word, field) for field, spellings in words._SPELLINGS.items() for word in spellings]


@pytest.mark.parametrize("pairs", [[*REQUESTS, *SCOPES], LINES], ids=["requests", "lines"])
def test_no_spelling_means_two_things_and_each_is_folded(
    pairs: list[tuple[str, object]],
) -> None:
    spellings = [word for word, _ in pairs]
    assert sorted(spellings) == sorted(set(spellings))
    assert [word for word in spellings if fold(word) != word] == []


@pytest.mark.parametrize("verb", Verb)
def test_every_verb_can_be_asked_for(verb: Verb) -> None:
    assert verb_of(verb.value) is verb
    assert [word for word, each in REQUESTS if each is verb and verb_of(word) is not verb] == []


@pytest.mark.parametrize("scope", Scope)
def test_every_scope_can_be_asked_for(scope: Scope) -> None:
    assert (verb_of(scope.value), scope_of(scope.value)) == (Verb.CONSULTATION, scope)


@pytest.mark.parametrize("field", Field)
def test_every_line_can_be_written(field: Field) -> None:
    assert field_of(field.value) is field
