import json
import os
import time
from pathlib import Path
from typing import NamedTuple

import pytest
from list_server import ListServer

from rmp_milter.cli import main
from rmp_milter.dossier.rules import STRICTEST, policy_of
from rmp_milter.host.trust_checks import check_cards, check_trust
from rmp_milter.postfix.rules import Severity
from rmp_milter.trust.folder import LISTS, add_anchor, known
from rmp_milter.x509 import Purpose, read_x509
from testbed.vitale import CardSoftware
from testbed.x509_maker import DAY, Made, Maker

LIVE = Maker(int(time.time()))


class Said(NamedTuple):
    status: int
    out: str
    err: str


class Rmp:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.trust = folder / "keeper" / "trust"
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Said:
        self._capsys.readouterr()
        status = main.run(["--config", str(self.folder / "rmp.toml"), *arguments])
        said = self._capsys.readouterr()
        return Said(status, said.out, said.err)

    def file(self, name: str, content: bytes) -> str:
        path = self.folder / name
        path.write_bytes(content)
        return str(path)

    def add(self, made: Made, *options: str) -> Said:
        file = self.file(f"{read_x509(made.der).digest}.pem", made.pem)
        return self("trust", "add", "ca", file, *options)


@pytest.fixture
def rmp(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Rmp:
    folder = tmp_path / "rmp"
    assert main.run(["init", str(folder), "--address", "rmp@chu.example"]) == 0
    return Rmp(folder, capsys)


def test_authorities_lists_and_places_are_added_listed_and_removed(rmp: Rmp) -> None:
    root = LIVE.authority("Racine d'essai")
    below = LIVE.authority("AC mail d'essai", root)
    card = CardSoftware()
    key = rmp.file("card.pem", card.pem)
    assert rmp("trust", "add", "vitale", "--name", card.name, "--key", key).status == 0
    said = rmp.add(root, "--purpose", "public")
    digest = read_x509(root.der).digest
    assert (said.status, digest in said.out, "P-256" in said.out) == (0, True, True)
    assert rmp.add(below, "--intermediate").status == 0
    raw = rmp.file("a.crl", LIVE.revocation_list(root, [7, 8]))
    assert "entries  2" in rmp("trust", "add", "crl", raw).out
    assert rmp("trust", "add", "url", "http://ca.example/a.crl").status == 0

    rows = json.loads(rmp("trust", "list", "--json").out)
    assert [row["kind"] for row in rows] == ["vitale", "ca", "ca", "crl", "url"]
    assert [row["purpose"] for row in rows if row["kind"] == "ca"] == [
        "public",
        "intermediates",
    ]
    listed = rows[3]
    assert (listed["name"], listed["entries"]) == ("C=FR,O=Essai,CN=Racine d'essai", "2")
    table = rmp("trust", "list").out.splitlines()
    assert table[0].split() == ["kind", "name", "what", "since", "until", "id"]
    assert len(table) == 6

    for name in (listed["id"], digest, "http://ca.example/a.crl", card.name):
        assert rmp("trust", "remove", name).status == 0
        assert rmp("trust", "remove", name).status == 1
    assert [row["name"] for row in json.loads(rmp("trust", "list", "--json").out)] == [
        "C=FR,O=Essai,CN=AC mail d'essai"
    ]


def test_what_cannot_be_trusted_is_refused_with_a_line(rmp: Rmp) -> None:
    root = LIVE.authority("Racine d'essai")
    user = LIVE.user("a@b.example", root)
    assert rmp.add(root).status == 2
    assert rmp.add(root, "--purpose", "public", "--intermediate").status == 2
    assert rmp.add(root, "--purpose", "other").status == 2
    said = rmp.add(user, "--purpose", "public")
    assert (said.status, "no authority's certificate" in said.err) == (1, True)
    raw = rmp.file("a.crl", LIVE.revocation_list(root))
    said = rmp("trust", "add", "crl", raw)
    assert (said.status, "nobody whom the host trusts" in said.err) == (1, True)
    assert rmp("trust", "add", "url", "https://ca.example/a.crl").status == 1


def test_an_older_list_is_refused_by_hand_too(rmp: Rmp) -> None:
    root = LIVE.authority("Racine d'essai")
    rmp.add(root, "--purpose", "public")
    newer, older = (
        rmp.file(f"{number}.crl", LIVE.revocation_list(root, number=number))
        for number in (6, 5)
    )
    assert rmp("trust", "add", "crl", newer).status == 0
    said = rmp("trust", "add", "crl", older)
    assert (said.status, "older than the one in force" in said.err) == (1, True)


def test_refresh_says_of_each_place_what_came_of_it(rmp: Rmp, server: ListServer) -> None:
    root = LIVE.authority("Racine d'essai")
    below = LIVE.authority("AC mail d'essai", root, points=(server.url("root.crl"),))
    user = LIVE.user("a@b.example", below, points=(server.url("mail.crl"),))
    said = rmp("trust", "refresh")
    assert (said.status, "rmp trust add ca" in said.err) == (1, True)
    rmp.add(root, "--purpose", "public")
    rmp.add(below, "--intermediate")
    server.files["root.crl"] = LIVE.revocation_list(root)
    file = rmp.file("user.pem", user.pem)
    said = rmp("trust", "refresh", "--certificate", file, "--json")
    assert (said.status, json.loads(said.out)) == (
        1,
        [
            {"url": server.url("root.crl"), "words": "new, 0 entries", "failed": False},
            {"url": server.url("mail.crl"), "words": "the server says 404", "failed": True},
        ],
    )
    server.files["mail.crl"] = LIVE.revocation_list(below, [user.serial])
    assert rmp("trust", "refresh", "--certificate", file).status == 0
    assert rmp("trust", "refresh").out.count("as before") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_root_leaves_the_fetching_to_the_user_whose_the_lists_are(rmp: Rmp) -> None:
    rmp.add(LIVE.authority("Racine d'essai"), "--purpose", "public")
    os.chown(rmp.trust / LISTS, 2, 2)
    said = rmp("trust", "refresh")
    assert (said.status, "systemctl start rmp-trust" in said.err) == (1, True)


def lines(trust: Path, now: int) -> list[str]:
    return [finding.line for finding in check_trust(trust, now)]


def test_check_says_what_ends_and_which_list_is_old_or_missing(rmp: Rmp) -> None:
    root = LIVE.authority("Racine d'essai", days=100)
    assert lines(rmp.trust, LIVE.now) == []
    rmp.add(root, "--purpose", "public")
    name = "C=FR,O=Essai,CN=Racine d'essai"
    assert lines(rmp.trust, LIVE.now) == [f"{name}: there is no revocation list of it"]
    rmp("trust", "add", "crl", rmp.file("a.crl", LIVE.revocation_list(root, days=90)))
    end = read_x509(root.der).not_after
    assert lines(rmp.trust, LIVE.now) == []
    assert lines(rmp.trust, end - 31 * DAY) == []
    assert lines(rmp.trust, end - 30 * DAY) == [f"{name} (public): expires in 30 days"]
    (ended, old) = lines(rmp.trust, end + 1 + 2 * DAY)[:2]
    assert ended == f"{name} (public): is expired"
    assert old.startswith(f"{name}: the revocation list is old, the next one was due")
    said = rmp("check", "--no-postfix", "--json")
    assert "essai" not in said.out
    (rmp.trust / LISTS / "0.revoked").write_bytes(b"rmp revocation list 2\n")
    findings = json.loads(rmp("check", "--no-postfix", "--json").out)
    errors = [each["line"] for each in findings if each["severity"] == Severity.ERROR.value]
    assert [line for line in errors if "no compiled revocation list of this version" in line]


def test_check_finds_a_list_that_nobody_signed(rmp: Rmp) -> None:
    root = LIVE.authority("Racine d'essai")
    rmp.add(root, "--purpose", "public")
    rmp("trust", "add", "crl", rmp.file("a.crl", LIVE.revocation_list(root, [7])))
    (compiled,) = (rmp.trust / LISTS).glob("*.revoked")
    content = compiled.read_bytes()
    compiled.write_bytes(content[:-1] + bytes((content[-1] ^ 1,)))
    (line,) = lines(rmp.trust, LIVE.now)
    assert line.endswith("is not right: it does not say what its list says")


def test_vitale_keys_and_authorities_do_not_meet_in_the_folder(rmp: Rmp) -> None:
    card = CardSoftware()
    rmp.add(LIVE.authority("Racine d'essai"), "--purpose", "igc-sante")
    key = rmp.file("card.pem", card.pem)
    assert rmp("trust", "add", "vitale", "--name", card.name, "--key", key).status == 0
    assert len(known(rmp.trust).of(Purpose.IGC_SANTE)) == 1
    add_anchor(rmp.trust, LIVE.authority("Autre").pem, Purpose.PUBLIC, LIVE.now)
    kinds = [row["kind"] for row in json.loads(rmp("trust", "list", "--json").out)]
    assert kinds == ["vitale", "ca", "ca"]


def test_check_says_what_nobody_can_do_for_want_of_an_authority_of_cards(rmp: Rmp) -> None:
    rows = {
        "creation_autre": ["cps+vitale"],
        "fiche_traitant": ["cps", "signature"],
        "liste_traitant": [],
    }
    (found,) = check_cards(rmp.trust, policy_of(rows))
    assert found.severity is Severity.ERROR
    assert "creation_autre: asks for a CPS card" in found.line
    assert list(check_cards(rmp.trust, STRICTEST)) == []
    file = rmp.folder / "rmp.toml"
    row = '[policy]\ncreation_autre = ["cps+vitale"]\n'
    file.write_text(file.read_text().replace("[policy]\n", row, 1))
    said = rmp("check", "--no-postfix")
    assert (said.status, found.line in said.out) == (1, True)
    rmp.add(LIVE.authority("Racine d'essai"), "--purpose", "public")
    assert list(check_cards(rmp.trust, policy_of(rows))) == [found]
    rmp.add(LIVE.authority("AC RACINE IGC-SANTE FORT"), "--purpose", "igc-sante")
    assert list(check_cards(rmp.trust, policy_of(rows))) == []
    assert "CPS card" not in rmp("check", "--no-postfix").out
