"""The next cards: what exactly each wish may change, by values alone."""

from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import pytest
from keeper_case import NOW, PEPPER
from little_host import asking

from rmp_milter.calls.authority import (
    AddNumber,
    Close,
    Contest,
    Locums,
    Mask,
    NewKey,
    NoCode,
    Oppose,
    PatientKey,
    TakeOver,
    Wish,
)
from rmp_milter.dossier.cards import NO_ACT, Days, DossierCard, Masked, PersonCard
from rmp_milter.dossier.model import Takeover
from rmp_milter.dossier.rules import Proof
from rmp_milter.keeper.authority.amending import (
    OF_PERSONS,
    VERBS,
    Amending,
    amended_dossier,
    amended_person,
)
from rmp_milter.keeper.authority.cards import Sealer
from rmp_milter.keeper.authority.ground import Ground, Person
from rmp_milter.keeper.authority.host_rules import AS_SHIPPED, DAY
from rmp_milter.keeper.authority.refusals import Unentitled
from rmp_milter.keeper.authority.tickets import Share, Ticket
from rmp_milter.mail.header.routing import parse

SEALER = Sealer(PEPPER)
ACT = b"a" * 32
FORMER, TAKER, PATIENTS, OTHER = (name * 16 for name in (b"f", b"t", b"p", b"o"))
CONTESTED_UNTIL = NOW + AS_SHIPPED.contest_days * DAY


def person(person_id: bytes, name: str = "Dr X", **more: Any) -> PersonCard:  # noqa: ANN401 -- any field
    card = PersonCard(
        person=person_id,
        revision=3,
        act=NO_ACT,
        certificate=bytes(32),
        fingerprint=person_id.hex(),
        signed_at=0,
        rpps="10001234567",
        name=name,
        mail="x@x.fr",
        is_doctor=True,
    )
    return msgspec.structs.replace(card, **more)


DOSSIER = DossierCard(
    dossier=b"dossier-16-bytes",
    revision=7,
    act=NO_ACT,
    public_key=bytes(32),
    treating=FORMER,
    traits=(b"t" * 16,),
    number=b"",
    custody=b"c" * 32,
    code=b"k" * 32,
    vitale=b"v" * 32,
    patient=PATIENTS,
)
KEPT = ("dossier", "public_key", "traits", "custody", "vitale")
"""Fields of a dossier's card that no mail's wish touches."""


@dataclass
class Given:
    """What a wish is judged with; the mail's text, its sender, who is shown beside."""

    text: str
    sender: PersonCard = field(default_factory=lambda: person(TAKER))
    others: tuple[PersonCard, ...] = ()
    keys: tuple[bytes, ...] = ()
    at: int = NOW

    def amending(self) -> Amending:
        header = parse(self.text, 2030)
        ticket = Ticket(
            act=ACT,
            at=self.at,
            signed=self.at,
            person=self.sender.person,
            certificate=bytes(32),
            proof=Proof.SIGNATURE,
            verb=header.verb,
            shares=(Share(header, ()),),
            bodies=(),
            keys=self.keys,
        )
        persons = tuple(Person(each, b"") for each in (self.sender, *self.others))
        ground = Ground(ticket, self.sender, DOSSIER, persons)
        return Amending(AS_SHIPPED, SEALER, ground, self.at)


def changed(given: Given, wish: Wish, dossier: DossierCard = DOSSIER) -> dict[str, object]:
    """Return the fields that a wish changes, revision and act aside."""
    made = amended_dossier(given.amending(), wish, dossier).dossier
    assert made is not None
    assert (made.revision, made.act) == (dossier.revision + 1, ACT)
    assert all(getattr(made, name) == getattr(dossier, name) for name in KEPT)
    names = [name for name in DossierCard.__struct_fields__ if name not in {"revision", "act"}]
    found = {name: getattr(made, name) for name in names}
    return {name: found[name] for name in names if found[name] != getattr(dossier, name)}


def refused(given: Given, wish: Wish, dossier: DossierCard = DOSSIER) -> str:
    with pytest.raises(Unentitled) as why:
        changed(given, wish, dossier)
    return str(why.value)


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
        assert changed(given, Mask(after), dossier) == {"masked": after}
    else:
        assert refused(given, Mask(after), dossier)


def test_a_revoked_code_is_gone_and_nothing_else() -> None:
    assert changed(Given(asking("révocation du code")), NoCode()) == {"code": b""}


def test_a_closure_waits_until_nothing_can_be_contested() -> None:
    given = Given(asking("clôture", "Code : JZBV7KQ2"))
    assert changed(given, Close(NOW + DAY)) == {"closed_at": NOW, "erase_at": NOW + DAY}
    for contested in (False, True):
        takeover = Takeover(FORMER, NOW - DAY, NOW + 1, contested=contested)
        taken = msgspec.structs.replace(DOSSIER, takeover=takeover)
        assert refused(given, Close(NOW + DAY), taken) == "while a takeover may be contested"
        over = replace(given, at=NOW + 1)
        assert changed(over, Close(NOW + DAY), taken)["closed_at"] == NOW + 1


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
    Mask(()),
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
    over = Days(b"z" * 16, "2001-01-01", "2001-01-02")
    new = Days(OTHER, "2030-04-01", "2030-04-30")
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
