"""A new waiting key beside the former one: what waits under either opens, new seals are to the new.

So are those of what is to be translated, whose key is derived from it.
"""

import dataclasses
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from dossier_case import leaves
from keeper_case import HEADER, LETTER, hosts_event
from keeper_gpg import Gpg
from little_host import ALICE, BOB, DOCUMENT, LittleHost
from msgspec.structs import replace
from test_waiting_deposits import WAITING, Waiting
from translating_case import NOW, Filed, MixedHost, file, outlook, parsed, with_smime, words_of

from rmp_milter.calls.protocol.filing import Resealed
from rmp_milter.calls.protocol.message import Failed, Why
from rmp_milter.calls.protocol.rotating import SealAgain, SealedAgain, StandingCopy
from rmp_milter.keeper.desk import answer as calls
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.desk.doors import Door
from rmp_milter.keeper.keys.former_keys import FormerKey, former_name, is_former, read_former
from rmp_milter.keeper.keys.key_files import KeyFileError, raw_file
from rmp_milter.keeper.keys.keys import Keys
from rmp_milter.keeper.keys.sealing import SealError, open_waiting_key

NAME = "waiting-20261201.key"


def rotated(desk: Desk, *, kept: bool = True) -> Desk:
    """Return the desk with another waiting key; the former one is ``kept``, or gone."""
    former = (FormerKey(NAME, desk.keys.waiting), *desk.keys.former) if kept else ()
    new = X25519PrivateKey.generate()
    return dataclasses.replace(
        desk, keys=dataclasses.replace(desk.keys, waiting=new, former=former)
    )


def test_what_waits_under_the_former_key_is_adopted(host: LittleHost) -> None:
    deposit = Waiting(host)
    host.desk = rotated(host.desk)
    reply = host.ask(deposit.adopt(host.member(ALICE).certificate)).reply
    assert isinstance(reply, Resealed)
    assert host.gpg.verdict(deposit.message(reply.items[0].packets[0]))[0] == deposit.plain
    assert leaves(host.desk)[-1]["action"] == "rattachement"


def test_new_deposits_wait_under_the_new_key_alone(host: LittleHost) -> None:
    former = host.desk.keys
    host.desk = rotated(host.desk)
    deposit = Waiting(host)
    waiting = deposit.mail.sealed(deposit.waiting.sealed_key, DOCUMENT)
    assert open_waiting_key((host.desk.keys.waiting,), WAITING, waiting).algorithm == 9
    with pytest.raises(SealError):
        open_waiting_key(former.all_waiting, WAITING, waiting)
    assert isinstance(host.ask(deposit.adopt()).reply, Resealed)


def test_two_former_keys_open_as_well_and_a_key_that_is_gone_does_not(host: LittleHost) -> None:
    deposit, first = Waiting(host), host.desk
    host.desk = rotated(rotated(first))
    assert isinstance(host.ask(deposit.adopt()).reply, Resealed)
    host.desk = rotated(first, kept=False)
    assert host.ask(deposit.adopt()).failed.why is Why.UNENTITLED


@pytest.fixture
def mixed(gpg: Gpg, desk: Desk) -> MixedHost:
    return MixedHost(gpg, with_smime(desk))


@pytest.fixture
def filed(mixed: MixedHost, tmp_path: Path) -> Filed:
    """What Rémi sent by S/MIME to Alice, whose program speaks OpenPGP."""
    remi, kept = outlook(tmp_path), mixed.create(ALICE)
    mail = mixed.open_smime(remi, remi.write(HEADER + LETTER))
    return file(mixed, kept, mail, mixed.member(ALICE))


def read(filed: Filed) -> list[str]:
    """Return what Alice reads by her standing."""
    asker = filed.host.asked(filed.host.member(ALICE), "dossier")
    request = filed.translate(filed.host.member(ALICE), filed.standing, asker)
    return words_of(parsed(filed.host.gpg.verdict(filed.sealed(request))[0]))


def again(filed: Filed, *, door: Door = Door.OPERATOR, name: str = ALICE) -> bytes | Why:
    """Have Alice's copy sealed to the present key; return what takes its place."""
    fingerprint = filed.host.gpg.fingerprint(name).lower()
    document = replace(filed.item, sealed_key=filed.standing)
    copy = StandingCopy(filed.kept.dossier_id, fingerprint, document)
    event = replace(hosts_event("rescellement"), dossier_id=b"")
    reply, _ = calls.answer(filed.host.desk, SealAgain((copy,), event), None, NOW, door)
    if isinstance(reply, SealedAgain):
        return reply.packets[0]
    assert isinstance(reply, Failed)
    return reply.why


def test_a_translation_under_the_former_key_is_read_and_sealed_to_the_new_one(
    filed: Filed,
) -> None:
    first = filed.host.desk
    assert again(filed) == b""  # it is under the present key
    filed.host.desk = rotated(first)
    assert any("confidentielle" in each for each in read(filed))
    count = len(leaves(first))
    sealed = again(filed)
    assert isinstance(sealed, bytes)
    assert sealed[:1] == b"\x01"
    filed.standing = sealed
    leaf = leaves(first)[-1]
    assert len(leaves(first)) == count + 1
    assert (leaf["action"], leaf["outcome"], leaf["patient"]) == ("rescellement", "granted", "")
    assert leaf["documents"] == [DOCUMENT.hex()]
    present = dataclasses.replace(filed.host.desk.keys, former=())
    filed.host.desk = dataclasses.replace(filed.host.desk, keys=present)
    assert any("confidentielle" in each for each in read(filed))
    assert again(filed) == b""


def test_it_stays_for_the_same_reader_and_the_milter_cannot_ask_for_it(filed: Filed) -> None:
    filed.host.desk = rotated(filed.host.desk)
    assert again(filed, name=BOB) == b""
    assert again(filed, door=Door.MILTER) is Why.NOT_HERE
    assert isinstance(again(filed), bytes)


def test_former_keys_are_read_by_their_names_the_newest_first(tmp_path: Path) -> None:
    names = [former_name("waiting.key", "20261201")]
    names.append(former_name("waiting.key", "20261201", names))
    assert names == [NAME, "waiting-20261201-2.key"]
    assert [*map(is_former, (*names, "waiting.key", "waiting-x.key"))] == [
        *(True, True, False, False)
    ]
    for name in (*names, "waiting-x.key"):
        (tmp_path / name).write_bytes(raw_file(name.encode().ljust(32)))
        (tmp_path / name).chmod(0o600)
    assert [each.name for each in read_former(tmp_path, "waiting.key")] == names[::-1]
    assert "rivate" not in repr(read_former(tmp_path, "waiting.key"))
    (tmp_path / "waiting-20261202.key").write_bytes(raw_file(bytes(32)))
    with pytest.raises(KeyFileError, match="3 former keys of waiting"):
        read_former(tmp_path, "waiting.key")


def test_the_present_keys_come_first(desk: Desk) -> None:
    keys: Keys = rotated(desk).keys
    assert keys.all_waiting == (keys.waiting, desk.keys.waiting)
    raw = [each.private_bytes_raw() for each in keys.all_translation]
    assert raw == [
        keys.translation.private_bytes_raw(),
        desk.keys.translation.private_bytes_raw(),
    ]
