"""What is told of a mail that can be opened: header, signature, names; no document."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import gnupg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inspect_case import CODE, HEADER, LETTER, PDF, Inspect, inline

from rmp_milter.inspection import gpg as inspection_gpg
from rmp_milter.inspection.key_file import KeyUnusable, read_key_file
from rmp_milter.keeper.desk.quick import within
from testbed.doctor import Doctor
from testbed.examples import some
from testbed.folders import own_folder
from testbed.gpg import Keyring, Kind, end_agent
from testbed.waiting import PATIENCE_SECONDS

TEXT = f"{HEADER}\n{LETTER}\n"
CODED = (
    f"Patient : DUPONT Jean\nNé le : 30/01/1959\nDemande : dossier\nCode : {CODE}\n\n{LETTER}"
)
FILES = {"bilan.pdf": PDF, "échographie.txt": b"le compte rendu secret"}
ELGAMAL = """\
%no-protection
Key-Type: DSA
Key-Length: 1024
Subkey-Type: ELG-E
Subkey-Length: 1024
Name-Email: old@cab.example
Expire-Date: 0
%commit
"""


class Gpg:
    """gpg with a home of its own, for keys that the testbed's doctors do not have."""

    def __init__(self, home: str) -> None:
        self.home = home

    def __call__(self, *arguments: str, stdin: bytes = b"", passphrase: str = "") -> bytes:
        fixed = ["gpg", "--homedir", self.home, "--batch", "--quiet", "--yes"]
        fixed += ["--trust-model", "always", "--pinentry-mode", "loopback"]
        command = [*fixed, "--passphrase", passphrase, *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, check=True).stdout

    def protected(self, name: str, primary: str, sub: str, *options: str) -> bytes:
        """Make a key under the passphrase ``abc`` and return its secret part, binary."""
        self("--quick-gen-key", name, primary, "sign", "never", passphrase="abc")
        listed = self("--with-colons", "--list-keys", name).decode().splitlines()
        fingerprint = next(line.split(":")[9] for line in listed if line.startswith("fpr"))
        self("--quick-add-key", fingerprint, sub, "encr", "never", passphrase="abc")
        return self("--export-secret-keys", *options, name, passphrase="abc")

    def mail_to(self, name: str, *options: str) -> bytes:
        return inline(self("-r", name, *options, "--encrypt", stdin=TEXT.encode()))


@pytest.fixture(scope="module")
def gpg() -> Iterator[Gpg]:
    home = own_folder("g")
    # By itself the agent hashes passphrases for as long as a tenth of a second, each time.
    (home / "gpg-agent.conf").write_text("s2k-count 65536\n")
    yield Gpg(str(home))
    end_agent(home)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def old_key(gpg: Gpg) -> bytes:
    """An ElGamal key without a passphrase: only gpg opens what is encrypted to it."""
    gpg("--gen-key", stdin=ELGAMAL.encode())
    return gpg("--export-secret-keys", "--armor", "old@cab.example")


