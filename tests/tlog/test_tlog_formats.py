"""Notes, checkpoints, tiles' paths, bundles and proofs, to the letter of C2SP."""

import base64
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.tlog import entry_proofs
from rmp_milter.tlog.checkpoints import TreeHead, parse_head, read_checkpoint, sign_head
from rmp_milter.tlog.entry_proofs import EntryProof, EntryProofError
from rmp_milter.tlog.hashing import leaf_hash, node_hash
from rmp_milter.tlog.notes import NoteError, VerifierKey, parse, sign, verify
from rmp_milter.tlog.tiles import (
    ENTRIES,
    BundleError,
    Tile,
    encode_bundle,
    parse_bundle,
    tiles_of,
    tiles_on,
)

NAME = "chu.example/rmp"
SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = SIGNER.public_key().public_bytes_raw()
KEY = VerifierKey(NAME, PUBLIC)
ENCODED = base64.b64encode(b"\x01" + PUBLIC).decode()
HEAD = TreeHead(NAME, 2, node_hash(leaf_hash(b"a"), leaf_hash(b"b")))

# Keys and note of golang.org/x/mod/sumdb/note, its documentation's example.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngo"
    "tpRZb6KE6RyyBwJnAM=\n"
).encode()


def test_a_note_of_another_implementation_is_verified() -> None:
    key = VerifierKey.parse(GO_KEY)
    assert str(key) == GO_KEY
    note = parse(GO_NOTE)
    assert verify(note, [KEY, key]) == key
    assert note.encode() == GO_NOTE
    changed = parse(GO_NOTE.replace(b"answer", b"ANSWER"))
    with pytest.raises(NoteError, match="is wrong"):
        verify(changed, [key])


def test_a_key_is_written_with_its_id() -> None:
    key_id = sha256(NAME.encode() + b"\n\x01" + PUBLIC).digest()[:4]
    assert str(KEY) == f"{NAME}+{key_id.hex()}+{ENCODED}"
    assert VerifierKey.parse(f"{KEY}\n") == KEY


@pytest.mark.parametrize(
    "text",
    [
        "",
        NAME,
        str(KEY).replace("chu", "CHU"),
        str(KEY)[:-4],
        f"+{KEY.key_id.hex()}+{ENCODED}",
        f"a b+{KEY.key_id.hex()}+{ENCODED}",
        f"{NAME}+{KEY.key_id.hex()}+{ENCODED.replace('AT', 'Aj')}",
    ],
)
def test_a_key_of_a_wrong_form_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        VerifierKey.parse(text)


def test_a_checkpoint_is_exactly_as_specified() -> None:
    data = sign_head(HEAD, KEY, SIGNER.sign)
    text = f"{NAME}\n2\n{base64.b64encode(HEAD.root).decode()}\n"
    line = base64.b64encode(KEY.key_id + SIGNER.sign(text.encode())).decode()
    assert data == f"{text}\n\u2014 {NAME} {line}\n".encode()
    assert read_checkpoint(data, KEY) == HEAD


def test_lines_of_others_are_kept_and_ignored() -> None:
    ours = sign_head(HEAD, KEY, SIGNER.sign)
    post_quantum = base64.b64encode(b"abcd" + bytes(2420)).decode()
    witnesses = "".join(f"\u2014 witness{n}.example {post_quantum}\n" for n in range(16))
    note = ours + witnesses.encode()
    assert read_checkpoint(note, KEY) == HEAD
    assert len(parse(note).signatures) == 17
    same_name = ours.replace(b"\n\n", f"\n\n\u2014 {NAME} {post_quantum}\n".encode())
    assert read_checkpoint(same_name, KEY) == HEAD


def test_a_checkpoint_by_nobody_we_know_is_refused() -> None:
    stranger = VerifierKey("other.example/log", PUBLIC)
    data = sign_head(HEAD, KEY, SIGNER.sign)
    with pytest.raises(NoteError, match="of the log"):
        read_checkpoint(data, stranger)
    other = Ed25519PrivateKey.generate()
    with pytest.raises(NoteError, match="not signed by"):
        read_checkpoint(data, VerifierKey(NAME, other.public_key().public_bytes_raw()))


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data.replace(b"\n2\n", b"\n02\n"),
        lambda data: data.replace(b"\n2\n", b"\n-2\n"),
        lambda data: data.replace(b"\n2\n", b"\n2\n2\n"),
        lambda data: data.replace(b"\n\n", b"\nextension\n\n", 1),
        lambda data: data.replace(b"\n\n", b"\n"),
        lambda data: data[:-1],
        lambda data: data + b"\n",
        lambda data: data.replace("\u2014".encode(), b"-"),
        lambda data: data + b"\xff\n",
        lambda data: data[:0],
        lambda data: data + b"x" * (1 << 20),
    ],
)
def test_a_checkpoint_of_a_wrong_form_is_refused(change: Callable[[bytes], bytes]) -> None:
    with pytest.raises(NoteError):
        read_checkpoint(change(sign_head(HEAD, KEY, SIGNER.sign)))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_note_or_an_error(data: bytes) -> None:
    with suppress(NoteError):
        assert parse(data).encode() == data


