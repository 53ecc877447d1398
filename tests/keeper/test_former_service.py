"""Two keys of the service: both open until a day, the new one signs, then the old one is named."""

import dataclasses
import shutil
from calendar import timegm
from pathlib import Path

import pytest
from keeper_case import ADDRESS, HEADER, LETTER, NAME, NOW, SERVICE, ask, opening
from keeper_gpg import Gpg
from openpgp.composed import SignedSecretKey

from rmp_milter.calls.protocol.calls import Reply
from rmp_milter.calls.protocol.message import Failed, Why
from rmp_milter.calls.protocol.opening import Opened
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.keys import keys
from rmp_milter.keeper.keys.former_service import (
    FormerService,
    former_service_name,
    read_former_service,
)
from rmp_milter.keeper.keys.key_files import KeyFileError
from rmp_milter.keeper.keys.keys import load_keys, make_keys
from rmp_milter.keeper.openpgp.secretkeys import decryption_keys

UNTIL = NOW + 1000


@pytest.fixture(scope="module")
def new() -> SignedSecretKey:
    return keys._make_service_key("another <x@y.z>")


@pytest.fixture
def both(desk: Desk, new: SignedSecretKey) -> Desk:
    """The desk with a new key; the one that gpg knows is the former."""
    old = desk.keys
    former = FormerService("x", old.service.fingerprint, old.decryption, UNTIL)
    now = dataclasses.replace(
        old,
        service=new,
        certificate=new.to_public_key().to_bytes(),
        decryption=decryption_keys(new.to_bytes()),
        former_service=(former,),
    )
    return dataclasses.replace(desk, keys=now)


def opened(desk: Desk, gpg: Gpg, at: int, *options: str) -> Reply:
    body = gpg.run(*options, "-e", "-r", SERVICE, data=(HEADER + LETTER).encode())
    request, memory = opening([body], entity=False)
    return ask(desk, request, memory, at).reply


def test_the_former_key_opens_until_its_day(both: Desk, gpg: Gpg) -> None:
    assert isinstance(opened(both, gpg, UNTIL - 1), Opened)
    late = opened(both, gpg, UNTIL)
    assert isinstance(late, Failed)
    assert late.why is Why.OLD_KEY


def test_who_is_not_named_is_not_told_apart(both: Desk, gpg: Gpg) -> None:
    hidden = opened(both, gpg, UNTIL, "--throw-keyids")
    assert isinstance(hidden, Failed)
    assert hidden.why is Why.UNREADABLE
    assert isinstance(opened(both, gpg, UNTIL - 1, "--throw-keyids"), Opened)


def test_a_mail_may_name_either_until_the_day(both: Desk) -> None:
    former = both.keys.former_service[0].fingerprint
    present = both.keys.service.fingerprint
    assert both.keys.fingerprints_at(UNTIL - 1) == {former, present}
    assert both.keys.fingerprints_at(UNTIL) == {present}


def test_its_file_says_until_when(tmp_path: Path) -> None:
    folder = tmp_path / "k"
    make_keys(folder, ADDRESS, NAME)
    name = former_service_name("20261231", [])
    assert former_service_name("20261231", [name]) == "service-until-20261231-2.key"
    shutil.copy(folder / "service.key", folder / name)
    (found,) = load_keys(folder).former_service
    assert (found.name, found.until) == (name, timegm((2027, 1, 1, 0, 0, 0)))
    assert found.fingerprint == load_keys(folder).service.fingerprint
    wrong = folder / "service-until-20261399.key"
    shutil.copy(folder / "service.key", wrong)
    with pytest.raises(KeyFileError, match="20261399"):
        load_keys(folder)
    assert read_former_service(tmp_path, lambda _file: pytest.fail("none is there")) == ()