@pytest.fixture
def homes(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The gpg homes that were made."""
    made: list[Path] = []

    def recording(*, prefix: str, dir: Path | None) -> str:  # noqa: A002 -- tempfile's name
        made.append(Path(tempfile.mkdtemp(prefix=prefix, dir=dir)))
        return str(made[-1])

    tools = type("tempfile", (), {"mkdtemp": staticmethod(recording)})
    monkeypatch.setattr(inspection_gpg, "tempfile", tools)
    return made


def is_forgotten(home: Path) -> bool:
    """Whether nothing is left of a gpg home: no file at once, no agent soon."""
    deadline = time.monotonic() + 5
    while has_agent(home) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not home.exists() and not has_agent(home)


def has_agent(home: Path) -> bool:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it ended meanwhile
            if str(home).encode() in path.read_bytes():
                return True
    return False


def test_the_routing_header_is_told_with_the_verb(
    inspect: Inspect, anne: Doctor, secret_key: bytes
) -> None:
    said = inspect.with_key(anne.pgp_mime(TEXT, FILES), secret_key)
    assert said.status == 0
    assert said.at("opened", "header") == HEADER.splitlines()
    assert said.at("opened", "request") == "depot"
    assert said.at("opened", "problems") == []
    assert said.at("opened", "refusals") == []


@pytest.mark.parametrize("shape", ["pgp_mime", "mixed_up", "signed_inside", "layered"])
def test_the_parts_inside_are_told_by_name_type_and_size(
    inspect: Inspect, anne: Doctor, secret_key: bytes, shape: str
) -> None:
    said = inspect.with_key(getattr(anne, shape)(TEXT, {"bilan.pdf": PDF}), secret_key)
    parts = said.at("opened", "parts")
    assert isinstance(parts, list)
    assert any(part["name"].startswith("bilan.pdf") for part in parts)
    assert all(part["size"] > 0 and part["media_type"] for part in parts)


def test_the_code_is_masked(inspect: Inspect, anne: Doctor, secret_key: bytes) -> None:
    key = inspect.file("key.asc", secret_key)
    shown = inspect.mail(anne.pgp_mime(CODED, FILES), "--secret-key", key)
    assert "Code : ••••" in shown.out
    assert CODE not in shown.out + shown.err
    assert "dossier" in shown.out


@pytest.mark.parametrize("shape", ["pgp_mime", "inline", "inline_html", "partitioned"])
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_no_word_of_letter_or_document_is_shown(
    inspect: Inspect, anne: Doctor, secret_key: bytes, shape: str, form: list[str]
) -> None:
    stray = "Une première ligne libre\nPatient : DUPONT Jean\nAvis : sombre\n"
    mail = getattr(anne, shape)(f"{stray}Code : {CODE}\n\n{LETTER}")
    said = inspect.mail(mail, "--secret-key", inspect.file("key.asc", secret_key), *form)
    shown = said.out + said.err
    assert "DUPONT" in shown
    secrets = ("confrère", "confidentielle", "sombre", "première ligne", CODE)
    assert [word for word in secrets if word in shown] == []


def test_no_word_of_a_file_is_shown(inspect: Inspect, anne: Doctor, secret_key: bytes) -> None:
    for mail in (anne.pgp_mime(TEXT, FILES), anne.partitioned(TEXT, FILES)):
        said = inspect.with_key(mail, secret_key)
        assert "bilan.pdf" in said.out
        assert [word for word in ("secret", "%PDF", "document du") if word in said.out] == []


def test_a_header_that_is_not_understood_is_told_with_its_problems(
    inspect: Inspect, anne: Doctor, secret_key: bytes
) -> None:
    mail = anne.pgp_mime("Patient : DUPONT Jean\nNé le : demain\n\n" + LETTER)
    said = inspect.mail(mail, "--secret-key", inspect.file("key.asc", secret_key))
    assert said.status == 0  # the shape is good; the header is another matter
    assert "then refused  header-problems" in said.out
    assert "« Né le »" in said.out
    assert "Les premières lignes de ce message n'ont pas été comprises." in said.out


def test_a_request_that_is_not_in_service_is_told(
    inspect: Inspect, anne: Doctor, secret_key: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rmp_milter.cli.inspect.HANDLERS", {})
    said = inspect.with_key(anne.pgp_mime(f"Demande : droits\n{HEADER}"), secret_key)
    assert said.at("opened", "refusals", 0, "text") == "not-in-service"


def test_a_signer_is_told_by_key_where_nobody_is_known(
    inspect: Inspect, anne: Doctor, secret_key: bytes
) -> None:
    said = inspect.with_key(anne.pgp_mime(TEXT), secret_key)
    assert said.at("opened", "signature", "trust") == "unknown"
    assert anne.fingerprint[-16:] in str(said.at("opened", "signature", "issuers"))
    assert said.at("opened", "signature", "signers_known") is False


def test_a_mail_without_signature_is_told(
    inspect: Inspect, anne: Doctor, secret_key: bytes
) -> None:
    said = inspect.with_key(anne.pgp_mime(TEXT, sign=False), secret_key)
    assert said.at("opened", "signature", "trust") == "none"


def test_a_mail_for_other_keys_is_unreadable(inspect: Inspect, anne: Doctor, gpg: Gpg) -> None:
    other = gpg.protected("other@x.fr", "ed25519", "cv25519")
    word = inspect.file("word", b"abc\n")
    said = inspect.with_key(anne.pgp_mime(TEXT), other, "--passphrase-file", word)
    assert (said.status, said.at("verdict", "text")) == (1, "unreadable")
    assert said.at("opened") is None


def test_a_damaged_body_is_unreadable(
    inspect: Inspect, anne: Doctor, secret_key: bytes
) -> None:
    mail = bytearray(anne.inline(TEXT))
    at = mail.index(b"-----END PGP") - 80
    mail[at] = ord("A") if mail[at] != ord("A") else ord("B")
    said = inspect.with_key(bytes(mail), secret_key)
    assert (said.status, said.at("verdict", "text")) == (1, "unreadable")


def test_the_secret_key_opens_what_the_service_refuses_by_shape(
    inspect: Inspect, anne: Doctor, secret_key: bytes
) -> None:
    said = inspect.with_key(anne.files_in_clear(TEXT, FILES), secret_key)
    assert (said.status, said.at("verdict", "text")) == (1, "clear-attachment")
    assert said.at("opened", "header") == HEADER.splitlines()


def test_a_file_of_a_partitioned_mail_for_other_keys_is_unreadable(
    inspect: Inspect, anne: Doctor, secret_key: bytes
) -> None:
    mail = anne.partitioned(TEXT, {"bilan.pdf": PDF})
    key_id = bytes.fromhex(str(inspect.as_json(mail).at("encrypted", 1, "key_ids", 0)))
    assert key_id
    alone = anne.keyring.encrypt(PDF, [anne.fingerprint], sign=False, armor=True)
    begin, end = b"-----BEGIN PGP MESSAGE-----", b"-----END PGP MESSAGE-----"
    text = mail[mail.index(begin) : mail.index(end) + len(end)]
    parts = (
        b"--b\nContent-Type: text/plain\n\n%s\n--b\nContent-Type: application/octet-stream; "
    )
    parts += b'name="bilan.pdf.pgp"\n\n%s\n--b--\n'
    both = b"Content-Type: multipart/mixed; boundary=b\n\n" + parts % (text, alone)
    said = inspect.with_key(both, secret_key)
    assert (said.status, said.at("verdict", "text")) == (1, "file-unreadable")
    assert said.at("opened", "header") == HEADER.splitlines()


@pytest.mark.parametrize(
    ("primary", "sub"), [("ed25519", "cv25519"), ("rsa2048", "rsa2048"), ("nistp256",) * 2]
)
def test_a_key_under_a_passphrase_opens_in_this_process(
    inspect: Inspect, gpg: Gpg, homes: list[Path], primary: str, sub: str
) -> None:
    name = f"{sub}@x.fr"
    key = gpg.protected(name, primary, sub)
    word = inspect.file("word", b"abc\r\n")
    said = inspect.with_key(gpg.mail_to(name), key, "--passphrase-file", word)
    assert said.at("opened", "header") == HEADER.splitlines()
    assert homes == []


@pytest.mark.parametrize("passphrase", [b"wrong\n", b"", b"abc "])
def test_a_wrong_passphrase_is_a_wrong_call(
    inspect: Inspect, gpg: Gpg, homes: list[Path], passphrase: bytes
) -> None:
    key = gpg.protected(f"{len(passphrase)}locked@x.fr", "ed25519", "cv25519")
    word = inspect.file("word", passphrase)
    mail = gpg.mail_to(f"{len(passphrase)}locked@x.fr")
    said = inspect.with_key(mail, key, "--passphrase-file", word)
    assert (said.status, said.out) == (2, "")
    assert "passphrase" in said.err
    assert all(map(is_forgotten, homes))


def test_a_file_without_a_secret_key_is_a_wrong_call(inspect: Inspect, anne: Doctor) -> None:
    said = inspect.with_key(anne.inline(TEXT), anne.certificate)
    assert (said.status, said.out) == (2, "")
    assert "holds no OpenPGP secret key" in said.err


def test_of_several_keys_in_a_file_the_fitting_one_opens(
    inspect: Inspect, anne: Doctor, gpg: Gpg, secret_key: bytes
) -> None:
    gpg("--quick-gen-key", "several@x.fr", "ed25519", "sign", "never")
    gpg("--import", stdin=secret_key)
    several = gpg("--export-secret-keys", "several@x.fr", "rmp@rmp.test")
    said = inspect.with_key(anne.inline(TEXT), several)
    assert said.at("opened", "header") == HEADER.splitlines()


@pytest.mark.promise(number=4)
def test_an_elgamal_key_opens_through_gpg_in_memory_and_leaves_nothing(
    inspect: Inspect, gpg: Gpg, old_key: bytes, homes: list[Path]
) -> None:
    said = inspect.with_key(gpg.mail_to("old@cab.example"), old_key)
    assert said.status == 0
    assert said.at("opened", "header") == HEADER.splitlines()
    assert [str(home.parent) for home in homes] == ["/dev/shm"]  # noqa: S108 -- what is tested
    assert all(map(is_forgotten, homes))


def test_what_gpg_gets_and_gives_is_no_plaintext(
    inspect: Inspect, gpg: Gpg, old_key: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []
    started = gnupg.Popen

    def recording(command: list[str], **more: object) -> object:
        seen.append((command, more))
        return started(command, **more)

    mail = gpg.mail_to("old@cab.example")
    monkeypatch.setattr(gnupg, "Popen", recording)
    decrypt = gnupg.GPG.decrypt_file
    given: list[bytes] = []

    def watching(self: object, file: BytesIO, **more: object) -> object:
        given.append(file.getvalue())
        result = decrypt(self, file, **more)
        given.append(result.data)
        return result

    monkeypatch.setattr(gnupg.GPG, "decrypt_file", watching)
    word = inspect.file("word", b"very-secret-word\n")
    said = inspect.with_key(mail, old_key, "--passphrase-file", word)
    assert said.at("opened", "header") == HEADER.splitlines()
    message, result = given
    assert "very-secret-word" not in repr(seen)
    assert len(message) < len(TEXT) + 400
    assert (TEXT.encode() in result, LETTER.encode() in result) == (False, False)


def test_a_mail_for_other_keys_is_unreadable_for_an_elgamal_key_too(
    inspect: Inspect, anne: Doctor, old_key: bytes
) -> None:
    said = inspect.with_key(anne.inline(TEXT), old_key)
    assert (said.status, said.at("verdict", "text")) == (1, "unreadable")


def test_an_old_cipher_is_refused_as_by_the_service(
    inspect: Inspect, gpg: Gpg, old_key: bytes
) -> None:
    mail = gpg.mail_to("old@cab.example", "--cipher-algo", "3DES")
    said = inspect.with_key(mail, old_key)
    assert (said.status, said.at("verdict", "text")) == (1, "unreadable")
    assert "cipher" in str(said.at("verdict", "detail"))


def test_without_gpg_an_old_key_is_a_clear_line(
    inspect: Inspect, gpg: Gpg, old_key: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = gpg.mail_to("old@cab.example")
    monkeypatch.setenv("PATH", "/nowhere")
    said = inspect.with_key(mail, old_key)
    assert said.status == 2
    assert "gpg is needed" in said.err


@pytest.fixture(params=[signal.SIGTERM, signal.SIGHUP])
def killed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """The signal that comes while gpg is at work."""
    number = int(request.param)
    kill = lambda *_, **__: os.kill(os.getpid(), number)  # noqa: E731 -- in place of a method
    monkeypatch.setattr(gnupg.GPG, "decrypt_file", kill)
    return number


def test_a_signal_leaves_no_key_behind(
    inspect: Inspect, gpg: Gpg, old_key: bytes, homes: list[Path], killed: int
) -> None:
    mail = gpg.mail_to("old@cab.example")
    before = signal.getsignal(killed)
    with pytest.raises(SystemExit) as ended:
        inspect.with_key(mail, old_key)
    assert ended.value.code == 128 + killed
    assert len(homes) == 1
    assert all(map(is_forgotten, homes))
    assert signal.getsignal(killed) is before


def test_keys_show_nothing_of_themselves(secret_key: bytes) -> None:
    shown = repr(read_key_file(secret_key, b"word"))
    assert shown == "KeyFile(1 keys)"


@pytest.mark.parametrize("filler", [b"Comment: a:b:c:d:e\n" * 12, b"\n" * 100_000])
def test_armor_without_an_end_is_refused_and_not_looked_at_for_ever(filler: bytes) -> None:
    with within(PATIENCE_SECONDS), pytest.raises(KeyUnusable):
        read_key_file(b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n" + filler, b"")


@settings(max_examples=some(100), deadline=None)
@given(st.binary(max_size=60), st.integers(0, 4000), st.sampled_from([b"", None]))
def test_any_file_is_a_key_or_is_refused(junk: bytes, at: int, rest: bytes | None) -> None:
    at %= len(KEY)
    data = KEY[:at] + junk + (KEY[at:] if rest is None else rest)
    with suppress(KeyUnusable):
        found = read_key_file(data, b"")
        assert found.keys or found.faults


def _made() -> bytes:
    keyring = Keyring("Fuzz <fuzz@x.fr>", Kind.CURVE)
    try:
        return keyring.export_secret()
    finally:
        keyring.close()


KEY = _made()
