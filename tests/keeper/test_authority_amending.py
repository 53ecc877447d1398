"""The next cards: what exactly each wish may change, by values alone."""

from dataclasses import replace

import msgspec
import pytest
from cards_case import (
    CONTESTED_UNTIL,
    DOSSIER,
    FORMER,
    OTHER,
    SEALER,
    TAKER,
    Given,
    changed,
    person,
    refused,
)
from keeper_case import NOW
from little_host import asking

from rmp_milter.calls.authority import (
    AddNumber,
    Close,
    Contest,
    Locums,
    Masking,
    NewKey,
    NoCode,
    Oppose,
    PatientKey,
    TakeOver,
    Wish,
)
from rmp_milter.dossier.cards import LocumDays, Masked
from rmp_milter.dossier.model import Takeover
from rmp_milter.keeper.authority.amending import amended_dossier
from rmp_milter.keeper.authority.amending_persons import amended_person
from rmp_milter.keeper.authority.host_rules import AS_SHIPPED, DAY
from rmp_milter.keeper.authority.next_cards import (
    OF_PERSONS,
    VERBS,
)
from rmp_milter.keeper.authority.refusals import Unentitled

pytestmark = pytest.mark.promise(number=21)

TAKES = asking("médecin traitant", "Code : JZBV7KQ2", "Consentement : oui")


# Who treats


def test_a_takeover_changes_who_treats_and_suspends_the_patients_key() -> None:
    takeover = Takeover(FORMER, NOW, CONTESTED_UNTIL)
    assert changed(Given(TAKES), TakeOver(NOW)) == {
        "treating": TAKER,
        "suspended": True,
        "takeover": takeover,
    }
    without = msgspec.structs.replace(DOSSIER, patient=b"")
    assert "suspended" not in changed(Given(TAKES), TakeOver(NOW), without)


@pytest.mark.parametrize("at", [0, NOW - 10**6, NOW + 10**6])
def test_the_days_of_a_takeover_are_not_for_the_milter_to_say(at: int) -> None:
    assert changed(Given(TAKES), TakeOver(at))["takeover"] == Takeover(
        FORMER, NOW, CONTESTED_UNTIL
    )


def test_only_a_doctor_takes_over_and_with_consent() -> None:
    nurse = person(TAKER, is_doctor=False)
    assert refused(Given(TAKES, nurse), TakeOver(NOW))
    assert refused(Given(TAKES.replace("oui", "non")), TakeOver(NOW))
    assert refused(Given(TAKES.replace("Consentement : oui\r\n", "")), TakeOver(NOW))


def test_who_treats_already_changes_nothing_by_taking_over() -> None:
    assert changed(Given(TAKES, person(FORMER)), TakeOver(NOW)) == {}


CONTESTS = asking("contestation")


def test_a_contest_restores_who_treats_and_nothing_else_and_a_second_takeover_stands() -> None:
    taken = amended_dossier(Given(TAKES).amending(), TakeOver(NOW), DOSSIER).dossier
    assert taken is not None
    contest = Given(CONTESTS, person(FORMER))
    back = changed(contest, Contest(), taken)
    assert back["treating"] == FORMER
    assert set(back) == {"treating", "takeover"}
    contested = amended_dossier(contest.amending(), Contest(), taken).dossier
    assert contested is not None
    assert contested.suspended
    assert refused(contest, Contest(), contested) == "nothing to contest"
    again = amended_dossier(Given(TAKES).amending(), TakeOver(NOW), contested).dossier
    assert again is not None
    assert again.treating == TAKER
    assert refused(contest, Contest(), again) == "nothing to contest"


def test_two_who_help_each_other_take_nobodys_contest_away() -> None:
    taken = amended_dossier(Given(TAKES).amending(), TakeOver(NOW), DOSSIER).dossier
    assert taken is not None
    onwards = amended_dossier(Given(TAKES, person(OTHER)).amending(), TakeOver(NOW), taken)
    assert onwards.dossier is not None
    back = changed(Given(CONTESTS, person(FORMER)), Contest(), onwards.dossier)
    assert back["treating"] == FORMER


def test_a_contest_has_its_days() -> None:
    taken = amended_dossier(Given(TAKES).amending(), TakeOver(NOW), DOSSIER).dossier
    assert taken is not None
    late = Given(CONTESTS, person(FORMER), at=CONTESTED_UNTIL)
    assert refused(late, Contest(), taken) == "nothing to contest"
    in_time = Given(CONTESTS, person(FORMER), at=CONTESTED_UNTIL - 1)
    assert changed(in_time, Contest(), taken)["treating"] == FORMER
    assert refused(in_time, Contest()) == "nothing to contest"


# What hides, refuses, ends


def test_an_opposition_refuses_whom_the_mail_names_and_nobody_else() -> None:
    anne, paul = person(OTHER, "Dr Anne AUTRE"), person(b"q" * 16, "Dr Paul PETIT")
    given = Given(asking("opposition", "Médecin : Dr Anne AUTRE"), others=(anne, paul))
    assert changed(given, Oppose(OTHER)) == {"opposed": (OTHER,)}
    assert refused(given, Oppose(paul.person))
    assert refused(given, Oppose(b"z" * 16))
    assert refused(given, Oppose(OTHER, lifted=True))
    treats = msgspec.structs.replace(DOSSIER, treating=OTHER)
    assert refused(given, Oppose(OTHER), treats) == "the médecin traitant is not refused"


