"""rmp doctor, of somebody who has several certificates: OpenPGP, S/MIME, a CPS card's."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from directory_case import trusting, with_dossiers
from msgspec.structs import replace
from rmp_case import OTHER_RPPS, RPPS, PlayedKeeper, Rmp, Said, card_of

from rmp_milter.calls.authority import DossierSaid, PersonSaid
from rmp_milter.calls.protocol.cards import Vouch
from rmp_milter.calls.protocol.releasing import Release
from rmp_milter.cli.stores import open_store
from rmp_milter.config import load
from rmp_milter.credentials import read_credential
from rmp_milter.dossier.changes import Changes, DossierUpdate
from rmp_milter.dossier.model import Doctor
from rmp_milter.dossier.revisions import revised
from rmp_milter.dossier.said import dossier_said, person_said
from rmp_milter.trust import folder, lists
from rmp_milter.x509 import read_x509
from testbed.x509_maker import Authorities, Made, Maker, authorities

NOW = int(time.time())
ANNE, JEAN = "a.morel@cab.example", "jean@home.example"
WHO = ("--name", "Dr Anne MOREL", "--mail", ANNE, "--profession", "radiologue")
WITNESSES = ("--witness", "Jeanne ROY", "--witness", "Luc SAND")


class Files(NamedTuple):
    """Files of certificates as people send them."""

    both: Path
    signing: Path
    encryption: Path
    card: Path
    login: Path
    others_card: Path
    patients: Path


@pytest.fixture(scope="session")
def maker() -> Maker:
    return Maker(NOW)


@pytest.fixture(scope="session")
def trees(maker: Maker) -> Authorities:
    return authorities(maker)


@pytest.fixture(scope="session")
def files(maker: Maker, trees: Authorities, tmp_path_factory: pytest.TempPathFactory) -> Files:
    place = tmp_path_factory.mktemp("certificates")
    made = {
        "both": maker.user(ANNE, trees.public),
        "signing": maker.user(ANNE, trees.public, uses=["digital_signature"]),
        "encryption": maker.user(ANNE, trees.public, uses=["key_agreement"]),
        "card": maker.card(RPPS, trees.igc),
        "login": maker.card(RPPS, trees.igc, signing=False),
        "others_card": maker.card(OTHER_RPPS, trees.igc),
        "patients": maker.user(JEAN, trees.public),
    }
    return Files(**{name: written(place / f"{name}.pem", each) for name, each in made.items()})


def written(path: Path, made: Made) -> Path:
    path.write_bytes(made.pem)
    return path


def fingerprint(path: Path) -> str:
    return read_x509(path.read_bytes()).digest


@pytest.fixture(autouse=True)
def trusted(rmp: Rmp, maker: Maker, trees: Authorities) -> Path:
    """Have the host trust both trees, with lists on which nobody stands."""
    return trusting(rmp, maker, trees)


def add(rmp: Rmp, *paths: Path, more: Sequence[str] = (), rpps: str = RPPS) -> Said:
    given = [word for path in paths for word in ("--certificate", str(path))]
    return rmp("doctor", "add", *WHO, "--rpps", rpps, *given, *more)


def change(rmp: Rmp, *more: str) -> Said:
    return rmp("doctor", "set", RPPS, *more)


def stored(rmp: Rmp) -> Doctor:
    with open_store(load(rmp.config)) as store, store.snapshot() as view:
        found = view.doctor_by_rpps(RPPS)
    assert found is not None
    return found


def certificates(rmp: Rmp) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(rmp("doctor", "show", RPPS, "--json").out)[
        "certificates"
    ]
    return listed


# Enrolled with several


def test_a_doctor_with_a_card_and_an_openpgp_key(
    rmp: Rmp, key: Path, files: Files, keeper: PlayedKeeper
) -> None:
    assert add(rmp, files.card, key).status == 0
    doctor = stored(rmp)
    first, card = certificates(rmp)
    assert (first["kind"], first["uses"], first["answers"]) == (
        "openpgp",
        ["sign", "encrypt"],
        True,
    )
    assert (card["kind"], card["uses"], card["answers"]) == ("smime", ["sign"], False)
    assert (card["rpps"], card["fingerprint"]) == (RPPS, fingerprint(files.card))
    assert doctor.key_ids[-1] == doctor.credentials[0].fingerprint == fingerprint(files.card)
    (vouched,) = [each.said for each in keeper.requests if isinstance(each, Vouch)]
    assert vouched.more == (doctor.credentials[0].certificate,)
    assert rmp("store", "check").status == 0


def test_a_radiologist_with_one_certificate_for_all(rmp: Rmp, files: Files) -> None:
    said = add(rmp, files.both)
    assert (said.status, said.err) == (0, "")
    (shown,) = certificates(rmp)
    assert (shown["uses"], shown["answers"]) == (["sign", "encrypt"], True)
    assert stored(rmp).key_ids == (fingerprint(files.both),)


def test_signing_and_encryption_apart(rmp: Rmp, files: Files) -> None:
    assert add(rmp, files.signing, files.encryption).status == 0
    first, other = certificates(rmp)
    assert (first["fingerprint"], first["uses"]) == (fingerprint(files.encryption), ["encrypt"])
    assert (other["fingerprint"], other["uses"]) == (fingerprint(files.signing), ["sign"])


def test_the_option_of_before_takes_several_too(rmp: Rmp, key: Path, files: Files) -> None:
    said = rmp.add(key, "--key", str(files.both), "--answers", "smime")
    assert said.status == 0
    assert stored(rmp).fingerprint == fingerprint(files.both)


def test_der_is_read_as_pem_is(rmp: Rmp, files: Files, tmp_path: Path) -> None:
    der = tmp_path / "anne.cer"
    der.write_bytes(read_x509(files.both.read_bytes()).der)
    assert add(rmp, der).status == 0
    assert stored(rmp).fingerprint == fingerprint(files.both)


def test_show_says_all_of_each(rmp: Rmp, key: Path, files: Files) -> None:
    add(rmp, key, files.card)
    lines = rmp("doctor", "show", fingerprint(files.card)).out.splitlines()
    text = "\n".join(" ".join(line.split()) for line in lines)
    for words in (
        "certificate OpenPGP, ",
        "for sign and encrypt; answers go to it",
        "certificate S/MIME, of a CPS card, p-256",
        "user id anne",
        f"CN=8{RPPS}",
        "issuer C=FR,O=Essai,CN=AC IGC-SANTE FORT PERSONNES",
        "valid until 20",
        "for sign\n",
    ):
        assert words in text + "\n", words


# Refused


def refusal(said: Said) -> str:
    assert said.status == 1
    return said.err.splitlines()[0].removeprefix("rmp: ")


def test_what_is_refused_of_cards(rmp: Rmp, key: Path, files: Files) -> None:
    assert refusal(add(rmp, key, files.login)) == (
        f"{files.login}: this is the card's certificate for authentication; "
        "give the one for signing"
    )
    assert refusal(add(rmp, key, files.others_card)) == (
        f"the CPS certificate is of RPPS number {OTHER_RPPS}, the directory says {RPPS}"
    )
    assert refusal(add(rmp, files.card)) == "none of these can be encrypted to"
    assert json.loads(rmp("doctor", "list", "--json").out) == []


def test_a_card_of_another_register_is_refused(
    rmp: Rmp, maker: Maker, trees: Authorities, key: Path, tmp_path: Path
) -> None:
    adeli = written(tmp_path / "adeli.pem", maker.card("123456789", trees.igc, prefix="0"))
    assert refusal(add(rmp, key, adeli)) == "the CPS certificate holds no RPPS number"


def test_what_is_refused_of_several(rmp: Rmp, key: Path, files: Files, tmp_path: Path) -> None:
    assert refusal(add(rmp, key, key)) == "one certificate is given twice"
    assert refusal(add(rmp, key, more=("--answers", "smime"))) == (
        "no S/MIME certificate of these can be encrypted to"
    )
    noise = tmp_path / "noise.pem"
    noise.write_bytes(b"noise")
    assert refusal(add(rmp, key, noise)) == f"{noise}: this is not an OpenPGP certificate"
    both = tmp_path / "chain.pem"
    both.write_bytes(files.both.read_bytes() + files.signing.read_bytes())
    assert refusal(add(rmp, both)) == "the file holds several certificates; give one"


def test_an_issuer_whom_the_host_does_not_trust_is_refused(
    rmp: Rmp, maker: Maker, key: Path, tmp_path: Path
) -> None:
    others = authorities(maker)
    lookalike = written(tmp_path / "card.pem", maker.card(RPPS, others.igc))
    assert "the signature is not its issuer's" in refusal(add(rmp, key, lookalike))
    stranger = maker.authority("AC inconnue")
    own = written(tmp_path / "own.pem", maker.user(ANNE, stranger))
    assert "no path to an anchor that is trusted" in refusal(add(rmp, own))
    row = f'Dr Anne MOREL;{RPPS};{ANNE};radiologue;"{own}";'
    assert "no path to an anchor that is trusted" in imported(rmp, tmp_path, row).err
    add(rmp, key)
    for command in (("set", RPPS, "--certificate"), ("rekey", RPPS, "--certificate")):
        said = rmp("doctor", *command, str(own), *WITNESSES)
        assert "no path to an anchor that is trusted" in refusal(said)


def test_a_mail_authority_vouches_for_no_card(
    rmp: Rmp, maker: Maker, trees: Authorities, key: Path, tmp_path: Path
) -> None:
    card = written(tmp_path / "card.pem", maker.card(RPPS, trees.public))
    assert "no path to an anchor that is trusted" in refusal(add(rmp, key, card))


def test_a_revoked_certificate_and_one_of_an_old_list_are_refused(
    rmp: Rmp, maker: Maker, trees: Authorities, trusted: Path, tmp_path: Path
) -> None:
    made = maker.user(ANNE, trees.public)
    newer = maker.revocation_list(trees.public, [made.serial], number=2)
    lists.take(trusted, folder.known(trusted), newer, NOW)
    assert "revoked" in refusal(add(rmp, written(tmp_path / "revoked.pem", made)))
    for each in (trusted / folder.LISTS).glob("*"):
        each.unlink()
    other = written(tmp_path / "other.pem", maker.user(ANNE, trees.public))
    assert "whether it is revoked cannot be said" in refusal(add(rmp, other))


def test_answers_in_parts_are_none_by_smime(rmp: Rmp, key: Path, files: Files) -> None:
    why = "answers by S/MIME cannot be partitioned"
    in_parts = ("--reply-form", "partitioned")
    assert refusal(add(rmp, files.both, more=in_parts)) == why
    assert add(rmp, key, files.both, more=in_parts).status == 0
    assert refusal(change(rmp, "--answers", "smime", *WITNESSES)) == why
    assert change(rmp, "--answers", "smime", "--reply-form", "grouped", *WITNESSES).status == 0
    assert refusal(change(rmp, *in_parts)) == why


def test_the_same_certificate_is_nobody_elses(rmp: Rmp, key: Path, files: Files) -> None:
    assert add(rmp, key, files.both).status == 0
    luc = ("--name", "Dr Luc SAND", "--mail", "l.sand@cab.example", "--profession", "x")
    said = rmp(
        *("doctor", "add", *luc, "--rpps", OTHER_RPPS), *("--certificate", str(files.both))
    )
    assert refusal(said).startswith("another doctor has this RPPS number")


def test_a_certificate_that_lacks_the_address_warns(
    rmp: Rmp, maker: Maker, trees: Authorities, tmp_path: Path
) -> None:
    other = written(tmp_path / "other.pem", maker.user("anne@elsewhere.example", trees.public))
    said = add(rmp, other)
    assert said.status == 0
    assert f"the key does not name {ANNE}" in said.err


# Changed


def test_a_further_certificate_needs_two_witnesses_and_answers_stay(
    rmp: Rmp, key: Path, files: Files, keeper: PlayedKeeper
) -> None:
    add(rmp, key)
    before = stored(rmp)
    keeper.requests.clear()
    assert change(rmp, "--certificate", str(files.card)).status == 2
    assert change(rmp, "--certificate", str(files.card), *WITNESSES).status == 0
    after = stored(rmp)
    assert (after.fingerprint, len(after.credentials)) == (before.fingerprint, 1)
    assert after.key_ids == (*before.key_ids, fingerprint(files.card))
    assert [(leaf.action, leaf.witnesses) for leaf in keeper.leaves] == [
        ("cle", ("Jeanne ROY", "Luc SAND"))
    ]


def test_a_certificate_is_taken_away_by_its_fingerprint(
    rmp: Rmp, key: Path, files: Files
) -> None:
    add(rmp, key, files.card)
    first = stored(rmp).fingerprint
    assert refusal(change(rmp, "--without", first)) == "answers go to this certificate"
    assert refusal(change(rmp, "--without", "ab" * 32)).startswith("he has no certificate ab")
    spaced = " ".join((fingerprint(files.card)[:4], fingerprint(files.card)[4:])).upper()
    assert change(rmp, "--without", spaced).status == 0
    assert (stored(rmp).credentials, len(certificates(rmp))) == ((), 1)


def test_answers_go_to_the_other_kind_and_every_dossier_is_written_anew(
    rmp: Rmp, key: Path, files: Files, keeper: PlayedKeeper
) -> None:
    add(rmp, key, files.both)
    with_dossiers(rmp, 2)
    openpgp = stored(rmp)
    keeper.requests.clear()
    assert change(rmp, "--answers", "smime").status == 2
    assert change(rmp, "--answers", "smime", *WITNESSES).status == 0
    changed = stored(rmp)
    assert changed.fingerprint == fingerprint(files.both)
    assert [each.fingerprint for each in changed.credentials] == [openpgp.fingerprint]
    assert {*changed.key_ids} == {*openpgp.key_ids}
    releases = [each for each in keeper.requests if isinstance(each, Release)]
    assert [each.readers for each in releases] == [(changed.certificate,)] * 2
    assert {leaf.witnesses for leaf in keeper.leaves} == {("Jeanne ROY", "Luc SAND")}
    keeper.requests.clear()
    assert change(rmp, "--answers", "smime", *WITNESSES).status == 0  # all is there
    assert not [each for each in keeper.requests if isinstance(each, Release)]
    assert change(rmp, "--answers", "openpgp", *WITNESSES).status == 0
    assert stored(rmp).fingerprint == openpgp.fingerprint
    assert rmp("store", "check").status == 0


def test_another_key_leaves_the_others(
    rmp: Rmp, key: Path, gpg_home: Path, files: Files
) -> None:
    add(rmp, key, files.card)
    rekey = ("doctor", "rekey", RPPS, *WITNESSES)
    assert rmp(*rekey, "--certificate", str(files.both)).status == 0
    assert stored(rmp).fingerprint == fingerprint(files.both)
    assert [each.fingerprint for each in stored(rmp).credentials] == [fingerprint(files.card)]
    assert refusal(rmp(*rekey, "--key", str(files.card))) == (
        "mail cannot be encrypted to this certificate"
    )
    assert rmp(*rekey, "--key", str(key)).status == 0
    assert (len(certificates(rmp)), gpg_home.exists()) == (2, True)


def test_key_ids_are_read_anew_of_all(rmp: Rmp, key: Path, files: Files) -> None:
    add(rmp, key, files.card)
    before = stored(rmp)
    assert change(rmp, "--read-key").status == 0
    assert stored(rmp).key_ids == before.key_ids


# Imported


HEAD = "name;rpps;mail;profession;key;answers\n"


def imported(rmp: Rmp, place: Path, *rows: str) -> Said:
    file = place / "doctors.csv"
    file.write_text(HEAD + "".join(f"{row}\n" for row in rows))
    return rmp("doctor", "import", str(file))


def test_a_column_holds_several_files(
    rmp: Rmp, key: Path, files: Files, tmp_path: Path
) -> None:
    row = f"Dr Anne MOREL;{RPPS};{ANNE};radiologue"
    said = imported(rmp, tmp_path, f'{row};"{key}; {files.both};{files.card}";smime')
    assert said.status == 0
    doctor = stored(rmp)
    assert (doctor.fingerprint, len(doctor.credentials)) == (fingerprint(files.both), 2)


@pytest.mark.parametrize(
    ("column", "answers", "why"),
    [
        ("{files.card}", "", "none of these can be encrypted to"),
        ("{files.both};{files.login}", "", "{files.login}: this is the card's certificate for"),
        ("{files.both};{files.others_card}", "", "the CPS certificate is of RPPS number"),
        ("{files.both}", "openpgp", "no OpenPGP certificate of these can be encrypted to"),
        ("{files.both};missing.pem", "", "missing.pem: No such file or directory"),
    ],
)
def test_a_column_is_refused_with_the_file(  # noqa: PLR0913, PLR0917 -- a table's row
    rmp: Rmp, files: Files, tmp_path: Path, column: str, answers: str, why: str
) -> None:
    row = f"Dr Anne MOREL;{RPPS};{ANNE};radiologue"
    said = imported(rmp, tmp_path, f'{row};"{column.format(files=files)}";{answers}')
    assert said.status == 1
    assert why.format(files=files) in said.err


def test_a_kind_of_answers_that_is_none_is_a_fault(
    rmp: Rmp, files: Files, tmp_path: Path
) -> None:
    row = f"Dr Anne MOREL;{RPPS};{ANNE};radiologue"
    said = imported(rmp, tmp_path, f"{row};{files.both};fax")
    assert (said.status, "answers: " in said.err) == (1, True)


# A patient who has a key


def test_a_patients_certificates_are_changed_by_his_address(
    rmp: Rmp, key: Path, files: Files
) -> None:
    add(rmp, files.both)
    with_dossiers(rmp, 1)
    enrol_patient(rmp, key)
    change_his = ("doctor", "set", JEAN, *WITNESSES)
    own = str(files.patients)
    assert rmp(*change_his, "--certificate", own, "--answers", "smime").status == 0
    with open_store(load(rmp.config)) as store, store.snapshot() as view:
        patient = view.doctor_by_fingerprint(fingerprint(files.patients))
    assert patient is not None
    assert (patient.mail, patient.fingerprint) == (JEAN, fingerprint(files.patients))
    assert len(patient.credentials) == 1
    assert "the CPS certificate is of RPPS number" in refusal(
        rmp(*change_his, "--certificate", str(files.card))
    )
    assert rmp("store", "check").status == 0


def enrol_patient(rmp: Rmp, key: Path) -> None:
    """Give the patient of the first dossier an entry of his own in the directory."""
    read = read_credential(key.read_bytes())
    patient = Doctor(
        doctor_id=b"patient-16-bytes",
        name="Jean NOM1",
        rpps="",
        mail=JEAN,
        profession="patient",
        certificate=read.binary,
        fingerprint=read.fingerprint,
        key_ids=read.key_ids,
        patient_of=bytes([1]) * 16,
    )
    card = card_of(PersonSaid(person_said(patient), patient.certificate), b"")
    with open_store(load(rmp.config)) as store:
        with store.snapshot() as view:
            dossier = view.dossier(patient.patient_of)
            assert dossier is not None
        said = DossierSaid(dossier_said(dossier, (), patient.doctor_id), dossier.patient)
        carded = revised(dossier, card=card_of(said, dossier.card))
        changes = Changes(
            doctors=(replace(patient, card=card),), updates=(DossierUpdate(carded),)
        )
        store.commit(changes, NOW)
