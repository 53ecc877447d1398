"""The shipped units: correct, and closed as far as they claim."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from rmp_milter.cli.processes import NICE
from rmp_milter.config import parse
from rmp_milter.trust.folder import ANCHORS, LISTS

UNITS = Path(__file__).parents[2] / "systemd"
SERVICES = ("rmp-keeper", "rmp-milter", "rmp-courier")
ORDERED = ("postfix", "postfix@-", "postfix@rmp")
"""Debian's names of Postfix's units: 13 has the first and the last, 12 all three."""

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The units with a program in place of the one that is not installed here."""
    folder = tmp_path_factory.mktemp("units")
    for unit in (*UNITS.glob("*.service"), *UNITS.glob("*.target"), *UNITS.glob("*.timer")):
        text = unit.read_text().replace("/usr/bin/rmp", "/bin/true")
        (folder / unit.name).write_text(text)
    for each in ORDERED:
        (folder / f"{each}.service").write_text("[Service]\nExecStart=/bin/true\n")
        template = re.sub(r"@[^.]+", "@", f"{each}.service.d")
        shutil.copytree(UNITS / template, folder / template, dirs_exist_ok=True)
    return folder


def test_systemd_finds_no_fault_in_the_units(units: Path) -> None:
    files = sorted(str(file) for file in units.iterdir() if file.is_file())
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *files], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr.decode()) == (0, "")


@pytest.mark.parametrize(
    ("service", "most"),
    [
        ("rmp-keeper", 0.4),
        ("rmp-milter", 0.4),
        ("rmp-courier", 0.9),
        ("rmp-audit", 0.4),
        ("rmp-alert", 0.5),
        ("rmp-trust", 1.2),
        ("rmp-witness", 1.3),
        ("rmp-check", 1.4),
        ("rmp-backup", 1.7),
        ("rmp-again@", 0.7),
        ("rmp-tunnel@", 1.2),
    ],
)
def test_a_unit_is_exposed_no_more_than_this(units: Path, service: str, most: float) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", f"{service}.service"],
        capture_output=True,
        check=True,
        cwd=units,
    )
    found = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout.decode())
    assert found is not None
    assert float(found[1]) <= most


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.promise(number=2)
def test_no_part_may_write_where_another_ones_secrets_are(service: str) -> None:
    lines = (UNITS / f"{service}.service").read_text().splitlines()
    writable = " ".join(line for line in lines if line.startswith("ReadWritePaths="))
    others = {"rmp-keeper", "rmp-milter", "rmp-courier"} - {service}
    for other in others:
        assert f"/var/lib/rmp/{other.removeprefix('rmp-')} " not in f"{writable} "


@pytest.mark.promise(number=2)
def test_the_operators_socket_lies_where_no_other_part_can_see_it() -> None:
    config = parse(
        '[service]\naddresses = ["rmp@chu.example"]\n', Path("/var/lib/rmp/rmp.toml")
    )
    place = config.sockets.operator
    (writable,) = re.findall(r"^ReadWritePaths=(.*)", text_of("rmp-keeper"), re.MULTILINE)
    assert str(place.parent) in writable.split()
    for other in ("rmp-milter", "rmp-courier"):
        hidden = re.findall(r"^InaccessiblePaths=(.*)", text_of(other), re.MULTILINE)
        assert f"-{place.parent}" in " ".join(hidden).split()
    stale = (UNITS / "tmpfiles.d" / "rmp.conf").read_text()
    assert f"\nr! {place}\n" in stale


@pytest.mark.promise(number=2)
def test_who_fetches_lists_sees_nothing_of_the_service_but_what_he_needs() -> None:
    lines = text_of("rmp-trust").splitlines()
    said = dict(line.split("=", 1) for line in lines if line.startswith(("Temp", "Bind")))
    trust = "/var/lib/rmp/keeper/trust"
    assert said == {
        "TemporaryFileSystem": "/var/lib/rmp:ro",
        "BindReadOnlyPaths": f"{trust}/{ANCHORS}",
        "BindPaths": f"{trust}/{LISTS}",
    }
    assert [line for line in lines if line.startswith("ReadWritePaths=")] == []
    assert "ProtectSystem=strict" in lines
    user = next(line for line in lines if line.startswith("User="))
    assert user == "User=rmp-trust"


