"""A keyring of one person, kept by a real gpg in a folder of its own."""

import itertools
import os
import shutil
import socket
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from testbed.command import CommandError, program, run
from testbed.folders import own_folder
from testbed.prepared_keys import Held, copy_into, hold

_MARK = "[GNUPG:] "
_MINUTES = 120.0
_AGENT_SECONDS, _LINE = 5, 1000
_SOCKET = "S.gpg-agent"
_LOGINS = Path("/run/user")
"""Where each user who is logged in has a folder; gpg's sockets are in it."""

# No question, no look-up of keys over the network, no web of trust.
_ALWAYS = (
    *("--batch", "--yes", "--no-tty", "--status-fd", "2"),
    *("--disable-dirmngr", "--no-auto-key-locate", "--trust-model", "always"),
)


class Kind(StrEnum):
    """The kinds of key that doctors have: the name that gpg knows each by."""

    CURVE = "future-default"  # ed25519 with a cv25519 subkey
    RSA = "rsa2048"
    ECDSA = "nistp256"


class Standing(StrEnum):
    """What gpg says of a signature."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"  # the signer's key is not in the keyring
    EXPIRED = "expired"  # the signature or its key is expired or revoked


@dataclass(frozen=True)
class Verdict:
    """One signature: its standing and whose it is (primary fingerprint, or key id)."""

    standing: Standing
    signer: str


@dataclass(frozen=True)
class Decrypted:
    """What gpg gave: the content, the file name inside, the signatures it found."""

    data: bytes
    file_name: str
    verdicts: tuple[Verdict, ...]
    status: tuple[str, ...]


class CannotDecrypt(Exception):  # noqa: N818 -- reads as the sentence that it is
    """gpg could not open something; holds its status lines."""


class Keyring:
    """A GNUPGHOME with one secret key, without a passphrase, and imported public keys.

    The keys of keyrings that are open at a time differ. Whoever is made again has the key that he
    had before, which gpg made once for the test run.
    """

    def __init__(self, user_id: str, kind: Kind = Kind.CURVE) -> None:
        program("gpg")
        self.home = own_folder("g")
        self._held: Held | None = None
        self._exported: tuple[tuple[int, int], bytes] | None = None
        try:
            self._make_key(user_id, kind)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the agent and remove the folder."""
        end_agent(self.home)
        shutil.rmtree(self.home, ignore_errors=True)
        if self._held:
            self._held.release()

    def export(self) -> bytes:
        """Return the own certificate, ASCII-armored."""
        # Each mail has it within: gpg is asked again when it has written to its file since.
        state = (self.home / "pubring.kbx").stat()
        stood = (state.st_mtime_ns, state.st_size)
        if self._exported is None or self._exported[0] != stood:
            exported = self._gpg("--armor", "--export", self.fingerprint).data
            self._exported = (stood, exported)
        return self._exported[1]

    def export_secret(self) -> bytes:
        """Return the own secret key, ASCII-armored."""
        return self._gpg("--armor", "--export-secret-keys", self.fingerprint).data

    def import_key(self, key: bytes) -> None:
        """Add someone's certificate."""
        self._gpg("--import", stdin=key)

    def fingerprints(self) -> list[str]:
        """Return the primary fingerprints of all keys that it holds, in lower-case hex."""
        listed = self._gpg("--with-colons", "--list-keys").data.decode().splitlines()
        lines = [line.split(":") for line in listed]
        pairs = itertools.pairwise(lines)
        return [after[9].lower() for one, after in pairs if one[0] == "pub"]

    def encrypt(
        self, data: bytes, to: Sequence[str], *, sign: bool, armor: bool, file_name: str = ""
    ) -> bytes:
        """Return ``data`` encrypted to ``to`` and, as clients do, to the writer himself."""
        readers = [word for reader in (*to, self.fingerprint) for word in ("-r", reader)]
        options = ["--sign"] if sign else []
        options += ["--armor"] if armor else []
        return self._gpg(
            *options, "--set-filename", file_name, *readers, "--encrypt", stdin=data
        ).data

    def sign_packets(self, data: bytes, *, text: bool = False) -> bytes:
        """Return ``data`` signed, neither compressed nor encrypted; ``text`` in text mode."""
        mode = ["--textmode"] if text else []
        return self._gpg("-z", "0", *mode, "--sign", stdin=data).data

    def sign_detached(self, data: bytes) -> bytes:
        """Return an armored detached signature (RFC 3156, section 5)."""
        return self._gpg("--armor", "--detach-sign", stdin=data).data

    def clear_sign(self, data: bytes) -> bytes:
        """Return ``data`` in the cleartext signature framework."""
        return self._gpg("--clear-sign", stdin=data).data

    def decrypt(self, data: bytes) -> Decrypted:
        """Open a message, armored or binary; raise :class:`CannotDecrypt`."""
        try:
            done = self._gpg("--decrypt", stdin=data, signatures_matter=False)
        except CommandError as error:
            raise CannotDecrypt(str(error)) from error
        if not any(line.startswith("DECRYPTION_OKAY") for line in done.status):
            raise CannotDecrypt("; ".join(done.status))
        return done

    def unwrap(self, data: bytes) -> bytes:
        """Take the encryption off a message and leave what is inside, signatures and all."""
        return self._gpg("--unwrap", stdin=data).data

    def verify(self, data: bytes, signature: bytes) -> tuple[Verdict, ...]:
        """Return what gpg says of a detached signature over ``data``."""
        with tempfile.NamedTemporaryFile(dir=self.home) as file:
            file.write(signature)
            file.flush()
            done = self._gpg("--verify", file.name, "-", stdin=data, signatures_matter=False)
        return done.verdicts

    def _make_key(self, user_id: str, kind: Kind) -> None:
        self._held = hold((user_id, kind, *_ALWAYS))

        def make() -> NewKeyring:
            return NewKeyring(user_id, kind)

        self.fingerprint = copy_into(self.home, self._held, make)

    def _own_fingerprint(self) -> str:
        listed = self._gpg("--with-colons", "--list-secret-keys").data.decode()
        lines = (line.split(":") for line in listed.splitlines())
        return next(fields[9] for fields in lines if fields[0] == "fpr").lower()

    def _gpg(
        self, *arguments: str, stdin: bytes = b"", signatures_matter: bool = True
    ) -> Decrypted:
        done = run(
            ["gpg", "--homedir", self.home, *_ALWAYS, *arguments],
            stdin,
            _MINUTES,
            check=signatures_matter,
        )
        status = _status_lines(done.stderr)
        return Decrypted(done.stdout, _file_name(status), _verdicts(status), status)


