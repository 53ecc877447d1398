"""The look-alike authorities as openssl judges them, and a list as openssl makes it."""

import subprocess
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from trust_case import RPPS, judged, world

from rmp_milter.x509 import PathVerdict, Purpose, compile_list, read_x509
from rmp_milter.x509.compiling import der_of
from testbed.x509_maker import DAY, Authorities, Made, Maker, authorities


def pem_of(raw: bytes) -> bytes:
    return x509.load_der_x509_crl(raw).public_bytes(Encoding.PEM)


class Openssl:
    """``openssl verify`` with the anchors and lists that our own world has."""

    def __init__(
        self, folder: Path, maker: Maker, trees: Authorities, revoked: list[int]
    ) -> None:
        self.folder, self.now = folder, maker.now
        roots = (trees.public_root, trees.igc_root)
        between = (trees.public, trees.igc)
        lists = [maker.revocation_list(each, revoked) for each in (*roots, *between)]
        (folder / "roots.pem").write_bytes(b"".join(each.pem for each in roots))
        (folder / "between.pem").write_bytes(b"".join(each.pem for each in between))
        (folder / "lists.pem").write_bytes(b"".join(map(pem_of, lists)))

    def verifies(self, made: Made, purpose: str) -> bool:
        (self.folder / "leaf.pem").write_bytes(made.pem)
        done = subprocess.run(
            [
                *("openssl", "verify", "-attime", str(self.now), "-crl_check_all"),
                *("-purpose", purpose, "-CAfile", "roots.pem", "-untrusted", "between.pem"),
                *("-CRLfile", "lists.pem", "leaf.pem"),
            ],
            cwd=self.folder,
            capture_output=True,
            check=False,
        )
        return done.returncode == 0


def test_openssl_and_we_say_the_same(tmp_path: Path, maker: Maker, trees: Authorities) -> None:
    user, revoked = (maker.user("a@b.example", trees.public) for _ in range(2))
    card, other = maker.card(RPPS, trees.igc), maker.card(RPPS, authorities(maker).igc)
    made = {
        "user": (user, Purpose.PUBLIC, True),
        "revoked": (revoked, Purpose.PUBLIC, False),
        "expired": (
            maker.user("a@b.example", trees.public, start=maker.now - 9 * DAY, days=8),
            Purpose.PUBLIC,
            False,
        ),
        "not yet": (
            maker.user("a@b.example", trees.public, start=maker.now + DAY),
            Purpose.PUBLIC,
            False,
        ),
        "card": (card, Purpose.IGC_SANTE, True),
        "look-alike": (other, Purpose.IGC_SANTE, False),
    }
    openssl = Openssl(tmp_path, maker, trees, [revoked.serial])
    there = world(maker, trees, [revoked.serial])
    for name, (each, purpose, good) in made.items():
        assert openssl.verifies(each, "smimesign") == good, name
        ours = judged(each, there, maker.now, purpose).verdict is PathVerdict.GOOD
        assert ours == good, name


CONFIG = """
[ca]
default_ca = own
[own]
database = index
crlnumber = number
default_md = sha256
default_crl_days = 7
"""


def test_a_list_that_openssl_makes_is_taken(tmp_path: Path) -> None:
    live = Maker(int(time.time()))
    root = live.authority("Racine d'essai")
    (tmp_path / "ca.pem").write_bytes(root.pem)
    (tmp_path / "ca.key").write_bytes(root.key_pem)
    (tmp_path / "ca.cnf").write_text(CONFIG)
    (tmp_path / "number").write_text("1000\n")
    ended = "300101000000Z"
    lines = [
        f"R\t{ended}\t260101000000Z,keyCompromise\t{n:02X}\tunknown\t/CN=a" for n in (5, 255)
    ]
    (tmp_path / "index").write_text("".join(f"{line}\n" for line in lines))
    command = ["openssl", "ca", "-config", "ca.cnf", "-gencrl", "-cert", "ca.pem"]
    done = subprocess.run(
        [*command, "-keyfile", "ca.key"], cwd=tmp_path, capture_output=True, check=True
    )
    anchor = read_x509(root.der)
    found = compile_list(der_of(done.stdout), anchor, anchor, live.now)
    assert (found.header.count, found.header.number) == (2, b"\x10\x00")
    assert (found.lists(b"\x05"), found.lists(b"\0\xff"), found.lists(b"\x06")) == (
        True,
        True,
        False,
    )
