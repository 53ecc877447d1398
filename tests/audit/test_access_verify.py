"""Every way to tamper with a log is found, and named, against an old checkpoint."""

import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from access_case import KEY, ORIGIN, SIGNER, MadeLog, copied, made_entries
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rmp_milter.audit.events import fields_of
from rmp_milter.audit.findings import MOST_NAMED, differences
from rmp_milter.audit.folder import CHECKPOINT, FolderError
from rmp_milter.audit.verify import LogReport, verify
from rmp_milter.tlog.checkpoints import TreeHead, sign_head
from rmp_milter.tlog.hashing import leaf_hashes
from rmp_milter.tlog.notes import VerifierKey
from rmp_milter.tlog.tiles import ENTRIES, Tile, encode_bundle, tiles_on

pytestmark = pytest.mark.slow

SIZE = 300
OLD_SIZE = 280
LOG = MadeLog(made_entries(SIZE))
OLD = LOG.checkpoint(OLD_SIZE)
FORGED = b'{"action":"forged"}'

# A tile ends at 256, what was signed before at 280; between such places one is like another.
BORDERS = (0, 1, 2, 127, 128, 254, 255, 256, 257, 278, 279, 280, 281, 298, 299, 300)
places = pytest.mark.parametrize(
    "places",
    [
        pytest.param(BORDERS, id="borders"),
        pytest.param(range(SIZE + 1), id="all", marks=pytest.mark.soak),
    ],
)
"""Where a log is tampered with; what a test cannot do there is left out by :func:`below`."""


def below(places: Sequence[int], end: int) -> list[int]:
    return [each for each in places if each < end]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return LOG.export(tmp_path_factory.mktemp("sound") / "log")


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    return copied(sound, tmp_path / "log")


def write_entries(folder: Path, entries: list[bytes]) -> None:
    """Put entries in place of the folder's, under the file names that are there."""
    tiles = [*tiles_on(ENTRIES, SIZE)]
    for tile in tiles:
        last = tile == tiles[-1]
        part = entries[tile.first :] if last else entries[tile.first : tile.first + tile.width]
        (folder / tile.path).write_bytes(encode_bundle(part))


def checked(folder: Path, old: bytes | None = OLD) -> LogReport:
    return verify(folder, KEY, old)


def kinds(report: LogReport) -> set[str]:
    return {finding.kind for finding in report.findings}


def text(report: LogReport) -> str:
    return "\n".join(finding.line for finding in report.findings)


