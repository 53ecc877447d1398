"""A store of the first format, taken over by a running keeper: all of it, once, and held to it."""

import json
import shutil
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from directory_case import trusting
from rmp_case import Rmp

from rmp_milter.cli.stores import open_store
from rmp_milter.config import load
from rmp_milter.dossier.cards import dossier_card, person_card
from rmp_milter.dossier.changes import Changes, DossierUpdate
from rmp_milter.dossier.model import Doctor, Dossier
from rmp_milter.dossier.revisions import revised
from rmp_milter.x509 import read_x509
from testbed.past_service import manifest
from testbed.processes import is_listening
from testbed.ready_rmp import prove_once, running
from testbed.waiting import wait_until
from testbed.x509_maker import Maker, authorities

pytestmark = pytest.mark.integration


@pytest.fixture
def past(moved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Rmp]:
    """The service of the first format, its store moved to this one, its keeper running."""
    rmp = Rmp(Path(shutil.copytree(moved, tmp_path / "rmp")), capsys)
    prove_once(moved / "keeper")
    with running("keeper", rmp.config):
        socket = load(rmp.config).sockets.operator
        wait_until(partial(is_listening, socket), 20, "the keeper")
        yield rmp


def closed(rmp: Rmp) -> Dossier:
    with open_store(load(rmp.config)) as store, store.snapshot() as view:
        return next(
            each for each in view.dossiers() if each.closure and not each.closure.erased_at
        )


def test_all_that_it_holds_is_vouched_for_and_in_force(past: Rmp) -> None:
    counts = manifest()["counts"]
    said = json.loads(past("store", "vouch", "--json").out)
    dossiers = counts["dossiers"]
    assert said["refused"] == []
    assert said["dossiers"] == counts["tables"]["dossiers"] - dossiers.get("erased", 0)
    assert (said["closed"], said["masks"]) == (dossiers["closed"], dossiers["masks"])
    assert said["professionals"] + said["patients"] == counts["tables"]["doctors"]
    assert said["waiting"] == counts["others"]["waiting deposit"]
    checked = json.loads(past("store", "check", "--json").out)
    assert (checked["findings"], checked["notes"]) == ([], [])


def test_a_doctors_certificates_are_vouched_for_and_given_up(past: Rmp, tmp_path: Path) -> None:
    assert past("store", "vouch").status == 0
    maker, rpps = Maker(int(time.time())), "10003456786"
    trees = authorities(maker)
    trusting(past, maker, trees)
    mails, card = tmp_path / "mail.pem", tmp_path / "card.pem"
    mails.write_bytes(maker.user("a.morel@cab.example", trees.public).pem)
    card.write_bytes(maker.card(rpps, trees.igc).pem)
    who = ("--name", "Dr Anne MOREL", "--mail", "a.morel@cab.example")
    given = ("--certificate", str(mails), "--certificate", str(card))
    said = past("doctor", "add", *who, "--rpps", rpps, "--profession", "radiologue", *given)
    assert said.status == 0
    (line,) = said.err.splitlines()  # the service of that format has no S/MIME certificate
    assert "is not sent the signed welcome" in line
    other = past("doctor", "show", read_x509(card.read_bytes()).digest, "--json")
    assert json.loads(other.out)["rpps"] == rpps
    doctor = past_doctor(past, rpps)
    vouched = person_card(doctor.card)
    assert [each.fingerprint for each in vouched.credentials] == [
        each.fingerprint for each in doctor.credentials
    ]
    assert (
        past("doctor", "set", rpps, "--without", doctor.credentials[0].fingerprint).status == 0
    )
    assert person_card(past_doctor(past, rpps).card).credentials == ()
    assert json.loads(past("store", "check", "--json").out)["findings"] == []


def past_doctor(rmp: Rmp, rpps: str) -> Doctor:
    with open_store(load(rmp.config)) as store, store.snapshot() as view:
        found = view.doctor_by_rpps(rpps)
    assert found is not None
    return found


@pytest.mark.promise(number=12)
def test_an_older_copy_of_a_record_is_named_though_its_card_was_good(past: Rmp) -> None:
    past("store", "vouch")
    before = closed(past)
    reference = before.dossier_id.hex()
    assert past("dossier", "reopen", reference).status == 0
    assert past("store", "vouch").status == 0
    with open_store(load(past.config)) as store:
        with store.snapshot() as view:
            opened = view.dossier(before.dossier_id)
        assert opened is not None
        assert dossier_card(opened.card).revision == 1
        old = revised(opened, card=before.card, closure=before.closure)
        store.commit(Changes(updates=(DossierUpdate(old),)), int(time.time()))
    said = json.loads(past("store", "check", "--json").out)
    (line,) = said["findings"]
    assert line.startswith(f"the card of dossier {reference} is older than the one in force")
