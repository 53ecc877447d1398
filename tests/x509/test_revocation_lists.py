import itertools
import tracemalloc

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from trust_case import read

from rmp_milter.x509 import ListError, RevocationList, compile_list, read_compiled
from rmp_milter.x509.compiling import MAX_LIST, outline
from rmp_milter.x509.lists import AHEAD, MARK
from testbed.x509_maker import DAY, Authorities, Maker
from testbed.x509_parts import at, named, usage

MANY = 100_000


def compiled(maker: Maker, trees: Authorities, raw: bytes) -> RevocationList:
    return compile_list(raw, read(trees.public), read(trees.public_root), maker.now)


def octets(serial: int) -> bytes:
    return serial.to_bytes(serial.bit_length() // 8 + 1)


def test_a_list_of_100000_entries_is_looked_up_without_being_taken_apart(
    maker: Maker, trees: Authorities
) -> None:
    serials = [
        number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 120) + 1 for number in range(MANY)
    ]
    found = compiled(maker, trees, maker.revocation_list(trees.public, serials))
    assert (found.header.count, found.header.width) == (MANY, 16)
    again = read_compiled(found.packed())
    assert again == found
    assert len(found.packed()) < 17 * MANY
    there = set(serials)
    assert all(again.lists(octets(serial)) for serial in serials[::1000])
    assert not any(
        again.lists(octets(serial ^ 1)) for serial in serials[::1000] if serial ^ 1 not in there
    )
    tracemalloc.start()
    looked_up = [again.lists(octets(serial)) for serial in serials[:100]]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert all(looked_up)
    assert most < 100_000


@pytest.mark.parametrize("serials", [[], [1], [127, 128], [1, 255, 256, 1 << 150]])
def test_serials_of_all_lengths_are_told_apart(
    maker: Maker, trees: Authorities, serials: list[int]
) -> None:
    found = compiled(maker, trees, maker.revocation_list(trees.public, serials))
    for each in (1, 2, 127, 128, 254, 255, 256, 1 << 150, 1 << 158):
        assert found.lists(octets(each)) == (each in serials)
    assert not found.lists(b"\xff")


def test_a_negative_serial_is_another_than_its_octets_without_sign(
    maker: Maker, trees: Authorities
) -> None:
    found = compiled(maker, trees, maker.revocation_list(trees.public, [0xFF, 0x1234]))
    assert found.lists(b"\0\xff")
    assert not found.lists(b"\xff")


def test_a_list_of_somebody_else_or_that_may_not_be_signed_is_refused(
    maker: Maker, trees: Authorities
) -> None:
    raw = maker.revocation_list(trees.public, [1])
    namesake = maker.authority("AC mail d'essai")
    mute = maker.sign(trees.public.name, trees.public_root, [(usage("key_cert_sign"), True)])
    weak = maker.authority("AC mail d'essai", key=maker.key("RSA 1024"))
    for signer, words in (
        (trees.igc, "not by the one"),
        (namesake, "signature is not right"),
        (mute, "not by the one"),
        (weak, "not by the one"),
    ):
        with pytest.raises(ListError, match=words):
            compile_list(raw, read(signer), read(trees.public_root), maker.now)


def test_a_list_from_tomorrow_is_refused(maker: Maker, trees: Authorities) -> None:
    for ahead, fits in ((AHEAD, True), (AHEAD + 1, False)):
        raw = maker.revocation_list(trees.public, start=maker.now + ahead)
        if fits:
            assert compiled(maker, trees, raw).is_fresh(maker.now)
        else:
            with pytest.raises(ListError, match="later than now"):
                compiled(maker, trees, raw)


def point(**said: object) -> x509.IssuingDistributionPoint:
    fields: dict[str, object] = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return x509.IssuingDistributionPoint(**(fields | said))  # type: ignore[arg-type] # fields by name, of many types


