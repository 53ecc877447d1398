"""What ``rmp setup postfix`` writes as a Postfix: only folders and ports are put in."""

import re
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from rmp_milter.postfix.writing import (
    InstancePlan,
    SaslKind,
    instance_files,
    shared_files,
)
from testbed.postfix import PrivatePostfix, free_ports, greets
from testbed.postfix_files import main_cf, master_cf
from testbed.waiting import wait_until

SASL = """\nsmtpd_sasl_auth_enable = yes
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
cyrus_sasl_config_path = $config_directory/sasl
smtpd_sasl_security_options = noanonymous
smtpd_sasl_local_domain = $myhostname
"""
SERVICE = "rmp@rmp.test"
DOCTOR = "dr.a@cabinet.test"


class FragmentPostfix(PrivatePostfix):
    """A Postfix whose main.cf and master.cf are the shipped ones."""

    sasl = SaslKind.CYRUS

    def instance_plan(self) -> InstancePlan:
        """What the command would write the files from."""
        return InstancePlan(
            folder=self.plan.config,
            queue=self.plan.queue,
            data=self.plan.root / "data",
            addresses=(SERVICE,),
            message_bytes=52_428_800,
            socket=self.socket,
            reinject=("127.0.0.1", self.reinject_port),
            hostname="rmp.test",
            listen=("127.0.0.1",),
            sasl=self.sasl,
            tls=self.plan.config / "tls.pem",
        )

    @property
    def socket(self) -> Path:
        return self.plan.queue / "rmp" / "milter.sock"

    def surroundings(self) -> str:
        """What an existing host has: folders, and mail to the world that we can read."""
        fixed = main_cf(self.plan)
        kept = (
            "queue_directory data_directory mail_owner maillog_file maillog_file_prefixes "
            "disable_dns_lookups smtpd_peername_lookup default_transport inet_interfaces "
            "inet_protocols virtual_mailbox_base virtual_mailbox_maps virtual_uid_maps "
            "virtual_gid_maps virtual_minimum_uid virtual_mailbox_limit compatibility_level "
            "minimal_backoff_time maximal_backoff_time queue_run_delay"
        )
        lines = [f"{name} = {fixed[name]}" for name in kept.split() if name in fixed]
        return "\n".join(
            [
                *lines,
                "smtpd_error_sleep_time = 0",
                "virtual_mailbox_domains =",
                "",
            ]
        )

    def write_maps(self, files: Mapping[str, str]) -> None:
        for name in ("transport", "recipients", "rmp-transport", "rmp-recipients"):
            extra = "unreachable.test error:5.1.1 no such mailbox\n"
            if name in files:
                text = files[name] + extra * name.endswith("transport")
                (self.plan.config / name).write_text(text)
        smtpd = instance_files(self.instance_plan()).get("sasl/smtpd.conf", "")
        (self.plan.accounts.parent / "smtpd.conf").write_text(smtpd)
        self.socket.parent.mkdir(mode=0o755)


class SharedPostfix(FragmentPostfix):
    def write_configuration(self) -> None:
        host = master_cf(self.plan).splitlines()
        others = [line for line in host if f":{self.reinject_port} " not in line]
        others.append("lmtp unix - - n - - lmtp")
        files = shared_files(self.instance_plan())
        listener = files["master.cf"].replace("-       y  ", "- n ")
        main = (
            self.surroundings()
            + "myhostname = mail.test\nmydestination = mail.test\nalias_maps =\n"
            + f"smtpd_tls_chain_files = {self.plan.config}/tls.pem\n"
            + "smtpd_tls_security_level = may\n"
        )
        (self.plan.config / "tls.pem").write_bytes(self_signed("mail.test"))
        main += files["main.cf"] + SASL
        (self.plan.config / "main.cf").write_text(main)
        (self.plan.config / "master.cf").write_text("\n".join([*others, listener]))
        self.write_maps(files)


class DedicatedPostfix(FragmentPostfix):
    submission_port = 0

    def write_configuration(self) -> None:
        self.submission_port = free_ports(1)[0]
        files = instance_files(self.instance_plan())
        main = files["main.cf"]
        own = [line.partition(" =")[0] for line in self.surroundings().splitlines()]
        kept = [line for line in main.splitlines() if line.partition(" =")[0] not in own]
        text = "\n".join([*kept, self.surroundings()])
        master = files["master.cf"] + "virtual unix - n n - - virtual\n"
        master = master.replace("\nsmtp            inet", f"\n127.0.0.1:{self.smtp_port} inet")
        master = master.replace("\nsubmission", f"\n127.0.0.1:{self.submission_port}")
        (self.plan.config / "main.cf").write_text(text)
        (self.plan.config / "master.cf").write_text(master)
        (self.plan.config / "tls.pem").write_bytes(self_signed("rmp.test"))
        self.write_maps(files)


def self_signed(host: str, days: int = 60) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


class ReceivingPostfix(DedicatedPostfix):
    """As README.md has it for a queue in memory: nothing enters but mail for the service."""

    def _greets(self) -> bool:
        return greets(self.smtp_port)

    def write_configuration(self) -> None:
        super().write_configuration()
        main, master = (self.plan.config / name for name in ("main.cf", "master.cf"))
        lines = main.read_text().splitlines()
        kept = [line for line in lines if not line.startswith("mynetworks")]
        main.write_text("\n".join([*kept, "mynetworks =", ""]))
        master.write_text(without_answers(master.read_text(), self.reinject_port))


def without_answers(master: str, port: int) -> str:
    """Take the listener for the answers, and its cleanup, out of a master.cf."""
    services = re.split(r"\n(?=\S)", master)
    gone = (f"127.0.0.1:{port} ", "rmp-cleanup ")
    return "\n".join(each for each in services if not each.startswith(gone)) + "\n"


@contextmanager
def noting_milter(postfix: FragmentPostfix) -> Iterator[Path]:
    """Run the milter that only notes, behind a Postfix; yield the file of its notes."""
    notes = postfix.plan.root / "notes"
    script = Path(__file__).with_name("noting_milter.py")
    with subprocess.Popen([sys.executable, script, postfix.socket, notes, SERVICE]) as milter:
        wait_until(lambda: _may_be_called(postfix.socket), 10, "the milter's socket")
        yield notes
        milter.kill()  # libmilter takes five seconds to end by itself


def _may_be_called(socket: Path) -> bool:
    return socket.exists() and bool(socket.stat().st_mode & stat.S_IWOTH)
