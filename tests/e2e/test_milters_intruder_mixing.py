"""The milter's intruder mixes mails, or makes two of one: each says only what its author signed."""

from typing import get_args

import msgspec
import pytest
from intruded_calls import NEW_ID, reads, releasing
from intruded_house import EVES_ACCOUNT, JEAN, LISE, SERVICE, House
from msgspec.structs import replace

from rmp_milter.calls.authority import NoCode
from rmp_milter.calls.protocol.calls import Request
from rmp_milter.calls.protocol.cards import Amend
from rmp_milter.calls.protocol.filing import Adopt, Reseal, Resealed, ToReseal, Wait
from rmp_milter.calls.protocol.message import Why
from rmp_milter.calls.protocol.opening import FileFault, Opened
from rmp_milter.calls.protocol.releasing import ByCustody, Prove, Recode, Release, Released
from rmp_milter.certificates import read_certificate
from rmp_milter.dossier.emergency import EMERGENCY, reference_of
from testbed import mime, shapes
from testbed.doctor import Doctor
from testbed.gpg import Kind
from testbed.intruder import leaf
from testbed.malleable import with_ends, with_other_s, with_unhashed
from testbed.resealing import sealed_anew
from testbed.shapes import Writer

pytestmark = [pytest.mark.integration, pytest.mark.promise(number=2)]

SECRETS = {"code", "held_code", "held_reason", "held_attestation", "session_key", "dossier_key"}


def test_no_call_has_a_place_for_what_another_mail_brought() -> None:
    """Codes, session keys and a dossier's key stand in tickets and cards, and nowhere else."""
    calls = (Adopt, Amend, Prove, Recode, Release, Reseal, Wait, ToReseal)
    fields = {each: {field.name for field in msgspec.structs.fields(each)} for each in calls}
    assert not [each for each, names in fields.items() if names & SECRETS]
    assert fields[Reseal] == {"by", "items", "readers", "event"}
    assert fields[Adopt] == {"by", "card", "items", "readers", "event"}
    assert set(calls) - {ToReseal} <= set(get_args(Request))
    with pytest.raises(TypeError):
        Reseal(None, (), (), leaf("depot"), dossier_key=bytes(32))


def test_the_code_of_one_mail_opens_nothing_with_another(house: House) -> None:
    """Anne's mail has the right code of Jean, and Eve's has none, or another dossier's."""
    intruder = house.intruder
    jean, reader = house.jean, (intruder.doctor(house.eve.mail).certificate,)
    right = intruder.ticket(reads(house.anne, house.code))
    none = intruder.ticket(house.eve.pgp_mime(f"Demande : dossier\n{JEAN}"))
    other = intruder.ticket(reads(house.eve, house.lises_code))
    request = replace(releasing(house), readers=reader)
    with house.unchanged():
        house.in_vain(replace(request, by=intruder.by(right, jean)))
        house.in_vain(replace(request, by=intruder.by(none, jean)))
        house.wrong(replace(request, by=intruder.by(other, jean)))
        # Joined, cut at any place, the two are no ticket.
        for joined in (right + none, none[:60] + right[60:], right[: len(none)]):
            house.in_vain(replace(request, by=intruder.by(joined, jean)))


def hprim(name: str, given: str, born: str) -> str:
    head = ["0001", name, given, "1 rue de l'Église", "", "69003 LYON", born, ""]
    head += ["REF", "12/11/2026", "LABO      Laboratoire", "0123456789", ""]
    return "\r\n".join(head) + "\r\n****LAB****\r\nRES|GLY|Glycémie|N|1,10\r\n****FIN****\r\n"


def test_what_a_mail_brings_of_one_patient_goes_into_no_others_dossier(house: House) -> None:
    intruder = house.intruder
    both = hprim("CIBLE", "Jean", "30/01/1959") + hprim("AUTRE", "Lise", "02/02/1960")
    file = f"{both}****FINFICHIER****\r\n".encode("iso-8859-1")
    ticket = intruder.ticket(house.lab.pgp_mime("Joint.\n", {"bilan.hpr": file}))
    reader = (intruder.doctor(house.paul.mail).certificate,)

    def filing(dossier: object, share: int, *places: int) -> Reseal:
        by = intruder.by(ticket, dossier, share=share)
        items = tuple(ToReseal(bytes([at]) * 16, place) for at, place in enumerate(places))
        return Reseal(by, items, reader, leaf("depot"))

    jean, lise = house.jean, house.lise
    wrong = [
        filing(jean, 0, 1),
        filing(jean, 0, 0, 1),
        filing(lise, 1, 0),
        filing(jean, 1, 1),
        filing(lise, 0, 0),
        filing(jean, 2, 0),
        filing(jean, -1, 1),
        filing(jean, 0, 7),
        filing(jean, 0, -1),
    ]
    with house.unchanged():
        for request in wrong:
            house.in_vain(request)
            waits = Wait(request.by, NEW_ID, request.items, (), leaf("depot"))
            if request not in {wrong[3], wrong[4]}:  # which are right but for the dossier
                house.in_vain(waits)
    for request in (filing(jean, 0, 0), filing(lise, 1, 1)):
        assert isinstance(house.done(request), Resealed)


