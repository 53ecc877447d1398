"""``rmp key list``: each key of the service, in 80 columns and for programs."""

import json
import shutil
from pathlib import Path

from rmp_case import Rmp

KEYS = {
    *("keeper/service.key", "keeper/custody.key", "keeper/pepper.key", "keeper/waiting.key"),
    *("keeper/log.key", "keeper/auditor.pub", "milter/metadata.key", "milter/index.key"),
    *("shared/outbox.key", "courier/dkim.key", "keeper/acts.key"),
}


def test_every_key_is_listed_in_80_columns(rmp: Rmp) -> None:
    said = rmp("key", "list")
    head, *rows = said.out.splitlines()
    assert head.split() == ["FILE", "FOR", "SINCE", "UNTIL", "USE"]
    assert max(map(len, [head, *rows])) <= 80
    assert {row.split()[0] for row in rows} >= KEYS
    assert len(rows) == len(KEYS) + 1  # and the one of S/MIME


def test_programs_read_the_same(rmp: Rmp) -> None:
    found = {each["file"]: each for each in json.loads(rmp("key", "list", "--json").out)}
    assert found.keys() >= KEYS
    assert {each["known_again"] for each in found.values()} == {True}
    assert {each["use"] for each in found.values()} == {"in use"}
    (smime,) = [each for name, each in found.items() if "smime" in name]
    assert smime["since"] < smime["until"]


def test_what_is_missing_or_another_ones_shows(rmp: Rmp, service: Path) -> None:
    keeper = service / "keeper"
    shutil.copy(keeper / "custody.key", keeper / "waiting.key")
    (service / "milter" / "index.key").unlink()
    found = {each["file"]: each for each in json.loads(rmp("key", "list", "--json").out)}
    assert not found["keeper/waiting.key"]["known_again"]
    assert found["keeper/custody.key"]["known_again"]
    assert found["milter/index.key"]["use"] == "missing"
    assert "not proven" in rmp("key", "list").out
