"""``rmp key smime`` as the host types it, with a real authority and a real openssl."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from rmp_case import Rmp, Said

from rmp_milter.config import load
from rmp_milter.host.checks import check_service
from rmp_milter.keeper.keys.keys import load_keys
from testbed.openssl import openssl
from testbed.x509_issuing import issue, pem
from testbed.x509_maker import DAY, Made, Maker

NOW = int(time.time())
RESTART = "start the keeper anew: it reads its keys when it starts"


@pytest.fixture(scope="module")
def root() -> Made:
    return Maker(NOW).authority("Racine d'essai")


@pytest.fixture(scope="module")
def authority(root: Made) -> Made:
    return Maker(NOW).authority("AC mail d'essai", root)


def shown(rmp: Rmp) -> list[dict[str, object]]:
    return list(json.loads(rmp("key", "smime", "show", "--json").out)["certificates"])


def files_of(service: Path) -> dict[str, bytes]:
    folders = ("keeper/smime", "public")
    return {
        str(file): file.read_bytes() for name in folders for file in (service / name).iterdir()
    }


def ask(rmp: Rmp, *more: str) -> bytes:
    said = rmp("key", "smime", "csr", *more)
    assert said.status == 0, said.err
    return said.out.encode()


def take(rmp: Rmp, folder: Path, *contents: bytes) -> Said:
    files = []
    for number, content in enumerate(contents):
        files.append(folder / f"answer-{number}")
        files[-1].write_bytes(content)
    return rmp("key", "smime", "import", *map(str, files))


def test_a_new_service_has_one_that_windows_opens_at_a_click(rmp: Rmp, service: Path) -> None:
    (one,) = shown(rmp)
    file = service / "public" / "service-smime.cer"
    printed = openssl("x509", "-inform", "DER", "-in", str(file), "-noout", "-fingerprint")
    assert printed.decode().partition("=")[2].replace(":", "").strip().lower() == one["sha1"]
    assert (one["use"], one["self_made"], one["key"]) == ("answers", True, "RSA 3072")
    assert (one["addresses"], one["issuer"]) == (["rmp@chu.example"], one["subject"])
    assert file.stat().st_mode & 0o777 == 0o644


def test_an_authoritys_certificate_takes_the_place_of_the_self_made_one(
    rmp: Rmp, service: Path, tmp_path: Path, root: Made, authority: Made
) -> None:
    request = ask(rmp)
    assert ask(rmp) == request  # the same key waits, and is shown again
    openssl("req", "-verify", "-noout", data=request)
    made = issue(request, authority, NOW - DAY)
    said = take(rmp, tmp_path, pem(made), pem(authority.certificate, root.certificate))
    assert (said.status, said.err) == (0, "")
    assert said.out.splitlines()[-2:] == ["answers use it", RESTART]
    assert [each["use"] for each in shown(rmp)] == ["answers", "opens"]
    assert shown(rmp)[0]["issuer"] == "C=FR,O=Essai,CN=AC mail d'essai"
    der = made.public_bytes(Encoding.DER)
    assert (service / "public" / "service-smime.cer").read_bytes() == der
    assert load_keys(service / "keeper").smime[0].certificate == der
    again = take(rmp, tmp_path, pem(made, authority.certificate, root.certificate))
    assert (again.status, again.out.splitlines()[0]) == (0, "is here already")


@pytest.mark.parametrize("form", ["pem", "der", "p7b", "p7b in pem"])
def test_each_form_of_an_answer_is_taken(
    rmp: Rmp, tmp_path: Path, root: Made, authority: Made, form: str
) -> None:
    made = issue(ask(rmp, "--kind", "p-256"), authority, NOW - DAY)
    chain = [made, authority.certificate, root.certificate]
    contents = {
        "pem": [pem(*chain)],
        "der": [each.public_bytes(Encoding.DER) for each in chain],
        "p7b": [pkcs7.serialize_certificates(chain, Encoding.DER)],
        "p7b in pem": [pkcs7.serialize_certificates(chain, Encoding.PEM)],
    }[form]
    assert take(rmp, tmp_path, *contents).status == 0
    assert shown(rmp)[0]["key"] == "P-256"


def test_a_key_of_another_kind_waits_beside(rmp: Rmp) -> None:
    rsa, curve = ask(rmp), ask(rmp, "--kind", "p-256")
    assert b"id-ecPublicKey" in openssl("req", "-noout", "-text", data=curve)
    assert ask(rmp) == ask(rmp, "--kind", "rsa-3072") == rsa
    waiting = json.loads(rmp("key", "smime", "show", "--json").out)["waiting"]
    assert [each["key"] for each in waiting] == ["rsa-3072", "p-256"]
    assert rmp("key", "smime", "show").out.count("use   waits") == 2


def test_a_renewal_for_the_same_key_answers_and_the_old_one_still_opens(
    rmp: Rmp, service: Path, tmp_path: Path, root: Made, authority: Made
) -> None:
    request = ask(rmp)
    for start in (NOW - 300 * DAY, NOW - DAY):
        made = issue(request, authority, start)
        chain = pem(made, authority.certificate, root.certificate)
        assert take(rmp, tmp_path, chain).status == 0
    keys = load_keys(service / "keeper").smime
    assert [each["use"] for each in shown(rmp)] == ["answers", "opens", "opens"]
    assert shown(rmp)[0]["serial"] == f"{made.serial_number:x}"
    assert keys[0].key.private.private_numbers() == keys[1].key.private.private_numbers()


def wrong_answers(request: bytes, root: Made, authority: Made) -> dict[str, list[bytes]]:
    """Return what is not to be taken, by what is said of it."""
    above = pem(authority.certificate, root.certificate)
    other = Maker(NOW).user("rmp@chu.example", authority)
    names = x509.SubjectAlternativeName([x509.RFC822Name("autre@chu.example")])
    elsewhere = issue(request, authority, NOW - DAY, instead=[(names, False)])
    return {
        "for a key of this service": [other.pem, above],
        "has expired": [pem(issue(request, authority, NOW - 400 * DAY)), above],
        "is not made out to rmp@chu.example": [pem(elsewhere), above],
        "its chain is not whole": [
            pem(issue(request, authority, NOW - DAY), authority.certificate)
        ],
        "answer-1: holds no certificate": [pem(issue(request, authority, NOW - DAY)), b"noise"],
        "this is a private key": [other.key_pem, above],
        "answer-0: holds no certificate": [request, above],
    }


def test_a_wrong_answer_is_refused_in_plain_words_and_changes_nothing(
    rmp: Rmp, service: Path, tmp_path: Path, root: Made, authority: Made
) -> None:
    wrong = wrong_answers(ask(rmp), root, authority)
    before = files_of(service)
    for said, contents in wrong.items():
        done = take(rmp, tmp_path, *contents)
        assert (done.status, done.out) == (1, "")
        assert said in done.err
        assert done.err.splitlines()[1:] == ["hint: nothing was changed"]
    assert files_of(service) == before


def test_a_second_trial_stands_beside_the_first_and_is_warned_of(
    rmp: Rmp, service: Path
) -> None:
    (before,) = shown(rmp)
    said = rmp("key", "smime", "new", "--kind", "p-256")
    assert said.status == 0
    assert "until he trusts it by hand" in said.err
    assert RESTART in said.out
    assert {str(each["sha1"]) for each in shown(rmp)} > {str(before["sha1"])}
    text = openssl("x509", "-noout", "-text", data=rmp("key", "smime", "export").out.encode())
    assert b"S/MIME Capabilities" in text
    assert len(load_keys(service / "keeper").smime) == 2


def test_a_trial_beside_an_authoritys_certificate_answers_nothing(
    rmp: Rmp, service: Path, tmp_path: Path, root: Made, authority: Made
) -> None:
    made = issue(ask(rmp), authority, NOW - DAY)
    take(rmp, tmp_path, pem(made, authority.certificate, root.certificate))
    said = rmp("key", "smime", "new", "--kind", "p-256")
    assert "answers use another one; this one only opens mail" in said.out
    laid_out = (service / "public" / "service-smime.cer").read_bytes()
    assert laid_out == made.public_bytes(Encoding.DER)


def test_export_gives_each_form(
    rmp: Rmp, service: Path, tmp_path: Path, root: Made, authority: Made
) -> None:
    made = issue(ask(rmp), authority, NOW - DAY)
    take(rmp, tmp_path, pem(made, authority.certificate, root.certificate))
    run = [sys.executable, "-m", "rmp_milter.cli", "--config", str(service / "rmp.toml")]
    der, p7b = (
        subprocess.run(
            [*run, "key", "smime", "export", form], capture_output=True, check=True
        ).stdout
        for form in ("--der", "--p7b")
    )
    assert der == made.public_bytes(Encoding.DER)
    listed = openssl("pkcs7", "-inform", "DER", "-print_certs", data=p7b)
    assert listed.count(b"subject=") == 3
    assert rmp("key", "smime", "export").out.encode() == pem(made)
    assert rmp("key", "smime", "export", "--der", "--p7b").status == 2


def test_where_none_is_valid_export_says_what_makes_one(rmp: Rmp, service: Path) -> None:
    for file in (service / "keeper" / "smime").iterdir():
        file.unlink()
    said = rmp("key", "smime", "export")
    assert (said.status, said.out) == (1, "")
    assert "no S/MIME certificate of the service is valid now" in said.err
    assert "rmp key smime new" in said.err
    assert "no S/MIME certificate" in rmp("key", "smime", "show").out


def test_a_damaged_file_is_named_and_nothing_is_added_to_it(rmp: Rmp, service: Path) -> None:
    (key,) = (service / "keeper" / "smime").glob("*.key")
    key.chmod(0o644)
    before = files_of(service)
    for command in (["new"], ["csr"], ["show"], ["export"]):
        said = rmp("key", "smime", *command)
        assert (said.status, said.out) == (1, "")
        assert f"{key}: others may read it" in said.err
    assert files_of(service) == before
    (finding, *_) = check_service(load(service / "rmp.toml"))
    assert f"{key}: others may read it" in finding.line


def test_a_file_that_is_not_there_is_a_wrong_command_line(rmp: Rmp, tmp_path: Path) -> None:
    assert rmp("key", "smime", "import", str(tmp_path / "none.pem")).status == 2
    assert rmp("key", "smime", "import").status == 2
    assert rmp("key", "smime", "csr", "--kind", "rsa-1024").status == 2
