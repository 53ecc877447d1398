"""What who writes an export, a receipt or a mail can make the auditors' commands say."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from access_case import KEY, MadeLog, made_entries
from forged_case import entry, exported, receipt, said_by

from rmp_milter.audit.folder import FolderError, tiles_there
from rmp_milter.audit.parties import read_party
from rmp_milter.audit.verify import verify

HOSTILE = ("proved", "prouvé", "motif", "words", "entry", "\x1b[2J\nprouvé", "\u202eabc", "")


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_fields_name_passes_for_no_line_of_ours(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, language: str
) -> None:
    log = MadeLog([entry(**{name: "as it says itself"})])
    folder = log.export(tmp_path / "log")
    for words in (["show", folder, 0], ["verify", receipt(tmp_path, log, 0)]):
        said = said_by(capsys, *words, "--lang", language)
        (line,) = (each for each in said.splitlines() if "as it says itself" in each)
        assert all(each.isprintable() for each in said.splitlines())
        ours = {"proved", "prouvé", "words", "entry", *(["motif"] * (language == "fr"))}
        assert line.split()[0] not in ours


def test_json_steers_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sender = "\x9b31m\x1b]0;x\x07\u202eé\U000e0041"
    folder = exported(tmp_path, entry(sender=sender))
    for words in (["list", folder], ["show", folder, 0]):
        said = said_by(capsys, *words, "--json")
        assert all(line.isprintable() for line in said.splitlines())
        assert "é" in said
        told = json.loads(said)
        event = told[0] if isinstance(told, list) else told["event"]
        assert event["sender"] == sender


def test_no_head_of_a_column_begins_as_a_formula_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = exported(tmp_path, entry(**{"=1+1": "a"}))
    assert '"\'=1+1"' in said_by(capsys, "list", folder, "--csv")


def test_an_entry_gives_itself_no_other_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = exported(tmp_path, entry(), entry(entry=7))
    assert [
        each["entry"] for each in json.loads(said_by(capsys, "list", folder, "--json"))
    ] == [
        0,
        1,
    ]
    assert '"7"' not in said_by(capsys, "list", folder, "--csv")


def test_a_receipt_of_an_entry_that_says_nothing_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = receipt(tmp_path, MadeLog([b'{"a":1}']), 0)
    assert "is this one, and no other" in said_by(capsys, "receipt", file, "--vkey", KEY)


DEEP: Sequence[bytes] = (
    b"Content-Type: message/rfc822\n\n" * 3000,
    b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000)
    ),
    b"Content-Type: " + b"(" * 200_000 + b"\n\nx\n",
    b"Content-Transfer-Encoding: " + b"(" * 200_000 + b"\n\nx\n",
    b"Content-Type: text/plain" + b"; a=b" * 100_000 + b"\n\nx\n",
)


@pytest.mark.parametrize("mail", DEEP, ids=["rfc822", "multipart", "type", "encoding", "words"])
def test_a_mail_without_end_holds_no_checkpoint(tmp_path: Path, mail: bytes) -> None:
    file = tmp_path / "a.eml"
    file.write_bytes(b"From: a@b\n" + mail)
    with pytest.raises(FolderError, match=r"a\.eml"):
        read_party(file)


def test_folders_without_end_are_not_walked_through(tmp_path: Path) -> None:
    folder = exported(tmp_path, *made_entries(3))
    level = folder / "tile" / "0"
    for above in ("/".join(["x001"] * 9), "a/b", "x1"):
        (level / above).mkdir(parents=True)
        (level / above / "002").write_bytes(b"")
    (level / "x003").mkdir()
    (level / "x003" / "004").write_bytes(b"")
    (level / "root").symlink_to("/")
    assert tiles_there(folder, 0) == {0, 3004}
    assert verify(folder, KEY).findings == []
