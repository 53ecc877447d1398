"""How documents are parted into mails: none lost, few enough, small enough, the first at once."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from test_reply_forms import enclosure

from rmp_milter.dossier.model import Container, ReplyForm
from rmp_milter.mail.outgoing.letter import Enclosure
from rmp_milter.mail.outgoing.loads import TOGETHER, Room, is_entity, loads, mails_needed

SMALL = 30_000
LIMIT = 1_000_000
ENCODED = SMALL * 4 // 3


def entities(count: int, size: int = SMALL) -> list[Enclosure]:
    return [enclosure(number, Container.ENTITY, size=size) for number in range(1, count + 1)]


def room(form: ReplyForm = ReplyForm.SEPARATE, mails: int = 20, octets: int = LIMIT) -> Room:
    return Room(form, octets, mails)


def counts(enclosures: Sequence[Enclosure], of: Room) -> list[int]:
    return [len(load) for load in loads(enclosures, of)]


def test_separate_is_a_mail_each_as_long_as_there_are_few() -> None:
    assert counts(entities(19), room()) == [1] * 19
    assert mails_needed(entities(19), room()) == 20


def test_of_more_the_first_travel_alone_and_the_rest_together() -> None:
    assert counts(entities(20), room()) == [1] * 18 + [2]
    assert counts(entities(45), room()) == [1] * 16 + [10, 10, 9]
    assert counts(entities(120), room()) == [1] * 7 + [10] * 11 + [3]


def test_grouped_has_the_first_alone_and_all_others_together() -> None:
    assert counts(entities(1), room(ReplyForm.GROUPED)) == [1]
    assert counts(entities(8), room(ReplyForm.GROUPED)) == [1, 7]
    assert counts(entities(45), room(ReplyForm.GROUPED)) == [1, 10, 10, 10, 10, 4]


def test_what_is_too_large_to_travel_together_does_not() -> None:
    large = entities(4, size=LIMIT)
    assert counts(large, room(ReplyForm.GROUPED)) == [1] * 4
    assert counts(entities(61), room(ReplyForm.GROUPED, octets=5 * ENCODED)) == [1] + [4] * 15


def test_entities_and_files_never_share_a_mail() -> None:
    mixed = [
        enclosure(number, Container.ENTITY if number % 2 else Container.FILE, "a.pdf")
        for number in range(1, 9)
    ]
    found = loads(mixed, room(ReplyForm.GROUPED))
    assert [[each.number for each in load] for load in found] == [[1], [2, 4, 6, 8], [3, 5, 7]]


def test_an_emergency_of_more_than_fits_is_sent_whole_in_as_few_mails_as_can_be() -> None:
    assert counts(entities(250), room(mails=10)) == [1] + [10] * 24 + [9]


def test_what_the_reader_cannot_open_takes_no_mail() -> None:
    unreadable = [replace(each, packets=b"") for each in entities(5)]
    for form in ReplyForm:
        assert loads(unreadable, room(form)) == []
        assert mails_needed(unreadable, room(form)) == 1


def test_the_index_of_partitioned_is_in_the_first_mail() -> None:
    partitioned = room(ReplyForm.PARTITIONED, octets=5 * ENCODED)
    assert counts(entities(9), partitioned) == [4, 4, 1]
    assert mails_needed(entities(9), partitioned) == 3


documents = st.lists(
    st.builds(
        lambda number, container, size: enclosure(number, container, "a.pdf", size),
        st.integers(1, 40),
        st.sampled_from(Container),
        st.integers(1, 2 * LIMIT),
    ),
    max_size=60,
).map(lambda found: sorted(found, key=lambda each: each.number))
rooms = st.builds(room, st.sampled_from(ReplyForm), st.integers(3, 30))


@given(documents, rooms)
def test_every_document_goes_once_and_only_a_single_one_may_be_too_large(
    enclosures: list[Enclosure], of: Room
) -> None:
    found = loads(enclosures, of)
    sent = [each for load in found for each in load]
    assert sorted(map(id, sent)) == sorted(map(id, enclosures))
    for load in found:
        assert len(load) == 1 or sum(each.document.size for each in load) * 4 // 3 <= of.octets
        if of.form is not ReplyForm.PARTITIONED:
            assert len(load) == 1 or len({is_entity(each) for each in load}) == 1
            assert len(load) <= TOGETHER or not is_entity(load[0])
    if of.form is ReplyForm.PARTITIONED:
        assert sent == enclosures
    elif found:
        assert found[0][0] is enclosures[0]


@given(documents, rooms, st.data())
def test_shorter_key_packets_and_fewer_documents_never_take_more_mails(
    enclosures: list[Enclosure], of: Room, data: st.DataObject
) -> None:
    """What is counted before the keys are asked for is what is then sent, at most."""
    counted = [replace(each, packets=bytes(4096)) for each in enclosures]
    needed = mails_needed(counted, of)
    assert mails_needed(enclosures, of) <= needed
    fewer = data.draw(st.lists(st.sampled_from(counted), unique_by=id)) if counted else []
    assert mails_needed([each for each in counted if each in fewer], of) <= needed
