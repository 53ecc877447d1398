"""docs/rules.md against the code: every act, every relation, every set of proofs."""

import re
from itertools import chain, combinations
from pathlib import Path

import pytest

from rmp_milter.dossier.rules import (
    STRICTEST,
    Act,
    Denied,
    Grant,
    Proof,
    Relation,
    Way,
    judge,
    policy_of,
    proofs_named,
)

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "rules.md").read_text()
MAN_PAGE = (ROOT / "man" / "rmp.toml.5").read_text()
EVERY_SET = [
    frozenset(each)
    for each in chain.from_iterable(combinations(Proof, size) for size in range(len(Proof) + 1))
]

Row = tuple[frozenset[Proof], Way]


def section(title: str) -> str:
    return DOCUMENT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows_of(text: str) -> list[list[list[str]]]:
    """Return the words in code style of each cell of each row below a table's head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [
        [re.findall(r"`([^`]+)`", cell) for cell in line.strip("|").split("|")]
        for line in lines
        if "`" in line
    ]


def documented() -> dict[tuple[Act, Relation], list[Row]]:
    table: dict[tuple[Act, Relation], list[Row]] = {}
    for acts, relations, sets, ways in rows_of(section("The table")):
        ((act,), (way,)) = acts, ways
        for relation in relations:
            row = table.setdefault((Act(act), Relation(relation)), [])
            row += [(proofs_named(words), Way(way)) for words in sets]
    return table


TABLE = documented()


def expected(act: Act, relation: Relation, proofs: frozenset[Proof]) -> Grant | Denied:
    """Return what the document says, read as a person would."""
    rows = TABLE.get((act, relation), [])
    fitting = [Grant(needed, way) for needed, way in rows if needed <= proofs]
    if fitting:
        return fitting[0]
    lacking = {proof for needed, _ in rows for proof in needed} - proofs
    for proof, denied in (
        (Proof.CODE, Denied.CODE_MISSING),
        (Proof.SIGNATURE, Denied.SIGNATURE_NEEDED),
        (Proof.CPS, Denied.CPS_NEEDED),
        (Proof.VITALE, Denied.CARD_NEEDED),
    ):
        if proof in lacking:
            return denied
    return Denied.NO_ACCESS


@pytest.mark.parametrize("relation", Relation)
@pytest.mark.parametrize("act", Act)
def test_every_combination_is_decided_as_the_document_says(
    act: Act, relation: Relation
) -> None:
    for proofs in EVERY_SET:
        assert judge(STRICTEST, act, relation, proofs) == expected(act, relation, proofs)


@pytest.mark.parametrize("relation", Relation)
@pytest.mark.parametrize("act", Act)
def test_a_second_proof_never_takes_a_right_away(act: Act, relation: Relation) -> None:
    for fewer in EVERY_SET:
        for more in EVERY_SET:
            if fewer < more and isinstance(judge(STRICTEST, act, relation, fewer), Grant):
                assert isinstance(judge(STRICTEST, act, relation, more), Grant)


def test_every_word_of_the_rules_is_explained() -> None:
    explained = {row[0][0] for row in rows_of(section("Words")) if row[0]}
    assert explained == {each.value for each in (*Act, *Relation, *Proof, *Way)}


def test_nothing_is_granted_without_a_proof_of_who_writes() -> None:
    by_whom = {Proof.SIGNATURE, Proof.CPS, Proof.ACCOUNT}
    for act in Act:
        for relation in Relation:
            for proofs in EVERY_SET:
                if not proofs & by_whom:
                    assert isinstance(judge(STRICTEST, act, relation, proofs), Denied)


@pytest.mark.promise(number=6)
def test_a_stranger_is_asked_for_the_same_things_as_a_refused_doctor() -> None:
    for act in Act:
        for proofs in EVERY_SET:
            assert judge(STRICTEST, act, Relation.OPPOSED, proofs) == judge(
                STRICTEST, act, Relation.OTHER, proofs
            )


def test_the_strictest_reading_of_the_mission() -> None:
    """The mission's table, row by row, as far as it says what proves an act."""
    signed, account = frozenset({Proof.SIGNATURE}), frozenset({Proof.ACCOUNT})
    assert isinstance(judge(STRICTEST, Act.CONSULTATION, Relation.TREATING, signed), Grant)
    assert judge(STRICTEST, Act.CONSULTATION, Relation.TREATING, account) in Denied
    assert judge(STRICTEST, Act.CONSULTATION, Relation.OTHER, signed) in Denied
    assert judge(STRICTEST, Act.LISTE, Relation.OTHER, signed) in Denied
    assert judge(STRICTEST, Act.LISTE, Relation.TREATING, account) in Denied
    for act in Act:
        for proofs in EVERY_SET:
            assert judge(STRICTEST, act, Relation.FOREIGN, proofs) is Denied.NO_ACCESS


def test_the_example_of_document_man_page_and_configuration_is_one() -> None:
    example = 'creation_autre = ["signature+vitale"]'
    assert example in DOCUMENT
    assert example in (ROOT / "rmp.toml.example").read_text()
    assert ".It Cm creation_autre" in MAN_PAGE
    assert r".Ql [\(dqsignature+vitale\(dq]" in MAN_PAGE


def test_the_example_demands_the_card_for_a_creation_and_changes_nothing_else() -> None:
    policy = policy_of({"creation_autre": ["signature+vitale"]})
    card = frozenset({Proof.SIGNATURE, Proof.VITALE})
    for proofs in EVERY_SET:
        decided = judge(policy, Act.CREATION, Relation.OTHER, proofs)
        assert isinstance(decided, Grant) is (card <= proofs)
        for act in set(Act) - {Act.CREATION}:
            for relation in Relation:
                assert judge(policy, act, relation, proofs) == judge(
                    STRICTEST, act, relation, proofs
                )


def test_an_empty_list_forbids_an_act_to_everybody_of_that_relation() -> None:
    policy = policy_of({"consultation_autre": []})
    for proofs in EVERY_SET:
        for relation in (Relation.OTHER, Relation.OPPOSED):
            assert judge(policy, Act.CONSULTATION, relation, proofs) is Denied.NO_ACCESS


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        ({"creation_personne": ["signature"]}, "personne"),
        ({"lecture_autre": ["signature"]}, "lecture"),
        ({"creation_autre": ["signature+carte"]}, "carte"),
        ({"creation_autre": [""]}, "''"),
    ],
)
def test_unknown_words_are_named(rows: dict[str, list[str]], word: str) -> None:
    with pytest.raises(ValueError, match=re.escape(word)):
        policy_of(rows)


def test_the_man_page_names_every_act_and_relation() -> None:
    policy = MAN_PAGE.partition(".Ss [policy]")[2].partition(".Ss")[0]
    words = set(re.findall(r"[a-z_]+", policy))
    assert {each.value for each in (*Act, *Relation, *Proof)} <= words
