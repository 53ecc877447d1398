"""What one mail may be used for, how often, and whose cards are learnt by it."""

import pytest
from dossier_case import Deposit, acts, leaves
from keeper_case import HEADER, NOW, PDF, event, opening
from keeper_gpg import Gpg
from little_host import (
    ALICE,
    BOB,
    CODE,
    OTHER_PATIENT,
    PATIENT,
    Kept,
    LittleHost,
    Mail,
    asking,
)
from msgspec.structs import replace
from test_open_hprim import hprim

from rmp_milter.calls.authority import Authority, NoCode, Oppose, TakeOver
from rmp_milter.calls.protocol import (
    Amended,
    Create,
    Opened,
    Prove,
    Proven,
    Record,
    Recorded,
    Released,
    Reseal,
    Resealed,
    ToReseal,
    Why,
)
from rmp_milter.keeper.authority.cards import tag_of
from rmp_milter.keeper.authority.ground import DOSSIER, Shown
from rmp_milter.keeper.authority.refusals import Moved
from rmp_milter.keeper.desk.entitled import learn
from rmp_milter.keeper.keys.held import LIFETIME
from rmp_milter.keeper.log.known import Stand


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


# A change is made once


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


# A creation


def creation(host: LittleHost, patient: str = OTHER_PATIENT) -> Mail:
    return host.mail(ALICE, asking("création", "Consentement : oui", patient=patient))


def test_a_creation_that_was_tried_twice_makes_one_dossier(host: LittleHost) -> None:
    mail = creation(host)
    first, second = host.made(mail), host.made(mail)
    assert first.dossier_id != second.dossier_id
    reader = host.mail(ALICE, asking("dossier", patient=OTHER_PATIENT))
    taken, late = (Record(event("dossier"), reader.by(each)) for each in (second, first))
    assert isinstance(host.ask(taken).reply, Recorded)
    assert host.ask(late).failed.why is Why.UNENTITLED
    assert host.ask(Create(mail.by(), event("creation"))).failed.why is Why.REPLAYED


def test_two_mails_create_one_dossier_of_a_patient(host: LittleHost) -> None:
    kept = host.create()
    assert host.ask(Record(event("dossier"), host.mail(ALICE, asking("dossier")).by(kept)))
    for patient in (PATIENT, PATIENT + "NIR : 1 59 01 75 116 001 08\r\n"):
        request = Create(creation(host, patient).by(), event("creation"))
        assert host.ask(request).failed.why is Why.UNENTITLED


def test_a_creations_own_documents_are_filed_before_it_is_committed(host: LittleHost) -> None:
    text = asking("création", "Consentement : oui", f"Code : {CODE}")
    mail = host.mail(ALICE, text, files=[("a.pdf", PDF)])
    kept = host.made(mail)
    request = host.reseal(mail, kept, [mail.sender.certificate])
    assert isinstance(host.ask(request).reply, Resealed)
    with host.desk.journal.own() as own:
        assert own.known.read(DOSSIER + kept.dossier_id) is None
    other = host.mail(ALICE, text, files=[("a.pdf", PDF)])
    assert host.ask(host.reseal(other, kept)).failed.why is Why.UNENTITLED


@pytest.mark.parametrize(
    "lines", [(), ("Consentement : non",), ("Consentement : oui", "Patient : DURAND Zoé")]
)
def test_without_consent_or_with_two_patients_nothing_is_created(
    host: LittleHost, lines: tuple[str, ...]
) -> None:
    mail = host.mail(ALICE, asking("création", *lines))
    assert host.ask(Create(mail.by(), event("creation"))).failed.why is Why.UNENTITLED


def test_only_doctors_create(host: LittleHost) -> None:
    host.enrol(ALICE, is_doctor=False)
    request = Create(creation(host).by(), event("creation"))
    assert host.ask(request).failed.why is Why.UNENTITLED


# A deposit


def test_one_deposit_goes_into_one_dossier(host: LittleHost) -> None:
    deposit = Deposit(host)
    assert isinstance(host.ask(deposit.reseal()).reply, Resealed)
    other = host.create(ALICE, patient=OTHER_PATIENT)
    elsewhere = replace(deposit.reseal(), by=deposit.mail.by(other))
    assert host.ask(elsewhere).failed.why is Why.UNENTITLED


def test_a_deposit_is_sealed_to_the_cards_key_and_read_by_whom_it_names(
    host: LittleHost,
) -> None:
    deposit = Deposit(host)
    bob = host.member(BOB)
    for others in ((), (bob,)):
        request = host.reseal(deposit.mail, deposit.kept, [bob.certificate], *others)
        assert host.ask(request).failed.why is Why.UNENTITLED
    alice = host.member(ALICE)
    mail = host.mail(BOB, HEADER, files=[("a.pdf", PDF)])
    reply = host.ask(host.reseal(mail, deposit.kept, [alice.certificate], alice)).reply
    assert isinstance(reply, Resealed)
    own = host.reseal(mail, deposit.kept, [bob.certificate])
    assert host.ask(own).failed.why is Why.UNENTITLED


