"""A milter in foreign hands asks for translations: what it gets, and whose name it leaves."""

import dataclasses
import os
from pathlib import Path

import pytest
from dossier_case import leaves
from keeper_case import HEADER, LETTER, PDF, ask, entity, event, hosts_event
from keeper_gpg import Gpg
from little_host import ALICE, BOB, CODE, OTHER_PATIENT, Kept
from msgspec.structs import replace
from translating_case import HEAD, NOW, Filed, MixedHost, file, outlook, with_smime

from rmp_milter.calls.authority import TakeOver
from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol.answering import Sealed, Translate
from rmp_milter.calls.protocol.cards import Forget
from rmp_milter.calls.protocol.filing import Resealed, ToReseal, Wait
from rmp_milter.calls.protocol.message import Failed, Why
from rmp_milter.calls.protocol.releasing import ByCode, Prove, Proven
from rmp_milter.dossier.model import Container
from rmp_milter.keeper.desk import answer as calls
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.desk.doors import Door
from rmp_milter.keeper.desk.without_title import WITHOUT_TITLE
from testbed.outlook import Outlook

WAITING = b"waiting-16-bytes"


@pytest.fixture
def mixed(gpg: Gpg, desk: Desk) -> MixedHost:
    return MixedHost(gpg, with_smime(desk))


@pytest.fixture
def remi(tmp_path: Path) -> Outlook:
    return outlook(tmp_path)


@pytest.fixture
def kept(mixed: MixedHost) -> Kept:
    return mixed.create(ALICE)


@pytest.fixture
def filed(mixed: MixedHost, kept: Kept, remi: Outlook) -> Filed:
    """Alice's standing copy of what Rémi has sent."""
    mail = mixed.open_smime(remi, remi.write(HEADER + LETTER, {"été.pdf": PDF}))
    return file(mixed, kept, mail, mixed.member(ALICE))


@pytest.fixture
def honest(filed: Filed) -> Translate:
    """What an honest milter asks for."""
    alice = filed.host.member(ALICE)
    return filed.translate(alice, filed.standing, filed.host.asked(alice, "dossier"))


def why(filed: Filed, request: Translate, body: bytes | None = None) -> Why:
    """Return why it is refused; nothing may have been sealed, and no reading written."""
    before = len(leaves(filed.host.desk))
    found = filed.asked(request, body)
    assert isinstance(found.reply, Failed), found.reply
    assert not found.memory
    assert all(each["action"] != "traduit" for each in leaves(filed.host.desk)[before:])
    return found.reply.why


def test_what_is_asked_for_honestly_is_done(filed: Filed, honest: Translate) -> None:
    assert filed.sealed(honest)


def test_a_packet_of_another_reader_opens_nothing(filed: Filed, honest: Translate) -> None:
    bob = filed.host.member(BOB)
    assert why(filed, replace(honest, reader=bob.candidate)) is Why.UNENTITLED
    assert leaves(filed.host.desk)[-1]["action"] == WITHOUT_TITLE


@pytest.mark.parametrize(
    "changed",
    [
        {"document_id": b"another-document"},
        {"digest": bytes(32)},
        {"container": Container.AUTH_ENVELOPED},
        {"container": Container.ENTITY},
        {"sealed_key": b"\x01" + bytes(80)},
        {"sealed_key": b"\x01"},
        {"sealed_key": b""},
    ],
)
def test_a_packet_of_another_document_opens_nothing(
    filed: Filed, honest: Translate, changed: dict[str, object]
) -> None:
    other = replace(honest, document=replace(honest.document, **changed))
    assert why(filed, other) is Why.UNENTITLED


def test_a_key_packet_of_openpgp_is_none_to_translate_by(
    filed: Filed, honest: Translate
) -> None:
    stolen = replace(honest.document, sealed_key=honest.document.sealed_key[1:])
    assert why(filed, replace(honest, document=stolen)) is Why.UNENTITLED


def test_a_packet_of_another_dossier_opens_nothing(filed: Filed, honest: Translate) -> None:
    other = filed.host.create(ALICE, patient=OTHER_PATIENT)
    moved = replace(honest, dossier_id=other.dossier_id)
    assert why(filed, moved) is Why.UNENTITLED
    assert why(filed, replace(moved, dossier=other.card)) is Why.UNENTITLED
    assert why(filed, replace(honest, dossier=other.card)) is Why.UNENTITLED


def test_no_leaf_loses_its_dossier(filed: Filed, honest: Translate) -> None:
    assert why(filed, replace(honest, waits=True)) is Why.UNENTITLED
    assert why(filed, replace(honest, dossier=b"")) is Why.UNENTITLED


