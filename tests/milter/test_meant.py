"""Whom a mail was meant for, and when: every request, however it names its readers."""

from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.calls.protected import Addressed, Protected
from rmp_milter.dossier.days import UNIVERSAL, Clock
from rmp_milter.dossier.model import Doctor, Verb
from rmp_milter.dossier.rules import BY_SIGNATURE, Proof
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Sender
from rmp_milter.mail.header.routing import RoutingHeader, parse
from rmp_milter.mail.meaning.meant import Days, check_named, check_readers, check_unsigned
from rmp_milter.milter.meant import kept_seconds, once_of
from rmp_milter.milter.process import DAY_SECONDS as DAY

SERVICES = ("rmp@chu.example", "dossiers@chu.example")
LINES = ("", *SERVICES, "rmp@autre.example")
PAUL, EVE = "paul@cabinet.test", "eve@mal.test"
AT = 20_000 * DAY + 15 * 3600  # 2024-10-04, 15:00 UTC


def objection(header: RoutingHeader, protected: Protected) -> str:
    """Return what refuses the mail for its readers, as the pipeline asks it."""
    try:
        check_readers(header, protected)
        check_named(header, protected, SERVICES)
    except MailError as error:
        return error.text
    return ""


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("addressed", Addressed)
@pytest.mark.parametrize("verb", Verb)
def test_what_each_request_needs(verb: Verb, addressed: Addressed, line: str) -> None:
    found = objection(RoutingHeader(verb=verb, service=line), Protected(addressed))
    if verb is Verb.URGENCE:
        assert found == ""
    elif addressed is Addressed.OTHERS:
        assert found == "not-for-us"
    elif verb in BY_SIGNATURE and addressed is Addressed.UNNAMED and line not in SERVICES:
        assert found == "service-unnamed"
    else:
        assert found == ""


def test_these_are_done_by_a_signature_alone_and_help_a_third_party_or_destroy() -> None:
    assert {
        *(Verb.REMPLACEMENT, Verb.NOUVELLE_CLE, Verb.CLE_DU_PATIENT, Verb.NOUVEAU_CODE),
        *(Verb.REVOCATION_DU_CODE, Verb.CLOTURE, Verb.LEVEE_D_OPPOSITION, Verb.DEMASQUAGE),
        Verb.CONTESTATION,
    } == BY_SIGNATURE


@given(st.sampled_from(sorted(BY_SIGNATURE)), st.text("rmp@chu.exale+-é A", max_size=40))
def test_no_other_words_in_the_services_place_name_it(verb: Verb, said: str) -> None:
    header = parse(f"Demande : {verb.value}\nService : {said}\n", 2026)
    done = objection(header, Protected()) == ""
    assert header.verb is verb
    assert done is (header.service in SERVICES)


def test_where_the_services_addresses_are_not_known_nobody_can_tell() -> None:
    check_named(RoutingHeader(verb=Verb.CLOTURE), Protected(), ())


def bound(
    header: RoutingHeader, protected: Protected, address: str | None = PAUL, at: int = AT
) -> bool:
    try:
        check_unsigned(header, protected, address, Days(at, UNIVERSAL, 7))
    except MailError:
        return False
    return True


@pytest.mark.parametrize(
    "protected", [Protected(), Protected(author=EVE), Protected(author=PAUL)]
)
def test_the_refusal_says_nothing_of_the_mail(protected: Protected) -> None:
    header = parse("Demande : dossier\nPatient : DUPONT Jean\nNé le : demain\n", 2026)
    with pytest.raises(MailError) as refused:
        check_unsigned(header, protected, PAUL, Days(AT, UNIVERSAL, 7))
    said = refused.value
    assert (said.text, dict(said.facts), said.detail) == ("unsigned-unbound", {}, "")


OF_PAUL = Protected(author=PAUL, written=AT)