@pytest.mark.promise(number=2)
def test_who_carries_calls_between_hosts_sees_no_key_but_its_own_and_no_dossier() -> None:
    lines = text_of("rmp-tunnel@").splitlines()
    said = dict(line.split("=", 1) for line in lines if line.startswith(("Temp", "Bind")))
    assert said == {
        "TemporaryFileSystem": "/var/lib/rmp:ro",
        "BindReadOnlyPaths": "-/var/lib/rmp/tunnel -/var/lib/rmp/run/keeper",
        "BindPaths": "-/var/lib/rmp/run/tunnel",
    }
    assert "ProtectSystem=strict" in lines
    assert "User=rmp-tunnel" in lines
    assert [line for line in lines if line.startswith("ReadWritePaths=")] == []


@pytest.mark.promise(number=2)
def test_who_asks_witnesses_sees_no_entry_of_the_log_and_nothing_of_the_service() -> None:
    lines = text_of("rmp-witness").splitlines()
    hidden = [line for line in lines if line.startswith("InaccessiblePaths=")]
    export = "-/var/lib/rmp-audit/export"
    assert hidden == [
        "InaccessiblePaths=-/var/lib/rmp",
        f"InaccessiblePaths={export}/tile/entries {export}/reasons",
    ]
    writable = [line for line in lines if line.startswith("ReadWritePaths=")]
    assert writable == ["ReadWritePaths=/var/lib/rmp-witness"]
    assert "User=rmp-witness" in lines
    assert "ProtectSystem=strict" in lines


def text_of(service: str) -> str:
    return (UNITS / f"{service}.service").read_text()


@pytest.mark.parametrize(
    "service",
    [*SERVICES, *(f"rmp-{each}" for each in ("check", "backup", "audit", "alert", "status"))],
)
def test_who_opens_store_or_log_starts_after_their_server_and_ends_before(service: str) -> None:
    """A server that is stopped first would hold every mail in hand for its whole patience."""
    orders = re.findall(r"^After=(.*)", text_of(service), re.MULTILINE)
    assert "postgresql.service" in " ".join(orders).split()


def test_only_the_courier_has_a_network_and_only_this_machine() -> None:
    texts = {name: (UNITS / f"{name}.service").read_text() for name in SERVICES}
    for name in ("rmp-keeper", "rmp-milter"):
        assert "PrivateNetwork=yes\n" in texts[name]
        assert "RestrictAddressFamilies=AF_UNIX\n" in texts[name]
    assert "IPAddressAllow=localhost\nIPAddressDeny=any\n" in texts["rmp-courier"]


def test_the_courier_alone_gives_way_as_it_does_without_systemd() -> None:
    texts = {name: (UNITS / f"{name}.service").read_text() for name in SERVICES}
    assert [name for name in SERVICES if "\nNice=" in texts[name]] == ["rmp-courier"]
    assert f"\nNice={NICE}\n" in texts["rmp-courier"]


def test_all_units_run_the_installed_program_by_its_one_configuration() -> None:
    for unit in UNITS.glob("*.service"):
        text = unit.read_text()
        assert "RMP_CONFIG" not in text
        programs = set(re.findall(r"^Exec\w+=[-+!@:]*(\S+)", text, re.MULTILINE))
        wanted = "/usr/bin/systemctl" if unit.name == "rmp-again@.service" else "/usr/bin/rmp"
        assert programs == {wanted}
    for service in SERVICES:
        assert "\nConditionPathExists=/etc/rmp/rmp.toml\n" in text_of(service)