def test_the_leaf_is_the_keepers_own_word(filed: Filed, honest: Translate) -> None:
    lie = replace(
        event("urgence"),
        sender="eve@x.fr",
        actor_rpps="1",
        documents=(b"x" * 16,),
        entries=(7,),
    )
    filed.sealed(replace(honest, event=lie))
    alice, last = filed.host.member(ALICE).said, leaves(filed.host.desk)[-1]
    assert (last["action"], last["rpps"]) == ("traduit", alice.rpps)
    assert last["documents"] == [filed.item.document_id.hex()]
    assert "eve@x.fr" not in str(last)


@pytest.mark.parametrize("place", [0, 30, -1])
def test_a_body_of_which_an_octet_was_changed_is_not_read(
    filed: Filed, honest: Translate, place: int
) -> None:
    body = bytearray(filed.body)
    body[place] ^= 1
    assert why(filed, honest, bytes(body)) is Why.UNAVAILABLE


@pytest.mark.parametrize("body", [b"", b"\0"])
def test_no_body_at_all_is_not_read(filed: Filed, honest: Translate, body: bytes) -> None:
    assert why(filed, honest, body) is Why.UNAVAILABLE


def test_a_body_that_changes_between_two_looks_is_not_read(
    filed: Filed, honest: Translate, monkeypatch: pytest.MonkeyPatch
) -> None:
    # AES-CBC tells nobody that a block was changed: only the second look can.
    with Memory() as shared:
        shared.write(filed.body)
        real, looks = os.pread, [0]

        def pread(fd: int, size: int, offset: int) -> bytes:
            data = real(fd, size, offset)
            if fd == shared.fd:
                looks[0] += 1
                if looks[0] == 1:
                    os.pwrite(fd, b"\xff" * 16, len(filed.body) - 64)
            return data

        monkeypatch.setattr(os, "pread", pread)
        reply, back = calls.answer(filed.host.desk, honest, shared.fd, NOW)
    assert looks[0] > 1
    assert isinstance(reply, Failed), reply
    assert (reply.why, back) == (Why.UNAVAILABLE, None)


@pytest.mark.parametrize(
    "head",
    [
        HEAD + b"\r\n",
        HEAD + b"\r\nBonjour\r\n",
        HEAD + b"Content-Type: text/html\r\n",
        HEAD + b"content-type: text/html\r\n",
        HEAD + b"Subject: twice\r\n",
        HEAD + b"X-Other: 1\r\n",
        HEAD.replace(b"\r\n", b"\n"),
        HEAD.removesuffix(b"\r\n"),
        b"Subject: a\rContent-Type: text/html\r\n",
        b"Subject: a\nContent-Type: text/html\r\n",
        b"Subject: a\r\n \r\n\r\nBonjour\r\n",
        b"Subject: a\r\n\t\r\n",
        b"Subject: a\0\r\n",
        b"Subject : a\r\n",
        b" Subject: a\r\n",
        b"Subject: " + b"a" * 1200 + b"\r\n",
        b"Subject: a\r\n" + b" a\r\n" * 5000,
    ],
)
def test_a_header_ends_where_the_keeper_ends_it(
    filed: Filed, honest: Translate, head: bytes
) -> None:
    assert why(filed, replace(honest, head=head)) is Why.UNENTITLED


def test_a_reader_whose_card_is_not_in_force_is_sent_nothing(
    filed: Filed, honest: Translate
) -> None:
    before = filed.host.member(ALICE)
    filed.host.enrol(ALICE, account="alice")
    renewed = filed.host.member(ALICE)
    assert renewed.card != before.card
    now = replace(honest, reader=renewed.candidate)
    assert filed.sealed(now)
    assert why(filed, honest) is Why.MOVED


def test_a_reader_with_another_certificate_than_his_cards_is_sent_nothing(
    filed: Filed, honest: Translate
) -> None:
    eve = filed.host.gpg.public("eve@x.fr")
    stolen = replace(honest.reader, certificate=eve)
    assert why(filed, replace(honest, reader=stolen)) is Why.UNENTITLED
    nobody = replace(honest.reader, card=b"", certificate=eve)
    assert why(filed, replace(honest, reader=nobody)) is Why.UNENTITLED


def test_a_former_medecin_traitant_is_sent_nothing_by_what_a_copy_of_the_store_holds(
    filed: Filed, honest: Translate
) -> None:
    mixed, kept = filed.host, filed.kept
    bob = mixed.member(BOB)
    taking = mixed.asked(bob, "médecin traitant", "Consentement : oui", f"Code : {CODE}")
    code = kept.slots.code
    assert code is not None
    proven = mixed.ask(Prove(taking.by(kept), ByCode(code), event(taking.action))).reply
    assert isinstance(proven, Proven), proven
    taking.opened = replace(taking.opened, ticket=proven.ticket)
    reply = mixed.amend(taking, TakeOver(NOW), kept, mixed.member(ALICE))
    taken = dataclasses.replace(kept, card=reply.dossier)
    # Bob's card of the dossier was committed: it is shown by whatever comes next.
    asker = mixed.asked(bob, "dossier")
    mixed.ask(mixed.reseal(mixed.mail(BOB, HEADER + LETTER), taken))
    assert asker.ticket
    assert why(filed, honest) is Why.MOVED
    assert why(filed, replace(honest, dossier=taken.card)) is Why.UNENTITLED


