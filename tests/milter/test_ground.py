"""What a mail's changes rest on: each card that the keeper was shown, once, and the sender's."""

from rmp_milter.calls.authority import Authority, Candidate
from rmp_milter.calls.gate import Rank
from rmp_milter.calls.keeper import RemoteKeeper
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.leaves import (
    ListedLeaf,
    Record,
    Recorded,
    RecordedList,
    RecordList,
)
from rmp_milter.calls.protocol.message import Event
from rmp_milter.dossier.cards import NO_ACT, Card, DossierCard, PersonCard, packed
from rmp_milter.dossier.changes import Adoption, CardOf, Changes, NewEntry, Presented
from rmp_milter.dossier.model import Entry, Onglet
from rmp_milter.milter.answering.ground import grounded

DOSSIER, OTHER, PAUL, ANNE = b"D" * 16, b"O" * 16, b"P" * 16, b"A" * 16
ENTRY = Entry(1, ANNE, "", "", Onglet.DIVERS, "", ())


def sealed(card: Card) -> bytes:
    return packed(card) + bytes(32)


def of_dossier(revision: int, dossier: bytes = DOSSIER) -> bytes:
    return sealed(DossierCard(dossier, revision, NO_ACT, b"", PAUL, (), b"", b""))


def of_person(person: bytes) -> bytes:
    card = PersonCard(person, 1, NO_ACT, b"", "", 0, "", "", "", is_doctor=True)
    return sealed(card)


def shown(dossier: bytes, *persons: bytes) -> Authority:
    return Authority(b"ticket", dossier, tuple(Candidate(each, b"") for each in persons))


def test_every_card_that_was_shown_is_the_ground_and_stands_once() -> None:
    calls = (
        shown(of_dossier(4), of_person(PAUL)),
        shown(of_dossier(4), of_person(PAUL), of_person(ANNE)),
        shown(of_dossier(2, OTHER)),
    )
    changes = grounded(Changes(digest=b"d"), calls, of_person(ANNE))
    assert changes.digest == b"d"
    assert len(changes.ground) == 4
    assert {*changes.ground} == {
        Presented(CardOf.DOSSIER, DOSSIER, of_dossier(4)),
        Presented(CardOf.DOSSIER, OTHER, of_dossier(2, OTHER)),
        Presented(CardOf.PERSON, PAUL, of_person(PAUL)),
        Presented(CardOf.PERSON, ANNE, of_person(ANNE)),
    }


def test_what_has_no_card_yet_is_no_ground() -> None:
    assert grounded(Changes(), (Authority(), shown(b"", b"")), b"").ground == ()


def test_an_entry_says_under_which_card_it_was_sealed() -> None:
    calls = (shown(of_dossier(4)), shown(of_dossier(5)), shown(of_dossier(2, OTHER)))
    changes = grounded(
        Changes(
            entries=(NewEntry(DOSSIER, ENTRY, ()), NewEntry(b"X" * 16, ENTRY, ())),
            adoptions=(Adoption(b"w" * 16, OTHER, ENTRY),),
        ),
        calls,
    )
    assert [each.entry.under for each in changes.entries] == [5, 0]
    assert [each.entry.under for each in changes.adoptions] == [2]


def test_a_keeper_notes_for_one_mail_what_its_calls_rest_on() -> None:
    def answer(_request: Request, _fd: int | None) -> tuple[Reply, int | None]:
        return Recorded(1), None

    service = RemoteKeeper(answer, 50)
    first, second = service.noting(Rank.KNOWN), service.noting(Rank.EMERGENCY)
    event = Event(1, "aide", b"", "", "", "")
    for dossier in (of_dossier(1), of_dossier(2)):
        first.record(Record(event, by=shown(dossier)))
    second.record(Record(event))
    service.record(Record(event, by=shown(of_dossier(9))))
    assert first.shown == (shown(of_dossier(1)), shown(of_dossier(2)))
    assert second.shown == (Authority(),)
    assert service.shown == ()


def test_of_a_short_list_each_dossiers_card_is_noted() -> None:
    def answer(_request: Request, _fd: int | None) -> tuple[Reply, int | None]:
        return RecordedList((1, None)), None

    service = RemoteKeeper(answer, 50).noting(Rank.EMERGENCY)
    event = Event(1, "urgence liste", b"", "", "", "")
    dossiers = (of_dossier(1), of_dossier(2, OTHER))
    leaves = tuple(ListedLeaf(event, each) for each in dossiers)
    service.record_list(RecordList(shown(b"", of_person(PAUL)), leaves))
    assert service.shown == tuple(shown(each, of_person(PAUL)) for each in dossiers)
