"""What is told of S/MIME mail is what the pipeline does with it, a key that is handed over too."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from inspect_case import HEADER, LETTER, Inspect, Said
from test_inspect_agrees import EMERGENCY, Milter, told, verdict

from rmp_milter.cli import main
from rmp_milter.x509 import read_x509
from testbed.folders import own_folder
from testbed.outlook import Outlook
from testbed.service import rpps
from testbed.x509_maker import Authorities, Made, Maker, authorities

pytestmark = pytest.mark.integration

NOW = int(time.time())
DEPOSIT = f"{HEADER}\n{LETTER}\n"


class Trusting:
    """The service with authorities that it trusts, and doctors whom these certified."""

    def __init__(self, service: Path, config: tuple[str, str], folder: Path) -> None:
        self.service, self.config, self.folder = service, config, folder
        self.maker = Maker(NOW, "RSA")
        self.trees: Authorities = authorities(self.maker)
        self._number = 700
        self.rmp("trust", "add", "ca", self.file(self.trees.public_root), "--purpose", "public")
        self.rmp("trust", "add", "ca", self.file(self.trees.public), "--intermediate")
        for issuer in (self.trees.public_root, self.trees.public):
            self.list_of(issuer)

    def rmp(self, *arguments: str) -> None:
        assert main.run([*self.config, *arguments]) == 0

    def file(self, content: Made | bytes) -> str:
        path = self.folder / f"{len(list(self.folder.iterdir()))}.pem"
        path.write_bytes(content if isinstance(content, bytes) else content.pem)
        return str(path)

    def list_of(self, issuer: Made, *revoked: Made, number: int = 1) -> None:
        serials = [each.serial for each in revoked]
        made = self.maker.revocation_list(issuer, serials, number=number)
        self.rmp("trust", "add", "crl", self.file(made))

    def enrolled(self, mail: str, own: Made | None = None) -> Outlook:
        """Return a doctor enrolled with a certificate, by default a good one."""
        self._number += 1
        own = own or self.maker.user(mail, self.trees.public)
        who = ("--name", f"Dr {mail[0].upper()}", "--rpps", rpps(self._number), "--mail", mail)
        what = ("--profession", "radiologue", "--certificate", self.file(own))
        self.rmp("doctor", "add", *who, *what)
        return self.program(mail, own)

    def program(self, mail: str, own: Made) -> Outlook:
        service = next((self.service / "keeper" / "smime").glob("*.pem")).read_bytes()
        trusted = self.trees.public_root.pem
        folder = self.folder / mail
        chain = self.trees.public.pem
        return Outlook(folder, mail, mail, own, service=service, trusted=trusted, chain=chain)

    @property
    def key(self) -> bytes:
        """The service's own S/MIME key and certificate, as a file that is handed over."""
        files = (self.service / "keeper" / "smime").iterdir()
        return b"".join(file.read_bytes() for file in files if file.suffix in {".key", ".pem"})


@pytest.fixture(scope="module")
def milter(service: Path, keeper: None) -> Milter:  # noqa: ARG001 -- the keeper runs
    return Milter(service / "rmp.toml")