def test_what_was_sealed_for_one_answer_opens_with_its_mail_alone(
    filed: Filed, remi: Outlook
) -> None:
    mixed, code = filed.host, filed.kept.slots.code
    assert code is not None
    plain = entity(HEADER + LETTER)
    own = file(mixed, filed.kept, mixed.open_pgp(ALICE, plain))
    member = mixed.smime_member()
    asker = mixed.asked(member, "dossier", f"Code : {CODE}", smime=remi)
    packets = own.released(asker, ByCode(code))
    later = mixed.asked(member, "dossier", smime=remi)
    assert own.sealed(own.translate(member, packets, asker))
    assert why(own, own.translate(member, packets, later)) is Why.UNENTITLED
    assert why(own, own.translate(member, packets, asker, ticket=b"")) is Why.UNENTITLED


def test_a_waiting_deposits_packet_is_for_its_own_mail(
    mixed: MixedHost, kept: Kept, remi: Outlook
) -> None:
    alice = mixed.member(ALICE)
    text = HEADER + f"Prescripteur : {alice.said.name}\r\n" + LETTER
    mail = mixed.open_smime(remi, remi.write(text))
    said = replace(event("attente"), dossier_id=b"")
    wait = Wait(
        mail.by(b"", alice),
        WAITING,
        (ToReseal(b"document-16bytes", 0),),
        (alice.certificate,),
        said,
    )
    reply = mixed.ask(wait).reply
    assert isinstance(reply, Resealed), reply
    item = mail.sealed(reply.items[0].sealed_key, b"document-16bytes")
    filed = Filed(mixed, kept, mail, item, reply.items[0].packets[0])
    request = filed.translate(alice, filed.standing, mail, dossier_id=WAITING, waits=True)
    assert isinstance(filed.asked(request).reply, Sealed)
    assert leaves(mixed.desk)[-1]["patient"] == ""
    assert why(filed, replace(request, waits=False)) is Why.UNENTITLED
    assert why(filed, replace(request, dossier_id=kept.dossier_id)) is Why.UNENTITLED
    other = mixed.asked(alice, "dossier")
    assert why(filed, replace(request, ticket=other.ticket)) is Why.UNENTITLED


def test_what_goes_to_nobody_opens_for_nobody_and_is_nobodys_reading(
    filed: Filed, honest: Translate
) -> None:
    sent = filed.sealed(honest)
    unsent = filed.sealed(replace(honest, unsent=True))
    assert abs(len(unsent) - len(sent)) < 16
    assert filed.host.gpg.plaintext(sent)
    assert not filed.host.gpg.plaintext(unsent)
    last = leaves(filed.host.desk)[-1]
    assert (last["action"], last["outcome"], last["patient"]) == ("traduit", "none", "")


def test_of_an_erased_dossier_no_packet_opens(filed: Filed, honest: Translate) -> None:
    erased = Forget(filed.kept.dossier_id, hosts_event("effacement"))
    erased = replace(erased, event=replace(erased.event, at=NOW))
    reply = ask(filed.host.desk, erased, now=NOW, door=Door.OPERATOR).reply
    assert not isinstance(reply, Failed), reply
    assert why(filed, honest) is Why.UNENTITLED


def test_the_host_translates_nothing_for_himself(filed: Filed, honest: Translate) -> None:
    reply = ask(filed.host.desk, honest, filed.body, NOW, Door.OPERATOR).reply
    assert isinstance(reply, Failed), reply
    assert reply.why is Why.NOT_HERE


def test_a_host_that_does_not_translate_does_not(filed: Filed, honest: Translate) -> None:
    rules = filed.host.desk.rules._replace(translates=False)
    filed.host.desk = dataclasses.replace(filed.host.desk, rules=rules)
    assert why(filed, honest) is Why.UNENTITLED


def test_where_the_host_does_not_translate_no_packet_is_written(
    filed: Filed, remi: Outlook
) -> None:
    rules = filed.host.desk.rules._replace(translates=False)
    filed.host.desk = dataclasses.replace(filed.host.desk, rules=rules)
    mail = filed.host.open_smime(remi, remi.write(HEADER + LETTER + "encore"))
    assert file(filed.host, filed.kept, mail, filed.host.member(ALICE)).standing == b""