def test_a_lifted_opposition_admits_whom_the_mail_names() -> None:
    anne = person(OTHER, "Dr Anne AUTRE")
    opposed = msgspec.structs.replace(DOSSIER, opposed=(OTHER, TAKER))
    given = Given(asking("levée d'opposition", "Médecin : Dr Anne AUTRE"), others=(anne,))
    assert changed(given, Oppose(OTHER, lifted=True), opposed) == {"opposed": (TAKER,)}
    assert refused(given, Oppose(OTHER), opposed)
    assert refused(given, Oppose(TAKER, lifted=True), opposed)


HIDDEN, MORE = Masked(b"1" * 16, OTHER), Masked(b"2" * 16, TAKER)


@pytest.mark.parametrize(
    ("request_", "before", "after", "is_taken"),
    [
        ("masquage", (), (HIDDEN,), True),
        ("masquage", (HIDDEN,), (HIDDEN, MORE), True),
        ("masquage", (HIDDEN,), (MORE,), False),
        ("masquage", (HIDDEN,), (), False),
        ("démasquage", (HIDDEN, MORE), (MORE,), True),
        ("démasquage", (HIDDEN,), (), True),
        ("démasquage", (HIDDEN,), (HIDDEN, MORE), False),
        ("démasquage", (), (MORE,), False),
        ("rectification", (HIDDEN,), (HIDDEN, MORE), True),
        ("rectification", (HIDDEN,), (), False),
        ("rectification", (), (MORE,), False),
        ("rectification", (HIDDEN,), (HIDDEN, Masked(b"3" * 16, OTHER)), False),
    ],
)
def test_masks_only_grow_or_only_shrink(
    request_: str, before: tuple[Masked, ...], after: tuple[Masked, ...], *, is_taken: bool
) -> None:
    given = Given(asking(request_, "Numéros : 1"))
    dossier = msgspec.structs.replace(DOSSIER, masked=before)
    if is_taken:
        assert changed(given, Masking(after), dossier) == {"masked": after}
    else:
        assert refused(given, Masking(after), dossier)


def test_a_revoked_code_is_gone_and_nothing_else() -> None:
    assert changed(Given(asking("révocation du code")), NoCode()) == {"code": b""}


def test_a_closure_waits_until_nothing_can_be_contested() -> None:
    given, erased = Given(asking("clôture", "Code : JZBV7KQ2")), NOW + AS_SHIPPED.retention
    assert changed(given, Close(erased)) == {"closed_at": NOW, "erase_at": erased}
    for other in (0, NOW, erased - DAY, erased + DAY):
        said = refused(given, Close(other))
        assert said == "another time of conservation than the host's"
    for contested in (False, True):
        takeover = Takeover(FORMER, NOW - DAY, NOW + 1, contested=contested)
        taken = msgspec.structs.replace(DOSSIER, takeover=takeover)
        assert refused(given, Close(erased), taken) == "while a takeover may be contested"
        over = replace(given, at=NOW + 1)
        assert changed(over, Close(erased), taken)["closed_at"] == NOW + 1


NIR = "159013456789082"


def test_a_number_is_the_mails_and_takes_no_others_place() -> None:
    given = Given(asking("fiche", f"NIR : {NIR}"))
    number = SEALER.number(NIR)
    assert changed(given, AddNumber()) == {"number": number}
    assert refused(Given(asking("fiche")), AddNumber())
    numbered = msgspec.structs.replace(DOSSIER, number=b"n" * 16)
    assert refused(given, AddNumber(), numbered) == "no number to add"


# Which request asks for what


WISHES: tuple[Wish, ...] = (
    TakeOver(NOW),
    Contest(),
    Oppose(OTHER),
    Masking(()),
    NoCode(),
    Close(0),
    AddNumber(),
    PatientKey(OTHER, b""),
    NewKey(b""),
    Locums(()),
)


def test_every_wish_but_a_prolonged_keys_has_the_requests_that_it_comes_of() -> None:
    assert {type(wish) for wish in WISHES} == set(VERBS)
    assert all(VERBS.values())


@pytest.mark.parametrize("wish", WISHES, ids=lambda wish: type(wish).__name__)
def test_a_wish_about_a_person_changes_no_dossier_and_the_other_way_round(wish: Wish) -> None:
    given = Given(TAKES).amending()
    if isinstance(wish, OF_PERSONS):
        with pytest.raises(Unentitled):
            amended_dossier(given, wish, DOSSIER)
        return
    with pytest.raises(Unentitled):
        amended_person(given, wish)


def test_a_locum_of_days_that_are_over_may_be_dropped_unnamed() -> None:
    anne = person(OTHER, "Dr Anne AUTRE")
    over = LocumDays(b"z" * 16, "2001-01-01", "2001-01-02")
    new = LocumDays(OTHER, "2030-04-01", "2030-04-30")
    lines = ("Remplaçant : Dr Anne AUTRE", "Du : 01/04/2030", "Au : 30/04/2030")
    sender = person(TAKER, locums=(over,))
    given = Given(asking("remplacement", *lines, patient=""), sender, (anne,))
    made = amended_person(given.amending(), Locums((new,))).person
    assert made is not None
    assert (made.locums, made.revision) == ((new,), sender.revision + 1)
    running = msgspec.structs.replace(over, last="2999-01-01")
    given = replace(given, sender=person(TAKER, locums=(running,)))
    with pytest.raises(Unentitled):
        amended_person(given.amending(), Locums((new,)))