def test_a_sound_log_has_no_finding(sound: Path) -> None:
    report = checked(sound)
    assert (report.findings, report.notes) == ([], [])
    assert (report.head, report.old) == (LOG.head(SIZE), LOG.head(OLD_SIZE))


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 511, 512, 513])
def test_sound_logs_of_each_shape_against_every_old_one(tmp_path: Path, size: int) -> None:
    log = MadeLog(made_entries(size))
    folder = log.export(tmp_path / "log")
    for old in {0, 1, size // 2, 255, 256, size - 1, size} & set(range(size + 1)):
        assert verify(folder, KEY, log.checkpoint(old)).findings == []


def test_what_cannot_be_verified_is_said(sound: Path) -> None:
    notes = " ".join(verify(sound).notes)
    assert "no verifier key" in notes
    assert "no old checkpoint" in notes


@places
@pytest.mark.promise(number=13)
def test_every_edit_is_named(folder: Path, places: Sequence[int]) -> None:
    for index in below(places, SIZE):
        entries = [*LOG.all]
        entries[index] = FORGED
        write_entries(folder, entries)
        found = checked(folder).findings[0]
        assert (found.kind, found.first, found.last) == ("altered", index, index)
        assert f"entry {index} is altered" in found.line


@places
@pytest.mark.promise(number=13)
def test_every_deletion_is_named(folder: Path, places: Sequence[int]) -> None:
    for index in below(places, SIZE):
        entries = [*LOG.all]
        del entries[index]
        write_entries(folder, entries)
        found = checked(folder).findings[0]
        kind = "missing" if index < SIZE - 1 else "truncated"
        assert (found.kind, found.first, found.last) == (kind, index, index)
        assert f"entry {index} is missing" in found.line


@places
@pytest.mark.promise(number=13)
def test_every_insertion_is_named(folder: Path, places: Sequence[int]) -> None:
    for index in places:
        entries = [*LOG.all[:index], FORGED, *LOG.all[index:]]
        write_entries(folder, entries)
        found = checked(folder).findings[0]
        assert (found.kind, found.first, found.last) == ("inserted", index, index)
        assert f"entry {index} is inserted" in found.line


@places
@pytest.mark.promise(number=13)
def test_every_swap_of_neighbours_and_many_others_are_named(
    folder: Path, places: Sequence[int]
) -> None:
    chance = random.Random(1)  # noqa: S311 -- which pairs are tried
    pairs = [(index, index + 1) for index in below(places, SIZE - 1)]
    drawn = (sorted(chance.sample(range(SIZE), 2)) for _ in range(len(places) // 3))
    pairs += [(first, second) for first, second in drawn]
    for first, second in pairs:
        entries = [*LOG.all]
        entries[first], entries[second] = entries[second], entries[first]
        write_entries(folder, entries)
        found = checked(folder).findings[0]
        assert (found.kind, found.first, found.last) == ("swapped", first, second)
        assert f"entries {first} and {second} are swapped" in found.line


@places
def test_every_truncation_of_the_entries_is_named(folder: Path, places: Sequence[int]) -> None:
    for size in below(places, SIZE):
        write_entries(folder, LOG.all[:size])
        found = checked(folder).findings[0]
        assert (found.kind, found.first, found.last) == ("truncated", size, SIZE - 1)


@places
@pytest.mark.promise(number=13)
def test_every_whole_log_cut_under_the_old_signature_is_named(
    tmp_path: Path, places: Sequence[int]
) -> None:
    """Entries and tiles are those of a shorter log, the checkpoint is still the last."""
    for size in below(places, SIZE):
        folder = LOG.until(size).export(tmp_path / str(size))
        (folder / CHECKPOINT).write_bytes(LOG.checkpoint(SIZE))
        report = checked(folder)
        assert {"truncated"} <= kinds(report)
        assert f"counts {SIZE} entries, {size} are there" in text(report)


@places
@pytest.mark.promise(number=13)
def test_every_log_rebuilt_shorter_is_named(tmp_path: Path, places: Sequence[int]) -> None:
    """By who has the signing key: all fits together, and less is there."""
    for size in below(places, OLD_SIZE):
        folder = LOG.until(size).export(tmp_path / str(size))
        assert verify(folder, KEY).findings == []
        (found,) = checked(folder).findings
        assert (found.kind, found.first, found.last) == ("shorter", size, OLD_SIZE - 1)
        assert f"counts {OLD_SIZE} entries, this log {size}" in found.line


def forged(change: Callable[[list[bytes]], object]) -> MadeLog:
    entries = [*LOG.all]
    change(entries)
    return MadeLog(entries)


FORKS: list[Callable[[list[bytes], int], object]] = [
    lambda entries, index: entries.__setitem__(index, FORGED),
    lambda entries, index: entries.pop(index),
    lambda entries, index: entries.insert(index, FORGED),
    lambda entries, index: entries.insert(index, entries.pop((index + 1) % len(entries))),
]


@places
@pytest.mark.parametrize("fork", FORKS)
@pytest.mark.promise(number=13)
def test_every_log_forged_by_who_has_the_key_is_named(
    tmp_path: Path, fork: Callable[[list[bytes], int], object], places: Sequence[int]
) -> None:
    for index in below(places, OLD_SIZE - 1):

        def forge(entries: list[bytes], at: int = index) -> object:
            return fork(entries, at)

        folder = forged(forge).export(tmp_path / str(index))
        assert verify(folder, KEY).findings == []
        (found,) = checked(folder).findings
        assert (found.kind, found.last) == ("forked", OLD_SIZE - 1)
        assert "not those of the old checkpoint" in found.line


def test_a_log_that_grew_is_no_finding(tmp_path: Path) -> None:
    grown = MadeLog([*LOG.all, FORGED]).export(tmp_path / "log")
    assert checked(grown).findings == []


def test_what_came_after_the_old_checkpoint_is_told_apart(folder: Path) -> None:
    entries = [*LOG.all]
    entries[OLD_SIZE + 3] = FORGED
    write_entries(folder, entries)
    report = checked(folder)
    assert kinds(report) == {"altered", "rebuilt"}
    assert f"the first {OLD_SIZE} entries are those of the old checkpoint" in text(report)


def test_entries_and_tiles_rebuilt_without_the_key_fit_no_signature(tmp_path: Path) -> None:
    folder = forged(lambda entries: entries.__setitem__(9, FORGED)).export(tmp_path / "log")
    (folder / CHECKPOINT).write_bytes(LOG.checkpoint(SIZE))
    report = checked(folder)
    assert kinds(report) == {"rebuilt", "forked"}
    assert "not the one that was signed" in text(report)


def test_an_altered_entry_with_its_tile_is_narrowed_by_the_tiles_above(folder: Path) -> None:
    entries = [*LOG.all]
    entries[9] = FORGED
    write_entries(folder, entries)
    (folder / "tile/0/000").write_bytes(b"".join(leaf_hashes(entries[:256])))
    report = checked(folder)
    (tile,) = [each for each in report.findings if each.kind == "tile"]
    assert (tile.first, tile.last) == (0, 255)
    assert "tile/1/000.p/1: is not what entries 0 to 255 hash to" in tile.line


@pytest.mark.parametrize("path", ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"])
@pytest.mark.parametrize("how", ["changed", "cut", "longer", "gone"])
def test_a_damaged_tile_over_sound_entries_is_named(folder: Path, path: str, how: str) -> None:
    file = folder / path
    data = file.read_bytes()
    changed = {
        "changed": bytes([data[0] ^ 1]) + data[1:],
        "cut": data[:-1],
        "longer": data + bytes(32),
        "gone": b"",
    }[how]
    file.unlink() if how == "gone" else file.write_bytes(changed)
    report = checked(folder)
    assert kinds(report) == {"tile"}
    assert path in text(report)


@pytest.mark.parametrize("number", [0, 1])
def test_a_bundle_that_is_gone_or_garbled_is_named(folder: Path, number: int) -> None:
    file = folder / [*tiles_on(ENTRIES, SIZE)][number].path
    data = file.read_bytes()
    file.write_bytes(data[:-1])
    report = checked(folder)
    assert {"garbled"} < kinds(report)
    assert f"cut or garbled from entry {[255, 299][number]} on" in text(report)
    file.unlink()
    found = checked(folder).findings[0]
    assert (found.first, found.last) == [(0, 255), (256, 299)][number]


@pytest.mark.parametrize(
    "entry",
    [
        b'{"action":"depot","reason":"\xff"}',
        b'{"reason":"","more":' + b"[" * 60_000,
        b'{"reason":"',
        b'{"action":"nouvelle","former_vkey":"\xff"}',
    ],
)
def test_an_entry_that_nobody_can_read_is_no_more_than_its_octets(
    tmp_path: Path, entry: bytes
) -> None:
    folder = MadeLog([b"{}", entry]).export(tmp_path / "log")
    assert verify(folder, KEY).findings == []
    with pytest.raises(FolderError, match="entry 1 is not an event"):
        fields_of(1, entry)


def test_whose_signature_it_is_counts(folder: Path) -> None:
    other = Ed25519PrivateKey.generate()
    public = VerifierKey(ORIGIN, other.public_key().public_bytes_raw())
    (folder / CHECKPOINT).write_bytes(sign_head(LOG.head(SIZE), public, other.sign))
    assert kinds(checked(folder)) == {"signature"}
    assert "not signed by the expected key" in text(checked(folder))
    (folder / CHECKPOINT).write_bytes(LOG.checkpoint(SIZE))
    foreign = sign_head(LOG.head(OLD_SIZE), public, other.sign)
    assert "old checkpoint: not signed by" in text(checked(folder, foreign))


def test_a_checkpoint_that_cannot_be_read_is_a_finding(folder: Path) -> None:
    assert kinds(checked(folder, b"noise")) == {"checkpoint"}
    (folder / CHECKPOINT).write_bytes(b"noise")
    assert kinds(checked(folder)) == {"checkpoint"}
    (folder / CHECKPOINT).unlink()
    assert kinds(checked(folder)) == {"checkpoint"}


def test_the_old_checkpoint_of_another_log_is_a_finding(sound: Path) -> None:
    name = "other.example/log"
    key = VerifierKey(name, SIGNER.public_key().public_bytes_raw())
    other = sign_head(TreeHead(name, 0, LOG.head(0).root), key, SIGNER.sign)
    assert "of another log" in text(verify(sound, None, other))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_other_history_is_found(folder: Path, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.integers(0, SIZE - 1), max_size=3), label="edits")
    cut = data.draw(st.integers(0, SIZE), label="cut")
    entries = [b"x" if index in chosen else entry for index, entry in enumerate(LOG.all)]
    write_entries(folder, entries[:cut])
    assert bool(checked(folder).findings) is (entries[:cut] != LOG.all)


@settings(max_examples=300)
@given(
    st.lists(st.sampled_from([b"a", b"b", b"c", b"d"]), max_size=8),
    st.lists(st.sampled_from([b"a", b"b", b"c", b"d"]), max_size=8),
    st.integers(0, 3),
)
def test_differences_are_named_if_and_only_if_there_are_any(
    expected: list[bytes], actual: list[bytes], start: int
) -> None:
    found = differences(expected, actual, start)
    assert bool(found) is (expected != actual)
    assert all(each.first is not None and each.first >= start for each in found)


def test_many_altered_stretches_are_named_up_to_a_number() -> None:
    expected = [bytes([number]) for number in range(100)]
    actual = [b"x" if number % 2 else bytes([number]) for number in range(100)]
    lines = [finding.line for finding in differences(expected, actual, 0)]
    assert lines[0] == "entry 1 is altered"
    assert lines[-1] == "and 30 more are altered, up to entry 99"


@pytest.mark.parametrize("size", [10**6, 10**18])
def test_a_checkpoint_that_claims_without_end_ends(folder: Path, size: int) -> None:
    head = TreeHead(ORIGIN, size, bytes(32))
    (folder / CHECKPOINT).write_bytes(sign_head(head, KEY, SIGNER.sign))
    report = checked(folder)
    assert f"counts {size} entries, {SIZE} are there" in text(report)


@pytest.mark.parametrize("level", [ENTRIES, 0, 1, 2])
def test_one_empty_tile_under_a_far_number_does_not_make_it_endless(
    folder: Path, level: int
) -> None:
    claimed = TreeHead(ORIGIN, 10**18, bytes(32))
    (folder / CHECKPOINT).write_bytes(sign_head(claimed, KEY, SIGNER.sign))
    far = folder / Tile(level, 10**18 // 256 ** (max(level, 0) + 1) - 2).path
    far.parent.mkdir(parents=True)
    far.write_bytes(b"")
    assert {"truncated", "rebuilt"} <= kinds(checked(folder))


def test_a_log_whose_tiles_are_all_gone_is_named_in_few_lines(tmp_path: Path) -> None:
    folder = MadeLog(made_entries(256 * 40)).export(tmp_path / "log")
    shutil.rmtree(folder / "tile/0")
    findings = verify(folder, KEY).findings
    assert {finding.kind for finding in findings} == {"tile"}
    assert len(findings) == MOST_NAMED + 1
    assert findings[-1].line.startswith("and 20 more like that, up to tile/0/039: is not")


def test_files_that_are_no_tiles_are_not_looked_at(folder: Path) -> None:
    for name in ("tile/entries/README", "tile/0/x1/y", "tile/0/001.p/old", "tile/0/000.new"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"?")
    assert checked(folder).findings == []


def test_a_tile_number_that_equals_a_width_is_not_mistaken(tmp_path: Path) -> None:
    """tile/entries/002.p/2 and the full tile 002 end in names that could be confused."""
    entries = made_entries(514)
    folder = MadeLog(entries).export(tmp_path / "log")
    bundle = folder / Tile(ENTRIES, 2, 2).path
    bundle.write_bytes(encode_bundle([*entries[512:], FORGED]))
    assert verify(folder, KEY).findings[0].kind == "inserted"
