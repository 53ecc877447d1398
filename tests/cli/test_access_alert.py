"""What the host adds to an export: mails where doctors stand out, and whose names are the same."""

import email
import json
import shutil
from collections.abc import Mapping, Sequence
from email.policy import default
from pathlib import Path

import pytest
from msgspec.structs import replace

from rmp_milter.calls.protocol.message import Event
from rmp_milter.cli import main
from rmp_milter.cli.stores import engine_of, open_store, store_keys
from rmp_milter.config import load
from rmp_milter.dossier.changes import Changes, NewDossier
from rmp_milter.dossier.model import Consent, Dossier, Emergency, Patient, Slice, Slots
from rmp_milter.keeper.log.journal import Journal

NOW = 20_024 * 86_400  # 2024-10-28T00:00:00Z
DAY = 86_400
DOCTORS = [str(10_000_000_000 + number) for number in range(20)]
GONE = 6
"""The emergency whose dossier was erased since."""
TOLD = ("dpo@ars.example", "patients@assoc.example", "dsi@chu.example")


class AlertHost:
    """A service whose log has one of twenty doctors who reads a great deal."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.file, self._capsys = folder / "rmp.toml", capsys
        self.set("addresses = []", f"addresses = {[*TOLD[:2]]}")
        self.set("alerts = []", f"alerts = {[TOLD[2]]}")
        self.config = load(self.file)

    def set(self, before: str, after: str) -> None:
        self.file.write_text(self.file.read_text().replace(before, after))

    def __call__(self, *arguments: str | Path, status: int = 0) -> str:
        self._capsys.readouterr()
        given = main.run(["--config", str(self.file), "access", *map(str, arguments)])
        out, err = self._capsys.readouterr()
        assert given == status, err
        return err if status else out

    def write(self) -> None:
        """Write 20 emergencies of the first doctor, seven of them for patients of one name."""
        with (
            Journal(self.config.paths.keeper / "log") as log,
            open_store(self.config) as store,
        ):
            for rpps in DOCTORS:
                log.append(leaf("depot", rpps, NOW), NOW)
            for number in range(20):
                dossier_id, at = number.to_bytes(16), NOW + number * DAY // 10
                reference = f"U-AAAA-BBBB-{number:04}"
                act = replace(leaf("urgence", DOCTORS[0], at), dossier_id=dossier_id)
                log.append(replace(act, reference=reference), at)
                name = ("Dûpont", "DUPONT")[number % 2] if number < 7 else f"Nom{number}"
                said = Emergency(reference, dossier_id, b"d" * 16, at, number)
                new = NewDossier(dossier(dossier_id, name), (f"trait {number}",))
                there = (new,) if number != GONE else ()
                store.commit(Changes(dossiers=there, emergencies=(said,)), at)

    def mails(self) -> Mapping[str, str]:
        """Return the words of the mails that wait, by whom they are for."""
        with engine_of(self.config).outbox(store_keys(self.config).outbox) as outbox:
            found = {row.recipient: outbox.load(row.row).pieces for row in outbox.rows()}
        return {to: words_in(pieces) for to, pieces in found.items()}


def words_in(pieces: Sequence[object]) -> str:
    data = b"".join(piece.data for piece in pieces if isinstance(piece, Slice))
    mail = email.message_from_bytes(data, policy=default)
    body = mail.get_body(("plain",))
    assert body is not None
    return f"{mail['Subject']}\n{body.get_content()}"


def leaf(action: str, rpps: str, at: int) -> Event:
    request = f"{action}{rpps}{at}".encode().rjust(32)
    return Event(at, action, request, rpps, "ab", f"d{rpps}@chu.example")


def dossier(dossier_id: bytes, name: str) -> Dossier:
    return Dossier(
        dossier_id=dossier_id,
        public_key=b"P" * 32,
        patient=Patient(name, "Jean", "1959-01-30"),
        slots=Slots(code=None, custody=b"slot"),
        treating=b"d" * 16,
        consent=Consent(b"d" * 16, 1, "test"),
        created_at=NOW,
    )


@pytest.fixture
def host(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> AlertHost:
    host = AlertHost(Path(shutil.copytree(made, tmp_path / "rmp")), capsys)
    host.write()
    host("export", tmp_path / "export")
    return host


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return tmp_path / "export"


def test_what_stands_out_is_mailed_once_to_host_and_auditors(
    host: AlertHost, export: Path
) -> None:
    first = host("alert", export)
    assert first.endswith(" that stand out\n")
    assert not first.startswith("0 ")
    mails = host.mails()
    assert mails.keys() == {*TOLD}
    assert host("alert", export).startswith("0 new of ")
    assert host.mails() == mails


def test_the_mail_says_what_in_both_languages_and_names_nobody(
    host: AlertHost, export: Path
) -> None:
    host("alert", export)
    mail = host.mails()[TOLD[0]]
    assert "sortent de l'ordinaire" in mail
    assert "U-AAAA-BBBB-0019" in mail
    assert "20 urgences ;" in mail
    assert "20 emergencies;" in mail
    for secret in (*DOCTORS, "upont", "UPONT", "@chu.example"):
        assert secret not in mail.partition("\n\n")[2].replace("rmp@chu.example", "")


def test_from_no_threshold_on_nobody_is_told(host: AlertHost, export: Path) -> None:
    host.set("unusual = 6.0", "unusual = 0")
    assert host("alert", export) == ""
    assert host.mails() == {}


def test_a_higher_threshold_tells_of_less(host: AlertHost, export: Path) -> None:
    host.set("unusual = 6.0", "unusual = 50")
    assert host("alert", export) == "0 new of 0 that stand out\n"


def test_the_file_of_names_has_entries_and_no_name(
    host: AlertHost, export: Path, tmp_path: Path
) -> None:
    file = tmp_path / "names.json"
    assert host("namesakes", export, file) == f"{file}: 1 groups\n"
    content = json.loads(file.read_text())
    assert content["entries"] == [[*range(20, 26)]]
    assert "upont" not in file.read_text().lower()
    assert file.stat().st_mode & 0o777 == 0o600
    assert "File exists" in host("namesakes", export, file, status=1)
