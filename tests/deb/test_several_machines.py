"""Store and access log on a PostgreSQL server, as the documents say it, on a Debian of its own."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from mail_host import (
    PARTS,
    Admin,
    Step,
    await_parts,
    be_a_mail_host,
    circuit,
    first_circuit,
    machine_with_package,
    machines_doctor,
    on_a_machine,
    see_reboot,
)

from deb.build import QUICK
from deb.releases import RELEASES, DebianRelease
from testbed.doctor import Doctor
from testbed.machine import VirtualMachine

SERVER = ("postgresql", "sudo", "stunnel4")
SOCKETS = "/run/postgresql"
ENGINE = {"engine": "postgresql"}
CHECK = "rmp check --postfix-config /etc/postfix-rmp"
TIMERS_START = ("rmp-check", "rmp-backup", "rmp-audit", "rmp-status")

DOCUMENT = Path(__file__).parents[2] / "docs" / "several-machines.md"
WAY = "### The way to them"
ROLES = {"milter": "rmp", "courier": "rmp", "keeper": "rmp_keeper"}

pytestmark = on_a_machine


@pytest.fixture(params=RELEASES, ids=lambda release: f"debian-{release.number}")
def machine(request: pytest.FixtureRequest) -> Iterator[VirtualMachine]:
    assert isinstance(request.param, DebianRelease)
    with machine_with_package(request.param, *SERVER, packed=QUICK) as made:
        yield made


@pytest.fixture
def doctor() -> Iterator[Doctor]:
    with machines_doctor() as made:
        yield made


def test_store_and_log_go_to_a_server_and_all_goes_on(
    machine: VirtualMachine, doctor: Doctor, step: Step
) -> None:
    admin = Admin(machine)
    with step("a mail host, and the first answer"):
        be_a_mail_host(machine)
        first_circuit(admin, doctor)
    with step("what rmp check finds"):
        found = _findings(machine)
    with step("store and log go to the server"):
        new = _go_to_the_server(admin, doctor, found)
    _see_all_goes_on(machine, doctor, step)
    with step("the way by TLS, and an answer"):
        _go_by_tls(admin)
        circuit(machine, doctor)
    _see_all_goes_on(machine, doctor, step, way="stunnel@rmp-db")
    with step("what rmp check finds"):
        assert not _findings(machine) - found - {new}


def _go_to_the_server(admin: Admin, doctor: Doctor, found: set[str]) -> str:
    """Move both, and return the one thing more that is found then."""
    _move_the_store(admin)
    _move_the_log(admin)
    admin.types("systemctl start rmp.target")
    await_parts(admin.machine)
    circuit(admin.machine, doctor)
    (new,) = _findings(admin.machine) - found
    assert new.startswith("the access log's server: no standby must have what is written")
    return new


def _see_all_goes_on(
    machine: VirtualMachine, doctor: Doctor, step: Step, *, way: str = "postgresql"
) -> None:
    """See what months bring; ``way`` is the unit by which the server is reached."""
    with step("what timers start"):
        _see_what_timers_start(machine)
    with step(f"{way} begun anew"):
        _see_way_begun_anew(machine, doctor, way)
    with step("an upgrade"):
        _see_upgrade(machine)
    with step("a boot"):
        see_reboot(machine, doctor)
        _see_none_was_tried_twice(machine)


def _findings(machine: VirtualMachine) -> set[str]:
    said = machine.run(CHECK, check=False).out
    return set(re.findall(r"^(?:warning|error): (.*)$", said, re.MULTILINE))


def _configure(admin: Admin, section: str, **said: str) -> None:
    """Have rmp.toml name the server, as by an editor."""
    changes = "; ".join(
        f's,^{name} = .*,{name} = "{value}",' for name, value in {**ENGINE, **said}.items()
    )
    admin.machine.run(rf"sed -i '/^\[{section}\]/,/^\[/ {{ {changes} }}' /etc/rmp/rmp.toml")


def _move_the_store(admin: Admin) -> None:
    """Type what docs/postgresql.md says under Setting up."""
    admin.types("cd / && sudo -u postgres createuser rmp-milter")
    admin.types("cd / && sudo -u postgres createuser rmp-courier")
    admin.types("cd / && sudo -u postgres createdb rmp")
    _configure(admin, "store", host=SOCKETS, database="rmp")
    admin.types("cd / && rmp store init --sql | sudo -u postgres psql rmp")
    admin.types("systemctl stop rmp-milter rmp-courier")
    assert "compared and verified" in admin.types("rmp store move")
    admin.types("systemctl start rmp-milter rmp-courier")
    assert "the store is sound" in admin.types("rmp store check")
    assert "entries" in admin.types("rmp store stats")
    admin.types("rm /var/lib/rmp/store/data.mdb.moved")


def _move_the_log(admin: Admin) -> None:
    """Type what stands there under The keeper's side."""
    admin.types("cd / && sudo -u postgres createuser rmp-keeper")
    admin.types("cd / && sudo -u postgres createdb rmp_keeper")
    _configure(admin, "keeper", host=SOCKETS, database="rmp_keeper")
    admin.types("cd / && rmp access tables | sudo -u postgres psql rmp_keeper")
    admin.types("systemctl stop rmp.target")
    assert "moved to postgresql" in admin.types("rmp access move")


def _see_what_timers_start(machine: VirtualMachine) -> None:
    """See the units that timers start reach the server, and what they leave."""
    machine.run("mkdir -p /var/lib/prometheus/node-exporter")
    for unit in TIMERS_START:
        machine.run(f"systemctl start {unit}.service || ! journalctl -o cat -u {unit} >&2")
    assert '"fine":true' in machine.run("cat /var/lib/rmp/store/diary/store-check.json").out
    machine.run("rmp backup verify /var/backups/rmp")
    machine.run("rmp access verify /var/lib/rmp-audit/export")
    assert "rmp_" in machine.run("cat /var/lib/prometheus/node-exporter/rmp.prom").out
    machine.run(f"rmp outbox list && rmp doctor list && {CHECK} --live")


