"""A real gpg with a home of its own, and a service key without gpg."""

import subprocess
from pathlib import Path

from openpgp.composed import (
    EncryptionCaps,
    KeyType,
    SecretKeyParamsBuilder,
    SignedSecretKey,
    SubkeyParamsBuilder,
)

from rmp_milter.keeper.openpgp.packets import Stream, read_body, read_header

CREATED = 1_700_000_000
CORPUS = Path(__file__).parents[2] / "../shared/corpora/clients-2026"


class Gpg:
    """gpg with a home of its own."""

    def __init__(self, home: str) -> None:
        self._command = ["gpg", "--homedir", home, "--batch", "--quiet"]
        self._command += ["--trust-model", "always"]
        self._fingerprints: dict[str, str] = {}

    def run(self, *args: str, data: bytes = b"", status: int = 0) -> bytes:
        done = subprocess.run(
            [*self._command, "--pinentry-mode", "loopback", "--passphrase", "", *args],
            input=data,
            capture_output=True,
            check=False,
        )
        assert done.returncode == status, done.stderr.decode(errors="replace")
        return done.stdout

    def make(self, name: str, *, primary: str = "ed25519", sub: str = "cv25519") -> str:
        """Make a key pair; return the primary fingerprint."""
        self.run("--quick-gen-key", name, primary, "sign", "never")
        self._fingerprints.pop(name, None)
        fingerprint = self.fingerprint(name)
        if sub:
            self.run("--quick-add-key", fingerprint, sub, "encr", "never")
        return fingerprint

    def fingerprint(self, name: str) -> str:
        if name not in self._fingerprints:
            listed = self.run("--list-keys", "--with-colons", name).decode().splitlines()
            found = next(line.split(":")[9] for line in listed if line.startswith("fpr"))
            self._fingerprints[name] = found
        return self._fingerprints[name]

    def public(self, name: str) -> bytes:
        return self.run("--export", name)

    def secret(self, name: str) -> bytes:
        return self.run("--export-secret-keys", name)

    def verdict(self, data: bytes) -> tuple[bytes, str]:
        """Decrypt; return the plaintext and gpg's status lines."""
        done = subprocess.run(
            [*self._command, "--status-fd", "2", "--decrypt"],
            input=data,
            capture_output=True,
            check=False,
        )
        return done.stdout, done.stderr.decode(errors="replace")

    def plaintext(self, data: bytes) -> bytes:
        """Decrypt; return nothing where gpg ends with an error, whatever it gave before."""
        done = subprocess.run(
            [*self._command, "--decrypt"], input=data, capture_output=True, check=False
        )
        return done.stdout if done.returncode == 0 else b""


def rsa_service() -> SignedSecretKey:
    sub = (
        SubkeyParamsBuilder()
        .version(4)
        .key_type(KeyType.rsa(2048))
        .can_encrypt(EncryptionCaps.all())
        .created_at(CREATED)
        .build()
    )
    return (
        SecretKeyParamsBuilder()
        .version(4)
        .key_type(KeyType.rsa(2048))
        .can_sign(value=True)
        .can_certify(value=True)
        .created_at(CREATED)
        .feature_seipd_v1(value=True)
        .feature_seipd_v2(value=False)
        .preferred_symmetric_algorithms(["aes256"])
        .preferred_hash_algorithms(["sha512"])
        .primary_user_id("RMP <rmp@x.fr>")
        .subkey(sub)
        .generate()
    )


def packets_of(data: bytes) -> list[tuple[int, bytes]]:
    """Return each packet of a key or message: its tag, and all its bytes."""
    stream = Stream([data])
    found = []
    start = 0
    while header := read_header(stream):
        for _ in read_body(stream, header):
            pass
        found.append((header.tag, data[start : stream.position]))
        start = stream.position
    return found
