"""What verify, compare, prove and receipts demand by a policy: with witnesses, split views end."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from witness_case import FORK, LOG, SIZE, made_station, policy_text, served

from rmp_milter.audit.folder import ExportedLog
from rmp_milter.audit.verify import LogReport, verify
from rmp_milter.cli import audit_main
from rmp_milter.tlog import entry_proofs
from rmp_milter.tlog.notes import NoteSignature, parse, with_signatures
from rmp_milter.tlog.policies import parse_policy
from rmp_milter.witness.asking import asker
from rmp_milter.witness.own_keys import WitnessKeys
from rmp_milter.witness.pushing import push
from testbed.made_log import KEY, MadeLog, made_entries


class Witnesses:
    """Two of three witnesses must cosign; where the policy is, and exports that were pushed."""

    def __init__(self, folder: Path, keys: list[WitnessKeys], urls: list[str]) -> None:
        named = list(zip(("ars", "ordre", "assoc"), keys, urls, strict=True))
        self.keys, self.folder = keys, folder
        self.file = folder / "policy"
        self.file.write_text(policy_text(named, "2"))
        self.policy = parse_policy(self.file.read_bytes())

    def pushed(self, log: MadeLog, size: int, name: str) -> Path:
        """Export so much of a log and push it; return the export."""
        place = self.folder / name
        log.until(size).export(place, size)
        (place / "witnessed").mkdir(exist_ok=True)
        push(ExportedLog(place), self.policy, place / "witnessed", asker(), int(time.time()))
        return place

    def verified(self, place: Path, old: bytes | None = None) -> LogReport:
        return verify(place, KEY, old, policy=self.policy)

    def kinds(self, place: Path, old: bytes | None = None) -> list[str]:
        return [each.kind for each in self.verified(place, old).findings]


@pytest.fixture
def witnesses(tmp_path: Path) -> Iterator[Witnesses]:
    names = ("w1", "w2", "w3")
    keys = [made_station(tmp_path / name, f"{name}.example") for name in names]
    with (
        served(tmp_path / "w1") as one,
        served(tmp_path / "w2") as two,
        served(tmp_path / "w3") as three,
    ):
        yield Witnesses(tmp_path, keys, [one, two, three])


def test_what_witnesses_cosigned_is_shown_and_what_came_behind_noted(
    witnesses: Witnesses, capsys: pytest.CaptureFixture[str]
) -> None:
    place = witnesses.pushed(LOG, 30, "export")
    report = witnesses.verified(place)
    assert report.findings == []
    assert report.witnessed is not None
    assert report.witnessed.judgement.cosigned.keys() == {"ars", "ordre", "assoc"}
    LOG.until(50).export(place, 50)
    report = witnesses.verified(place)
    assert (report.findings, report.witnessed and report.witnessed.size) == ([], 30)
    assert "entries 30 to 49 came after what the witnesses cosigned" in report.notes
    command = ["verify", str(place), "--policy", str(witnesses.file)]
    assert audit_main.run([*command, "--lang", "fr"]) == 0
    said = capsys.readouterr().out
    assert "témoins" in said
    assert "30 entrées : ars (" in said
    assert audit_main.run([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["witnessed"]["entries"] == 30


def test_without_enough_of_them_a_policy_is_not_content(
    witnesses: Witnesses, capsys: pytest.CaptureFixture[str]
) -> None:
    place = LOG.export(witnesses.folder / "alone")
    assert witnesses.kinds(place) == ["unwitnessed"]
    assert verify(place, KEY).findings == []
    note = parse(LOG.checkpoint(SIZE))
    one = with_signatures(note, witnesses.keys[0].cosign(note.text, 1_800_000_000))
    (place / "witnessed").mkdir()
    (place / "witnessed" / f"{SIZE}.checkpoint").write_bytes(one.encode())
    assert witnesses.kinds(place) == ["unwitnessed"]
    # What somebody kept of another one counts with it.
    other = with_signatures(note, witnesses.keys[1].cosign(note.text, 1_800_000_000))
    assert witnesses.kinds(place, other.encode()) == []
    command = ["verify", str(place), "--policy", str(witnesses.file)]
    assert audit_main.run(command) == 1
    assert "no checkpoint here is cosigned as the policy asks" in capsys.readouterr().err


def test_a_false_cosignature_is_found(witnesses: Witnesses) -> None:
    place = witnesses.pushed(LOG, 30, "export")
    file = place / "witnessed" / "30.checkpoint"
    note = parse(file.read_bytes())
    first = note.signatures[-1]
    lines = [*note.signatures[:-1], NoteSignature(first.name, first.key_id, bytes(72))]
    file.write_bytes(type(note)(note.text, tuple(lines)).encode())
    assert witnesses.kinds(place) == ["witness", "unwitnessed"]


def test_a_policy_of_another_log_is_not_content(witnesses: Witnesses) -> None:
    place = witnesses.pushed(LOG, 30, "export")
    other = witnesses.file.read_text().replace(
        str(KEY), str(type(KEY)("x.example", KEY.public))
    )
    report = verify(place, policy=parse_policy(other.encode()))
    assert "signature" in [each.kind for each in report.findings]


@pytest.mark.promise(number=13)
def test_a_split_view_is_found_by_the_policy_and_by_compare(
    witnesses: Witnesses, capsys: pytest.CaptureFixture[str]
) -> None:
    """The host shows each of two auditors a history of its own, both signed by the log's key."""
    mine = witnesses.pushed(LOG, 40, "mine")
    his = witnesses.pushed(FORK, 40, "his")
    assert verify(mine, KEY).findings == verify(his, KEY).findings == []
    assert witnesses.kinds(mine) == []
    assert witnesses.kinds(his) == ["unwitnessed"]
    policy = ["--policy", str(witnesses.file)]
    assert audit_main.run(["compare", str(mine), str(his), *policy]) == 1
    said = capsys.readouterr()
    assert "do not belong to one history" in said.err
    assert "the first entry that differs: 19" in said.out
    assert f"{his}: not cosigned as the policy asks" in said.err
    assert f"{mine}: 3 cosignatures, 40 entries: ars (" in said.out
    # Whoever copies the cosigned checkpoint into the other history gains nothing.
    true = (mine / "witnessed" / "40.checkpoint").read_bytes()
    (his / "witnessed" / "40.checkpoint").write_bytes(true)
    assert witnesses.kinds(his) == ["forked", "unwitnessed"]
    assert audit_main.run(["compare", str(his), str(his), *policy]) == 1
    (his / "checkpoint").write_bytes(true)
    assert "rebuilt" in witnesses.kinds(his)
    grown = witnesses.pushed(LOG, 60, "grown")
    assert audit_main.run(["compare", str(mine), str(grown), *policy, "--json"]) == 0
    parties = json.loads(capsys.readouterr().out.partition("{")[2].join(["{", ""]))["parties"]
    assert [each["witnessed"]["entries"] for each in parties] == [40, 60]


