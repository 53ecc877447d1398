"""What one mail may change, how often, and whose cards are learnt by it."""

import pytest
from dossier_case import Deposit, acts
from keeper_case import NOW, event
from little_host import (
    ALICE,
    BOB,
    CODE,
    Kept,
    LittleHost,
    Mail,
    asking,
)
from msgspec.structs import replace

from rmp_milter.calls.authority import Authority, NoCode, Oppose, TakeOver
from rmp_milter.calls.protocol.cards import Amended
from rmp_milter.calls.protocol.filing import Create, Reseal
from rmp_milter.calls.protocol.leaves import Record, Recorded
from rmp_milter.calls.protocol.message import Why
from rmp_milter.calls.protocol.releasing import Prove, Proven, Released
from rmp_milter.keeper.authority.cards import tag_of
from rmp_milter.keeper.authority.ground import DOSSIER, Shown
from rmp_milter.keeper.authority.refusals import Moved
from rmp_milter.keeper.desk.entitled import learn
from rmp_milter.keeper.log.known import Stand

pytestmark = pytest.mark.promise(number=21)


def known(host: LittleHost, kept: Kept, card: bytes = b"") -> Stand:
    """Return how a dossier's card stands to what the keeper knows."""
    card, said = card or kept.card, kept.said
    if card != kept.card:
        said = Kept(card, kept.slots, kept.created).said
    with host.desk.journal.own() as own:
        return own.known.look(DOSSIER + said.dossier, said.revision, tag_of(card))


def revoked(host: LittleHost, kept: Kept) -> tuple[Mail, Amended]:
    mail = host.mail(ALICE, asking("révocation du code"))
    return mail, host.amend(mail, NoCode(), kept)


def again(host: LittleHost, mail: Mail, kept: Kept) -> object:
    return host.ask(host.amended(mail, NoCode(), kept)).reply


@pytest.mark.promise(number=5)
def test_a_change_that_was_committed_is_not_made_again(host: LittleHost) -> None:
    kept = host.create()
    mail, made = revoked(host, kept)
    kept.card = made.dossier
    host.mail(BOB, asking("dossier"))
    reading = Record(event("dossier"), host.mail(ALICE, asking("dossier")).by(kept))
    assert isinstance(host.ask(reading).reply, Recorded)
    assert getattr(again(host, mail, kept), "why", None) is Why.REPLAYED


def test_a_change_whose_card_died_may_be_made_again(host: LittleHost) -> None:
    """The store took another mail's: the milter decides this one anew, on the new card."""
    kept, bob = host.create(), host.member(BOB)
    mail, lost = revoked(host, kept)
    other = host.mail(ALICE, asking("opposition", f"Médecin : {bob.said.name}"))
    kept.card = host.amend(other, Oppose(bob.person), kept, bob).dossier
    reply = again(host, mail, kept)
    assert isinstance(reply, Amended)
    assert known(host, kept) is Stand.CURRENT
    assert known(host, kept, lost.dossier) is Stand.TWIN
    kept.card = reply.dossier
    assert (kept.said.code, kept.said.opposed, kept.said.revision) == (b"", (bob.person,), 2)
    assert acts(host.desk).count(("revocation du code", "granted")) == 1


def test_a_change_tried_again_before_it_was_committed_gives_the_same_card(
    host: LittleHost,
) -> None:
    kept = host.create()
    mail, made = revoked(host, kept)
    before = len(host.desk.journal)
    assert again(host, mail, kept) == made
    assert len(host.desk.journal) == before


@pytest.mark.promise(number=5)
def test_of_two_changes_at_once_one_is_in_force(host: LittleHost) -> None:
    kept, bob = host.create(), host.member(BOB)
    _, first = revoked(host, kept)
    other = host.mail(ALICE, asking("opposition", f"Médecin : {bob.said.name}"))
    second = host.amend(other, Oppose(bob.person), kept, bob)
    mail = host.mail(ALICE, asking("dossier"))
    taken = Record(event("dossier"), mail.by(first.dossier))
    assert isinstance(host.ask(taken).reply, Recorded)
    for card in (second.dossier, kept.card):
        late = Record(event("dossier"), mail.by(card))
        assert host.ask(late).failed.why is Why.MOVED
    assert ("sans titre", "refused") not in acts(host.desk)


def test_two_calls_that_learn_at_once_learn_one(host: LittleHost) -> None:
    kept = host.create()
    shown = Shown(kept.said, DOSSIER + kept.dossier_id, tag_of(kept.card))
    learn(host.desk, [shown])
    learn(host.desk, [shown])
    with pytest.raises(Moved):
        learn(host.desk, [shown._replace(tag=b"another tag 16 b")])


def test_a_card_two_steps_ahead_is_not_taken(host: LittleHost) -> None:
    """Of a keeper that is older than the store: the host has to say so."""
    kept = host.create()
    _, made = revoked(host, kept)
    skipped = host.desk.sealer.sealed(replace(kept.said, revision=2))
    mail = host.mail(ALICE, asking("dossier"))
    for card in (skipped, host.desk.sealer.sealed(replace(kept.said, revision=99))):
        request = Record(event("dossier"), mail.by(card))
        assert host.ask(request).failed.why is Why.UNENTITLED
    assert isinstance(host.ask(Record(event("dossier"), mail.by(made.dossier))).reply, Recorded)


def test_a_takeover_goes_by_its_code_and_is_one_leaf(host: LittleHost) -> None:
    deposit = Deposit(host)
    kept, bob = deposit.kept, host.member(BOB)
    text = asking("médecin traitant", "Consentement : oui", f"Code : {CODE}")
    mail = host.mail(BOB, text)
    unproven = host.amended(mail, TakeOver(NOW), kept)
    assert host.ask(unproven).failed.why is Why.UNENTITLED
    released = host.ask(deposit.release(mail)).reply
    assert isinstance(released, Released)
    assert host.ask(unproven).failed.why is Why.UNENTITLED
    proof = Prove(mail.by(kept), deposit.by_code, event(mail.action))
    proven = host.ask(proof).reply
    assert isinstance(proven, Proven)
    by = mail.by(kept, ticket=proven.ticket)
    reply = host.ask(replace(unproven, by=by)).reply
    assert isinstance(reply, Amended)
    kept.card = reply.dossier
    assert kept.said.treating == bob.person
    assert acts(host.desk).count((mail.action, "granted")) == 1
    reading = Record(event("dossier"), host.mail(BOB, asking("dossier")).by(kept))
    assert isinstance(host.ask(reading).reply, Recorded)
    assert host.ask(replace(unproven, by=mail.by(kept, ticket=proven.ticket))).failed.why is (
        Why.REPLAYED
    )


def test_nobody_rests_on_nothing(host: LittleHost) -> None:
    kept = host.create()
    by = Authority(b"", kept.card, (host.member(ALICE).candidate,))
    for request in (Create(by, event("creation")), Reseal(by, (), (), event("depot"))):
        assert host.ask(request).failed.why is Why.UNENTITLED
