"""What is wrong with what an auditor gave is said in French, however deep it comes from."""

from pathlib import Path

import pytest
from access_case import KEY, MadeLog, made_entries

from rmp_milter.audit.reasons import new_auditor_key
from rmp_milter.cli import audit_main

WRONG = [
    "nothing",
    "verify",
    "verify nothing",
    "verify empty",
    "verify empty.txt",
    "verify no-signature",
    "verify cut",
    "verify log --vkey nothing",
    "verify log --vkey octets",
    "verify log --vkey empty.txt",
    "verify log --vkey a+b",
    "verify log --checkpoint nothing",
    "verify log --checkpoint empty.txt",
    "verify log --checkpoint octets",
    "verify log --policy nothing",
    "verify log --policy octets",
    "verify log --policy key.txt",
    "verify log --handover empty.txt",
    "verify log --handover empty",
    "verify log --such",
    "verify log more",
    "verify large",
    "list",
    "list empty",
    "list key.txt",
    "list cut",
    "list no-events",
    "list log --since yesterday",
    "list log --kind such",
    "list log --doctor 1",
    "list log --state such",
    "list log --csv --json",
    "show log",
    "show log x",
    "show log 99",
    "show log 3 --key nothing",
    "show log 3 --key key.txt",
    "show no-events 0",
    "prove log 99",
    "prove log 3 -o nowhere/proof",
    "prove log 3 -o empty",
    "receipt",
    "receipt empty.txt",
    "receipt octets",
    "compare log",
    "compare log nothing",
    "compare log octets",
    "compare log empty",
    "overdue empty",
    "overdue log --justify-hours x",
    "overdue log --review-hours 0",
    "report log",
    "report log --month x",
    "report log --month 2026-11 --by x",
    "report log --month 2026-11 --pdf nowhere/x.pdf",
    "report log --month 2026-11 --pdf empty",
    "report log --month 2026-11 --pdf x.pdf --zone Mars",
    "report log --month 2026-11 --pdf x.pdf --namesakes octets",
    "report log --month 2026-11 --pdf x.pdf --issued x",
    "unusual log --namesakes key.txt",
    "unusual log --namesakes nothing",
    "unusual log --threshold 0",
    "figures log --month x",
    "figures log --by x",
    "keys empty",
    "new-key",
    "new-key reasons.key",
    "new-key nowhere/reasons.key",
    "witness such",
    "witness key new",
    "witness key new witness a+b",
    "witness key new nowhere/witness ars.example/w",
    "witness key show empty",
    "witness watch empty key.txt",
    "witness serve empty",
    "witness push log",
    "witness status log --policy octets",
    "witness take log empty.txt --policy key.txt",
]
"""Command lines, none of which can be done."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wrong")
    MadeLog(made_entries(30)).export(folder / "log")
    MadeLog([b"no event"]).export(folder / "no-events")
    for name in ("cut", "no-signature"):
        MadeLog(made_entries(30)).export(folder / name)
    for file in (folder / "cut/tile/entries").rglob("*"):
        if file.is_file():
            file.write_bytes(file.read_bytes()[:20])
    (folder / "no-signature/checkpoint").write_text("x\n")
    (folder / "empty").mkdir()
    (folder / "empty.txt").touch()
    (folder / "octets").write_bytes(b"\xff\xfe")
    (folder / "large").write_bytes(bytes(4 << 20))
    (folder / "key.txt").write_text(f"{KEY}\n")
    (folder / "reasons.key").write_bytes(new_auditor_key().private)
    return folder


@pytest.mark.parametrize("line", WRONG)
def test_an_error_is_not_said_in_english(
    line: str, place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setenv("LANG", "C")
    said = {}
    for language in ("en", "fr"):
        monkeypatch.setenv("LC_ALL", f"{language}_FR.UTF-8")
        assert audit_main.run(line.split()) in {1, 2}
        said[language] = [
            each
            for each in capsys.readouterr().err.splitlines()
            if not each.startswith(("hint: ", "conseil : ", "conseil: "))
        ]
        assert said[language]
        assert "Traceback" not in str(said)
    assert set(said["en"]).isdisjoint(said["fr"])
    assert "[Errno" not in str(said)
