"""A doctor whose key has a past: made long ago, expired in the directory, prolonged since."""

import time
from collections.abc import Sequence

from rmp_milter.certificates import read_certificate
from rmp_milter.cli.cards import vouched
from rmp_milter.cli.leaves import operator
from rmp_milter.cli.stores import open_store
from rmp_milter.config import load
from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.revisions import revised
from testbed.doctor import Doctor
from testbed.gpg import Decrypted, Keyring, Kind, NewKeyring
from testbed.host import Host

DAY = 86_400


class AgedKeyring(Keyring):
    """A gpg whose clock can be set; its key was made 400 days ago and expired 35 days ago."""

    def __init__(self, user_id: str) -> None:
        self.at = int(time.time()) - 400 * DAY
        super().__init__(user_id, Kind.CURVE)
        self.expired = self.export()

    def prolong(self, at: int, days: int) -> bytes:
        """Set the key's end to ``days`` after ``at``; return the certificate."""
        self.at = at
        listed = self._gpg("--with-colons", "--list-keys", self.fingerprint).data.decode()
        own = [line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr")]
        self._gpg("--quick-set-expire", own[0], f"{days}d")
        self._gpg("--quick-set-expire", own[0], f"{days}d", *own[1:])
        self.at = 0
        return self.export()

    def _make_key(self, user_id: str, _kind: Kind) -> None:
        self._gpg("--passphrase", "", "--quick-gen-key", user_id, "ed25519", "sign", "365d")
        self.fingerprint = self._own_fingerprint()
        subkey = (self.fingerprint, "cv25519", "encr", "365d")
        self._gpg("--passphrase", "", "--quick-add-key", *subkey)

    def _gpg(
        self, *arguments: str, stdin: bytes = b"", signatures_matter: bool = True
    ) -> Decrypted:
        clock = ("--faked-system-time", f"{self.at}!") if self.at else ()
        return super()._gpg(
            *clock, *arguments, stdin=stdin, signatures_matter=signatures_matter
        )


class AgedDoctor(Doctor):
    """A doctor with such a key."""

    keyring: AgedKeyring

    def __init__(self, name: str, mail: str) -> None:
        super().__init__(name, mail)
        self.keyring.close()
        self.keyring = AgedKeyring(f"{name} <{mail}>")


def enrolled(host: Host, number: int, name: str, mail: str) -> AgedDoctor:
    """Return a doctor whose enrolled copy has expired since; his own was prolonged a week ago."""
    doctor = AgedDoctor(name, mail)
    doctor.keyring.prolong(int(time.time()) - 7 * DAY, 700)
    host.service.enrol(doctor, number)
    put_back(host, doctor, doctor.keyring.expired)
    return doctor


def put_back(host: Host, doctor: Doctor, certificate: bytes) -> None:
    """Put another copy of his key into the directory, as if time had passed over it."""
    copy = read_certificate(certificate)
    config = load(host.service.config)
    with operator(config) as keeper, open_store(config) as store:
        with store.snapshot() as view:
            known = view.doctor_by_fingerprint(doctor.fingerprint)
            assert known is not None
        aged = revised(known, certificate=copy.binary, key_ids=copy.key_ids)
        aged = vouched(keeper, aged, keeper.event("cle", known.rpps))
        store.commit(Changes(doctors=(aged,)), int(time.time()))


def known_copy(host: Host, doctor: Doctor) -> bytes:
    """Return the certificate that the directory has of a doctor."""
    with (
        open_store(load(host.service.config), read_only=True) as store,
        store.snapshot() as view,
    ):
        known = view.doctor_by_fingerprint(doctor.fingerprint)
        assert known is not None
        return known.certificate


def with_field(mail: bytes, fields: Sequence[str]) -> bytes:
    """Return a mail with more header fields in front."""
    return "".join(f"{each}\r\n" for each in fields).encode() + mail


class WeaklyBoundKeyring(NewKeyring):
    """A key that was bound by SHA-1 alone, today, and by a present program since."""

    def __init__(self, user_id: str) -> None:
        self.digest = "SHA1"
        super().__init__(user_id, Kind.RSA)
        self.weak = self.export()
        self.digest = "SHA256"
        for which in ((), ("*",)):
            self._gpg("--quick-set-expire", self.fingerprint, "700d", *which)

    def _gpg(
        self, *arguments: str, stdin: bytes = b"", signatures_matter: bool = True
    ) -> Decrypted:
        digest = ("--cert-digest-algo", self.digest)
        return super()._gpg(
            *digest, *arguments, stdin=stdin, signatures_matter=signatures_matter
        )


class WeaklyBoundDoctor(Doctor):
    """A doctor with such a key."""

    keyring: WeaklyBoundKeyring

    def __init__(self, name: str, mail: str) -> None:
        super().__init__(name, mail)
        self.keyring.close()
        self.keyring = WeaklyBoundKeyring(f"{name} <{mail}>")


def weakly_enrolled(host: Host, number: int, name: str, mail: str) -> WeaklyBoundDoctor:
    """Return a doctor of whom the directory has the copy from before the present program."""
    doctor = WeaklyBoundDoctor(name, mail)
    host.service.enrol(doctor, number)
    put_back(host, doctor, doctor.keyring.weak)
    return doctor
