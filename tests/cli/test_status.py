"""``rmp status`` of a real service: what runs, what does not, what monitoring reads."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rmp_milter.status.pulse import Beating, Tick, felt
from testbed.host import Host
from testbed.service import Part
from testbed.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.slow]

CREATION = "Demande : création\nPatient : MESURE Jean\nNé le : 30/01/1959\nConsentement : oui\n"
COUNTS = ((Beating.MILTER, Tick.TAKEN), (Beating.COURIER, Tick.SENT))
DOCS = Path(__file__).parents[2] / "docs" / "monitoring"


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    host = Host(by_library=True)
    try:
        host.start()
        doctor = host.doctor("Dr Jean CLAIR", "clair@cabinet.test")
        host.ask(doctor, doctor.pgp_mime(CREATION))
        wait_until(
            lambda: counted(host, Beating.MILTER, Tick.TAKEN) == 1, 60, "the milter's pulse"
        )
        wait_until(
            lambda: counted(host, Beating.COURIER, Tick.SENT) == 1, 60, "the courier's pulse"
        )
        yield host
    finally:
        host.close()


def counted(host: Host, part: Beating, what: Tick) -> int:
    """Look into the pulse itself, as who waits asks again and again."""
    pulse = felt(host.service.folder / "store", part)
    return pulse.counts[what] if pulse else 0


def test_a_service_that_is_well(host: Host) -> None:
    shown = host.service.rmp("status")
    lines = shown.stdout.decode().splitlines()
    assert shown.returncode == 0
    assert any(line.startswith("keeper") and line.endswith("answers") for line in lines)
    assert any("1 taken, 0 refused, 0 put off" in line for line in lines)
    assert lines[-1] == "0 errors, 2 warnings"  # nobody has made a backup, nor a check


def test_programs_are_told_what_each_process_counted(host: Host) -> None:
    held = json.loads(host.service.rmp("status", "--json").stdout)["held"]
    assert [held[part]["pulse"]["counts"][what] for part, what in COUNTS] == [1, 1]


def test_nobody_and_nothing_is_named(host: Host) -> None:
    options: list[list[str]] = [[], ["--json"], ["--openmetrics"]]
    for each in options:
        out = host.service.rmp("status", *each).stdout.decode().lower()
        assert not any(word in out for word in ("clair", "mesure", "cabinet.test", "1959"))


def test_metrics_are_written_whole(host: Host, tmp_path: Path) -> None:
    file = tmp_path / "rmp.prom"
    host.service.rmp("status", "--openmetrics", "--output", str(file))
    text = file.read_text()
    assert 'rmp_mails_total{result="taken"} 1\n' in text
    assert text.endswith("# EOF\n")
    assert file.stat().st_mode & 0o777 == 0o644
    assert [each.name for each in tmp_path.iterdir()] == ["rmp.prom"]


@pytest.mark.soak
def test_prometheus_can_read_the_metrics_and_the_rules(host: Host) -> None:
    metrics = host.service.rmp("status", "--openmetrics").stdout
    for command in (["check", "metrics"], ["check", "rules", str(DOCS / "alerts.yml")]):
        done = subprocess.run(
            ["promtool", *command], input=metrics, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert b"FAILED" not in done.stdout + done.stderr


def test_a_service_that_is_stopped(host: Host) -> None:
    """Last of all: the service is not well afterwards."""
    (pid,) = host.service.pids_of(Part.MILTER)
    host.service.stop()
    found = host.service.rmp("status", check=False)
    out = found.stdout.decode()
    assert found.returncode == 1
    assert "error: the keeper does not answer: every mail is put off" in out
    assert "error: the milter does not run: Postfix puts off every mail" in out
    assert not Path(f"/proc/{pid}").exists()
