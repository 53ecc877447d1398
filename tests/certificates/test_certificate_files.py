"""Files that hold a certificate: what is read all the same, what is refused, as gpg and sqop do."""

import base64
from collections.abc import Mapping
from typing import NamedTuple

import pytest
from oracles import Oracle, installed

from rmp_milter.certificates import CertificateError, check_usable, read_certificate
from testbed.certificate_parts import NOW, named, pair
from testbed.openpgp_maker import packet

OWN, OTHER = pair(), pair()
ONE = OWN.primary.primary() + named(OWN.primary) + OWN.reading
TWO = OTHER.primary.primary() + named(OTHER.primary) + OTHER.reading
HEAD, END = b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n", b"-----END PGP PUBLIC KEY BLOCK-----\n"
LITERAL = packet(11, b"b\0\0\0\0\0hello")
FIRST = "gpg takes all of them; which one is meant is nobody's to guess"
CRC = "RFC 9580, 6.1: no reader must refuse it"
QUOTED = "out of a mail's text; nothing else can be meant"
TORN = "perhaps not all of it came"
REST = "what follows is somebody else's; gpg passes over it"


def armored(data: bytes, headers: bytes = b"", checksum: bytes = b"") -> bytes:
    return HEAD + headers + b"\n" + base64.encodebytes(data) + checksum + END


class File(NamedTuple):
    """``reason`` is empty where it is read; ``differs`` says why an oracle may judge otherwise."""

    data: bytes
    reason: str = ""
    differs: Mapping[str, str] = {}


def gpg(why: str) -> Mapping[str, str]:
    return {"gpg": why}


def both(why: str) -> Mapping[str, str]:
    return {"gpg": why, "sqop": why}


PLAIN = armored(ONE)
FILES = {
    "binary": File(ONE),
    "armored": File(PLAIN),
    "CRLF": File(PLAIN.replace(b"\n", b"\r\n")),
    "blanks at line ends": File(PLAIN.replace(b"\n", b"  \n")),
    "blanks in the empty line": File(PLAIN.replace(b"\n\n", b"\n \t\n", 1)),
    "tabs at line ends": File(PLAIN.replace(b"\n", b"\t\r\n")),
    "text before and behind": File(b"Bonjour,\n\n" + PLAIN + b"\nMerci\n"),
    "headers": File(armored(ONE, b"Version: x\nComment: y: z\n")),
    "a wrong checksum": File(armored(ONE, checksum=b"=AAAA\n"), differs=gpg(CRC)),
    "indented": File(b"  " + PLAIN.replace(b"\n", b"\n  "), differs=gpg(QUOTED)),
    "a marker before": File(packet(10, b"PGP") + ONE),
    "two in one block": File(armored(ONE + TWO), "several", gpg(FIRST)),
    "two blocks": File(PLAIN + armored(TWO), "several", gpg(FIRST)),
    "two blocks with text between": File(
        PLAIN + b"\net\n\n" + armored(TWO), "several", gpg(FIRST)
    ),
    "two, binary": File(ONE + TWO, "several", gpg(FIRST)),
    "one twice": File(ONE + ONE, "several", gpg(FIRST)),
    "a message behind": File(ONE + LITERAL, "not-alone", gpg(REST)),
    "a message in the block": File(armored(ONE + LITERAL), "not-alone", gpg(REST)),
    "a block of a message behind": File(
        PLAIN + armored(LITERAL).replace(b"PUBLIC KEY BLOCK", b"MESSAGE"),
        "not-alone",
        gpg(REST),
    ),
    "noise behind": File(ONE + b"noise", "not-alone"),
    "noise in the block": File(armored(ONE + b"noise"), "not-alone"),
    "cut short": File(ONE[:-20], "unreadable"),
    "armor cut short": File(PLAIN[: len(PLAIN) // 2], "unreadable"),
    "a block without its end": File(PLAIN.removesuffix(END), "unreadable", gpg(TORN)),
    "nothing": File(b"", "unreadable"),
    "text": File(b"Bonjour\n", "unreadable"),
    "a secret one": File(packet(5, b"\4secret") + ONE, "secret"),
    "a block of a secret one": File(
        PLAIN.replace(b"PUBLIC", b"PRIVATE"), "secret", both("they go by the packets")
    ),
    "a secret one behind": File(
        PLAIN + PLAIN.replace(b"PUBLIC", b"PRIVATE"), "secret", gpg(FIRST)
    ),
}


@pytest.fixture(scope="module")
def oracles(tmp_path_factory: pytest.TempPathFactory) -> list[Oracle]:
    return installed(tmp_path_factory.mktemp("oracles"))


def reason(data: bytes) -> str:
    try:
        check_usable(data, NOW)
    except CertificateError as error:
        return error.reason
    return ""


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_as_gpg_and_sqop_do(name: str, oracles: list[Oracle]) -> None:
    file = FILES[name]
    assert reason(file.data) == file.reason
    if not file.reason:
        assert read_certificate(file.data) == read_certificate(ONE)
    for oracle in oracles:
        theirs = oracle.judge(file.data, b"").encrypts
        assert theirs is (not file.reason) or oracle.name in file.differs, oracle.name