@given(st.text(max_size=80))
def test_any_text_is_a_head_or_an_error(text: str) -> None:
    with suppress(NoteError):
        assert parse_head(text).text == text


def test_a_log_cannot_have_a_name_that_no_key_has() -> None:
    for name in ("", "a b", "a+b", "a\tb", "a\u00a0b", "a\nb"):
        with pytest.raises(NoteError):
            sign("text\n", VerifierKey(name, PUBLIC), SIGNER.sign)


def test_paths_are_those_of_the_specification() -> None:
    assert Tile(0, 1234067).path == "tile/0/x001/x234/067"
    assert Tile(ENTRIES, 273, 112).path == "tile/entries/273.p/112"
    assert Tile(2, 1000).path == "tile/2/x001/000"


def test_the_tiles_of_a_log_of_70000_entries() -> None:
    """The example of tlog-tiles, Partial Tiles."""
    widths = [(tile.level, tile.width) for tile in tiles_of(70_000)]
    assert widths.count((0, 256)) == 273
    assert [each for each in widths if each != (0, 256)] == [
        (0, 112),
        (1, 256),
        (1, 17),
        (2, 1),
    ]
    assert [*tiles_of(256)] == [Tile(0, 0), Tile(1, 0, 1)]
    assert [*tiles_of(0)] == []
    assert [*tiles_on(ENTRIES, 257)] == [Tile(ENTRIES, 0), Tile(ENTRIES, 1, 1)]
    assert Tile(1, 2, 3).leaves() == (2 * 65536, 2 * 65536 + 768)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_comes_back(entries: list[bytes]) -> None:
    data = encode_bundle(entries)
    assert parse_bundle(data) == entries
    for cut in range(1, min(len(data), 20)):
        try:
            assert len(parse_bundle(data[:-cut])) < len(entries)
        except BundleError as error:
            assert error.whole < len(entries)  # noqa: PT017 -- either way is right


def entry_proof(size: int = 2) -> EntryProof:
    head = HEAD if size == 2 else TreeHead(NAME, 1, leaf_hash(b"a"))
    path = (leaf_hash(b"b"),) if size == 2 else ()
    return EntryProof(b"a", 0, path, sign_head(head, KEY, SIGNER.sign))


@pytest.mark.parametrize("size", [1, 2])
def test_a_proof_comes_back_and_proves_its_entry(size: int) -> None:
    made = entry_proof(size)
    data = made.encode()
    assert data.startswith(b"c2sp.org/tlog-proof@v1\nextra YQ==\nindex 0\n")
    assert data.endswith(b"\n\n" + made.checkpoint)
    assert entry_proofs.parse(data) == made
    assert entry_proofs.check(made, KEY).size == size


def test_a_proof_of_something_else_proves_nothing() -> None:
    made = entry_proof()
    for entry, index in ((b"b", 0), (b"a", 1), (b"a", 7)):
        with pytest.raises(EntryProofError, match="does not lead"):
            entry_proofs.check(EntryProof(entry, index, made.path, made.checkpoint), KEY)
    with pytest.raises(EntryProofError, match="its checkpoint"):
        entry_proofs.check(made, VerifierKey(NAME, bytes(32)))


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[1:],
        lambda data: data.replace(b"v1", b"v2"),
        lambda data: data.replace(b"extra YQ==\n", b""),
        lambda data: data.replace(b"index 0", b"index 00"),
        lambda data: data.replace(b"index 0", b"index x"),
        lambda data: data.replace(b"index 0", b"0"),
        lambda data: data.replace(b"\n\n", b"\n"),
        lambda data: data.replace(b"index 0\n", b"index 0\nYQ==\n"),
        lambda data: data[:0],
        lambda data: b"\xff" + data,
        lambda data: data + bytes(2 << 20),
    ],
)
def test_a_proof_of_a_wrong_form_is_refused(change: Callable[[bytes], bytes]) -> None:
    with pytest.raises(EntryProofError):
        entry_proofs.parse(change(entry_proof().encode()))
