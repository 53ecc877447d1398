"""Cosignatures of witnesses, to the letter of C2SP tlog-cosignature."""

import base64
from hashlib import sha256

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.tlog.checkpoints import TreeHead, sign_head
from rmp_milter.tlog.cosignatures import (
    ED25519_COSIGNER,
    ML_DSA_44_COSIGNER,
    MOST_BY_ONE,
    CosignerKey,
    UnknownKindError,
    cosign,
    cosigned_at,
    cosigned_message,
)
from rmp_milter.tlog.notes import Note, NoteError, VerifierKey, parse, with_signatures

NAME = "ars.example/temoin"
LOG = "chu.example/rmp"
LOG_SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(32))
LOG_KEY = VerifierKey(LOG, LOG_SIGNER.public_key().public_bytes_raw())
HEAD = TreeHead(LOG, 1207, bytes(range(32)))
CHECKPOINT = sign_head(HEAD, LOG_KEY, LOG_SIGNER.sign)
NOTE = parse(CHECKPOINT)
AT = 1_795_996_800

ED = Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32)
ED_KEY = CosignerKey(NAME, ED25519_COSIGNER, ED.public_key().public_bytes_raw())
PQ = MLDSA44PrivateKey.from_seed_bytes(bytes([8]) * 32)
PQ_KEY = CosignerKey(NAME, ML_DSA_44_COSIGNER, PQ.public_key().public_bytes_raw())
BOTH = pytest.mark.parametrize(
    ("key", "sign"), [(ED_KEY, ED.sign), (PQ_KEY, PQ.sign)], ids=["ed25519", "ml-dsa-44"]
)


def cosigned(key: CosignerKey, sign: object, at: int = AT) -> Note:
    return with_signatures(NOTE, [cosign(NOTE.text, key, at, sign)])  # type: ignore[arg-type] # either kind of key, with its way to sign


def test_a_key_has_the_id_of_its_kind() -> None:
    for key, kind in ((ED_KEY, b"\x04"), (PQ_KEY, b"\x06")):
        key_id = sha256(NAME.encode() + b"\n" + kind + key.public).digest()[:4]
        encoded = base64.b64encode(kind + key.public).decode()
        assert str(key) == f"{NAME}+{key_id.hex()}+{encoded}"
        assert CosignerKey.parse(str(key)) == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        str(LOG_KEY),
        str(ED_KEY)[:-4],
        str(ED_KEY).replace("ars", "ARS"),
        str(CosignerKey(NAME, ED25519_COSIGNER, bytes(31))),
        str(CosignerKey(NAME, ML_DSA_44_COSIGNER, bytes(32))),
        str(CosignerKey(NAME, b"\x05", bytes(32))),
        str(CosignerKey("a" * 256, ED25519_COSIGNER, bytes(32))),
    ],
)
def test_a_key_of_another_kind_or_form_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        CosignerKey.parse(text)


def test_what_ed25519_signs_is_two_lines_and_the_checkpoint() -> None:
    wanted = f"cosignature/v1\ntime {AT}\n{LOG}\n1207\n{NOTE.text.splitlines()[2]}\n"
    assert cosigned_message(ED_KEY, NOTE.text, AT) == wanted.encode()


def test_what_ml_dsa_44_signs_is_the_structure_octet_for_octet() -> None:
    assert cosigned_message(PQ_KEY, NOTE.text, AT) == (
        b"subtree/v1\n\x00"
        + bytes([len(NAME)])
        + NAME.encode()
        + AT.to_bytes(8, "big")
        + bytes([len(LOG)])
        + LOG.encode()
        + bytes(8)
        + (1207).to_bytes(8, "big")
        + HEAD.root
    )


@BOTH
def test_a_cosignature_is_the_time_and_the_signature(key: CosignerKey, sign: object) -> None:
    note = cosigned(key, sign)
    line = note.signatures[-1]
    assert (line.name, line.key_id) == (NAME, key.key_id)
    assert line.signature[:8] == AT.to_bytes(8, "big")
    assert len(line.signature) == 8 + (64 if key is ED_KEY else 2420)
    assert cosigned_at(parse(note.encode()), key) == AT
    assert cosigned_at(NOTE, key) is None


@BOTH
def test_another_time_text_name_or_key_is_no_cosignature(
    key: CosignerKey, sign: object
) -> None:
    note = cosigned(key, sign)
    line = note.signatures[-1]
    later = (AT + 1).to_bytes(8) + line.signature[8:]
    for raw in (later, line.signature[:-1], line.signature[:-1] + b"\x00", line.signature[:8]):
        changed = type(line)(line.name, line.key_id, raw)
        with pytest.raises(NoteError, match="is wrong"):
            cosigned_at(Note(note.text, (changed,)), key)
    other = Note(note.text.replace("1207", "1208"), note.signatures)
    with pytest.raises(NoteError, match="is wrong"):
        cosigned_at(other, key)
    stranger = CosignerKey("other.example", key.kind, key.public)
    assert cosigned_at(note, stranger) is None


@BOTH
def test_the_newest_of_several_counts_and_one_wrong_line_spoils_all(
    key: CosignerKey, sign: object
) -> None:
    two = with_signatures(cosigned(key, sign), cosigned(key, sign, AT + 60).signatures)
    assert cosigned_at(two, key) == AT + 60
    bad = type(two.signatures[-1])(key.name, key.key_id, bytes(8 + 64))
    with pytest.raises(NoteError, match="is wrong"):
        cosigned_at(with_signatures(two, [bad]), key)


def test_a_flood_of_lines_by_one_is_refused() -> None:
    lines = [cosign(NOTE.text, ED_KEY, AT + n, ED.sign) for n in range(MOST_BY_ONE + 1)]
    assert cosigned_at(with_signatures(NOTE, lines[:-1]), ED_KEY) == AT + MOST_BY_ONE - 1
    with pytest.raises(NoteError, match="more signatures"):
        cosigned_at(with_signatures(NOTE, lines), ED_KEY)


@pytest.mark.parametrize("at", [0, -1, 1 << 63])
def test_a_cosignature_without_a_time_is_not_made(at: int) -> None:
    with pytest.raises(ValueError, match="when it was made"):
        cosign(NOTE.text, ED_KEY, at, ED.sign)


def test_an_algorithm_that_is_not_installed_is_told_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    note = cosigned(PQ_KEY, PQ.sign)

    def missing(_data: bytes) -> MLDSA44PublicKey:
        raise UnsupportedAlgorithm("not in this backend")

    monkeypatch.setattr(MLDSA44PublicKey, "from_public_bytes", missing)
    with pytest.raises(UnknownKindError, match="no ML-DSA-44"):
        cosigned_at(note, PQ_KEY)
    assert (
        cosigned_at(with_signatures(note, cosigned(ED_KEY, ED.sign).signatures), ED_KEY) == AT
    )


@given(st.binary(max_size=200), st.sampled_from([ED_KEY, PQ_KEY]))
def test_whatever_stands_in_a_line_is_refused_or_ignored(raw: bytes, key: CosignerKey) -> None:
    line = type(NOTE.signatures[0])(key.name, key.key_id, raw)
    with pytest.raises(NoteError):
        cosigned_at(Note(NOTE.text, (line,)), key)
