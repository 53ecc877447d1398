"""The tampering of :mod:`test_access_verify` once more, with witnesses and without.

Without them an auditor holds an old checkpoint; with them he holds the policy and nothing else.
"""

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from access_case import KEY, MadeLog, copied, made_entries
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rmp_milter.audit.folder import CHECKPOINT
from rmp_milter.audit.verify import LogReport, verify
from rmp_milter.tlog.cosignatures import ED25519_COSIGNER, CosignerKey, cosign
from rmp_milter.tlog.notes import parse, with_signatures
from rmp_milter.tlog.policies import parse_policy
from rmp_milter.tlog.tiles import ENTRIES, encode_bundle, tiles_on

SIZE, OLD_SIZE = 300, 280
LOG = MadeLog(made_entries(SIZE))
OLD = LOG.checkpoint(OLD_SIZE)
FORGED = b'{"action":"forged"}'
PRIVATE = [Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2, 3)]
KEYS = [
    CosignerKey(f"w{n}.example", ED25519_COSIGNER, each.public_key().public_bytes_raw())
    for n, each in enumerate(PRIVATE, 1)
]
POLICY = parse_policy(
    "".join(f"witness w{n} {key}\n" for n, key in enumerate(KEYS, 1)).encode()
    + b"group two 2 w1 w2 w3\nquorum two\n"
)
Edit = Callable[[list[bytes], int], object]
EDITS: dict[str, Edit] = {
    "altered": lambda entries, at: entries.__setitem__(at, FORGED),
    "missing": lambda entries, at: entries.pop(at),
    "inserted": lambda entries, at: entries.insert(at, FORGED),
    "swapped": lambda entries, at: entries.insert(at, entries.pop(at + 1)),
}


def cosigned(size: int, *signers: int) -> bytes:
    note = parse(LOG.checkpoint(size))
    lines = [cosign(note.text, KEYS[n], 1_800_000_000, PRIVATE[n].sign) for n in signers]
    return with_signatures(note, lines).encode()


def put_cosigned(folder: Path, size: int = OLD_SIZE, signers: tuple[int, ...] = (0, 2)) -> Path:
    (folder / "witnessed").mkdir(exist_ok=True)
    (folder / "witnessed" / f"{size}.checkpoint").write_bytes(cosigned(size, *signers))
    return folder


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return put_cosigned(LOG.export(tmp_path_factory.mktemp("witnessed") / "log"))


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    return copied(sound, tmp_path / "log")


def both(folder: Path) -> Iterator[LogReport]:
    """Verify without witnesses, by an old checkpoint; and with them, by the policy alone."""
    yield verify(folder, KEY, OLD)
    yield verify(folder, KEY, policy=POLICY)


def write_entries(folder: Path, entries: list[bytes]) -> None:
    tiles = [*tiles_on(ENTRIES, SIZE)]
    for tile in tiles:
        last = tile == tiles[-1]
        part = entries[tile.first :] if last else entries[tile.first : tile.first + tile.width]
        (folder / tile.path).write_bytes(encode_bundle(part))


def test_a_sound_log_has_no_finding(folder: Path) -> None:
    for report in both(folder):
        assert report.findings == []


def edited(folder: Path, places: range) -> None:
    """Try every kind of edit at these places: named the same with witnesses and without."""
    for kind, edit in EDITS.items():
        for at in places:
            entries = [*LOG.all]
            edit(entries, at)
            write_entries(folder, entries)
            for report in both(folder):
                found = report.findings[0]
                assert (found.kind, found.first) == (kind, at)


def forged_by_the_key(tmp_path: Path, places: range) -> None:
    """A history rebuilt and signed by who has the log's key: all of it fits together."""
    for kind, edit in EDITS.items():
        for at in places:
            entries = [*LOG.all]
            edit(entries, at)
            folder = MadeLog(entries).export(tmp_path / f"{kind}-{at}")
            assert verify(folder, KEY).findings == []  # with neither, nothing shows
            (found,) = verify(folder, KEY, OLD).findings
            assert found.kind == "forked"
            # He gives the auditor no cosigned checkpoint, the true one, or one by one witness.
            assert kinds(verify(folder, KEY, policy=POLICY)) == ["unwitnessed"]
            put_cosigned(folder)
            assert kinds(verify(folder, KEY, policy=POLICY)) == ["forked", "unwitnessed"]
            put_cosigned(folder, signers=(1,))
            assert kinds(verify(folder, KEY, policy=POLICY)) == ["forked", "unwitnessed"]
            shutil.rmtree(folder)


def cut(tmp_path: Path, sizes: range) -> None:
    for size in sizes:
        folder = LOG.until(size).export(tmp_path / str(size))
        assert verify(folder, KEY).findings == []
        (found,) = verify(folder, KEY, OLD).findings
        assert (found.kind, found.first) == ("shorter", size)
        put_cosigned(folder)
        report = verify(folder, KEY, policy=POLICY)
        assert kinds(report) == ["shorter", "unwitnessed"]
        assert report.findings[0].first == size
        (folder / CHECKPOINT).write_bytes(LOG.checkpoint(SIZE))
        for each in both(folder):
            assert "truncated" in kinds(each)
        shutil.rmtree(folder)


def kinds(report: LogReport) -> list[str]:
    return [finding.kind for finding in report.findings]


@pytest.mark.promise(number=13)
def test_edits_are_named_with_witnesses_and_without(folder: Path) -> None:
    edited(folder, range(0, SIZE - 1, 23))


@pytest.mark.promise(number=13)
def test_a_history_of_who_has_the_key_is_found_by_the_policy_alone(tmp_path: Path) -> None:
    forged_by_the_key(tmp_path, range(0, OLD_SIZE - 1, 31))


@pytest.mark.promise(number=13)
def test_a_log_cut_short_is_found_by_the_policy_alone(tmp_path: Path) -> None:
    cut(tmp_path, range(0, OLD_SIZE, 37))


@pytest.mark.soak
def test_every_edit_is_named_with_witnesses_and_without(folder: Path) -> None:
    edited(folder, range(SIZE - 1))


@pytest.mark.soak
def test_every_history_of_who_has_the_key_is_found(tmp_path: Path) -> None:
    forged_by_the_key(tmp_path, range(OLD_SIZE - 1))
    cut(tmp_path, range(OLD_SIZE))


@pytest.mark.soak
def test_whatever_is_done_to_the_octets_it_is_a_finding(folder: Path, tmp_path: Path) -> None:
    """Any octet of any file but what is not the log's: cosigned ones too."""
    chance = random.Random(7)  # noqa: S311 -- which octets are tried
    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    for number in range(2_000):
        spoiled = copied(folder, tmp_path / "spoiled")
        path = spoiled / chance.choice(files)
        data = bytearray(path.read_bytes())
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(data)
        report = verify(spoiled, KEY, policy=POLICY)
        assert report.findings, (number, path)
