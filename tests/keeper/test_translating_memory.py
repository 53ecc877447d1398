"""A large document is translated in less than three times its size, whatever it is inside of."""

import ctypes
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from keeper_case import HEADER, LETTER, encrypted, entity
from keeper_gpg import Gpg
from little_host import ALICE, CODE
from msgspec.structs import replace
from translating_case import NOW, Filed, MixedHost, file, outlook, with_smime

from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol.answering import Sealed, Translate
from rmp_milter.calls.protocol.releasing import ByCode
from rmp_milter.keeper.desk import answer as calls
from rmp_milter.keeper.desk.desk import Desk
from testbed.outlook import Outlook

_WHOLE = 40_000_000
_MOST = 3
_MMAP_THRESHOLD = -3  # mallopt(3)
_STATUS = Path("/proc/self/status")


@pytest.fixture
def mixed(gpg: Gpg, desk: Desk) -> MixedHost:
    return MixedHost(gpg, with_smime(desk))


@pytest.fixture
def remi(tmp_path: Path) -> Outlook:
    return outlook(tmp_path)


def size_of(which: str) -> int:
    found = re.search(rf"{which}:\s+(\d+) kB", _STATUS.read_text())
    assert found is not None
    return int(found[1]) * 1024


def peak_of(work: Callable[[], None]) -> int:
    """Return by how much a process of its own grows while it works; 0 where it fails.

    Not counted are the pages of programs and libraries: a child has none of its parent's, so the
    code that it runs for the first time is read in beside the document, and how much of it comes
    at once is the kernel's affair.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, 1 << 20)  # as in a process of its own
            ctypes.CDLL(None).malloc_trim(0)  # what was freed before must not serve now
            Path("/proc/self/clear_refs").write_text("5")  # resets the peak, proc(5)
            before, code = size_of("VmRSS"), size_of("RssFile")
            work()
            code = size_of("RssFile") - code
            os.write(writing, str(size_of("VmHWM") - before - code).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        said = told.read()
    os.waitpid(child, 0)
    return int(said or 0)


def grows(filed: Filed, request: Translate) -> float:
    """Return by how many times the document's size the keeper grows."""
    with Memory() as shared:
        shared.write(filed.body)
        size = shared.size

        def work() -> None:
            reply, back = calls.answer(filed.host.desk, request, shared.fd, NOW)
            assert isinstance(reply, Sealed), reply
            assert back is not None

        filed.mail.memory = b""
        grown = peak_of(work)
    assert grown > size // 2, "nothing was measured"
    return grown / size


def for_remi(filed: Filed, remi: Outlook) -> Translate:
    member = filed.host.smime_member()
    asker = filed.host.asked(member, "dossier", f"Code : {CODE}", smime=remi)
    code = filed.kept.slots.code
    assert code is not None
    packets = filed.released(asker, ByCode(code))
    return filed.translate(member, packets, asker, name="scan.bin")


# Below forty megabytes what is needed once shows; making so much takes seconds, so of two ways one
# is tried in each run.
@pytest.mark.parametrize("original", [True, pytest.param(False, marks=pytest.mark.soak)])
def test_an_envelope_for_a_reader_of_openpgp(
    mixed: MixedHost, remi: Outlook, *, original: bool
) -> None:
    scan = os.urandom(int(_WHOLE / 1.37**2))
    mail = mixed.open_smime(remi, remi.write(HEADER + LETTER, {"scan.bin": scan}))
    filed = file(mixed, mixed.create(ALICE), mail, mixed.member(ALICE))
    assert len(filed.body) == pytest.approx(_WHOLE, rel=0.05)
    alice = mixed.member(ALICE)
    request = filed.translate(alice, filed.standing, mixed.asked(alice, "dossier"))
    assert grows(filed, replace(request, original=original)) < _MOST


@pytest.mark.parametrize("original", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_an_entity_for_a_reader_of_smime(
    mixed: MixedHost, remi: Outlook, *, original: bool
) -> None:
    plain = entity(HEADER + LETTER, files=[("scan.bin", os.urandom(int(_WHOLE / 1.4)))])
    mail = mixed.open_pgp(ALICE, plain, options=["--compress-algo", "none"])
    filed = file(mixed, mixed.create(ALICE), mail)
    request = for_remi(filed, remi)
    assert grows(filed, replace(request, original=original)) < _MOST


def test_a_file_for_a_reader_of_smime(mixed: MixedHost, remi: Outlook) -> None:
    alone = encrypted(mixed.gpg, os.urandom(_WHOLE), signer=ALICE, at=NOW)
    text, files = (HEADER + LETTER).encode(), [("scan.bin.pgp", alone)]
    mail = mixed.open_pgp(ALICE, text, entity=False, files=files)
    filed = file(mixed, mixed.create(ALICE), mail, place=1)
    assert grows(filed, for_remi(filed, remi)) < _MOST