def test_a_file_that_one_signed_stands_beside_no_text_of_another(house: House) -> None:
    """And beside a PGP/MIME body stands none at all: what is in it came with it."""
    intruder = house.intruder
    sealed = house.lab.partitioned(f"{LISE}Document : CR\n\nVoici.\n", {"cr.txt": b"de Lise"})
    text = f"{JEAN}Document : CR\n\nVoici.\n"
    for main, fault in (
        (house.eve.inline(text), FileFault.SIGNATURE),
        (house.anne.partitioned(text, {"autre.txt": b"de Jean"}), FileFault.SIGNATURE),
        (house.lab.pgp_mime(text), FileFault.BESIDE),
        (house.eve.inline(text, sign=False), FileFault.SIGNATURE),
    ):
        opened = intruder.ask_to_open(main, EVES_ACCOUNT, files_of=sealed)
        assert isinstance(opened, Opened)
        assert opened.file_fault is fault
        by = intruder.by(opened.ticket, house.jean)
        with house.unchanged():
            for place in (1, 2, 3):
                house.in_vain(Reseal(by, (ToReseal(NEW_ID, place),), (), leaf("depot")))


def test_a_file_stands_beside_the_unsigned_text_of_who_signed_it(house: House) -> None:
    """Whose the account is, his key may have signed it: that much stays of files in parts."""
    text = f"{JEAN}Document : CR\n\nVoici.\n"
    own = house.eve.partitioned(text, {"cr.txt": b"de Jean"})
    opened = house.intruder.ask_to_open(
        house.eve.inline(text, sign=False), EVES_ACCOUNT, files_of=own
    )
    assert isinstance(opened, Opened)
    assert (opened.file_fault, opened.file_signers) == (None, (house.eve.fingerprint,))


ECDSA = "ecdsa"
CHANGES = {
    "another unhashed subpacket": lambda packets: with_unhashed(packets, b"\x05\x64abcd"),
    "another unhashed time": lambda packets: with_unhashed(packets, b"\x05\x02\0\0\0\1"),
    "line ends": lambda packets: with_ends(packets, b"\n"),
    "other line ends": lambda packets: with_ends(packets, b"\r\n"),
    ECDSA: with_other_s,
    "nothing but the session key": lambda packets: packets,
}


@pytest.fixture(scope="module")
def carl(house: House) -> Doctor:
    """A doctor whose signatures are ECDSA."""
    return house.host.doctor("Dr Carl COURBE", "carl@cabinet.test", kind=Kind.ECDSA)


@pytest.mark.parametrize("change", CHANGES)
def test_a_mail_made_anew_of_the_same_signature_is_the_same_act(
    house: House, carl: Doctor, change: str
) -> None:
    """What was done once is not done by it, and what it asked once it asks of nothing else."""
    intruder = house.intruder
    urgent = f"Demande : urgence\n{JEAN}Motif : Il est inconscient ({change}).\n"
    packets = carl.keyring.sign_packets(mime.crlf(urgent.encode()), text="line" in change)
    altered = CHANGES[change](packets)
    assert (altered == packets) is (change == "nothing but the session key")
    first, again = (intruder.opened(_mail(house, carl, each)) for each in (packets, altered))
    assert first.ticket != again.ticket
    assert again.signature.fingerprint == carl.fingerprint
    assert first.once == again.once
    reader = (intruder.doctor(carl.mail).certificate,)
    one, other = (
        Release(
            intruder.by(opened.ticket, dossier),
            ByCustody(dossier.slots.custody),
            intruder.items(dossier),
            reader,
            leaf(EMERGENCY, dossier, reference=reference_of(first.once)),
        )
        for opened, dossier in ((first, house.jean), (again, house.lise))
    )
    assert isinstance(house.done(one), Released)
    before = len(house.leaves())
    assert isinstance(
        house.done(replace(one, by=intruder.by(again.ticket, house.jean))), Released
    )
    assert len(house.leaves()) == before
    with house.unchanged():
        house.in_vain(other)


def _mail(house: House, by: Doctor, packets: bytes, *, entity: bool = False) -> bytes:
    """Return a mail with signed packets sealed anew, as anybody can who has read them."""
    armored = sealed_anew(packets, read_certificate(house.host.service.certificate).binary)
    writer = Writer(by.keyring, f"{by.name} <{by.mail}>", by.service)
    body = shapes.encrypted(armored) if entity else mime.ascii_part(armored)
    return writer.mail("RMP", body)


def test_what_a_mail_has_changed_its_copy_changes_no_more(house: House, carl: Doctor) -> None:
    """Once another mail has shown the card that it made, the act is done."""
    lines = "Patient : REJOUE Paul\nNé le : 10/10/1970\n"
    house.create(lines, by=carl)
    entity = mime.text_part(f"Demande : révocation du code\n{SERVICE}{lines}")
    packets = carl.keyring.sign_packets(entity)
    house.host.exchange(carl, _mail(house, carl, packets, entity=True))
    house.host.exchange(carl, carl.pgp_mime(f"Demande : dossier\n{lines}"))
    now = house.intruder.dossier("REJOUE")
    for copy in (packets, with_other_s(packets), with_unhashed(packets, b"\x02\x64a")):
        ticket = house.intruder.ticket(_mail(house, carl, copy, entity=True))
        request = Amend(NoCode(), leaf("code"), house.intruder.by(ticket, now))
        with house.unchanged():
            house.in_vain(request, Why.REPLAYED)
