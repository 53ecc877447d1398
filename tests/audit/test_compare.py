"""Whether what two parties hold is of one history: proved, refuted, or not to be told."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from access_case import KEY, ORIGIN, SIGNER, MadeLog, made_entries
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from handed_case import FIRST, SECOND, HandedLog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rmp_milter.audit.comparing import Kinship, Pair, compared
from rmp_milter.audit.folder import FolderError
from rmp_milter.audit.parties import read_party
from rmp_milter.cli import main
from rmp_milter.mail.outgoing.checkpoint_mail import MailedCheckpoint, checkpoint_mail
from rmp_milter.mail.outgoing.plain_mail import ServiceAddress
from rmp_milter.tlog.checkpoints import TreeHead, sign_head
from rmp_milter.tlog.notes import VerifierKey
from rmp_milter.tlog.proofs import is_consistent

SIZE = 600
LOG = MadeLog(made_entries(SIZE))
OTHER = MadeLog([*made_entries(299), b'{"action":"forged"}', *made_entries(SIZE)[300:]])
"""The same but for entry 299."""


def kept(folder: Path, log: MadeLog, size: int, name: str = "") -> Path:
    file = folder / (name or f"{size}.txt")
    file.write_bytes(log.checkpoint(size))
    return file


def verdict(*paths: Path) -> Kinship:
    (pair,) = pairs(*paths)
    return pair.verdict


def pairs(*paths: Path) -> Sequence[Pair]:
    return compared([read_party(path) for path in paths])


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return LOG.export(tmp_path_factory.mktemp("compared") / "log")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return OTHER.export(tmp_path_factory.mktemp("compared") / "other")


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 299, 300, 512, 599, 600])
def test_an_export_proves_any_checkpoint_of_its_past(
    export: Path, tmp_path: Path, size: int
) -> None:
    (pair,) = pairs(export, kept(tmp_path, LOG, size))
    assert pair.verdict is Kinship.SAME
    for link in pair.links:
        head = LOG.head(size)
        assert is_consistent(size, head.root, SIZE, LOG.head(SIZE).root, link.path)


@pytest.mark.parametrize("size", [300, 400, 512, 599, 600])
def test_a_fork_is_proved_by_the_root_that_is_there(
    export: Path, tmp_path: Path, size: int
) -> None:
    (pair,) = pairs(kept(tmp_path, OTHER, size), export)
    assert pair.verdict is Kinship.FORK
    for link in pair.links:
        assert link.root == LOG.head(size).root != OTHER.head(size).root
        assert is_consistent(size, link.root, SIZE, LOG.head(SIZE).root, link.path)


def test_before_the_fork_there_is_one_history(export: Path, tmp_path: Path) -> None:
    assert verdict(kept(tmp_path, OTHER, 299), export) is Kinship.SAME


def test_one_number_of_entries_needs_no_export(tmp_path: Path) -> None:
    mine, his = kept(tmp_path, LOG, 400, "a"), kept(tmp_path, OTHER, 400, "b")
    assert verdict(mine, his) is Kinship.FORK
    assert verdict(mine, kept(tmp_path, LOG, 400, "c")) is Kinship.SAME


def test_two_numbers_need_one_that_is_large_enough(export: Path, tmp_path: Path) -> None:
    old, new = kept(tmp_path, LOG, 300), kept(tmp_path, LOG, 500)
    assert verdict(old, new) is Kinship.UNKNOWN
    small = LOG.until(400).export(tmp_path / "small", 400)
    assert {pair.verdict for pair in pairs(old, small)} == {Kinship.SAME}
    assert verdict(small, new) is Kinship.UNKNOWN
    assert {pair.verdict for pair in pairs(old, new, small, export)} == {Kinship.SAME}
    assert pairs(old, new, export)[0].verdict is Kinship.SAME


def test_a_third_partys_export_finds_the_fork_of_two(export: Path, tmp_path: Path) -> None:
    old, new = kept(tmp_path, OTHER, 300), kept(tmp_path, LOG, 500)
    first, second, third = pairs(old, new, export)
    assert (first.verdict, second.verdict, third.verdict) == (
        Kinship.FORK,
        Kinship.FORK,
        Kinship.SAME,
    )


def test_two_that_are_not_the_exports_may_be_of_one_other_history(
    export: Path, tmp_path: Path
) -> None:
    old, new = kept(tmp_path, OTHER, 300), kept(tmp_path, OTHER, 500)
    assert pairs(old, new, export)[0].verdict is Kinship.UNKNOWN


def test_of_two_exports_the_first_entry_that_differs_is_named(
    export: Path, other: Path, tmp_path: Path
) -> None:
    assert pairs(export, other)[0].difference == 299
    longer = MadeLog([*OTHER.all, *made_entries(100)]).export(tmp_path / "longer")
    assert pairs(longer, export)[0].difference == 299


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 299), st.integers(300, 700))
def test_whatever_entry_differs_it_is_found(
    tmp_path_factory: pytest.TempPathFactory, changed: int, size: int
) -> None:
    folder = tmp_path_factory.mktemp("forks")
    entries = made_entries(size)
    forked = [*entries[:changed], b"{}", *entries[changed + 1 :]]
    one, two = MadeLog(entries).export(folder / "1"), MadeLog(forked).export(folder / "2")
    (pair,) = pairs(one, two)
    assert (pair.verdict, pair.difference) == (Kinship.FORK, changed)


def test_a_damaged_export_proves_nothing(export: Path, tmp_path: Path) -> None:
    damaged = LOG.export(tmp_path / "damaged")
    tile = damaged / "tile/0/000"
    tile.write_bytes(bytes(32) + tile.read_bytes()[32:])
    assert verdict(kept(tmp_path, LOG, 100), damaged) is Kinship.DAMAGED
    tile.unlink()
    assert verdict(kept(tmp_path, LOG, 100), damaged) is Kinship.DAMAGED
    # What another one proves stands.
    assert pairs(kept(tmp_path, LOG, 100), damaged, export)[0].verdict is Kinship.SAME


def test_a_size_without_end_is_answered_at_once(export: Path, tmp_path: Path) -> None:
    far = tmp_path / "far.txt"
    far.write_bytes(sign_head(TreeHead(ORIGIN, 10**18, bytes(32)), KEY, SIGNER.sign))
    assert verdict(far, export) is Kinship.UNKNOWN
    claimed = LOG.export(tmp_path / "claimed")
    (claimed / "checkpoint").write_bytes(far.read_bytes())
    assert {pair.verdict for pair in pairs(claimed, export, far)} <= {
        *(Kinship.DAMAGED, Kinship.SAME, Kinship.UNKNOWN),
    }


def test_a_checkpoint_is_found_in_its_mail_and_in_a_receipt(
    export: Path, tmp_path: Path
) -> None:
    note = LOG.checkpoint(500)
    sender = ServiceAddress("rmp@chu.example", "RMP")
    mail = checkpoint_mail(
        MailedCheckpoint(note), sender, "dpo@ars.example", 1_800_000_000, "t" * 32
    )
    eml = tmp_path / "checkpoint.eml"
    eml.write_bytes(b"".join(piece.data for piece in mail.pieces if hasattr(piece, "data")))
    assert read_party(eml).note == note
    receipt = tmp_path / "a.tlog-proof"
    assert main.run(["access", "prove", str(export), "3", "-o", str(receipt)]) == 0
    assert read_party(receipt).head == LOG.head(SIZE)
    assert {pair.verdict for pair in pairs(eml, receipt, export)} == {Kinship.SAME}


@pytest.mark.parametrize(
    "content", [b"", b"no", bytes(1000), b"Subject: x\r\n\r\nno", b"a\n1\nb\n\n"]
)
def test_what_holds_no_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(FolderError):
        read_party(file)


def test_logs_of_two_names_are_not_compared(tmp_path: Path) -> None:
    name = "chu.example/rmp-2"
    key = VerifierKey(name, KEY.public)
    file = tmp_path / "other"
    file.write_bytes(sign_head(TreeHead(name, 300, LOG.head(300).root), key, SIGNER.sign))
    assert verdict(file, kept(tmp_path, LOG, 300)) is Kinship.OTHER


class Answer(NamedTuple):
    status: int
    out: str
    err: str


class Comparing:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str | Path) -> Answer:
        self._capsys.readouterr()
        status = main.run(["access", "compare", *map(str, arguments)])
        return Answer(status, *self._capsys.readouterr())


@pytest.fixture
def compare(capsys: pytest.CaptureFixture[str]) -> Comparing:
    return Comparing(capsys)


def test_one_history_is_status_0_with_the_proof(
    compare: Comparing, export: Path, tmp_path: Path
) -> None:
    old = kept(tmp_path, LOG, 300)
    said = compare(export, old, "--vkey", str(KEY))
    assert (said.status, said.err) == (0, "")
    assert f"{old} and {export} belong to one history: the first 300 entries" in said.out
    assert f"proof from 300 to 600 entries (RFC 6962), by {export}:" in said.out
    found = json.loads(compare(export, old, "--vkey", str(KEY), "--json").out)
    assert found["one_history"] is True
    assert [each["entries"] for each in found["parties"]] == [600, 300]
    assert found["pairs"][0]["proofs"][0]["path"]


@pytest.mark.promise(number=13)
def test_a_fork_is_status_1_and_shown(
    compare: Comparing, export: Path, other: Path, tmp_path: Path
) -> None:
    said = compare(export, other, "--vkey", str(KEY))
    assert said.status == 1
    assert "do not belong to one history" in said.err
    assert "the first entry that differs: 299" in said.out
    assert '{"action":"forged"}' in said.out
    french = compare(export, kept(tmp_path, OTHER, 300), "--lang", "fr")
    assert french.status == 1
    assert "ne sont pas d'une même histoire" in french.err
    assert "racine de 300 entrées selon" in french.out
    found = json.loads(compare(export, other, "--json").out)
    assert (found["one_history"], found["pairs"][0]["first_difference"]) == (False, 299)


def test_what_cannot_be_told_is_status_1(compare: Comparing, tmp_path: Path) -> None:
    said = compare(kept(tmp_path, LOG, 300), kept(tmp_path, LOG, 500))
    assert said.status == 1
    assert "without an export of 500 entries" in said.err
    assert "who signed is not verified" in said.out


def test_a_wrong_signature_is_status_1(
    compare: Comparing, export: Path, tmp_path: Path
) -> None:
    stranger = Ed25519PrivateKey.generate()
    key = VerifierKey(ORIGIN, stranger.public_key().public_bytes_raw())
    file = tmp_path / "forged"
    file.write_bytes(sign_head(LOG.head(300), key, stranger.sign))
    said = compare(export, file, "--vkey", str(KEY))
    assert said.status == 1
    assert "not signed by the expected key" in said.err


def test_whoever_signed_by_a_former_key_is_of_the_same_history(
    compare: Comparing, tmp_path: Path
) -> None:
    log = HandedLog(made_entries(400), [(0, FIRST), (300, SECOND)])
    export = log.export(tmp_path / "handed")
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(log.checkpoint(200))
    new.write_bytes(log.checkpoint(350))
    for key in (FIRST, SECOND):
        assert compare(export, old, new, "--vkey", str(key.public)).status == 0
    # Without the hand-over nobody can tell who the other key is; a former key's later word is
    # worth nothing.
    assert compare(new, new, "--vkey", str(FIRST.public)).status == 1
    assert compare(new, new, "--vkey", str(FIRST.public), "--handover", export).status == 0
    new.write_bytes(FIRST.sign(log, 350))
    said = compare(export, new, "--vkey", str(FIRST.public), "--lang", "fr")
    assert said.status == 1
    assert "ce qu'elle signe après ne vaut rien" in said.err


def test_two_are_needed(compare: Comparing, export: Path) -> None:
    assert compare(export).status == 2
