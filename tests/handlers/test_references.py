"""A reference of a short list: whom it chooses, and to whose it comes near."""

from collections.abc import Callable, Sequence

import pytest
from handlers_case import JEAN, World, dossier
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from search_case import CountingWorld

from rmp_milter.dossier import short_references
from rmp_milter.dossier.model import Closure, Dossier, Patient
from rmp_milter.dossier.nearness import is_near, one_slip_away
from rmp_milter.dossier.short_references import short_reference
from rmp_milter.dossier.spoken import ALPHABET, spoken
from rmp_milter.handlers.people.choice import FoundBy, choose
from rmp_milter.handlers.people.likeness import SHORT_LIST
from rmp_milter.handlers.people.references import chosen_by, near_to
from rmp_milter.mail.header.routing import RoutingHeader
from testbed.examples import some

TWINS = tuple(number.to_bytes(16) for number in (803_683, 855_850))
"""Two ids that have one reference: of a million there are such, as likely as not."""


def known(dossier_id: bytes) -> Dossier:
    return replace(dossier(JEAN), dossier_id=dossier_id)


def world(*ids: bytes) -> World:
    return World([known(each) for each in ids])


ANY = world(*(bytes([number]) * 16 for number in range(1, 4)))
THREE = short_reference(b"\3" * 16)


def ids(found: Sequence[Dossier]) -> list[bytes]:
    return [each.dossier_id for each in found]


class TestChosen:
    @pytest.mark.parametrize("change", [str, str.lower, lambda said: said.replace("-", " ")])
    def test_however_it_is_typed(self, change: Callable[[str], str]) -> None:
        assert ids(chosen_by(change(THREE), ANY)) == [b"\3" * 16]

    def test_by_what_a_list_before_this_version_said(self) -> None:
        one = world(b"a" * 16)
        assert ids(chosen_by("D-BQF6VTXY", one)) == [b"a" * 16]
        assert ids(chosen_by("d bqf6 vtxy", one)) == [b"a" * 16]
        assert chosen_by("D-BQF6VTXZ", one) == ()

    def test_two_that_have_one_are_both_returned(self) -> None:
        assert short_reference(TWINS[0]) == short_reference(TWINS[1])
        assert ids(chosen_by(short_reference(TWINS[0]), world(*TWINS))) == list(TWINS)

    def test_not_if_it_is_closed(self) -> None:
        closed = replace(known(b"a" * 16), closure=Closure(1, 2))
        assert chosen_by(short_reference(b"a" * 16), World([closed])) == ()


class TestWithANameBeside:
    """The name that stands beside a reference is asked of its holders before it is looked for."""

    def test_one_whom_the_name_confirms_is_settled_without_a_search(self) -> None:
        many = CountingWorld([known(number.to_bytes(16)) for number in range(1, 200)])
        third = short_reference((3).to_bytes(16))
        header = RoutingHeader(reference=third, names_said=JEAN.birth_name)
        assert choose(header, many, 2026).sure == known((3).to_bytes(16))
        assert (many.opened, many.looked) == (1, 1)

    def test_of_two_holders_the_one_whom_the_name_confirms(self) -> None:
        other = replace(known(TWINS[1]), patient=Patient("Quévreux", "Ana", "1980-02-03"))
        twins = World([known(TWINS[0]), other])
        for said, dossier_id in ((JEAN.birth_name, TWINS[0]), ("Quévreux", TWINS[1])):
            header = RoutingHeader(reference=short_reference(TWINS[0]), names_said=said)
            found = choose(header, twins, 2026).sure
            assert found is not None
            assert found.dossier_id == dossier_id

    def test_two_holders_whom_the_name_confirms_are_both_listed(self) -> None:
        header = RoutingHeader(reference=short_reference(TWINS[0]), names_said=JEAN.birth_name)
        found = choose(header, world(*TWINS), 2026)
        assert (found.by, ids(found.listed.found)) == (FoundBy.TWICE, list(TWINS))


class TestNear:
    @pytest.mark.parametrize(
        "typed",
        [
            THREE[:-1] + ("A" if THREE[-1] != "A" else "B"),  # another sign
            THREE[:-1],  # one too few
            f"{THREE}7",  # one too many
            THREE[:2] + THREE[3] + THREE[2] + THREE[4:],  # two the wrong way round
            THREE[2:],  # without its D
        ],
    )
    def test_one_slip_is_near(self, typed: str) -> None:
        assert ids(near_to(typed, ANY).found) == [b"\3" * 16]

    @pytest.mark.parametrize("typed", ["D-2222-2222", "D", "D-7", "7QX", "", "x" * 5000])
    def test_what_is_far_is_not(self, typed: str) -> None:
        assert near_to(typed, ANY).found == ()

    @given(st.data())
    @settings(max_examples=some(60))
    def test_two_slips_are_near_wherever_they_are(self, data: st.DataObject) -> None:
        once = data.draw(st.sampled_from(sorted(one_slip_away(spoken(THREE), ALPHABET))))
        twice = data.draw(st.sampled_from(sorted(one_slip_away(once, ALPHABET))))
        near = len(twice) >= len("7QX3MZBK") and is_near(twice, spoken(THREE), 2)
        exactly = twice == spoken(THREE)
        assert ids(near_to(twice, ANY).found) == ([b"\3" * 16] if near or exactly else [])

    def test_no_more_than_a_short_list(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(short_references, "short_reference", lambda _id: "D-7QX3-MZBK")
        near = near_to("D-7QX3-MZBA", world(*(bytes([each]) * 16 for each in range(1, 40))))
        assert (len(near.found), near.more) == (SHORT_LIST, True)

    def test_one_slip_before_two(self, monkeypatch: pytest.MonkeyPatch) -> None:
        references = {b"a" * 16: "D-7QX3-MZAA", b"b" * 16: "D-7QX3-MZBA"}
        monkeypatch.setattr(short_references, "short_reference", references.__getitem__)
        near = near_to("D-7QX3-MZBK", world(b"a" * 16, b"b" * 16))
        assert ids(near.found) == [b"b" * 16, b"a" * 16]
