"""The S/MIME side of a host: authorities that it trusts, their lists, doctors with certificates."""

import json
import time
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from rmp_milter.disk.closing import Closing
from rmp_milter.x509 import read_x509
from testbed.doctor import Doctor
from testbed.folders import own_folder
from testbed.host import Host
from testbed.outlook import OpenedMail, Outlook
from testbed.service import Part, rpps
from testbed.smime_programs import Believed
from testbed.x509_issuing import issue, pem
from testbed.x509_maker import Authorities, Made, Maker, authorities

_EXPORT = ("key", "smime", "export")
_FIRST = 500  # RPPS numbers of these doctors; those of OpenPGP are counted from 1


class SmimeHost(Closing):
    """What makes a host trust authorities of this run, and enrols doctors whom they issued.

    The host of the ``host`` must run. Close it: that removes the doctors' keys.
    """

    def __init__(self, host: Host) -> None:
        self.host = host
        self.folder = own_folder("smime-")
        self.maker = Maker(int(time.time()), "RSA")
        self.trees: Authorities = authorities(self.maker)
        self._enrolled = _FIRST
        self._trust()

    def outlook(  # noqa: PLR0913 -- what doctors differ in
        self,
        name: str,
        mail: str,
        profession: str = "radiologue",
        *,
        own: Made | None = None,
        more: Sequence[bytes] = (),
        account: str = "",
        reply_form: str = "separate",
    ) -> Outlook:
        """Return a doctor who has S/MIME, and is enrolled with ``own`` and ``more`` (files)."""
        own = own or self.maker.user(mail, self.trees.public)
        self._enrol(name, mail, profession, [own.pem, *more], account, reply_form)
        return self.program(name, mail, own)

    def enrolled(self, name: str, mail: str, *, reply_form: str = "separate") -> Made:
        """Return the certificate of a doctor who is enrolled, and has a program of his own."""
        own = self.maker.user(mail, self.trees.public)
        self._enrol(name, mail, "radiologue", [own.pem], "", reply_form)
        return own

    def believed(self) -> Believed:
        """Return what such a program has: the public authority's certificates, the service's."""
        service = x509.load_pem_x509_certificate(self.host.service.rmp(*_EXPORT).stdout)
        der = service.public_bytes(Encoding.DER)
        return Believed(self.trees.public_root.der, self.trees.public.der, der)

    def certified(self) -> None:
        """Have the public authority certify the service, which then answers with that.

        A program believes an authority; what the service makes for itself it may never.
        """
        rmp, issuers = self.host.service.rmp, (self.trees.public, self.trees.public_root)
        made = issue(rmp("key", "smime", "csr").stdout, self.trees.public, self.maker.now - 60)
        rmp(
            *("key", "smime", "import"),
            self.file("issued", pem(made, *(each.certificate for each in issuers))),
        )
        self.host.service.stop(Part.KEEPER)
        self.host.service.start(Part.KEEPER)
        self.host.service.wait_ready()

    def with_card(self, doctor: Doctor, own: Made) -> Outlook:
        """Enrol a doctor's card beside his OpenPGP key; return the Outlook that signs by it."""
        self.add_certificate(doctor.mail, own)
        return self.program(doctor.name, doctor.mail, own)

    def add_certificate(self, mail: str, own: Made, *, check: bool = True) -> str:
        """Enrol one more certificate of somebody's; return what was said of a fault."""
        file = self.file(f"{own.serial}", own.pem)
        witnesses = ("--witness", "Mme Odile GARANT", "--witness", "M. Jules TÉMOIN")
        options = ("--certificate", file, *witnesses)
        before = self.host.postfix.collected.count(mail)
        done = self.host.service.rmp("doctor", "set", mail, *options, check=check)
        if not done.returncode:  # the welcome is there before anything is counted
            self.host.postfix.wait_mail(mail, before + 1, 20)
        return done.stderr.decode()

    def program(self, name: str, mail: str, own: Made) -> Outlook:
        """Return somebody's Outlook, enrolled or not; each certificate has its own."""
        folder = self.folder / f"{mail}-{own.serial}"
        service = self.host.service.rmp(*_EXPORT).stdout
        trusted = service + self.trees.public_root.pem + self.trees.igc_root.pem
        chain = self.trees.public.pem + self.trees.igc.pem
        return Outlook(folder, name, mail, own, service=service, trusted=trusted, chain=chain)

    def ask(self, doctor: Outlook, mail: bytes, more: int = 1) -> list[OpenedMail]:
        """Send a mail that must be accepted; return its answers, ``more`` at least, opened."""
        return [doctor.read(each) for each in self.ask_raw(doctor, mail, more)]

    def ask_raw(self, doctor: Outlook, mail: bytes, more: int = 1) -> list[bytes]:
        """Send a mail that must be accepted; return its answers, ``more`` at least, in order."""
        collected = self.host.postfix.collected
        before = collected.count(doctor.mail)
        reply = doctor.send(self.host.postfix.smtp_port, mail)
        if not reply.accepted:
            raise AssertionError(f"the service said {reply}\n{self.host.service.all_logs()}")
        try:
            self.host.postfix.wait_mail(doctor.mail, before + more, 20)
        except TimeoutError as error:
            error.add_note(self.host.service.all_logs())
            raise
        self.host.settle()
        return sorted(collected.of(doctor.mail)[before:], key=self.host.outbox_row)

    def file(self, name: str, content: bytes) -> str:
        """Write a file for the admin's commands; return where."""
        path: Path = self.folder / f"{name}.pem"
        path.write_bytes(content)
        return str(path)

    def revoke(self, *revoked: Made, issuer: Made | None = None) -> None:
        """Have the public authority's list, or another issuer's, say that these are revoked."""
        serials = [each.serial for each in revoked]
        made = self.maker.revocation_list(issuer or self.trees.public, serials, number=2)
        self.host.service.rmp("trust", "add", "crl", self.file("newer", made))

    def forget_list(self, issuer: Made) -> None:
        """Take an issuer's revocation list away, as if none had ever come."""
        rows = json.loads(self.host.service.rmp("trust", "list", "--json").stdout)
        name = read_x509(issuer.der).subject
        for row in rows:
            if row["kind"] == "crl" and row["name"] == name:
                self.host.service.rmp("trust", "remove", row["id"])

    def close(self) -> None:
        """Forget the keys; the host is somebody else's."""
        for path in sorted(self.folder.rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        self.folder.rmdir()

    def _enrol(  # noqa: PLR0913, PLR0917 -- what doctors differ in
        self,
        name: str,
        mail: str,
        profession: str,
        certificates: Sequence[bytes],
        account: str,
        reply_form: str,
    ) -> None:
        self._enrolled += 1
        options = [
            part
            for place, content in enumerate(certificates)
            for part in ("--certificate", self.file(f"{self._enrolled}-{place}", content))
        ]
        self.host.service.rmp(
            *("doctor", "add", "--name", name, "--rpps", rpps(self._enrolled)),
            *("--mail", mail, "--profession", profession, "--account", account),
            *("--reply-form", reply_form, *options),
        )
        # The welcome is there before anything is counted.
        self.host.postfix.wait_mail(mail, 1, 20)

    def _trust(self) -> None:
        rmp, trees = self.host.service.rmp, self.trees
        for purpose, root, between in (
            ("public", trees.public_root, trees.public),
            ("igc-sante", trees.igc_root, trees.igc),
        ):
            file = self.file(f"{purpose}-root", root.pem)
            rmp("trust", "add", "ca", file, "--purpose", purpose)
            rmp("trust", "add", "ca", self.file(purpose, between.pem), "--intermediate")
            for issuer in (root, between):
                made = self.maker.revocation_list(issuer)
                rmp("trust", "add", "crl", self.file("list", made))
