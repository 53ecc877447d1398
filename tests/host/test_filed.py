"""Entries held to the leaves of their deposits: each way in which the two may differ."""

import pytest
from msgspec.structs import replace

from rmp_milter.host.filed import MOST_NAMED, SAME_HOUR, FiledEntry, held
from rmp_milter.keeper.log.filed import FiledLeaf

DOSSIER, OTHER = b"D" * 16, b"O" * 16
ONE, TWO, THREE = (bytes([number]) * 16 for number in (1, 2, 3))
RPPS = "10003456786"
LATER = 50 + SAME_HOUR + 1
ENTRY = FiledEntry(DOSSIER, 1, 50, RPPS, (ONE, TWO))
LEAF = FiledLeaf(7, DOSSIER, "depot", 50, RPPS, (ONE, TWO))


def in_order(*leaves: FiledLeaf) -> list[FiledLeaf]:
    return sorted(leaves, key=lambda each: each.dossier_id)


def findings(*leaves: FiledLeaf, entry: FiledEntry = ENTRY) -> tuple[str, ...]:
    return held([entry], in_order(*leaves)).findings


@pytest.mark.parametrize(
    "leaves",
    [
        (LEAF,),
        (LEAF, replace(LEAF, number=9, documents=(THREE,))),  # decided again
        (replace(LEAF, documents=(ONE,)), replace(LEAF, number=8, documents=(TWO,))),  # many
        (replace(LEAF, at=LATER - 1),),  # it waited to be opened
        (replace(LEAF, action="rattachement", at=LATER),),
        (LEAF, replace(LEAF, dossier_id=OTHER, rpps="x")),
    ],
)
def test_what_the_leaves_say_is_no_finding(leaves: tuple[FiledLeaf, ...]) -> None:
    assert findings(*leaves) == ()


@pytest.mark.parametrize(
    ("leaves", "said"),
    [
        ((), "has no leaf in the access log"),
        ((replace(LEAF, documents=(THREE,)),), "has no leaf in the access log"),
        ((replace(LEAF, dossier_id=OTHER),), "has no leaf in the access log"),
        ((replace(LEAF, documents=(ONE,)),), "has other documents than leaf 7"),
        ((replace(LEAF, documents=(ONE, TWO, THREE)),), "has other documents than leaf 7"),
        ((replace(LEAF, rpps="10101234564"),), "is by another author than leaf 7"),
        ((replace(LEAF, rpps=""),), "is by another author than leaf 7"),
        ((replace(LEAF, at=LATER),), "is of another time than leaf 7"),
        ((replace(LEAF, at=LATER, action="rectification"),), "is of another time than leaf 7"),
    ],
)
@pytest.mark.promise(number=12)
def test_what_a_leaf_says_otherwise_is_named_by_reference(
    leaves: tuple[FiledLeaf, ...], said: str
) -> None:
    (line,) = findings(*leaves)
    assert line.startswith(f"entry 1 of dossier {DOSSIER.hex()} {said}")


def test_an_author_who_has_left_the_directory_is_not_compared() -> None:
    assert findings(LEAF, entry=replace(ENTRY, rpps=None)) == ()


def test_what_is_older_than_the_log_is_counted_and_no_finding() -> None:
    old = replace(ENTRY, number=2, received_at=50 - SAME_HOUR - 1)
    new = replace(ENTRY, documents=(THREE,))
    found = held([old, new], [], begun=50)
    assert found.notes == ("1 entries are older than the access log",)
    assert len(found.findings) == 1
    moved = held([old], [LEAF], begun=50)
    assert len(moved.findings) == 1  # an older date does not hide a leaf that is there


def test_a_log_that_says_nothing_of_any_is_not_listed_throughout() -> None:
    entries = [replace(ENTRY, number=number) for number in range(MOST_NAMED + 5)]
    lines = held(entries, []).findings
    assert len(lines) == MOST_NAMED + 1
    assert lines[-1] == "and 5 more entries of which the access log says otherwise"


def test_sides_out_of_their_order_are_not_compared() -> None:
    later = replace(ENTRY, dossier_id=OTHER)
    assert len(held([ENTRY, later], []).findings) == 2
    with pytest.raises(Exception, match="do not come in their order"):
        held([later, ENTRY], [])


def test_leaves_of_dossiers_that_the_store_has_not_are_passed_over() -> None:
    before, behind = replace(LEAF, dossier_id=b"A" * 16), replace(LEAF, dossier_id=b"Z" * 16)
    assert held([ENTRY], [before, LEAF, behind]).findings == ()
    assert len(held([ENTRY], [before, behind]).findings) == 1
