"""Emergencies from the terminal: a running keeper, the store, an export for auditors."""

import csv
import email
import json
import re
import threading
from collections.abc import Iterator
from email.policy import default
from functools import partial
from pathlib import Path

import msgspec
import pytest

from rmp_milter.audit.reasons import seal_reason
from rmp_milter.calls.client import KeeperClient
from rmp_milter.calls.protocol.message import Event
from rmp_milter.cli import main
from rmp_milter.cli.stores import engine_of, store_keys
from rmp_milter.config import Config, load
from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import Emergency, EmergencyState, PostalLetter, Slice
from rmp_milter.host.installation import AUDITOR_KEY
from rmp_milter.keeper.keys.keys import load_keys
from rmp_milter.keeper.log.journal import Journal
from rmp_milter.mail.outgoing.plain_mail import ServiceAddress
from rmp_milter.milter.chores.checkpoints import Audience, send_daily_checkpoint
from rmp_milter.store.surface import OutboxRow, Store
from rmp_milter.witness.serving import WitnessServer
from rmp_milter.witness.station import Station
from testbed.processes import is_listening
from testbed.ready_rmp import prove_once, running
from testbed.waiting import wait_until

pytestmark = pytest.mark.integration

NOW = 20_024 * 86_400  # 2024-10-28T00:00:00Z
REFERENCE = "U-ABCD-EFGH-JKMN"
DOSSIER, DOCTOR = b"dossier-16-bytes", b"doctor---16bytes"
KEEPERS = ("dpo@ars.example", "patients@assoc.example")


class Host:
    """A service whose keeper runs."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.config: Config = load(folder / "rmp.toml")
        self.keeper = KeeperClient(self.config.sockets.keeper, 10)
        self._capsys = capsys

    def __call__(self, *arguments: str | Path, status: int = 0) -> str:
        self._capsys.readouterr()
        given = main.run(
            ["--config", str(self.folder / "rmp.toml"), "access", *map(str, arguments)]
        )
        out, err = self._capsys.readouterr()
        assert given == status, err
        return err if status else out

    def store(self) -> Store:
        return engine_of(self.config).open(store_keys(self.config))

    def emergency(self) -> Emergency:
        with self.store() as store, store.snapshot() as view:
            found = view.emergency(REFERENCE)
        assert found is not None
        return found

    def record(self, action: str, **more: str) -> int:
        """Write the leaf of a doctor's mail as the keeper does for one that it has opened."""
        event = Event(NOW, action, b"m" * 32, "10003456786", "ab", "dr@chu.example", DOSSIER)
        event = msgspec.structs.replace(event, reference=REFERENCE)
        words, folder = more.get("words", ""), self.config.paths.keeper
        auditors = load_keys(folder).auditors
        sealed = seal_reason(words, auditors, event.request) if words else b""
        with Journal(folder / "log") as log:
            return log.append(event, NOW, sealed)


@pytest.fixture
def host(made: Path, service: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Host]:
    prove_once(made / "keeper")
    file = service / "rmp.toml"
    file.write_text(file.read_text().replace("addresses = []", f"addresses = {[*KEEPERS]}"))
    with running("keeper", file):
        host = Host(service, capsys)
        wait_until(partial(is_listening, host.config.sockets.keeper), 20, "the keeper")
        yield host


def test_the_host_is_told_to_move_the_auditors_key_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "rmp"
    assert main.run(["init", str(folder), "--address", "rmp@chu.example"]) == 0
    assert f"move off this host  {folder / AUDITOR_KEY}" in capsys.readouterr().out


@pytest.fixture
def acted(host: Host) -> Host:
    """An emergency was granted: its leaf, its record, a letter to the patient."""
    index = host.record("urgence", words="inconscient, AVC")
    new = Emergency(REFERENCE, DOSSIER, DOCTOR, NOW, index)
    letter = PostalLetter(
        b"letter---16bytes",
        REFERENCE,
        NOW,
        ("Monsieur Jean DUPONT",),
        "3 rue des Lilas",
        "Le Dr X...",
    )
    with host.store() as store:
        store.commit(Changes(emergencies=(new,), postal=(letter,)), NOW)
    return host


