"""Registered keys, and the command that registers them."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from rmp_milter.cli import main
from rmp_milter.keeper.vitale import trust
from rmp_milter.keeper.vitale.trust import TrustError, thumbprint
from testbed.vitale import CardSoftware

NOW = 1_900_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "trust"


def test_a_thumbprint_is_the_one_of_rfc_8037() -> None:
    raw = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    key = Ed25519PublicKey.from_public_bytes(raw)
    assert thumbprint(key) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_keys_are_added_listed_and_removed(folder: Path) -> None:
    assert trust.listed(folder) == []
    made = [CardSoftware("Zoé", "ES256"), CardSoftware("Anne")]
    added = [trust.add(folder, each.name, each.pem, NOW) for each in made]
    assert trust.listed(folder) == added[::-1]
    assert [each.algorithm for each in added] == ["ES256", "EdDSA"]
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
    trust.remove(folder, "Anne")
    trust.remove(folder, made[0].kid)
    assert trust.listed(folder) == []
    with pytest.raises(TrustError, match="no such key"):
        trust.remove(folder, "Anne")


def test_name_and_key_are_registered_once(folder: Path) -> None:
    made = CardSoftware("Anne")
    trust.add(folder, "Anne", made.pem, NOW)
    for name, pem in (("Anne", CardSoftware().pem), ("Autre", made.pem)):
        with pytest.raises(TrustError, match="registered already"):
            trust.add(folder, name, pem, NOW)
    assert len(trust.listed(folder)) == 1


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 101, "\x1b[1m"])
def test_a_name_is_one_printable_line(folder: Path, name: str) -> None:
    with pytest.raises(TrustError, match="a name has"):
        trust.add(folder, name, CardSoftware().pem, NOW)


def private_pem() -> bytes:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_pem(kind: str) -> bytes:
    key = generate_rsa(65537, 2048) if kind == "rsa" else generate_private_key(SECP384R1())
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    ("pem", "words"),
    [
        (b"", "not a public key"),
        (b"-----BEGIN PUBLIC KEY-----\nnoise\n-----END PUBLIC KEY-----\n", "not a public key"),
        (private_pem(), "private key"),
        (public_pem("rsa"), "kind that is not taken"),
        (public_pem("p384"), "kind that is not taken"),
    ],
    ids=["empty", "noise", "private", "rsa", "p384"],
)
def test_other_keys_are_refused(folder: Path, pem: bytes, words: str) -> None:
    with pytest.raises(TrustError, match=words):
        trust.add(folder, "Anne", pem, NOW)
    assert trust.listed(folder) == []


@pytest.mark.parametrize("fault", ["noise", "renamed", "open", "unknown", "swapped"])
def test_a_file_that_was_tampered_with_counts_for_nothing(folder: Path, fault: str) -> None:
    made = trust.add(folder, "Anne", CardSoftware().pem, NOW)
    file = folder / f"{made.kid}.json"
    other = CardSoftware()
    if fault == "noise":
        file.write_bytes(b"{")
    elif fault == "open":
        file.chmod(0o666)
    elif fault == "unknown":
        file.write_bytes(file.read_bytes().replace(b'"kind"', b'"sort"'))
    elif fault == "swapped":
        said = {**json.loads(file.read_bytes()), "public_key": other.pem.decode()}
        file.write_text(json.dumps(said))
    else:
        file.rename(folder / f"{other.kid}.json")
    kid = other.kid if fault == "renamed" else made.kid
    with pytest.raises(TrustError) as error:
        trust.find(folder, kid)
    assert str(folder / kid) in str(error.value)
    assert "\n" not in str(error.value)
    with pytest.raises(TrustError):
        trust.listed(folder)
    trust.remove(folder, kid)
    assert trust.listed(folder) == []


@pytest.mark.slow
def test_the_command_registers_lists_and_removes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = tmp_path / "rmp"
    assert main.run(["init", str(service), "--address", "rmp@chu.example"]) == 0
    made = CardSoftware("Lecteur de l'officine")
    (tmp_path / "key.pem").write_bytes(made.pem)

    def rmp(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main.run(["--config", str(service / "rmp.toml"), "trust", *arguments])
        said = capsys.readouterr()
        return status, said.out, said.err

    add = ("add", "vitale", "--name", made.name, "--key", str(tmp_path / "key.pem"))
    status, out, _ = rmp(*add)
    assert (status, made.kid in out, "rmp@chu.example" in out) == (0, True, True)
    assert (service / "keeper" / "trust" / f"{made.kid}.json").is_file()
    status, out, _ = rmp("list", "--json")
    (listed,) = json.loads(out)
    assert (listed["name"], listed["kid"], listed["algorithm"]) == (
        made.name,
        made.kid,
        "EdDSA",
    )
    assert made.kid in rmp("list")[1]
    status, _, err = rmp(*add)
    assert (status, "registered already" in err) == (1, True)
    assert rmp("remove", made.name)[0] == 0
    assert rmp("remove", made.name)[0] == 1
    assert rmp("list", "--json")[1] == "[]\n"
