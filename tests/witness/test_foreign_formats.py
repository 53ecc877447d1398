"""Cosignatures as others make and verify them (tlog-scales): both kinds, both ways."""

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from tlog_scales.signing import (
    Ed25519CosignatureVerifier,
    MLDSA44CosignatureSigner,
    MLDSA44CosignatureVerifier,
    Vkey,
)
from tlog_scales.tlog import Checkpoint
from witness_case import AT, LOG, made_station

from rmp_milter.tlog.cosignatures import ML_DSA_44_COSIGNER, CosignerKey, cosigned_at
from rmp_milter.tlog.notes import parse, with_signatures
from testbed.made_log import KEY


def test_our_cosignatures_are_verified_by_others(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    keys = made_station(tmp_path_factory.mktemp("foreign") / "w")
    note = parse(LOG.checkpoint(30))
    theirs = Checkpoint.from_text(
        with_signatures(note, keys.cosign(note.text, AT)).encode().decode()
    )
    theirs.verify(Vkey.from_string(str(KEY)))
    kinds = (Ed25519CosignatureVerifier, MLDSA44CosignatureVerifier)
    for key, kind in zip(keys.public, kinds, strict=True):
        vkey = Vkey.from_string(str(key))
        theirs.verify(vkey)
        assert isinstance(vkey.get_verifier(), kind)


def test_theirs_are_verified_by_us() -> None:
    private = MLDSA44PrivateKey.from_seed_bytes(bytes(range(32)))
    name = "foreign.example/w"
    signer = MLDSA44CosignatureSigner(name, private)
    theirs = Checkpoint.from_text(LOG.checkpoint(30).decode())
    line = signer.sign(theirs).serialize()
    note = parse(LOG.checkpoint(30) + f"{line}\n".encode())
    key = CosignerKey(name, ML_DSA_44_COSIGNER, private.public_key().public_bytes_raw())
    assert cosigned_at(note, key)
