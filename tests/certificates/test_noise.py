"""Certificates that somebody changed: a reason each, never another exception."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from rmp_milter.certificates import (
    CertificateError,
    bound_key_ids,
    cautions,
    check_usable,
    read_certificate,
    signing_keys,
)
from rmp_milter.certificates.packets import FramingError, packets, subpackets
from testbed import openpgp_maker as maker
from testbed.certificate_parts import NOW, OLD, SIGNING, back, bound, named, pair
from testbed.examples import some

OWN, SIGNER = pair(), maker.ed25519_key(OLD)
WHOLE = b"".join(
    (
        OWN.primary.primary(),
        named(OWN.primary),
        OWN.reading,
        bound(OWN.primary, SIGNER, back(SIGNER, OWN.primary), flags=SIGNING),
    )
)
IDS = {key.key_id.hex() for key in (OWN.primary, SIGNER)}


@settings(deadline=None, max_examples=some(300))
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=4))
def test_no_change_of_octets_is_fatal_or_makes_a_key_somebody_elses(
    changes: list[tuple[int, int]],
) -> None:
    changed = bytearray(WHOLE)
    for place, octet in changes:
        changed[place] = octet
    data = bytes(changed)
    with suppress(CertificateError):
        found = read_certificate(data)
        if found.fingerprint == OWN.primary.fingerprint.hex():
            assert set(found.key_ids) <= IDS
        assert found.key_ids[0] in bound_key_ids(data)
        signing_keys(data, found.key_ids, NOW, NOW)
        check_usable(data, NOW)
        cautions(data, "anne@cabinet.test", NOW)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_packets_are_all_of_the_data_or_an_error(data: bytes) -> None:
    with suppress(FramingError):
        assert b"".join(each.whole for each in packets(data)) == data


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_subpackets_fit_their_areas_or_are_an_error(area: bytes) -> None:
    content = bytes((4, 0x13, 22, 8)) + len(area).to_bytes(2) + area + bytes(2)
    with suppress(FramingError):
        found = subpackets(content)
        assert sum(len(each.content) + 2 for each in found.hashed) <= len(area)
        assert found.unhashed == ()