@pytest.fixture(scope="module")
def trusting(service: Path, config: tuple[str, str], keeper: None) -> Iterator[Trusting]:  # noqa: ARG001 -- the keeper runs
    folder = own_folder("trusting-")
    yield Trusting(service, config, folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def remi(trusting: Trusting) -> Outlook:
    return trusting.enrolled("remi@radio.test")


Judged = Callable[[bytes], str]


@pytest.fixture
def judged(
    inspect: Inspect, milter: Milter, trusting: Trusting, config: tuple[str, str]
) -> Judged:
    """What keeper and handed-over key both tell of a mail first: what the pipeline then does."""

    def of(mail: bytes) -> str:
        said = [
            inspect.as_json(mail, *config),
            inspect.with_key(mail, trusting.key, *config),
        ]
        done = milter.take(mail)
        expected = "" if done.endswith(" done") else done
        assert [first(each) for each in said] == [expected] * 2
        return done

    return of


def first(said: Said) -> str:
    """Return the first refusal that is told: of the mail as it is, then of what is in it."""
    return verdict(said) or next(iter(told(said) if said.at("opened") else []), "")


@pytest.mark.parametrize("cipher", ["aes-128-cbc", "aes-256-cbc", "aes-256-gcm"])
@pytest.mark.parametrize("detached", [False, True])
def test_a_signed_mail_is_taken(
    judged: Judged, remi: Outlook, cipher: str, *, detached: bool
) -> None:
    text = f"{DEPOSIT}{cipher} {detached}\n"
    assert judged(remi.write(text, cipher=cipher, detached=detached)) == "depot done"


def test_who_signed_is_told_and_what_it_is_worth(
    inspect: Inspect, remi: Outlook, config: tuple[str, str]
) -> None:
    mail = remi.write(DEPOSIT)
    said = inspect.as_json(mail, *config)
    assert said.at("opened", "signature", "trust") == "good"
    assert said.at("opened", "signature", "signer") == "Dr R"
    assert said.at("opened", "signature", "smime", "judged") is True
    assert said.at("opened", "signature", "smime", "capabilities") is None
    assert said.at("opened", "header") == HEADER.splitlines()
    shown = inspect.mail(mail, *config).out
    assert "holds, and its certificate is trusted" in shown
    assert "yes, Dr R" in shown
    assert "the service, its present certificate" in shown
    assert LETTER not in shown


@pytest.mark.parametrize("cipher", ["des3", "rc2"])
def test_an_old_cipher(judged: Judged, remi: Outlook, cipher: str) -> None:
    more = ["-provider", "legacy", "-provider", "default"] if cipher == "rc2" else []
    assert judged(remi.write(DEPOSIT, cipher=cipher, encrypting=more)) == "old-cipher"


def test_cbc_without_a_signature(judged: Judged, remi: Outlook) -> None:
    assert judged(remi.write(DEPOSIT, sign=False)) == "smime-unreadable"


def test_somebody_whom_nobody_enrolled(judged: Judged, trusting: Trusting) -> None:
    mail = "eve@nulle.part"
    eve = trusting.program(mail, trusting.maker.user(mail, trusting.trees.public))
    assert judged(eve.write(DEPOSIT)) == "unknown-certificate"
    assert judged(eve.write(EMERGENCY + HEADER)) == "emergency-unknown-key"


def test_a_mail_to_others_or_damaged(judged: Judged, trusting: Trusting, remi: Outlook) -> None:
    other = trusting.maker.user("autre@x.test", trusting.trees.public)
    service = trusting.folder / "remi@radio.test" / "service.pem"
    ours = service.read_bytes()
    service.write_bytes(other.pem)
    to_other = remi.write(DEPOSIT)
    service.write_bytes(ours)
    assert judged(to_other) == "smime-unreadable"
    mail = remi.write(DEPOSIT)
    at = len(mail) * 3 // 4
    flipped = b"A" if mail[at : at + 1] != b"A" else b"B"
    assert judged(mail[:at] + flipped + mail[at + 1 :]) == "smime-unreadable"
    head, end, _ = mail.partition(b"\r\n\r\n")
    assert judged(head + end + mail[len(head) + 4 : len(head) + 304]) == "smime-unreadable"


def test_certificates_that_are_not_what_they_were(judged: Judged, trusting: Trusting) -> None:
    maker, public = trusting.maker, trusting.trees.public
    own = maker.user("zoe@x.test", public)
    zoe = trusting.enrolled("zoe@x.test", own)
    assert judged(zoe.write(DEPOSIT + "avant\n")) == "depot done"
    trusting.list_of(public, own, number=2)
    assert judged(zoe.write(DEPOSIT)) == "revoked-certificate"
    assert judged(zoe.write(EMERGENCY + HEADER)) == "emergency-expired-key"
    trusting.list_of(public, number=3)


def test_one_whose_authority_is_trusted_no_more_hears_it_by_letter_but_in_an_emergency(
    judged: Judged, trusting: Trusting
) -> None:
    maker = trusting.maker
    root = maker.authority("Une racine passagère")
    anchor = trusting.file(root)
    trusting.rmp("trust", "add", "ca", anchor, "--purpose", "public")
    trusting.list_of(root)
    ida = trusting.enrolled("ida@x.test", maker.user("ida@x.test", root))
    assert judged(ida.write(DEPOSIT + "ida\n")) == "depot done"
    files = trusting.service / "keeper" / "trust" / "anchors" / "public"
    (files / f"{read_x509(root.der).digest}.pem").unlink()
    assert judged(ida.write(DEPOSIT)) == "unknown-issuer"
    assert judged(ida.write(EMERGENCY + HEADER)) == "urgence done"


def test_where_the_trust_folder_is_closed_the_verdict_is_left_open(
    inspect: Inspect,
    trusting: Trusting,
    remi: Outlook,
    config: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def closed(_config: object) -> None:
        raise PermissionError(13, "closed")

    monkeypatch.setattr("rmp_milter.cli.inspect.world_of", closed)
    said = inspect.with_key(remi.write(DEPOSIT), trusting.key, *config)
    assert said.at("opened", "signature", "smime", "judged") is False
    assert told(said) == []
    file = inspect.file("key.pem", trusting.key)
    shown = inspect.mail(remi.write(DEPOSIT), "--secret-key", file, *config).out
    assert "whom the host trusts could not be read" in shown