def _see_way_begun_anew(machine: VirtualMachine, doctor: Doctor, way: str) -> None:
    """See that no part ends for a server, or a way to it, that its admin starts anew."""
    before = _pids(machine)
    machine.run(f"systemctl restart {way}")
    circuit(machine, doctor)
    assert _pids(machine) == before


def _see_upgrade(machine: VirtualMachine) -> None:
    """See that the package finds the store on the server, and restarts what runs."""
    before = _pids(machine)
    said = machine.run("apt-get install -y --reinstall /srv/packages/rmp-milter_*.deb").out
    await_parts(machine)
    assert "the services run on" not in said
    assert set(before).isdisjoint(_pids(machine))


def _see_none_was_tried_twice(machine: VirtualMachine) -> None:
    """See that at a boot each part begins when its server is there, and not before."""
    tried = machine.run(f"systemctl show -P NRestarts {' '.join(PARTS)}").out.split()
    assert tried == ["0", "0", "0"]


def _said() -> list[str]:
    """Return what the document has an admin write into files, in its order."""
    text = DOCUMENT.read_text().partition(WAY)[2].partition("\n### ")[0]
    blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", text, re.MULTILINE)
    return [re.sub(r"^    ", "", block.strip("\n"), flags=re.MULTILINE) for block in blocks]


def _go_by_tls(admin: Admin) -> None:
    """Have all parts reach the server as one on another host, by what the document says of it."""
    machine = admin.machine
    head, service, folders, unit, entries = _said()
    service = re.sub(r" +#.*", "", service).replace("db-a.chu.example", "localhost")
    machine.run(
        "mkdir /etc/rmp-db && cp /etc/ssl/certs/ssl-cert-snakeoil.pem /etc/rmp-db/db-a.crt"
    )
    for part in ROLES:
        _certify(machine, part)
    ways = [_for(part, service) for part in ROLES]
    machine.put("/etc/stunnel/rmp-db.conf", "\n".join((head, *ways, "")).encode())
    lines = ["d /run/rmp-db 0755 root root", *(_for(part, folders) for part in ROLES), ""]
    machine.put("/etc/tmpfiles.d/rmp-db.conf", "\n".join(lines).encode())
    _drop_in(machine, "stunnel@rmp-db", unit)
    entries = re.sub(r"(host=[^,]*),.*", r"\1", entries)
    common, own = "/etc/postgresql-common/pg_service.conf", "/etc/rmp-db/courier.conf"
    machine.put(common, f"{entries}\n".encode())
    machine.put(own, f"{_for('courier', entries.partition('[rmp-keeper]')[0])}\n".encode())
    _drop_in(machine, "rmp-courier", f"[Service]\nEnvironment=PGSERVICEFILE={own}")
    _open_the_server(machine)
    for section, name in (("store", "rmp"), ("keeper", "rmp-keeper")):
        _configure(admin, section, host="", database="", service=name)
    admin.types("systemctl stop rmp.target")
    admin.types("systemctl enable --now stunnel@rmp-db")
    machine.wait_for("test -S /run/rmp-db/keeper/a/.s.PGSQL.5432")
    admin.types("systemctl start rmp.target")
    await_parts(machine)
    used = (
        "SELECT DISTINCT usename FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE ssl"
    )
    there = machine.run(f'cd / && sudo -u postgres psql -Atc "{used}"').out.split()
    assert sorted(there) == ["rmp-courier", "rmp-keeper", "rmp-milter"]


def _for(part: str, text: str) -> str:
    """Return for one part what the document says for the milter."""
    return text.replace("milter", part)


def _drop_in(machine: VirtualMachine, unit: str, text: str) -> None:
    """Do as ``systemctl edit``, in which one types."""
    folder = f"/etc/systemd/system/{unit}.service.d"
    machine.run(f"mkdir -p {folder}")
    machine.put(f"{folder}/override.conf", f"{text}\n".encode())
    machine.run("systemctl daemon-reload")


def _certify(machine: VirtualMachine, part: str) -> None:
    """Make the certificate by which a part is in the database who its user is."""
    place = f"/etc/rmp-db/{part}"
    machine.run(
        "umask 077; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 "
        f"-subj /CN=rmp-{part} -keyout {place}.key -out {place}.crt && "
        f"cat {place}.key {place}.crt >{place}.pem && rm {place}.key && chmod 644 {place}.crt"
    )


def _open_the_server(machine: VirtualMachine) -> None:
    """Have the server know the roles by their certificates, and by nothing else."""
    (hba,) = machine.run("ls /etc/postgresql/*/main/pg_hba.conf").out.split()
    own = [f"hostssl {base} rmp-{part} 127.0.0.0/8 cert" for part, base in ROLES.items()]
    closed = [f"local {base} rmp-{part} reject" for part, base in ROLES.items()]
    rules = "\n".join((*own, *closed, "")).encode()
    machine.run(f"cat - {hba} >/root/hba && cat /root/hba >{hba}", given=rules)
    roles = "/etc/postgresql/rmp-roles.crt"
    machine.run(f"cat /etc/rmp-db/*r.crt >{roles}")
    machine.run(
        f"cd / && sudo -u postgres psql -c \"ALTER SYSTEM SET ssl_ca_file = '{roles}'\""
    )
    machine.run("systemctl reload postgresql")


def _pids(machine: VirtualMachine) -> list[str]:
    return machine.run(f"systemctl show -P MainPID {' '.join(PARTS)}").out.split()