@pytest.mark.parametrize(
    "said",
    [
        {"indirect_crl": True},
        {"only_contains_attribute_certs": True},
        {"only_some_reasons": frozenset({x509.ReasonFlags.key_compromise})},
        {"relative_name": named(("CN", "a")).rdns[0]},
    ],
)
def test_lists_of_a_scope_that_is_not_used_are_refused(
    maker: Maker, trees: Authorities, said: dict[str, object]
) -> None:
    raw = maker.revocation_list(trees.public, extensions=[(point(**said), True)])
    with pytest.raises(ListError, match="not used"):
        compiled(maker, trees, raw)


@pytest.mark.parametrize(
    "extension",
    [
        x509.DeltaCRLIndicator(1),
        x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\x05\0"),
    ],
)
def test_a_critical_extension_that_is_not_known_makes_a_list_useless(
    maker: Maker, trees: Authorities, extension: x509.ExtensionType
) -> None:
    raw = maker.revocation_list(trees.public, extensions=[(extension, True)])
    with pytest.raises(ListError, match="critical"):
        compiled(maker, trees, raw)


def test_an_entry_with_a_critical_extension_makes_a_list_useless(
    maker: Maker, trees: Authorities
) -> None:
    other = x509.DirectoryName(named(("CN", "b")))
    entry = (
        x509.RevokedCertificateBuilder()
        .serial_number(5)
        .revocation_date(at(maker.now))
        .add_extension(x509.CertificateIssuer([other]), critical=True)
        .build()
    )
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(trees.public.name)
        .last_update(at(maker.now - 1))
        .next_update(at(maker.now + DAY))
        .add_revoked_certificate(entry)
    )
    with pytest.raises(ListError, match="entries of a kind"):
        compiled(
            maker, trees, builder.sign(trees.public.key, SHA256()).public_bytes(Encoding.DER)
        )


def test_which_of_two_lists_is_newer_goes_by_number_then_time(
    maker: Maker, trees: Authorities
) -> None:
    lists = [
        compiled(
            maker,
            trees,
            maker.revocation_list(trees.public, number=number, start=maker.now - age),
        )
        for number, age in ((9, 5), (9, 4), (10, 9), (300, 9))
    ]
    for older, newer in itertools.combinations(lists, 2):
        assert newer.is_newer_than(older)
        assert not older.is_newer_than(newer)
        assert older.place == newer.place


def test_places_tell_scopes_and_signers_apart(maker: Maker, trees: Authorities) -> None:
    scopes = [
        [],
        [(point(only_contains_user_certs=True), True)],
        [(point(only_contains_ca_certs=True), True)],
        [(point(full_name=[x509.UniformResourceIdentifier("http://a.example/1")]), True)],
    ]
    raws = [maker.revocation_list(trees.public, extensions=scope) for scope in scopes]
    places = {compiled(maker, trees, raw).place for raw in raws}
    other = compile_list(
        maker.revocation_list(trees.igc), read(trees.igc), read(trees.igc_root), maker.now
    )
    assert len(places | {other.place}) == 5


def test_what_is_no_list_is_told_why(maker: Maker, trees: Authorities) -> None:
    raw = maker.revocation_list(trees.public)
    for data, words in (
        (b"", "cut off"),
        (raw[:-1], "cut off"),
        (b"<html>404</html>", "cut off|sequence"),
        (trees.public.der, "not a revocation list"),
        (bytes(MAX_LIST + 1), "larger than"),
    ):
        with pytest.raises(ListError, match=words):
            outline(data)


def test_a_compiled_file_that_is_cut_or_of_another_version_is_refused(
    maker: Maker, trees: Authorities
) -> None:
    packed = compiled(maker, trees, maker.revocation_list(trees.public, [1, 2, 3])).packed()
    for data in (
        packed[:-1],
        packed + b"\0",
        packed[: len(MARK) + 9],
        b"rmp revocation list 2\n",
    ):
        with pytest.raises(ListError):
            read_compiled(data)