def test_a_log_that_was_cut_is_found_by_what_was_cosigned(witnesses: Witnesses) -> None:
    place = witnesses.pushed(LOG, 40, "export")
    cosigned = (place / "witnessed" / "40.checkpoint").read_bytes()
    short = LOG.until(20).export(witnesses.folder / "short", 20)
    (short / "witnessed").mkdir()
    (short / "witnessed" / "40.checkpoint").write_bytes(cosigned)
    assert witnesses.kinds(short) == ["shorter", "unwitnessed"]
    assert verify(short, KEY).findings == []


def test_a_receipt_needs_nobody(
    witnesses: Witnesses, capsys: pytest.CaptureFixture[str]
) -> None:
    place = witnesses.pushed(LOG, 40, "export")
    LOG.until(50).export(place, 50)
    policy = ["--policy", str(witnesses.file)]
    file = witnesses.folder / "a.tlog-proof"
    for number in (0, 19, 39):
        assert audit_main.run(["prove", str(place), str(number), "-o", str(file), *policy]) == 0
        proof = entry_proofs.parse(file.read_bytes())
        assert entry_proofs.check(proof, KEY) == LOG.head(40)
        assert proof.entry == made_entries(40)[number]
        assert audit_main.run(["verify", str(file), *policy]) == 0
        assert "cosigned: 40 entries: ars (" in capsys.readouterr().out
    assert audit_main.run(["prove", str(place), "45", *policy]) == 1
    assert "the witnesses cosigned 40 entries: entry 45 came after" in capsys.readouterr().err
    alone = witnesses.folder / "alone.tlog-proof"
    assert audit_main.run(["prove", str(place), "19", "-o", str(alone)]) == 0
    assert audit_main.run(["verify", str(alone), "--vkey", str(KEY)]) == 0
    assert audit_main.run(["verify", str(alone), *policy]) == 1
    assert "its checkpoint is not cosigned as the policy asks" in capsys.readouterr().err


def test_a_receipt_says_in_french_what_it_proves(
    witnesses: Witnesses, capsys: pytest.CaptureFixture[str]
) -> None:
    place = witnesses.pushed(LOG, 40, "export")
    file = witnesses.folder / "acces-0012.tlog-proof"
    policy = ["--policy", str(witnesses.file)]
    assert audit_main.run(["prove", str(place), "12", "-o", str(file), *policy]) == 0
    assert audit_main.run(["receipt", str(file), "--lang", "fr"]) == 0
    said = capsys.readouterr().out
    assert "Ce fichier dit que l'entrée 12 du journal des accès chu.example/rmp est" in said
    assert "acte  dossier" in said
    assert "NON vérifié : qui l'a signé ; n'importe qui peut avoir fait ce fichier" in said
    key = ["--vkey", str(KEY)]
    assert audit_main.run(["receipt", str(file), "--lang", "fr", *key]) == 0
    said = capsys.readouterr().out
    assert "L'entrée 12 du journal des accès chu.example/rmp est celle-ci, et aucune" in said
    assert "ce fichier seul ne le dit pas" in said
    assert audit_main.run(["receipt", str(file), "--lang", "fr", *policy]) == 0
    said = capsys.readouterr().out
    assert f"avec la clé que vous avez nommée ({KEY.short}), quand il comptait 40" in said
    assert "Cosigné par 3 témoin(s) : ars (" in said
    assert "personne n'en a vu un autre" in said
    data = file.read_bytes()
    for spoiled in (data.replace(b"index 12", b"index 13"), data[:-3], b"", data[:200]):
        file.write_bytes(spoiled)
        assert audit_main.run(["receipt", str(file), "--lang", "fr"]) == 1
        assert "ne prouve rien" in capsys.readouterr().err
