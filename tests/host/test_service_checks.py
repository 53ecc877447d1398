import os
import re
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from rmp_milter.config import Config, load
from rmp_milter.courier.dkim_key import DkimKeyError, dns_record, read_dkim_key
from rmp_milter.host import installation
from rmp_milter.host.checks import check_mail_server, check_service, python_findings
from rmp_milter.host.gathering import gather
from rmp_milter.host.installation import (
    AUDITOR_KEY,
    InstallationError,
    Owners,
    Plan,
    make_service,
)
from rmp_milter.host.owners import Owner
from rmp_milter.host.smime import import_smime, publish_smime, request_smime
from rmp_milter.keeper.keys.smime_making import KeyKind
from rmp_milter.postfix.rules import Severity
from rmp_milter.status.state import Witness, Witnesses
from rmp_milter.tlog.notes import parse, with_signatures
from rmp_milter.witness.own_keys import WitnessKeys, make_keys
from rmp_milter.witness.pushing import AskedWitness
from rmp_milter.x509 import read_x509
from testbed.folders import own_folder
from testbed.made_log import MadeLog, made_entries
from testbed.x509_issuing import issue
from testbed.x509_maker import DAY, Maker

pytestmark = pytest.mark.slow


def test_a_python_that_pymilter_is_not_sound_with_is_warned_of() -> None:
    assert list(python_findings((3, 11))) == []
    for version in ((3, 12), (3, 13)):
        (found,) = python_findings(version)
        assert (found.severity, "Python 3.11" in found.hint) == (Severity.WARNING, True)


KEEPERS = 'addresses = ["dpo@ars.example", "patients@assoc.example"]'


def plan(address: str = "rmp@chu.example") -> Plan:
    me = Owner(os.geteuid(), os.getegid())
    return Plan(address, "Résumé médical partagé", Owners(me, me, me, me.gid, None))


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    top = own_folder("rmp-")
    config = make_service(top / "rmp", plan())
    (config.file.parent / AUDITOR_KEY).unlink()  # as its host is told to
    text = config.file.read_text().replace("addresses = []", KEEPERS)
    config.file.write_text(text)
    _certify(config)
    yield config.file.parent
    shutil.rmtree(top)


def _certify(config: Config) -> None:
    """Have an authority vouch for the service, as its host is told to."""
    now = int(time.time())
    root = Maker(now).authority("Racine d'essai")
    made = issue(request_smime(config, KeyKind.P256)[0], root, now - DAY)
    found = [read_x509(each) for each in (made.public_bytes(Encoding.DER), root.der)]
    publish_smime(config, import_smime(config, found, now)[0].der)


@pytest.fixture
def service(made: Path, tmp_path: Path) -> Config:
    return load(Path(shutil.copytree(made, tmp_path / "rmp")) / "rmp.toml")


def lines(config: Config) -> list[str]:
    return [finding.line for finding in check_service(config)]


def test_a_new_service_has_no_finding(service: Config) -> None:
    assert lines(service) == []


def test_who_keeps_checkpoints_and_reads_reasons_must_be_outside(service: Config) -> None:
    text = service.file.read_text()
    for few in ("addresses = []", 'addresses = ["dpo@ars.example"]'):
        service.file.write_text(text.replace(KEEPERS, few))
        (finding,) = check_service(load(service.file))
        assert finding.severity is Severity.WARNING
        assert "[audit] addresses: checkpoints go to" in finding.line
    service.file.write_text(text)
    (service.file.parent / AUDITOR_KEY).write_text("key")
    (finding,) = check_service(service)
    assert (finding.severity, finding.line[-21:]) == (Severity.WARNING, "is still on this host")


