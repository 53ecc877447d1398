"""Real S/MIME programs that are not openssl: GnuPG's gpgsm, and NSS's cmsutil (Thunderbird's)."""

import hashlib
import re
import subprocess
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12

_TRIES = 4
PASSWORD = "export"  # noqa: S105 -- of a file that lives as long as one import


class Owner(Protocol):
    """Somebody with a private key and a certificate (DER)."""

    @property
    def name(self) -> str:
        """What his certificate is filed under."""

    @property
    def private(self) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
        """His private key."""

    @property
    def certificate(self) -> bytes:
        """His certificate."""


def pkcs12_of(who: Owner) -> bytes:
    """Return key and certificate in the oldest form, as gpgsm 2.2 knows no other."""
    form = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(1000)
        .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(hashes.SHA1())  # noqa: S303 -- as above
        .build(PASSWORD.encode())
    )
    certificate = x509.load_der_x509_certificate(who.certificate)
    return pkcs12.serialize_key_and_certificates(
        who.name.encode(), who.private, certificate, None, form
    )


def _run(command: list[str], data: bytes = b"") -> bytes:
    done = subprocess.run(command, input=data, capture_output=True, check=False)  # noqa: S603 -- an argument list of ours, no shell
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace"))
    return done.stdout


class Gpgsm:
    """gpgsm with a home of its own, which trusts whom it is told."""

    def __init__(self, home: Path) -> None:
        """Take an empty folder with a short path, for the agent's socket lies in it."""
        home.chmod(0o700)
        self._home = home
        (home / "gpgsm.conf").write_text("disable-crl-checks\ndisable-dirmngr\n")
        # By itself the agent hashes the passphrase for a tenth of a second, each time.
        (home / "gpg-agent.conf").write_text("s2k-count 65536\n")

    def run(self, *args: str, data: bytes = b"") -> bytes:
        """Run gpgsm over ``data``; return what it writes."""
        file = self._home / "input"
        file.write_bytes(data)
        command = ["gpgsm", "--homedir", str(self._home), "--batch", "--yes"]
        command += ["--pinentry-mode", "loopback", "--passphrase-fd", "0"]
        return _run([*command, *args, str(file)], PASSWORD.encode() + b"\n")

    def take(self, *persons: Owner, secret: bool) -> None:
        """Import somebody, trusted as a root, with the private key if it is to be ``secret``."""
        self.trust(*(who.certificate for who in persons))
        for who in persons:
            if secret:
                self.take_secret(who)
            else:
                self.add(who.certificate)

    def take_secret(self, who: Owner) -> None:
        """Import somebody with the private key.

        About one file in sixty gpgsm 2.2 cannot decrypt, by the salts that are in it: the next
        one has others.
        """
        for _ in range(_TRIES):
            try:
                self.run("--import", data=pkcs12_of(who))
            except RuntimeError as error:
                if "decrypting the PKCS#12 file" not in str(error):
                    raise
            else:
                return
        raise RuntimeError(f"gpgsm takes no key of {who.name}")

    def trust(self, *certificates: bytes) -> None:
        """Name certificates (DER) as trusted roots."""
        with (self._home / "trustlist.txt").open("a") as trusted:
            for each in certificates:
                digest = hashlib.sha1(each, usedforsecurity=False).hexdigest()
                trusted.write(f"{digest} S relax\n")

    def add(self, *certificates: bytes) -> None:
        """Import certificates (DER) of others."""
        for each in certificates:
            self.run("--import", data=each)

    def signer(self, signed: bytes, content: Path) -> str:
        """Verify; write what is signed to ``content``, return who signed it (subject)."""
        said = self.run(
            "--status-fd", "1", "--output", str(content), "--verify", data=signed
        ).decode()
        found = re.search(r"^\[GNUPG:\] GOODSIG [0-9A-F]+ (.*)$", said, re.MULTILINE)
        if found is None or "[GNUPG:] TRUST_FULLY" not in said:
            raise RuntimeError(said)
        return unquote(found[1])

    def end(self) -> None:
        """End the agent."""
        _run(["gpgconf", "--homedir", str(self._home), "--kill", "all"])


class Nss:
    """NSS's programs with a database of their own."""

    def __init__(self, folder: Path) -> None:
        """Take an empty folder."""
        self._folder = folder
        self._database = f"sql:{folder}"
        _run(["certutil", "-N", "-d", self._database, "--empty-password"])

    def run(self, *args: str, data: bytes = b"") -> bytes:
        """Run cmsutil over ``data``; return what it writes."""
        return _run(["cmsutil", *args, "-d", self._database, "-p", ""], data)

    def take(self, who: Owner) -> None:
        """Import somebody with his private key, and trust him."""
        file = self._folder / "import.p12"
        file.write_bytes(pkcs12_of(who))
        into = ["-d", self._database, "-K", "", "-W", PASSWORD]
        _run(["pk12util", "-i", str(file), *into])
        trust = ["certutil", "-M", "-d", self._database, "-n", who.name, "-t", "CTu,CTu,CTu"]
        _run(trust)

    def trust(self, name: str, certificate: bytes) -> None:
        """Import an authority (DER) and trust it."""
        self.add(name, certificate, "CT,C,C")

    def add(self, name: str, certificate: bytes, trusted: str = ",,") -> None:
        """Import a certificate (DER); ``trusted`` in certutil's signs."""
        file = self._folder / "import.der"
        file.write_bytes(certificate)
        named = ["-d", self._database, "-n", name, "-t", trusted]
        _run(["certutil", "-A", *named, "-i", str(file)])

    def signer(self, signed: bytes) -> str:
        """Verify; return who signed (common name)."""
        said = self.run("-D", "-h", "1", data=signed).decode(errors="replace")
        found = re.search(r'signer0\.id="([^"]*)"; signer0\.status=GoodSignature;', said)
        if found is None:
            raise RuntimeError(said)
        return found[1]
