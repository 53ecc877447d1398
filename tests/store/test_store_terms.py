"""Search terms lead to open dossiers, as they are now, and the files do not say to whom."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from msgspec.structs import replace
from store_case import (
    DAY,
    KEYS,
    NOW,
    a_deposit,
    a_dossier,
    a_new_dossier,
    changed,
    close,
    the_dossier,
    with_dossier,
)

from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import Closure, Consent, Dossier, Mask, Patient, Sheet, Takeover
from rmp_milter.dossier.search_terms import Term, TermKind, family_words_of, terms_of
from rmp_milter.store import Store
from rmp_milter.store.check.whole import check
from rmp_milter.store.format.terms import TermKeys
from rmp_milter.store.format.words import WordKeys


def holders(store: Store, term: Term) -> set[bytes]:
    with store.snapshot() as view:
        found = list(view.term_holders(term))
    assert len(found) == len(set(found))
    return set(found)


def word(name: str) -> Term:
    return Term(TermKind.WORD, name)


def keys_in_table(store: Store) -> list[bytes]:
    environment = store._environment
    with environment.reading() as txn:
        return [bytes(key) for key, _ in txn.cursor(environment.tables["terms"])]


def test_a_new_dossier_is_found_by_each_of_its_terms(store: Store) -> None:
    dossier_id = with_dossier(store)
    terms = terms_of(the_dossier(store, dossier_id))
    assert len(terms) > 5
    assert all(holders(store, term) == {dossier_id} for term in terms)
    assert store.stats()["search_terms"] == len(terms)
    assert holders(store, word("SOMEBODY ELSE")) == set()


def test_dossiers_that_share_a_term_are_all_found_by_it(store: Store) -> None:
    first, second = with_dossier(store, "one"), with_dossier(store, "two")
    other = a_dossier(name="BAUM")
    store.commit(Changes(dossiers=(a_new_dossier("three", dossier=other),)), NOW)
    assert holders(store, word("WACKENHEIM")) == {first, second}
    assert holders(store, word("BAUM")) == {other.dossier_id}


def test_a_changed_name_leads_there_and_the_former_no_more(store: Store, folder: Path) -> None:
    dossier_id = with_dossier(store)
    married = changed(store, dossier_id, sheet=Sheet(used_name="BAUM"))
    store.commit(Changes(updates=(married,)), NOW)
    assert holders(store, word("BAUM")) == holders(store, word("WACKENHEIM")) == {dossier_id}
    again = changed(store, dossier_id, sheet=Sheet(used_name="KLEIN"))
    store.commit(Changes(updates=(again,)), NOW)
    assert holders(store, word("KLEIN")) == {dossier_id}
    assert holders(store, word("BAUM")) == set()
    assert store.stats()["search_terms"] == len(terms_of(the_dossier(store, dossier_id)))
    assert check(folder, KEYS).findings == ()


def test_another_date_of_birth_moves_all_that_has_a_year(store: Store) -> None:
    dossier_id = with_dossier(store)
    before = terms_of(the_dossier(store, dossier_id))
    patient = Patient("WACKENHEIM", "Ludivine", "1951-02-03")
    store.commit(Changes(updates=(changed(store, dossier_id, patient=patient),)), NOW)
    after = terms_of(the_dossier(store, dossier_id))
    assert all(holders(store, term) == {dossier_id} for term in after)
    assert all(holders(store, term) == set() for term in before - after)
    assert before - after


@pytest.mark.promise(number=16)
def test_a_closed_and_an_erased_dossier_have_no_terms(store: Store, folder: Path) -> None:
    dossier_id, other = with_dossier(store, "one"), with_dossier(store, "two")
    store.commit(Changes(entries=(a_deposit(dossier_id, b"body"),)), NOW)
    close(store, dossier_id)
    assert holders(store, word("WACKENHEIM")) == {other}
    store.commit(Changes(erased=(dossier_id,)), NOW)
    assert holders(store, word("WACKENHEIM")) == {other}
    assert store.stats()["search_terms"] == len(terms_of(the_dossier(store, other)))
    assert check(folder, KEYS).findings == ()


def test_a_closure_that_is_taken_back_brings_the_terms_back(store: Store) -> None:
    dossier_id = with_dossier(store)
    close(store, dossier_id)
    store.commit(Changes(updates=(changed(store, dossier_id, closure=None),)), NOW)
    assert holders(store, word("WACKENHEIM")) == {dossier_id}


OTHER_FIELDS = {
    "public_key": b"q" * 32,
    "treating": b"n" * 16,
    "slots": replace(a_dossier().slots, custody=b"v" * 80),
    "consent": Consent(b"n" * 16, NOW, "2"),
    "created_at": NOW + 1,
    "revision": 7,
    "masks": (Mask(1, b"t" * 16, NOW),),
    "opposed": (b"o" * 16,),
    "refilings": (),
    "seen": 3,
    "suspended": True,
    "takeover": Takeover(b"f" * 16, NOW, NOW + DAY),
    "card": b"card",
}


@pytest.mark.parametrize("field", OTHER_FIELDS)
def test_terms_are_made_of_what_the_store_looks_at_before_it_moves_them(field: str) -> None:
    """Where patient, sheet and closure are as they were, the store does not ask for them."""
    dossier = a_dossier()
    assert terms_of(replace(dossier, **{field: OTHER_FIELDS[field]})) == terms_of(dossier)
    looked_at = {"dossier_id", "patient", "sheet", "closure"}
    assert {*Dossier.__struct_fields__} == looked_at | {*OTHER_FIELDS}


def test_a_closure_of_another_day_moves_no_terms() -> None:
    one, two = (Closure(at=day, erase_at=day) for day in (1, 2))
    assert terms_of(replace(a_dossier(), closure=one)) == terms_of(
        replace(a_dossier(), closure=two)
    )


def test_holders_come_as_they_are_asked_for(store: Store) -> None:
    new = tuple(a_new_dossier(f"trait {number}") for number in range(50))
    store.commit(Changes(dossiers=new), NOW)
    with store.snapshot() as view:
        found: Iterator[bytes] = view.term_holders(word("WACKENHEIM"))
        few = list(islice(found, 3))
        assert len({*few}) == 3
        assert len({*few, *found}) == 50


def held(store: Store, *words: str) -> set[str]:
    with store.snapshot() as view:
        return {*view.words_held(words)}


def test_a_word_is_held_as_long_as_any_open_dossier_has_it(store: Store, folder: Path) -> None:
    first, second = with_dossier(store, "one"), with_dossier(store, "two")
    married = changed(store, first, sheet=Sheet(used_name="LE BAUM"))
    store.commit(Changes(updates=(married,)), NOW)
    some = ("WACKENHEIM", "BAUM", "LEBAUM", "LE", "NOBODY", "")
    assert held(store, *some) == {"WACKENHEIM", "BAUM", "LEBAUM"}
    assert store.stats()["family_words"] == len(family_words_of(the_dossier(store, first)))
    close(store, first)
    assert held(store, *some) == {"WACKENHEIM"}
    close(store, second)
    assert held(store, *some) == set()
    assert store.stats()["family_words"] == 0
    store.commit(Changes(updates=(changed(store, first, closure=None),)), NOW)
    assert held(store, *some) == {"WACKENHEIM", "BAUM", "LEBAUM"}
    assert check(folder, KEYS).findings == ()


def test_held_words_are_the_tokens_of_terms_of_words() -> None:
    dossier = replace(a_dossier(name="DE LA TOUR"), sheet=Sheet(used_name="LE ROUX"))
    tokens = {term.token for term in terms_of(dossier) if term.kind is TermKind.WORD}
    assert family_words_of(dossier) == tokens
    closed = replace(dossier, closure=Closure(at=1, erase_at=2))
    assert family_words_of(closed) == set()


# What the files say


@pytest.mark.promise(number=3)
def test_a_counted_word_has_nothing_in_common_with_its_term(store: Store) -> None:
    dossier_id = with_dossier(store)
    (word_key,) = WordKeys(KEYS.index).of(the_dossier(store, dossier_id))
    assert not any(word_key in key or key[:16] in word_key for key in keys_in_table(store))
    assert WordKeys(b"x" * 32).of(the_dossier(store, dossier_id)) != {word_key}


def test_where_a_word_is_counted_stays_as_it_is() -> None:
    assert WordKeys(b"i" * 32).key("WACKENHEIM").hex() == "151743624c514ecdd33da280850398fb"


@pytest.mark.promise(number=3)
def test_two_terms_of_one_dossier_have_nothing_in_common(store: Store) -> None:
    """Neither half of a key comes twice, and the dossier's identifier in none."""
    dossier_id = with_dossier(store)
    keys = keys_in_table(store)
    assert {len(key) for key in keys} == {32}
    assert len({key[:16] for key in keys}) == len({key[16:] for key in keys}) == len(keys)
    assert not any(dossier_id in key for key in keys)