def test_a_policy_of_witnesses_must_be_met(service: Config, tmp_path: Path) -> None:
    text = service.file.read_text()

    def found(policy: Path) -> list[tuple[Severity, str]]:
        settings = f'witness_policy = "{policy}"\nwitnessed = "{tmp_path}/kept"\n'
        left = re.sub("(?m)^witness(_policy|ed) = .*\n", "", text)
        service.file.write_text(left.replace("[audit]\n", f"[audit]\n{settings}"))
        return [(each.severity, each.line) for each in check_service(load(service.file))]

    def seen() -> Witnesses:
        """Return what rmp status shows."""
        witnesses = gather(load(service.file)).witnesses
        assert witnesses is not None
        return witnesses

    assert gather(service).witnesses is None
    policy = tmp_path / "policy"
    (missing,) = found(policy)
    assert "[audit] witness_policy: " in missing[1]
    assert not seen().met
    policy.write_text("quorum none\n")
    assert found(policy) == []
    assert seen() == Witnesses((), met=True)
    (tmp_path / "kept").mkdir()
    folder = tmp_path / "station"
    folder.mkdir()
    keys = make_keys(folder, "ars.example/temoin")
    policy.write_text(f"witness ars {keys.public[0]}\nquorum ars\n")
    cosigned = int(time.time()) - 3600
    note = cosigned_by(keys, cosigned)
    assert found(policy)[0][1].endswith("cosigned as the policy asks (quorum ars)")
    assert (seen().each, seen().met) == ((Witness("ars", 0),), False)
    (tmp_path / "kept" / "10.checkpoint").write_bytes(note)
    assert found(policy) == []
    assert seen() == Witnesses((Witness("ars", cosigned),), met=True)
    asked = AskedWitness(since=0, at=1, status=422, size=11)
    (tmp_path / "kept" / "asked.json").write_bytes(
        msgspec.json.encode({"format": "rmp witnesses asked 1", "witnesses": {"ars": asked}})
    )
    ((severity, line),) = found(policy)
    assert severity is Severity.ERROR
    assert line == (
        "access log: the witness ars refuses (422): this is not the history that it has cosigned"
    )
    assert seen().each == (Witness("ars", cosigned, "refused"),)
    assert [f"access log: {said}" for _, said in seen().found] == [line]


def cosigned_by(keys: WitnessKeys, at: int) -> bytes:
    note = parse(MadeLog(made_entries(10)).checkpoint(10))
    return with_signatures(note, keys.cosign(note.text, at)).encode()


def overwrite(file: Path) -> None:
    file.write_text("not a key\n")


DAMAGE: list[tuple[str, Callable[[Path], object], str]] = [
    ("keeper/service.key", Path.unlink, "service.key"),
    ("keeper/custody.key", overwrite, "custody.key"),
    ("keeper/pepper.key", lambda file: file.chmod(0o644), "pepper.key: others may read it"),
    ("keeper/auditor.pub", Path.unlink, "auditor.pub: is missing"),
    ("keeper/log", shutil.rmtree, "no access log there"),
    ("milter/metadata.key", overwrite, "metadata.key"),
    ("milter/index.key", lambda file: file.chmod(0o640), "index.key: others may reach it"),
    ("shared/outbox.key", Path.unlink, "outbox.key"),
    ("shared/outbox.key", lambda file: file.chmod(0o644), "outbox.key: others may reach it"),
    ("store", shutil.rmtree, "store: there is no such folder"),
    ("store/data.mdb", Path.unlink, "there is no store"),
    ("courier/dkim.key", overwrite, "dkim.key is not a PEM key"),
    ("public/service.asc", Path.unlink, "service.asc: No such file"),
    ("public/service.asc", overwrite, "service.asc: this is not an OpenPGP certificate"),
    ("run", Path.rmdir, "run: there is no such folder"),
]


@pytest.mark.parametrize(("name", "damage", "said"), DAMAGE)
def test_each_damage_is_found(
    service: Config, name: str, damage: Callable[[Path], object], said: str
) -> None:
    damage(service.file.parent / name)
    (found, *_) = (each for each in check_service(service) if said in each.line)
    assert found.hint
    assert "rmp init" not in found.hint  # a new service opens nothing of this one


