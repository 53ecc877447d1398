"""A mail host on a Debian of its own that has no network: the package, and one circuit on it."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeAlias

import pytest

from deb.build import TIGHT, build
from deb.releases import DebianRelease, PackageTarget
from testbed.doctor import Doctor
from testbed.folders import own_folder
from testbed.machine import NEEDED, VirtualMachine, machine_image, virtual_machine

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "build" / "machines"
SERVICE = "rmp@rmp.chu.example"
DOCTOR = "paul@cabinet.example"
PARTS = ("rmp-keeper", "rmp-milter", "rmp-courier")

Step: TypeAlias = Callable[[str], AbstractContextManager[None]]
"""A part of a test, by its name (conftest's fixture ``step``)."""

on_a_machine = [
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


@contextmanager
def machine_with_package(
    release: DebianRelease, *more: str, packed: Sequence[str] = TIGHT
) -> Iterator[VirtualMachine]:
    """Give a mail host with the package at hand, and nothing of ours installed.

    ``more`` are packages of Debian's that it has besides; ``packed`` is how ours is.
    """
    folder = own_folder("machine-", on_disk=True)
    try:
        package = build(PackageTarget(release, "amd64"), folder, packed)
        disk = folder / "package.tar"
        subprocess.run(["tar", "-C", folder, "-cf", disk, package.name], check=True)
        image = machine_image(release.codename, IMAGES, *more)
        with virtual_machine(image, folder, [disk]) as started:
            started.run("mkdir /srv/packages && tar -C /srv/packages -xf /dev/vdb")
            yield started
    finally:
        shutil.rmtree(folder)


@contextmanager
def machines_doctor() -> Iterator[Doctor]:
    """Give the doctor who has a mailbox there."""
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


def be_a_mail_host(machine: VirtualMachine) -> None:
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


def first_circuit(admin: Admin, doctor: Doctor) -> None:
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
    await_parts(machine)
    machine.put("/root/paul.asc", doctor.certificate)
    admin.types(
        f"rmp doctor add --name 'Dr Paul DEMO' --rpps 10003456786 --mail {DOCTOR} "
        "--profession médecin --key /root/paul.asc"
    )
    doctor.import_key(admin.types("rmp key export").encode())
    circuit(machine, doctor)


def circuit(machine: VirtualMachine, doctor: Doctor) -> None:
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


def await_parts(machine: VirtualMachine) -> None:
    """Wait until each part has told systemd that it is ready."""
    for part in PARTS:
        machine.wait_for(f"systemctl is-active {part}", within=180)


def see_reboot(machine: VirtualMachine, doctor: Doctor) -> None:
    machine.reboot()
    assert machine.settle() == "running"
    await_parts(machine)
    circuit(machine, doctor)