@pytest.mark.parametrize("service", SERVICES)
def test_a_part_is_tried_for_ever_and_shows_that_it_fails(service: str) -> None:
    said = dict(re.findall(r"^(\w+)=(.*)", text_of(service), re.MULTILINE))
    assert (said["Restart"], said["OnFailure"]) == ("always", "rmp-again@%N.timer")
    tries, pause = int(said["StartLimitBurst"]), int(said["RestartSec"])
    within = int(said["StartLimitIntervalSec"].removesuffix("min")) * 60
    # Else no burst is ever full, and nothing fails: a slow machine takes half a minute a try.
    assert tries * (pause + 30) < within
    assert "\nPartOf=rmp.target\n" in (UNITS / "rmp-again@.timer").read_text()
    steps = re.findall(r"^ExecStart=\S+ (.*)", text_of("rmp-again@"), re.MULTILINE)
    assert steps == ["reset-failed %i.service", "start --no-block %i.service"]


@pytest.mark.parametrize("unit", ORDERED)
def test_every_instance_of_postfix_starts_after_the_milter(units: Path, unit: str) -> None:
    done = subprocess.run(
        ["systemd-analyze", "--man=no", "--recursive-errors=yes", "verify", f"{unit}.service"],
        capture_output=True,
        check=False,
        cwd=units,
    )
    assert (done.returncode, done.stderr.decode()) == (0, "")
    place = re.sub(r"@[^.]+", "@", f"{unit}.service.d")
    assert "\nAfter=rmp-milter.service\n" in (UNITS / place / "rmp.conf").read_text()


def test_the_users_and_groups_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    command = ["systemd-sysusers", f"--root={tmp_path}", str(UNITS / "sysusers.d/rmp.conf")]
    subprocess.run(command, check=True, capture_output=True)
    groups = (tmp_path / "etc" / "group").read_text()
    (store,) = [line for line in groups.splitlines() if line.startswith("rmp-store:")]
    assert set(store.rpartition(":")[2].split(",")) == {"rmp-milter", "rmp-courier"}
    users = (tmp_path / "etc" / "passwd").read_text()
    assert [line.split(":")[0] for line in users.splitlines()] == [
        *SERVICES,
        "rmp-trust",
        "rmp-tunnel",
        "rmp-witness",
    ]


def test_the_folders_can_be_made(tmp_path: Path) -> None:
    users = (("rmp-milter", 901), ("rmp-keeper", 903), ("rmp-witness", 905))
    passwd = ["root:x:0:0::/:/bin/sh", *(f"{name}:x:{n}:{n}::/:/bin/sh" for name, n in users)]
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd").write_text("\n".join([*passwd, ""]))
    (tmp_path / "etc" / "group").write_text(
        "root:x:0:\npostfix:x:902:\nrmp-audit:x:904:\nrmp-witness:x:905:\n"
    )
    file = UNITS / "tmpfiles.d/rmp.conf"
    command = ["systemd-tmpfiles", "--create", f"--root={tmp_path}", str(file)]
    done = subprocess.run(command, check=False, capture_output=True)
    assert (done.returncode, done.stderr.decode()) == (0, "")
    status = (tmp_path / "var/spool/postfix/rmp").stat()
    assert (status.st_mode & 0o7777, status.st_uid, status.st_gid) == (0o2750, 901, 902)
    status = (tmp_path / "var/lib/rmp-audit/export").stat()
    assert (status.st_mode & 0o7777, status.st_uid, status.st_gid) == (0o2750, 903, 904)
    status = (tmp_path / "var/lib/rmp-witness").stat()
    assert (status.st_mode & 0o7777, status.st_uid, status.st_gid) == (0o755, 905, 905)


@pytest.mark.parametrize("service", SERVICES)
def test_a_part_that_systemd_waits_for_can_speak_to_it(service: str) -> None:
    said = dict(re.findall(r"^(\w+)=(.*)", text_of(service), re.MULTILINE))
    if said["Type"].startswith("notify"):  # its socket is a unix socket
        assert "AF_UNIX" in said["RestrictAddressFamilies"].split()
