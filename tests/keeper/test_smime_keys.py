"""The folder of S/MIME keys: what lies there is loaded whole, opens mail, and outlives kills."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from keeper_case import ADDRESS, NAME
from smime_case import NOW, above, encrypted, issued, key_of, opened, put, self_signed

from rmp_milter.keeper.keys.key_files import KeyFileError
from rmp_milter.keeper.keys.keys import load_keys, make_keys
from rmp_milter.keeper.keys.service_certificates import (
    GRACE,
    InUse,
    answering,
    in_use,
    opening,
    stated_capabilities,
)
from rmp_milter.keeper.keys.smime_folder import add_certificate, add_key, read_smime
from rmp_milter.keeper.keys.smime_making import KeyKind
from testbed.x509_maker import DAY

LETTER = b"Content-Type: text/plain\r\n\r\nBonjour.\r\n"
YEAR = 365 * DAY


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "smime"


def test_a_keeper_without_any_starts_as_before(tmp_path: Path) -> None:
    make_keys(tmp_path / "k", ADDRESS, NAME)
    assert load_keys(tmp_path / "k").smime == ()


def test_a_loaded_keeper_has_them_and_shows_no_secret(tmp_path: Path) -> None:
    make_keys(tmp_path / "k", ADDRESS, NAME)
    private = key_of(KeyKind.RSA)
    put(tmp_path / "k" / "smime", private, issued(private), above())
    keys = load_keys(tmp_path / "k")
    (one,) = keys.smime
    assert one.chain == tuple(each.der for each in above())
    assert (one.may_sign, one.self_made) == (True, False)
    said = repr(keys) + repr(keys.smime) + repr(read_smime(tmp_path / "k" / "smime"))
    assert "PRIVATE" not in said
    assert str(one.key.private.private_numbers()) not in said


@pytest.mark.parametrize("kind", KeyKind)
def test_what_openssl_encrypts_to_a_certificate_its_loaded_key_opens(
    folder: Path, kind: KeyKind
) -> None:
    made = self_signed(key_of(kind))
    put(folder, key_of(kind), made)
    (one,) = read_smime(folder).certificates
    assert opened(one.key, encrypted(made.der, LETTER, folder.parent)) == LETTER
    assert (one.self_made, one.chain) == (True, ())
    assert stated_capabilities(made)[0] == "AES-256-CBC"


def test_all_files_are_for_their_owner_only(folder: Path) -> None:
    put(folder, key_of(), self_signed(key_of()))
    modes = {file.suffix: file.stat().st_mode & 0o777 for file in folder.iterdir()}
    assert modes == {".key": 0o600, ".pem": 0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_nothing_there_is_ever_overwritten(folder: Path) -> None:
    made = self_signed(key_of())
    put(folder, key_of(), made)
    before = {file: file.read_bytes() for file in folder.iterdir()}
    with pytest.raises(KeyFileError, match="is not overwritten"):
        add_key(folder, key_of())
    with pytest.raises(KeyFileError, match="is not overwritten"):
        add_certificate(folder, made, above())
    assert {file: file.read_bytes() for file in folder.iterdir()} == before


def test_an_authoritys_certificate_comes_before_a_newer_trial_and_the_newest_before_all(
    folder: Path,
) -> None:
    trial, old, new = (key_of(number=number) for number in range(3))
    put(folder, trial, self_signed(trial, NOW))
    put(folder, old, issued(old, NOW - 300 * DAY), above())
    put(folder, new, issued(new, NOW - 2 * DAY), above())
    found = read_smime(folder).certificates
    assert [each.key.private.private_numbers() for each in found] == [
        each.private_numbers() for each in (new, old, trial)
    ]
    assert answering(found, NOW) == found[0]
    assert opening(found, NOW) == found
    # The old one answers no more when the new one is there, and both open until its end.
    assert [in_use(each, found, NOW) for each in found] == [
        *(InUse.ANSWERS, InUse.OPENS, InUse.OPENS)
    ]


def test_a_certificate_that_is_not_valid_yet_opens_and_does_not_answer(folder: Path) -> None:
    old, new = key_of(), key_of(number=1)
    put(folder, old, issued(old), above())
    put(folder, new, issued(new, NOW + DAY), above())
    found = read_smime(folder).certificates
    present = answering(found, NOW)
    assert present
    assert present.key.private.private_numbers() == old.private_numbers()
    assert opening(found, NOW) == found
    assert answering(found, NOW + DAY) == found[0] != present


@pytest.mark.parametrize(
    ("after", "use"),
    [(0, InUse.ANSWERS), (1, InUse.OPENS), (GRACE, InUse.OPENS), (GRACE + 1, InUse.OLD)],
)
def test_an_expired_one_opens_for_a_month_and_then_keeps_its_name(
    folder: Path, after: int, use: InUse
) -> None:
    made = issued(key_of())
    put(folder, key_of(), made, above())
    (one,) = found = read_smime(folder).certificates
    assert in_use(one, found, one.not_after + after) is use
    assert bool(answering(found, one.not_after + after)) is (use is InUse.ANSWERS)
    assert bool(opening(found, one.not_after + after)) is (use is not InUse.OLD)
    assert one.key.serial == int.from_bytes(made.serial)
    assert (one.key.issuer, one.key.key_id) == (made.issuer_der, made.subject_key_id)


def test_a_renewal_for_the_same_key_stands_beside_the_old_one(folder: Path) -> None:
    put(folder, key_of(), issued(key_of(), NOW - 300 * DAY), above())
    add_certificate(folder, issued(key_of(), NOW - DAY), above())
    there = read_smime(folder)
    assert (len(there.certificates), len(there.keys), there.waiting) == (2, 1, ())
    assert len({each.key.serial for each in there.certificates}) == 2


def test_a_key_without_a_certificate_waits_and_is_not_the_keepers(folder: Path) -> None:
    file = add_key(folder, key_of())
    there = read_smime(folder)
    assert there.certificates == ()
    assert [each.file for each in there.waiting] == [file]


def private_pem(private: Ed25519PrivateKey | None = None, word: bytes = b"") -> bytes:
    cipher = BestAvailableEncryption(word) if word else NoEncryption()
    return (private or key_of()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, cipher)


def _open_to_all(file: Path) -> None:
    file.chmod(0o640)


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:120])


def _noise(file: Path) -> None:
    file.write_bytes(b"\xff" * 40)


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir(mode=0o700)


FAULTS: list[tuple[str, Callable[[Path], object], str]] = [
    *((f"*.{kind}", _open_to_all, "others may read it") for kind in ("key", "pem")),
    *((f"*.{kind}", _folder, "directory") for kind in ("key", "pem")),
    ("*.key", _cut, "not a private key"),
    ("*.key", _noise, "not a private key"),
    ("*.key", lambda file: file.write_bytes(private_pem(word=b"secret")), "passphrase"),
    (
        "*.key",
        lambda file: file.write_bytes(private_pem(Ed25519PrivateKey.generate())),
        "neither an RSA key",
    ),
    ("*.pem", _cut, "the PEM has no end"),
    ("*.pem", _noise, "DER"),
    ("*.pem", lambda file: file.write_bytes(private_pem()), "this is a private key"),
]


@pytest.mark.parametrize(("which", "damage", "said"), FAULTS)
def test_each_fault_is_one_line_that_names_the_file(
    folder: Path, which: str, damage: Callable[[Path], object], said: str
) -> None:
    put(folder, key_of(), issued(key_of()), above())
    (file,) = folder.glob(which)
    damage(file)
    with pytest.raises(KeyFileError, match=said) as error:
        read_smime(folder)
    assert str(error.value).startswith(f"{file}: ")
    assert "\n" not in str(error.value)


def test_a_certificate_whose_key_is_lost_is_named(folder: Path) -> None:
    put(folder, key_of(), self_signed(key_of()))
    (key,) = folder.glob("*.key")
    key.unlink()
    with pytest.raises(KeyFileError, match=r"\.pem: the private key .* is missing"):
        read_smime(folder)


WATCHED = frozenset({"open", "os.link", "os.remove", "os.mkdir", "os.rename"})


def killed_at(step: int, folder: Path) -> bool:
    """Add a key and its certificate in a child that dies before a step; say whether it did."""
    private, made = key_of(number=1), self_signed(key_of(number=1))
    child = os.fork()
    if child == 0:
        left = step

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal left
            if event in WATCHED and str(folder) in str(arguments[0]):
                left -= 1
                if left < 0:
                    os._exit(9)

        sys.addaudithook(hook)
        put(folder, private, made)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) in {0, 9}
    return os.waitstatus_to_exitcode(status) == 9


def test_a_kill_at_any_step_leaves_a_folder_that_a_keeper_reads(tmp_path: Path) -> None:
    seen, step = [], 0
    while True:
        folder = tmp_path / str(step) / "smime"
        folder.parent.mkdir()
        put(folder, key_of(), self_signed(key_of()))
        died = killed_at(step, folder)
        there = read_smime(folder)
        seen.append((len(there.certificates), len(there.waiting)))
        add_key(folder, key_of(number=2))  # goes on, and clears away what was left
        assert list(folder.glob("*.part")) == []
        assert len(read_smime(folder).waiting) == seen[-1][1] + 1
        if not died:
            break
        step += 1
    assert seen == sorted(seen, key=lambda each: (each[0], each[1]))
    assert set(seen) == {(1, 0), (1, 1), (2, 0)}
    assert step > 8
