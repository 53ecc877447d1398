"""Which entry took which other's place: as it was written, or as its author counts his own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.dossier.model import Entry, NumberedEntry, Onglet
from rmp_milter.dossier.versions import versions

LAB, PAUL = b"L" * 16, b"P" * 16


def filed(*said: tuple[bytes, int, int]) -> list[NumberedEntry]:
    """Return entries by author, what they replace, and which of his own they correct."""
    return [
        NumberedEntry(
            number,
            Entry(
                1, author, "", "", Onglet.DIVERS, "", (), replaces=replaces, corrects=corrects
            ),
        )
        for number, (author, replaces, corrects) in enumerate(said, 1)
    ]


@pytest.mark.parametrize(
    ("said", "took"),
    [
        ([(LAB, 0, 0), (PAUL, 0, 0)], {}),
        ([(LAB, 0, 0), (PAUL, 1, 0)], {2: 1}),
        ([(PAUL, 0, 0), (LAB, 0, 0), (LAB, 0, 1)], {3: 2}),  # his first is the second here
        ([(LAB, 0, 0), (LAB, 0, 2)], {}),  # he has no second one
        ([(LAB, 0, 0), (PAUL, 0, 1)], {}),  # it is not his
        ([(LAB, 0, 1)], {}),  # it is itself his first
        ([(LAB, 0, 0), (LAB, 0, 1), (LAB, 0, 1)], {2: 1}),  # corrected already
        ([(LAB, 0, 0), (PAUL, 1, 0), (LAB, 0, 1)], {2: 1}),
        ([(LAB, 0, 0), (LAB, 0, 1), (LAB, 0, 2)], {2: 1, 3: 2}),  # the correction, corrected
    ],
)
def test_the_place_taken(said: list[tuple[bytes, int, int]], took: dict[int, int]) -> None:
    assert versions(filed(*said)) == took


@given(
    st.lists(
        st.tuples(st.sampled_from((LAB, PAUL)), st.just(0), st.integers(0, 6)), max_size=12
    )
)
def test_an_author_takes_the_place_of_earlier_ones_of_his_own_each_once(
    said: list[tuple[bytes, int, int]],
) -> None:
    took = versions(filed(*said))
    assert len(set(took.values())) == len(took)
    for new, old in took.items():
        assert old < new
        assert said[old - 1][0] == said[new - 1][0]
