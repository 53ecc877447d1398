"""The leaves by which documents came into dossiers, as the log gives them back."""

import msgspec
import pytest
from keeper_case import event

from rmp_milter.calls.protocol.message import Event
from rmp_milter.keeper.log.filed import FiledLeaf
from rmp_milter.keeper.log.journal import Journal, JournalError
from rmp_milter.keeper.log.leaves import DOCUMENTS_PER_LEAF
from rmp_milter.keeper.log.place import LogPlace
from rmp_milter.keeper.log.tables import LogTable

ONE, TWO = b"1" * 16, b"2" * 16
DEPOSIT = Event(50, "depot", b"r", "10003456786", "", "", dossier_id=ONE, documents=(TWO,))


def test_an_empty_log_has_none_and_has_not_begun(place: LogPlace) -> None:
    with Journal(place) as log:
        assert ([*log.filed()], log.begun()) == ([], 0)


def test_deposits_that_were_granted_are_given_back_with_their_dossier(place: LogPlace) -> None:
    others = [
        event("dossier"),
        msgspec.structs.replace(DEPOSIT, outcome="refused"),
        msgspec.structs.replace(DEPOSIT, documents=()),
        msgspec.structs.replace(DEPOSIT, dossier_id=b""),  # it waits
    ]
    adopted = msgspec.structs.replace(DEPOSIT, action="rattachement", dossier_id=TWO, at=60)
    with Journal(place) as log:
        for at, each in enumerate((*others, DEPOSIT, adopted)):
            log.append(each, 70 + at)
        leaves, begun = [*log.filed()], log.begun()
    assert begun == 70
    assert leaves == [
        FiledLeaf(4, ONE, "depot", 50, "10003456786", (TWO,)),
        FiledLeaf(5, TWO, "rattachement", 60, "10003456786", (TWO,)),
    ]


def test_a_deposit_of_very_many_documents_has_several(place: LogPlace) -> None:
    documents = tuple(number.to_bytes(16) for number in range(DOCUMENTS_PER_LEAF + 1))
    with Journal(place) as log:
        log.append(msgspec.structs.replace(DEPOSIT, documents=documents), 70)
        leaves = [*log.filed()]
    assert [len(leaf.documents) for leaf in leaves] == [DOCUMENTS_PER_LEAF, 1]


def test_what_an_erased_dossier_had_is_forgotten(place: LogPlace) -> None:
    with Journal(place) as log:
        log.append(DEPOSIT, 70)
        log.forget(ONE)
        assert ([*log.filed()], log.begun()) == ([], 70)


def test_a_leaf_that_cannot_be_read_is_a_fault(place: LogPlace) -> None:
    with Journal(place) as log:
        log.append(DEPOSIT, 70)
        log._write(lambda txn: txn.put(LogTable.LEAVES, bytes(8), b'{"logged":70}'))
        with pytest.raises(JournalError, match="leaf 0 cannot be read"):
            [*log.filed()]