def listed(host: Host, export: Path, *options: str) -> list[dict[str, object]]:
    found = json.loads(host("list", export, *options, "--json"))
    assert isinstance(found, list)
    return found


def test_from_the_act_to_the_end_of_its_review(acted: Host, tmp_path: Path) -> None:
    export = tmp_path / "export"
    acted("export", export)
    assert acted("verify", export).splitlines()[-1] == "the log is what its checkpoint says"
    (new,) = listed(acted, export, "--unjustified")
    assert (new["reference"], new["state"], new["entry"]) == (REFERENCE, "new", 0)
    late = acted("overdue", export, status=1)
    assert late == ""
    acted.record("justification", words="Il a parlé")
    acted("review", REFERENCE, "--state", "under-review", "--note", "à voir", "--reviewer", "A")
    said = acted(
        "review", "u abcd – efgh jkmn", "--state", "closed", "--note", "Vu,\njustifié."
    )
    assert said == f"{REFERENCE}: closed (entry 3)\n"
    kept = acted.emergency()
    assert (kept.state, kept.revision) == (EmergencyState.CLOSED, 2)
    acted("export", export)
    assert listed(acted, export, "--unjustified") == []
    (closed,) = listed(acted, export, "--state", "closed")
    assert closed["entries"] == [0, 1, 2, 3]
    assert acted("overdue", export).split() == ["REFERENCE", "AT", "RPPS", "STATE", "OVERDUE"]
    assert "closed" in acted("list", export, "--emergency")
    (row,) = csv.DictReader(acted("list", export, "--emergency", "--csv").splitlines())
    assert (row["reference"], row["state"]) == (REFERENCE, "closed")
    assert "     1  clos\n" in acted("report", export, "--month", "2024-10", "--lang", "fr")
    acted("report", export, "--month", "2024-10", "--pdf", tmp_path / "month.pdf")
    assert (tmp_path / "month.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.promise(number=18)
def test_only_the_auditors_key_shows_the_reason_and_the_note(
    acted: Host, tmp_path: Path
) -> None:
    acted("review", REFERENCE, "--state", "closed", "--note", "Vu,\njustifié.")
    export, key = tmp_path / "export", acted.folder / AUDITOR_KEY
    acted("export", export)
    everything = b"".join(p.read_bytes() for p in export.rglob("*") if p.is_file())
    assert b"AVC" not in everything
    assert DOSSIER.hex().encode() not in everything
    assert "AVC" not in acted("show", export, "0")
    assert "\nwords      inconscient, AVC\n" in acted("show", export, "0", "--key", key)
    assert "Vu,\n" in acted("show", export, "1", "--key", key)
    assert json.loads(acted("show", export, "1", "--key", key, "--json"))["words"]
    other = tmp_path / "other.key"
    acted("key", "new", other)
    assert "does not open with this key" in acted("show", export, "0", "--key", other, status=1)
    (export / "reasons" / "0").write_bytes(b"another")
    assert "is altered" in acted("show", export, "0", "--key", key, status=1)
    assert "reason of entry 0 is altered" in acted("verify", export, status=1)


def test_what_cannot_be_reviewed_is_said_and_leaves_nothing(acted: Host) -> None:
    before = acted("checkpoint")
    review = ("--state", "closed", "--note", "vu")
    assert "no emergency has the reference U-X" in acted("review", "u-x", *review, status=1)
    acted("review", REFERENCE, "--state", "closed", "--note", " ", status=2)
    acted("review", REFERENCE, "--state", "closed", "--note", "x" * 2001, status=2)
    acted("review", REFERENCE, "--state", "new", "--note", "x", status=2)
    assert acted("checkpoint") == before
    acted("review", REFERENCE, *review)
    assert "is closed already" in acted("review", REFERENCE, *review, status=1)


def test_letters_are_printed_until_they_are_posted(acted: Host, tmp_path: Path) -> None:
    page = acted("letters")
    assert page.startswith("Monsieur Jean DUPONT\n3 rue des Lilas\n\n28/10/2024\n")
    assert page.endswith("Le Dr X...\n\f\n")
    acted("letters", "--out", tmp_path / "out", "--posted")
    (file,) = (tmp_path / "out").iterdir()
    assert file.read_text() in page
    assert file.stat().st_mode & 0o777 == 0o600
    assert acted("letters") == ""


def test_a_checkpoint_is_queued_for_all_who_keep_them(host: Host) -> None:
    note = host("checkpoint", "--mail")
    assert note.startswith("chu.example/rmp\n1\n")
    assert {row.recipient for row in rows(host)} == {*KEEPERS}


def rows(host: Host) -> list[OutboxRow]:
    keys, config = store_keys(host.config), host.config
    with engine_of(config).outbox(keys.outbox) as outbox:
        return outbox.rows()


def test_the_daily_checkpoint_is_sent_once_whatever_restarts(host: Host) -> None:
    audience = Audience(
        KEEPERS, ServiceAddress("rmp@chu.example", "RMP"), iter("abcdef").__next__
    )
    sent = []
    for now in (NOW, NOW + 60, NOW + 5 * 3600, NOW + 6 * 3600):
        with host.store() as store:
            sent.append(send_daily_checkpoint(host.keeper, store, audience, now, 5, now))
    assert sent == [True, False, True, False]
    assert len(rows(host)) == 4


def test_an_installed_key_is_in_the_log_and_takes_no_private_one(
    host: Host, tmp_path: Path
) -> None:
    key = tmp_path / "new.key"
    printed = host("key", "new", key)
    installed = host("key", "install", f"{key}.pub")
    assert printed.split(": ")[1].strip() in installed
    assert (host.folder / "keeper/auditor.pub").read_bytes() == Path(f"{key}.pub").read_bytes()
    assert "private-key" in host("key", "install", key, status=1)
    host("export", tmp_path / "export")
    (entry,) = listed(host, tmp_path / "export", "--kind", "auditor key")
    assert str(entry["key"]) in installed.replace(" ", "").lower()
    assert "File exists" in host("key", "new", key, status=1)


def test_the_daily_checkpoint_brings_what_witnesses_cosigned(
    host: Host, tmp_path: Path
) -> None:
    station, export, policy = tmp_path / "w", tmp_path / "export", tmp_path / "policy"
    keys = host("witness", "key", "new", station, "ars.example/temoin").split()
    host("witness", "watch", station, host("key").strip())
    audit = f'witness_policy = "{policy}"\nwitnessed = "{tmp_path}/cosigned"'
    file = host.folder / "rmp.toml"
    text = re.sub("(?m)^witness(_policy|ed) = .*\n", "", file.read_text())
    file.write_text(text.replace("[audit]\n", f"[audit]\n{audit}\n"))
    with Station(station) as at_work, WitnessServer(("127.0.0.1", 0), at_work, print) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        policy.write_text(f"witness ars {keys[0]} {url}\nquorum ars\n")
        host("checkpoint", "--mail")
        host("export", export)
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        assert "the policy is met" in host("witness", "push", export)
        server.shutdown()
    host("checkpoint", "--mail")
    host("export", export)
    assert [path.name for path in (export / "witnessed").iterdir()] == ["1.checkpoint"]
    said = [mail_of(host, row.row) for row in rows(host)]
    assert [len(attachments) for _, attachments in said] == [1, 1, 2, 2]
    assert ["LES TÉMOINS MANQUENT" in words for words, _ in said] == [True, True, False, False]
    name, content = said[-1][1][-1]
    assert name == "cosigned-1.txt"
    assert content == (export / "witnessed" / "1.checkpoint").read_bytes()


def mail_of(host: Host, row: int) -> tuple[str, list[tuple[str, bytes]]]:
    """Return the words of a mail that waits, and its files."""
    with engine_of(host.config).outbox(store_keys(host.config).outbox) as outbox:
        pieces = outbox.load(row).pieces
    data = b"".join(piece.data for piece in pieces if isinstance(piece, Slice))
    mail = email.message_from_bytes(data, policy=default)
    body = mail.get_body(("plain",))
    assert body is not None
    files = [
        (part.get_filename() or "", part.get_content()) for part in mail.iter_attachments()
    ]
    return str(body.get_content()), files
