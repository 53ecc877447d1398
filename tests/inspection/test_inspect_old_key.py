"""A mail to a key that the service had: refused by its reason, whichever key opens it."""

import shutil
from pathlib import Path

import pytest
from inspect_case import HEADER, Inspect, Said

from rmp_milter.cli import main
from testbed.doctor import Doctor

pytestmark = pytest.mark.integration

OVER, STILL = "service-until-20200101.key", "service-until-20990101.key"


@pytest.fixture
def rotated(service: Path, tmp_path: Path) -> Path:
    """A service that has another key; the former one is not there yet as such."""
    folder = tmp_path / "rmp"
    shutil.copytree(service, folder, ignore=shutil.ignore_patterns("run"))
    other = tmp_path / "other"
    assert main.run(["init", str(other), "--address", "rmp@chu.example"]) == 0
    shutil.copy2(other / "keeper" / "service.key", folder / "keeper" / "service.key")
    text = (folder / "rmp.toml").read_text()
    (folder / "rmp.toml").write_text(text.replace(str(service), str(folder)))
    return folder


@pytest.fixture
def mail(service: Path) -> bytes:
    with Doctor("Dr Eve", "eve@cab.example") as eve:
        eve.import_key((service / "public" / "service.asc").read_bytes())
        return eve.pgp_mime(HEADER)


def looked_at(inspect: Inspect, mail: bytes, folder: Path, key: Path) -> Said:
    return inspect.as_json(mail, "--config", str(folder / "rmp.toml"), "--secret-key", str(key))


@pytest.mark.parametrize("own", [True, False], ids=["the former key", "the present one"])
def test_what_only_a_key_that_is_over_opens_is_refused_by_its_reason(
    inspect: Inspect, mail: bytes, service: Path, rotated: Path, *, own: bool
) -> None:
    former = Path(shutil.copy2(service / "keeper" / "service.key", rotated / "keeper" / OVER))
    key = former if own else rotated / "keeper" / "service.key"
    said = looked_at(inspect, mail, rotated, key)
    assert (said.status, said.at("verdict", "text")) == (1, "old-key")
    told = inspect.mail(mail, "--config", str(rotated / "rmp.toml"), "--secret-key", str(key))
    assert "Ce message est chiffré avec une ancienne clé du service" in told.out


def test_a_former_key_opens_until_its_day(
    inspect: Inspect, mail: bytes, service: Path, rotated: Path
) -> None:
    former = Path(shutil.copy2(service / "keeper" / "service.key", rotated / "keeper" / STILL))
    assert looked_at(inspect, mail, rotated, former).status == 0
    present = looked_at(inspect, mail, rotated, rotated / "keeper" / "service.key")
    assert present.at("verdict", "text") == "unreadable"


def test_where_the_services_keys_are_not_known_a_key_opens_what_it_can(
    inspect: Inspect, mail: bytes, service: Path
) -> None:
    key = service / "keeper" / "service.key"
    assert inspect.as_json(mail, "--secret-key", str(key)).status == 0