def test_what_a_mail_has_not_is_not_filed(host: LittleHost) -> None:
    deposit = Deposit(host)
    for place in (1, -1, 99):
        items = (ToReseal(b"document-16bytes", place),)
        request = replace(deposit.reseal(), items=items)
        assert host.ask(request).failed.why is Why.UNENTITLED


def test_each_patient_of_an_hprim_file_has_his_own_and_nothing_of_the_others(
    host: LittleHost,
) -> None:
    """Two results in one mail: a share each, with its own dossier and its own body."""
    jean = host.create()
    anne = host.create(ALICE, patient=OTHER_PATIENT)
    both = hprim("DUPONT", "Jean") + hprim("MARTIN", "Anne").replace("30/01/1959", "01/02/1960")
    mail = host.mail(BOB, "\n", files=[("bilan.hpr", both.encode())])
    assert len(mail.opened.parcels) == 2

    def filed(share: int, place: int, kept: Kept) -> Reseal:
        items = (ToReseal(bytes([share]) * 16, place),)
        return Reseal(mail.by(kept, share=share), items, (), event("depot"))

    for request in (filed(0, 1, jean), filed(1, 0, anne), filed(1, 1, jean), filed(0, 0, anne)):
        assert host.ask(request).failed.why is Why.UNENTITLED
    for request in (filed(0, 0, jean), filed(1, 1, anne), filed(0, 0, jean)):
        assert isinstance(host.ask(request).reply, Resealed)


# Whose mail it is


@pytest.mark.promise(number=2)
def test_a_ticket_of_another_keeper_or_of_yesterday_is_none(host: LittleHost) -> None:
    deposit = Deposit(host)
    mail = deposit.consultation()
    late = deposit.release(mail)
    assert host.ask(late, NOW + LIFETIME + 1).failed.why is Why.UNENTITLED
    for ticket in (b"", mail.ticket[:-1], deposit.kept.card):
        request = replace(late, by=replace(late.by, ticket=ticket))
        failed = host.ask(request).failed
        assert failed.why in {Why.UNENTITLED, Why.NOT_HERE}


@pytest.mark.promise(number=5)
def test_an_older_copy_of_a_certificate_signs_nothing(host: LittleHost, gpg: Gpg) -> None:
    """It does not say yet that a key of its owner's was revoked, as whoever has that key knows."""
    name = "dora@x.fr"
    fingerprint = gpg.make(name)
    gpg.run("--quick-add-key", fingerprint, "ed25519", "sign", "never")
    before = gpg.public(name)
    mail = host.mail(name, asking("droits"))
    assert mail.ticket
    request, memory = opening([encrypted_by_subkey(gpg, name)], entity=True)
    request = replace(request, account="", candidates=(before,))
    revoke_last_subkey(gpg, fingerprint)
    member = host.enrol(name)
    opened = host.ask(replace(request, persons=(member.candidate,)), memory=memory).reply
    assert isinstance(opened, Opened)
    assert opened.ticket == b""


def encrypted_by_subkey(gpg: Gpg, name: str) -> bytes:
    listed = gpg.run("--list-keys", "--with-colons", "--with-subkey-fingerprint", name)
    rows = [line.split(":") for line in listed.decode().splitlines()]
    subkeys = [rows[at + 1][9] for at, row in enumerate(rows) if row[0] == "sub"]
    text = f"Content-Type: text/plain\r\n\r\n{asking('droits')}".encode()
    at = ["--faked-system-time", f"{NOW}!"]
    return gpg.run("--sign", "-u", f"{subkeys[-1]}!", *at, "-e", "-r", "rmp@x.fr", data=text)


def revoke_last_subkey(gpg: Gpg, fingerprint: str) -> None:
    commands = b"key 2\nrevkey\ny\n1\n\ny\nsave\n"
    gpg.run(
        "--command-fd", "0", "--no-batch", "--no-tty", "--edit-key", fingerprint, data=commands
    )


def test_an_unsigned_mail_is_its_accounts_and_says_so_inside(host: LittleHost) -> None:
    deposit = Deposit(host)
    host.enrol(BOB, account="bob")
    plain = asking("dossier", f"Code : {CODE}")
    silent = host.mail(BOB, plain, account="bob", signed=False)
    assert silent.ticket
    assert host.ask(deposit.release(silent)).failed.why is Why.UNENTITLED
    bound = asking("dossier", f"Code : {CODE}", f"Auteur : {BOB}", "Écrit le : 17/03/2030")
    assert deposit.is_read(host.mail(BOB, bound, account="bob", signed=False))
    for other in ("carl", "BOB ", ""):
        mail = host.mail(BOB, bound, account=other, signed=False)
        assert mail.ticket == b""
    last = [leaf for leaf in leaves(host.desk) if leaf["action"] == "dossier"][-1]
    assert last["proof"] == "compte+code"


# By way of a code, then a change


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
