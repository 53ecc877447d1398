"""From the package to the first answer and back, on a Debian of its own that has no network."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deb.build import build
from deb.releases import RELEASES, DebianRelease, PackageTarget
from testbed.doctor import Doctor
from testbed.folders import own_folder
from testbed.machine import NEEDED, VirtualMachine, machine_image, virtual_machine

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "build" / "machines"
SERVICE = "rmp@rmp.chu.example"
DOCTOR = "paul@cabinet.example"
PARTS = ("rmp-keeper", "rmp-milter", "rmp-courier")
MOST_COMMANDS = 10

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root makes an image"),
    pytest.mark.skipif(
        not all(map(shutil.which, NEEDED)), reason=f"not all of {', '.join(NEEDED)} are there"
    ),
]

SENT = """\
import smtplib, sys
with smtplib.SMTP("127.0.0.2", timeout=300) as server:
    server.sendmail(sys.argv[1], sys.argv[2], sys.stdin.buffer.read())
"""

SECOND_ADDRESS = """\
[Unit]
Before=network.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/ip address add 127.0.0.2/8 dev lo
[Install]
WantedBy=multi-user.target
"""

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
def folder() -> Iterator[Path]:
    made = own_folder("machine-", on_disk=True)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def machine(release: DebianRelease, folder: Path) -> Iterator[VirtualMachine]:
    """A mail host with the package at hand, and nothing of ours installed."""
    package = build(PackageTarget(release, "amd64"), folder)
    disk = folder / "package.tar"
    subprocess.run(["tar", "-C", folder, "-cf", disk, package.name], check=True)
    with virtual_machine(machine_image(release.codename, IMAGES), folder, [disk]) as started:
        started.run("mkdir /srv/packages && tar -C /srv/packages -xf /dev/vdb")
        yield started


@pytest.fixture
def doctor() -> Iterator[Doctor]:
    with Doctor("Dr Paul DEMO", DOCTOR, SERVICE) as made:
        yield made


class Admin:
    """Who installs the service; counts what he has to type."""

    def __init__(self, machine: VirtualMachine) -> None:
        self.machine = machine
        self.typed: list[str] = []

    def types(self, command: str) -> str:
        self.typed.append(command)
        return self.machine.run(command).out


def test_a_clean_machine_answers_after_few_commands_and_survives_what_years_bring(
    machine: VirtualMachine, doctor: Doctor
) -> None:
    _be_a_mail_host(machine)
    admin = Admin(machine)
    _first_circuit(admin, doctor)
    assert len(admin.typed) <= MOST_COMMANDS, admin.typed
    _see_units(machine)
    _see_witness(machine)
    _see_upgrade(machine)
    _see_reboot(machine, doctor)
    _see_crash_loop(machine)
    _see_purge(machine)


def _be_a_mail_host(machine: VirtualMachine) -> None:
    """Have a Postfix with a mailbox for the doctor, and a certificate, as a host has them."""
    assert machine.settle() == "running"
    machine.run("useradd -m paul && install -o paul -g mail -m 600 /dev/null /var/mail/paul")
    for setting in (
        "inet_interfaces=127.0.0.1",
        "inet_protocols=ipv4",
        "mydestination=cabinet.example,localhost",
        "myhostname=mx.chu.example",
        "mynetworks=127.0.0.0/8",
        "compatibility_level=3.6",
    ):
        machine.run(f"postconf -e '{setting}'")
    machine.put("/etc/systemd/system/second-address.service", SECOND_ADDRESS.encode())
    machine.run("systemctl enable --now second-address && systemctl restart postfix.service")
    machine.run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 "
        "-subj /CN=rmp.chu.example -keyout /root/key.pem -out /root/cert.pem && "
        "cat /root/key.pem /root/cert.pem >/root/tls.pem && chmod 600 /root/tls.pem"
    )
    assert machine.run("ip route").out == ""


def _first_circuit(admin: Admin, doctor: Doctor) -> None:
    machine = admin.machine
    admin.types("apt-get install -y /srv/packages/rmp-milter_*.deb")
    for part in PARTS:  # nothing starts before there is a service
        assert machine.run(f"systemctl is-active {part}", check=False).out == "inactive\n"
    assert machine.run("systemctl --failed --no-legend").out == ""
    admin.types(f"rmp init --system --address {SERVICE}")
    admin.types("systemctl start rmp.target")
    said = admin.types(
        "rmp setup postfix --listen 127.0.0.2 --hostname rmp.chu.example --tls /root/tls.pem"
    )
    # In place of the DNS, which is not here: answers go to the machine's own Postfix.
    machine.run("postconf -c /etc/postfix-rmp -e 'relayhost=[127.0.0.1]' inet_protocols=ipv4")
    (start,) = re.findall(r"^next: (systemctl .*) \(elsewhere", said, re.MULTILINE)
    admin.types(start)
    _await_parts(machine)
    machine.put("/root/paul.asc", doctor.certificate)
    admin.types(
        f"rmp doctor add --name 'Dr Paul DEMO' --rpps 10003456786 --mail {DOCTOR} "
        "--profession médecin --key /root/paul.asc"
    )
    doctor.import_key(admin.types("rmp key export").encode())
    _circuit(machine, doctor)


def _circuit(machine: VirtualMachine, doctor: Doctor) -> None:
    """Write a mail, and read the answer."""
    mail = doctor.pgp_mime("Demande : aide\n\n")
    machine.run(": >/var/mail/paul")
    machine.put("/root/send.py", SENT.encode())
    machine.run(f"python3 /root/send.py {DOCTOR} {SERVICE}", given=mail)
    box = machine.wait_for(
        "grep -q 'BEGIN PGP' /var/mail/paul && cat /var/mail/paul", within=120
    )
    (answer,) = box.out.split("\nFrom ")
    opened = doctor.read(answer.partition("\n")[2].encode())
    assert "création" in opened.text
    assert opened.verdicts


def _await_parts(machine: VirtualMachine) -> None:
    """Wait until each part has told systemd that it is ready."""
    for part in PARTS:
        machine.wait_for(f"systemctl is-active {part}", within=180)


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
    _await_parts(machine)
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
    assert machine.run("stat -c %U /var/lib/rmp-witness/*").out.split() == ["rmp-witness"]
    assert "witness" not in machine.run("rmp check", check=False).out
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
    machine.put("/etc/systemd/system/rmp-witness.service.d/try.conf", HASHES_ALONE.encode())
    machine.run("systemctl daemon-reload")


def _pids(machine: VirtualMachine) -> list[str]:
    return machine.run(f"systemctl show -P MainPID {' '.join(PARTS)}").out.split()


def _see_upgrade(machine: VirtualMachine) -> None:
    """See that what runs is restarted, but not beside a store that it could not use."""
    again = "apt-get install -y --reinstall /srv/packages/rmp-milter_*.deb"
    before = _pids(machine)
    machine.run(again)
    _await_parts(machine)
    restarted = _pids(machine)
    assert set(before).isdisjoint(restarted)
    machine.run("mv /var/lib/rmp/store/data.mdb /var/lib/rmp/store/away")
    said = machine.run(again)
    machine.run("mv /var/lib/rmp/store/away /var/lib/rmp/store/data.mdb")
    assert "the services run on" in said.out
    assert _pids(machine) == restarted


def _see_reboot(machine: VirtualMachine, doctor: Doctor) -> None:
    machine.reboot()
    assert machine.settle() == "running"
    _await_parts(machine)
    _circuit(machine, doctor)


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
    _await_parts(machine)
    machine.run("touch /etc/rmp/erase-with-package && apt-get purge -y rmp-milter")
    for place in ("/var/lib/rmp", "/etc/rmp", "/var/lib/rmp-audit"):
        assert machine.run(f"test -e {place}", check=False).status != 0