def test_all_damages_are_found_at_once(service: Config) -> None:
    folder = service.file.parent
    for name in ("keeper/custody.key", "milter/index.key", "courier/dkim.key"):
        (folder / name).write_text("not a key\n")
    (folder / "public" / "service.asc").unlink()
    assert len(lines(service)) == 4


def test_keys_of_another_store_are_found(service: Config, tmp_path: Path) -> None:
    other = make_service(tmp_path / "other", plan())
    shutil.copy(other.paths.milter / "metadata.key", service.paths.milter / "metadata.key")
    assert len(lines(service)) == 1


def test_a_file_in_the_place_of_a_socket_is_found(service: Config) -> None:
    service.sockets.keeper.touch()
    assert lines(service) == [f"{service.sockets.keeper}: is in the way of the socket"]


def test_an_operators_socket_that_others_may_reach_is_found(
    service: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = service.sockets.operator
    with socket.socket(socket.AF_UNIX) as listener:
        monkeypatch.chdir(path.parent)  # the path of a test's folder may be too long
        listener.bind(path.name)
    path.chmod(0o600)
    assert lines(service) == []
    path.chmod(0o660)
    assert lines(service) == [f"{path}: others may reach it (mode 0660)"]


def test_the_folder_of_an_operators_socket_is_missed(service: Config) -> None:
    text = service.file.read_text().replace("keeper/operator.sock", "none/operator.sock")
    service.file.write_text(text)
    assert lines(load(service.file)) == [
        f"{service.file.parent / 'none'}: there is no such folder"
    ]


def test_names_that_are_not_on_this_machine_are_found(service: Config) -> None:
    text = service.file.read_text()
    users = f'users = ["{installation.name_of(os.geteuid())}"]'
    text = text.replace(users, 'users = ["no-such-user"]')
    service.file.write_text(text.replace('milter_group = ""', 'milter_group = "no-such"'))
    assert [line.split(":")[0] for line in lines(load(service.file))] == [
        "[keeper] users",
        "[sockets] milter_group",
    ]


def test_a_certificate_for_another_address_is_a_warning(service: Config) -> None:
    text = service.file.read_text().replace("rmp@chu.example", "rmp@other.example")
    service.file.write_text(text)
    findings = check_service(load(service.file))
    smime, dkim, openpgp = findings
    assert (dkim.severity, "dkim.txt: is not the record" in dkim.line) == (Severity.ERROR, True)
    assert {smime.severity, openpgp.severity} == {Severity.WARNING}
    for finding, name in zip((smime, openpgp), ("S/MIME", "service.asc"), strict=True):
        assert name in finding.line
        assert "is not made out to rmp@other.example" in finding.line


def test_a_postfix_that_cannot_be_asked_is_a_finding(service: Config, tmp_path: Path) -> None:
    findings = check_mail_server(service, tmp_path / "none")
    assert [finding.severity for finding in findings] == [Severity.ERROR]


def test_a_failed_init_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_folder: Path, _origin: str) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(installation.journal, "create", fail)
    with pytest.raises(OSError, match="disk full"):
        make_service(tmp_path / "new", plan())
    assert list(tmp_path.iterdir()) == []


def test_init_takes_an_empty_folder_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert make_service(tmp_path / "empty", plan()).file.exists()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thing").touch()
    with pytest.raises(InstallationError, match="not an empty folder"):
        make_service(tmp_path / "full", plan())
    assert (tmp_path / "full" / "thing").exists()


def test_the_dns_record_publishes_the_key_in_short_strings(service: Config) -> None:
    record = (service.paths.public / "dkim.txt").read_text()
    key = read_dkim_key(service.paths.courier / "dkim.key")
    assert record == dns_record(key, "chu.example", "rmp")
    assert record.startswith('rmp._domainkey.chu.example. IN TXT ( "v=DKIM1; k=rsa; p=')
    assert all(len(string) <= 255 for string in record.split('"')[1::2])


def test_a_missing_dkim_key_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(DkimKeyError, match="cannot read the DKIM key"):
        read_dkim_key(tmp_path / "none")