@pytest.mark.promise(number=3)
def test_what_two_dossiers_differ_by_is_another_in_every_term(store: Store) -> None:
    """No sum of keys leads from one place to another, as it would by a mask alone."""
    found = [the_dossier(store, with_dossier(store, trait)) for trait in ("one", "two")]
    keys = TermKeys(KEYS.index)
    blocks = [{key[:16]: key[16:] for key in keys.of(each)} for each in found]
    shared = blocks[0].keys() & blocks[1].keys()
    numbers = [[int.from_bytes(each[place], "big") for each in blocks] for place in shared]
    assert len({one ^ two for one, two in numbers}) == len(shared) > 3


@pytest.mark.promise(number=3)
def test_with_another_index_key_nothing_is_where_it_is(store: Store) -> None:
    dossier_id = with_dossier(store)
    others = TermKeys(b"x" * 32)
    prefixes = {key[:16] for key in keys_in_table(store)}
    assert not any(
        others.place(term).prefix in prefixes
        for term in terms_of(the_dossier(store, dossier_id))
    )


def test_kind_year_and_token_are_told_apart() -> None:
    place = TermKeys(KEYS.index).place
    terms = [
        Term(TermKind.WORD, "AB"),
        Term(TermKind.GIVEN, "AB"),
        Term(TermKind.WORD, "AB", 1950),
        Term(TermKind.WORD, "A"),
        Term(TermKind.REFERENCE, "AB"),
        Term(TermKind.REF_HEAD, "AB"),
        Term(TermKind.WORD, "\x00AB"),
    ]
    assert len({place(term).prefix for term in terms}) == len(terms)


def test_what_is_made_of_the_index_key_stays_as_it_is() -> None:
    """Another derivation would be another format: nobody in an old store would be found."""
    keys = TermKeys(b"i" * 32)
    dossier = replace(a_dossier(), dossier_id=b"d" * 16)
    place = keys.place(word("WACKENHEIM")).prefix
    assert [key.hex() for key in keys.of(dossier) if key.startswith(place)] == [
        "826cb5484b4d95346b35a8d4df7e326f75c977ca813907c3b1a81d8dfccb472c"
    ]