class NewKeyring(Keyring):
    """A keyring whose key gpg makes now."""

    def _make_key(self, user_id: str, kind: Kind) -> None:
        self._gpg("--passphrase", "", "--quick-gen-key", user_id, kind, "default", "never")
        self.fingerprint = self._own_fingerprint()
        if (
            kind is not Kind.CURVE
        ):  # gpg adds an encryption subkey by itself to the default only
            subkey = (self.fingerprint, kind, "encr", "never")
            self._gpg("--passphrase", "", "--quick-add-key", *subkey)


def end_agent(home: Path) -> None:
    """Tell the gpg-agent of a home to end, as ``gpgconf --kill`` does, which takes two processes.

    There is none until a secret key is needed. Where the agent's socket is not in the home (a
    login has a folder for it), ``gpgconf`` is asked to.
    """
    try:
        with socket.socket(socket.AF_UNIX) as agent:
            agent.settimeout(_AGENT_SECONDS)
            agent.connect(str(home / _SOCKET))
            agent.sendall(b"KILLAGENT\n")
            while agent.recv(_LINE):  # it greets, says OK, and is gone
                pass
    except OSError:
        if (home / _SOCKET).exists() or (_LOGINS / str(os.getuid())).is_dir():
            run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)


def _status_lines(stderr: bytes) -> tuple[str, ...]:
    lines = stderr.decode(errors="replace").splitlines()
    return tuple(line.removeprefix(_MARK) for line in lines if line.startswith(_MARK))


def _file_name(status: Sequence[str]) -> str:
    """Return the literal packet's file name: ``PLAINTEXT <format> <time> [<name>]``."""
    for line in status:
        words = line.split(" ")
        if words[0] == "PLAINTEXT" and len(words) > 3:  # noqa: PLR2004 -- the name is optional
            return _unescaped(words[3])
    return ""


def _unescaped(name: str) -> str:
    return bytes.fromhex(_hex_of(name)).decode(errors="replace")


def _hex_of(name: str) -> str:
    first, *escaped = name.split("%")
    return first.encode().hex() + "".join(
        word[:2] + word[2:].encode().hex() for word in escaped
    )


_STANDINGS = {
    "VALIDSIG": Standing.GOOD,
    "BADSIG": Standing.BAD,
    "ERRSIG": Standing.UNKNOWN,
    "EXPSIG": Standing.EXPIRED,
    "EXPKEYSIG": Standing.EXPIRED,
    "REVKEYSIG": Standing.EXPIRED,
}


def _verdicts(status: Sequence[str]) -> tuple[Verdict, ...]:
    """Return one verdict per signature; VALIDSIG also follows an expired key's line."""
    found: list[Verdict] = []
    for line in status:
        word, _, rest = line.partition(" ")
        if word in _STANDINGS and not (word == "VALIDSIG" and _just_expired(found)):
            found.append(Verdict(_STANDINGS[word], _signer(word, rest)))
    return tuple(found)


def _just_expired(found: Sequence[Verdict]) -> bool:
    return bool(found) and found[-1].standing is Standing.EXPIRED


def _signer(word: str, rest: str) -> str:
    return rest.split(" ")[-1 if word == "VALIDSIG" else 0].lower()