@pytest.mark.parametrize(
    ("age", "taken"), [(-DAY - 1, False), (-DAY, True), (0, True), (7 * DAY, True)]
)
def test_the_protected_date_is_of_these_days(age: int, taken: bool) -> None:  # noqa: FBT001 -- a parameter of the test
    assert bound(RoutingHeader(), Protected(author=PAUL, written=AT - age)) is taken


@pytest.mark.parametrize("written", [0, AT - 7 * DAY - 1])
def test_no_date_or_an_older_one_is_refused(written: int) -> None:
    assert not bound(RoutingHeader(), Protected(author=PAUL, written=written))


@pytest.mark.parametrize(
    ("day", "taken"),
    [
        ("2024-09-26", False),
        ("2024-09-27", True),
        ("2024-10-04", True),
        ("2024-10-05", True),
        ("2024-10-06", False),
    ],
)
def test_the_day_in_a_line_is_one_of_these(day: str, taken: bool) -> None:  # noqa: FBT001 -- a parameter of the test
    assert bound(RoutingHeader(author=PAUL, written=day), Protected()) is taken


def test_the_lines_count_before_the_protected_fields() -> None:
    assert not bound(RoutingHeader(author=EVE), OF_PAUL)
    assert not bound(RoutingHeader(written="2024-09-01"), OF_PAUL)
    assert bound(RoutingHeader(author=PAUL), Protected(author=EVE, written=AT))


@pytest.mark.parametrize("author", ["", EVE, f"x{PAUL}", "paul"])
def test_only_the_accounts_own_doctor_is_the_author(author: str) -> None:
    assert not bound(RoutingHeader(), Protected(author=author, written=AT))
    assert bound(RoutingHeader(), OF_PAUL, PAUL.upper())


def test_where_the_account_is_not_known_any_author_will_do_but_none() -> None:
    assert bound(RoutingHeader(), OF_PAUL, None)
    assert not bound(RoutingHeader(), Protected(written=AT), None)
    assert not bound(RoutingHeader(), Protected(written=AT), "")


def test_an_emergency_is_not_asked_who_wrote_it() -> None:
    assert bound(RoutingHeader(verb=Verb.URGENCE), Protected())


@given(st.integers(-20, 20), st.integers(0, 23), st.sampled_from(["UTC", "Pacific/Auckland"]))
def test_a_mark_outlives_the_days_that_a_line_names(behind: int, hour: int, zone: str) -> None:
    """Whenever it was taken first, it is known again as long as it would be taken."""
    clock = Clock(zone, ZoneInfo(zone))
    header = RoutingHeader(author=PAUL, written="2024-10-04")
    first = (20_000 + behind) * DAY + hour * 3600

    def taken(at: int) -> bool:
        try:
            check_unsigned(header, Protected(), PAUL, Days(at, clock, 7))
        except MailError:
            return False
        return True

    if taken(first):
        assert not taken(first + kept_seconds(7))


DOCTOR = Doctor(
    doctor_id=b"p" * 16,
    name="Dr Paul DEMO",
    rpps="10003456786",
    mail=PAUL,
    profession="médecin",
    certificate=b"",
    fingerprint="f1",
    key_ids=(),
)


def test_an_unsigned_mail_is_marked_for_its_sender_alone() -> None:
    other = msgspec.structs.replace(DOCTOR, doctor_id=b"e" * 16)
    by = {
        (doctor.doctor_id, proof): once_of(Sender(doctor, proof), b"act", 9)
        for doctor in (DOCTOR, other)
        for proof in (Proof.ACCOUNT, Proof.SIGNATURE)
    }
    assert by[b"p" * 16, Proof.ACCOUNT] != by[b"e" * 16, Proof.ACCOUNT]
    assert by[b"p" * 16, Proof.SIGNATURE] == by[b"e" * 16, Proof.SIGNATURE]
    assert once_of(Sender(DOCTOR, Proof.SIGNATURE), b"", 9) == ()
