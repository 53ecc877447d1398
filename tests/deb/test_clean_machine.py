"""From the package to the first answer and back, on a Debian of its own that has no network."""

from collections.abc import Iterator

import pytest
from mail_host import (
    PARTS,
    Admin,
    Step,
    await_parts,
    be_a_mail_host,
    first_circuit,
    machine_with_package,
    machines_doctor,
    on_a_machine,
    see_reboot,
)

from deb.releases import RELEASES, DebianRelease
from testbed.doctor import Doctor
from testbed.machine import VirtualMachine

MOST_COMMANDS = 10

pytestmark = on_a_machine

WITNESS = "/var/lib/temoin"
POLICY = "/etc/rmp/temoins.txt"
# Its user reads the log's hashes, and no entry.
HASHES_ALONE = """\
[Service]
ExecStartPre=/bin/sh -c 'ls /var/lib/rmp-audit/export/tile/0'
ExecStartPre=/bin/sh -c '! ls /var/lib/rmp-audit/export/tile/entries'
ExecStartPre=/bin/sh -c '! ls /var/lib/rmp/keeper'
"""


@pytest.fixture(params=RELEASES, ids=lambda release: f"debian-{release.number}")
def release(request: pytest.FixtureRequest) -> DebianRelease:
    assert isinstance(request.param, DebianRelease)
    return request.param


@pytest.fixture
def machine(release: DebianRelease) -> Iterator[VirtualMachine]:
    with machine_with_package(release) as made:
        yield made


@pytest.fixture
def doctor() -> Iterator[Doctor]:
    with machines_doctor() as made:
        yield made


def test_a_clean_machine_answers_after_few_commands_and_survives_what_years_bring(
    machine: VirtualMachine, doctor: Doctor, step: Step
) -> None:
    admin = Admin(machine)
    with step("a mail host, and the first answer"):
        be_a_mail_host(machine)
        first_circuit(admin, doctor)
    assert len(admin.typed) <= MOST_COMMANDS, admin.typed
    with step("units and their order"):
        _see_units(machine)
    with step("a witness"):
        _see_witness(machine)
    with step("two upgrades"):
        _see_upgrade(machine)
    with step("a boot"):
        see_reboot(machine, doctor)
    with step("a crash loop"):
        _see_crash_loop(machine)
    with step("a purge"):
        _see_purge(machine)


def _see_units(machine: VirtualMachine) -> None:
    """See order, ends and failures as systemd has them."""
    units = "systemctl list-units --plain --no-legend --state=running 'postfix*.service'"
    instances = [line.split()[0] for line in machine.run(units).out.splitlines()]
    assert len(instances) == 2  # the machine's own, and the service's
    for instance in instances:
        assert "rmp-milter.service" in machine.run(f"systemctl show -P After {instance}").out
    machine.run("systemctl stop rmp.target")
    for part in PARTS:
        state = machine.run(f"systemctl show -P ActiveState {part}").out
        assert state == "inactive\n"
    machine.run("systemctl start rmp.target")
    await_parts(machine)
    machine.run("systemctl start rmp-check.service")
    assert '"fine":true' in machine.run("cat /var/lib/rmp/store/diary/store-check.json").out
    machine.run("man -w rmp && man -w rmp.toml")


def _see_witness(machine: VirtualMachine) -> None:
    """See the log cosigned by a witness, asked by a user of its own who reads no entry."""
    _have_witness(machine)
    machine.run("systemctl start rmp-audit.service && systemctl start rmp-witness.service")
    export = "/var/lib/rmp-audit/export"
    # What came back is in the next export, which the unit has made once it succeeds.
    machine.wait_for(f"rmp access verify {export} --policy {POLICY}", within=120)
    assert "the policy is met" in machine.run("rmp access witness status").out
    owners = machine.run("stat -c %U /var/lib/rmp-witness/*").out.split()
    assert set(owners) == {"rmp-witness"}
    checked = machine.run("rmp check", check=False).out
    assert "witness" not in checked, checked
    machine.run("systemctl stop temoin && systemctl start rmp-audit.service")
    machine.run("systemctl start rmp-witness.service")  # a silence of less than a day is none
    assert "did not answer" in machine.run("journalctl -u rmp-witness -o cat").out


def _have_witness(machine: VirtualMachine) -> None:
    """Have a witness on the machine, which elsewhere is another's, and a policy that names it."""
    made = machine.run(f"rmp access witness key new {WITNESS} ars.example/temoin").out
    log = machine.run("rmp access key").out.strip()
    machine.run(f"rmp access witness watch {WITNESS} {log}")
    machine.run(f"systemd-run --unit=temoin rmp access witness serve {WITNESS}")
    policy = (
        "# rmp witness policy 1\n"
        f"log {log}\n"
        f"witness ars {made.split()[0]} http://127.0.0.1:8047\n"
        "quorum ars\n"
    )
    machine.put(POLICY, policy.encode())
    setting = f'witness_policy = "{POLICY}"'
    machine.run(f"sed -i 's,^witness_policy = .*,{setting},' /etc/rmp/rmp.toml")
    machine.wait_for("journalctl -u temoin -o cat | grep -q listens")
    beside = "/etc/systemd/system/rmp-witness.service.d"
    machine.run(f"mkdir {beside}")
    machine.put(f"{beside}/try.conf", HASHES_ALONE.encode())
    machine.run("systemctl daemon-reload")


def _pids(machine: VirtualMachine) -> list[str]:
    return machine.run(f"systemctl show -P MainPID {' '.join(PARTS)}").out.split()


def _see_upgrade(machine: VirtualMachine) -> None:
    """See that what runs is restarted, but not beside a store that it could not use."""
    again = "apt-get install -y --reinstall /srv/packages/rmp-milter_*.deb"
    before = _pids(machine)
    machine.run(again)
    await_parts(machine)
    restarted = _pids(machine)
    assert set(before).isdisjoint(restarted)
    machine.run("mv /var/lib/rmp/store/data.mdb /var/lib/rmp/store/away")
    said = machine.run(again)
    machine.run("mv /var/lib/rmp/store/away /var/lib/rmp/store/data.mdb")
    assert "the services run on" in said.out
    assert _pids(machine) == restarted


def _see_crash_loop(machine: VirtualMachine) -> None:
    """See that a part that cannot start is shown as failed, and comes back by itself."""
    key = "/var/lib/rmp/milter/index.key"
    machine.run(f"mv {key} {key}.away; systemctl kill -s KILL rmp-milter")
    machine.wait_for("systemctl is-failed rmp-milter", within=700)
    assert "rmp-milter.service" in machine.run("systemctl --failed --no-legend").out
    machine.run("systemctl is-active rmp-again@rmp-milter.timer")
    machine.run(f"mv {key}.away {key}")
    machine.wait_for("systemctl is-active rmp-milter", within=600)


def _see_purge(machine: VirtualMachine) -> None:
    """See that dossiers and keys stay, until they are asked for twice."""
    machine.run("apt-get purge -y rmp-milter")
    assert machine.run("ls /usr/lib/rmp-milter /usr/bin/rmp", check=False).status != 0
    machine.run("test -e /var/lib/rmp/keeper/service.key && test -e /etc/rmp/rmp.toml")
    machine.run("apt-get install -y /srv/packages/rmp-milter_*.deb")
    machine.run("systemctl start rmp.target")
    await_parts(machine)
    machine.run("touch /etc/rmp/erase-with-package && apt-get purge -y rmp-milter")
    for place in ("/var/lib/rmp", "/etc/rmp", "/var/lib/rmp-audit"):
        assert machine.run(f"test -e {place}", check=False).status != 0
