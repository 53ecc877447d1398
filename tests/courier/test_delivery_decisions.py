import pytest
from courier_case import BODY, BODY_ID, PACKETS, SCHEDULE
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.courier.delivery import (
    Decision,
    Fate,
    Reply,
    UnsendableError,
    WholeMail,
    decide,
    domain_of,
    usable_address,
    whole_mail,
    whole_size,
)
from rmp_milter.dossier.model import BodySlice, Slice
from rmp_milter.store.format.records import OutboxRow, RowState

NOW = 1_000_000
HEAD = Slice(b"From: a@b\r\n\r\n")


def row(attempts: int = 0, since: int = NOW) -> OutboxRow:
    return OutboxRow(
        row=1,
        recipient="dr@x.test",
        message_id="<1@x>",
        state=RowState.WAITING,
        attempts=attempts,
        since=since,
    )


def bodies(document_id: bytes) -> memoryview | None:
    return memoryview(BODY) if document_id == BODY_ID else None


def test_a_mail_that_was_taken_is_sent() -> None:
    assert decide(Reply(250, "2.0.0 Ok"), row(), NOW, SCHEDULE, 0.5) == Decision(Fate.SENT)


def test_a_mail_refused_for_good_is_parked_at_once_with_the_reason() -> None:
    decision = decide(Reply(554, "5.7.1 no"), row(), NOW, SCHEDULE, 0.5)
    assert decision == Decision(Fate.PARKED, "554 5.7.1 no")


@pytest.mark.parametrize(
    ("attempts", "jitter", "wait"),
    [(0, 0.5, 60), (0, 0.0, 48), (0, 1.0, 72), (1, 0.5, 300), (50, 0.5, 300)],
)
def test_waits_follow_the_schedule_and_are_spread(
    attempts: int, jitter: float, wait: int
) -> None:
    decision = decide(Reply(451, "4.3.0 later"), row(attempts), NOW, SCHEDULE, jitter)
    assert decision == Decision(Fate.LATER, "451 4.3.0 later", NOW + wait)


def test_a_lost_connection_is_tried_again() -> None:
    assert decide(Reply(0, "lost"), row(), NOW, SCHEDULE, 0.5).fate is Fate.LATER


def test_the_last_try_is_when_the_time_is_over_and_then_it_is_parked() -> None:
    since = NOW - SCHEDULE.give_up_seconds + 10
    assert decide(Reply(451), row(5, since), NOW, SCHEDULE, 0.5).next_try == NOW + 10
    parked = decide(Reply(451, "4.3.0 no"), row(6, since), NOW + 10, SCHEDULE, 0.5)
    assert parked == Decision(Fate.PARKED, "given up: 451 4.3.0 no")


def test_the_log_gets_codes_and_the_queue_id_but_no_recipient() -> None:
    assert Reply(550, "5.1.1 <dr@x.test>: unknown").brief == "550 5.1.1"
    assert (
        Reply(250, "2.0.0 Ok: queued as 4jYN9k58z0zJM65").brief == "250 2.0.0 4jYN9k58z0zJM65"
    )
    assert Reply(0, "lost dr@x.test").brief == "0"
    assert domain_of("dr.dupont@cabinet.test") == "cabinet.test"
    assert domain_of("dr\ndupont") == "?"


def test_pieces_become_one_mail_of_the_size_that_was_foretold() -> None:
    pieces = (HEAD, Slice(b"text\r\n"), BodySlice(PACKETS, BODY_ID, armor=True))
    mail = whole_mail(pieces, bodies)
    assert mail.header == b"From: a@b\r\n"
    assert mail.body.startswith(b"text\r\n-----BEGIN PGP MESSAGE-----\r\n\r\n")
    assert mail.size == whole_size(pieces, bodies)


def test_a_header_may_end_in_a_later_piece() -> None:
    mail = whole_mail((Slice(b"From: a\r\n"), Slice(b"\r"), Slice(b"\nbody")), bodies)
    assert mail == WholeMail(b"From: a\r\n", b"body\r\n")


def test_bare_line_ends_never_leave() -> None:
    mail = whole_mail((HEAD, Slice(b"a\nb\rc\r\nd")), bodies)
    assert mail.body == b"a\r\nb\r\nc\r\nd\r\n"


@given(st.binary(max_size=50))
def test_every_body_ends_in_whole_lines(body: bytes) -> None:
    result = whole_mail((HEAD, Slice(body)), bodies).body
    assert result.count(b"\r") == result.count(b"\n") == result.count(b"\r\n")
    assert not result or result.endswith(b"\r\n")


def test_a_missing_body_or_header_makes_a_mail_unsendable() -> None:
    lost = BodySlice(b"", b"?" * 16, armor=False)
    with pytest.raises(UnsendableError, match="missing"):
        whole_mail((HEAD, lost), bodies)
    with pytest.raises(UnsendableError, match="missing"):
        whole_size((HEAD, lost), bodies)
    with pytest.raises(UnsendableError, match="no header"):
        whole_mail((Slice(b"From: a\r\n"),), bodies)


@pytest.mark.parametrize(
    "address", ["", "a", "a@", "@b", "a@b>", "a b@c", "a@b\r\nX", "a@b@c d"]
)
def test_an_address_that_could_end_a_command_is_not_used(address: str) -> None:
    assert not usable_address(address)


def test_ordinary_addresses_are_usable() -> None:
    assert usable_address("dr.o'hara+x@cabinet.test")
    assert usable_address("médecin@santé.test")
