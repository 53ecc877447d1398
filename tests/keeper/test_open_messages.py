"""From what gpg encrypts to session key and plaintext."""

import zlib
from hashlib import sha1

import pytest
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from hypothesis import given, settings
from hypothesis import strategies as st
from keeper_gpg import Gpg
from openpgp.composed import SignedSecretKey
from openpgp.util import encrypt_session_key_to_recipient

from rmp_milter.calls.protocol.message import Span, Why
from rmp_milter.certificates import encryption_keys
from rmp_milter.keeper.openpgp.decrypt import Plain, decrypt
from rmp_milter.keeper.openpgp.keypackets import open_key_packet, session_keys
from rmp_milter.keeper.openpgp.packets import (
    MAX_KEY_PACKETS,
    PacketError,
    ReadAt,
    Stream,
    frame,
    read_header,
    read_message,
    small_body,
)
from rmp_milter.keeper.openpgp.secretkeys import DecryptionKey, SecretKeyError, decryption_keys
from rmp_milter.keeper.openpgp.sessionkey import SessionKey, SessionKeyError
from testbed.examples import some

NOW = 1_900_000_000
LIMIT = 1 << 22
TEXT = "Patient : DUPONT Jean\r\nNé le : 30/01/1959\r\n\r\nLettre.\r\n".encode()


def memory(data: bytes) -> ReadAt:
    return lambda offset, size: data[offset : offset + size]


def whole(data: bytes) -> Span:
    return Span(0, len(data))


def opened(data: bytes, keys: tuple[DecryptionKey, ...], limit: int = LIMIT) -> Plain:
    message = read_message(memory(data), whole(data))
    for key in session_keys(message.key_packets, keys):
        return decrypt(memory(data), message.body, key, limit)
    raise SessionKeyError


def content_of(packet: bytes) -> bytes:
    stream = Stream([packet])
    header = read_header(stream)
    assert header
    return small_body(stream, header, 10_000)


@pytest.fixture(scope="module")
def keys(service: SignedSecretKey) -> tuple[DecryptionKey, ...]:
    return decryption_keys(service.to_bytes())


@pytest.mark.parametrize("compress", ["uncompressed", "zip", "zlib", "bzip2"])
@pytest.mark.parametrize("sign", [[], ["--sign", "-u", "alice@x.fr"]])
def test_gpg_message_to_the_service_opens(
    gpg: Gpg, keys: tuple[DecryptionKey, ...], compress: str, sign: list[str]
) -> None:
    message = gpg.run(*sign, "--compress-algo", compress, "-e", "-r", "rmp@x.fr", data=TEXT)
    plain = opened(message, keys)
    assert plain.data == TEXT
    assert len(plain.signatures) == bool(sign)


@pytest.mark.parametrize("size", [8190, 8192, 70_001, 1_000_000])
def test_bodies_in_partial_lengths_open(
    gpg: Gpg, keys: tuple[DecryptionKey, ...], size: int
) -> None:
    text = bytes(range(251)) * (size // 251 + 1)
    for option in ("none", "zlib"):
        message = gpg.run("-e", "-r", "rmp@x.fr", "--compress-algo", option, data=text)
        assert opened(message, keys).data == text


def test_the_file_name_inside_is_given_back(gpg: Gpg, keys: tuple[DecryptionKey, ...]) -> None:
    message = gpg.run("-e", "-r", "rmp@x.fr", "--set-filename", "été.pdf", data=TEXT)
    assert opened(message, keys).name == "été.pdf"


def test_hidden_recipient_is_found_by_trial(gpg: Gpg, keys: tuple[DecryptionKey, ...]) -> None:
    message = gpg.run("-e", "-R", "rmp@x.fr", "-R", "alice@x.fr", data=TEXT)
    assert opened(message, keys).data == TEXT


@pytest.mark.parametrize("sub", ["cv25519", "nistp256", "nistp384", "nistp521", "rsa2048"])
@pytest.mark.parametrize("to", ["-r", "-R"])
def test_every_supported_kind_of_service_key_opens(gpg: Gpg, sub: str, to: str) -> None:
    name = f"{sub}@kinds.fr"
    if to == "-r":
        gpg.make(name, sub=sub)
    message = gpg.run("-e", to, name, data=TEXT)
    assert opened(message, decryption_keys(gpg.secret(name))).data == TEXT


def test_short_ciphertexts_with_leading_zeros_open(
    keys: tuple[DecryptionKey, ...], service: SignedSecretKey
) -> None:
    """One RSA ciphertext in 256 begins with a zero byte, which its MPI leaves out."""
    public = service.to_public_key().public_subkeys[0]
    for _ in range(600):
        packet = encrypt_session_key_to_recipient(bytes(32), public, version="seipd-v1")
        assert open_key_packet(content_of(packet.to_bytes()), keys[-1]) == SessionKey(
            9, bytes(32)
        )


def test_a_key_under_a_passphrase_opens_with_it_and_only_with_it(gpg: Gpg) -> None:
    password = ("--passphrase", "sésame")
    gpg.run(*password, "--quick-gen-key", "locked@x.fr", "ed25519", "sign", "never")
    fingerprint = gpg.fingerprint("locked@x.fr")
    gpg.run(*password, "--quick-add-key", fingerprint, "cv25519", "encr", "never")
    locked = gpg.run(*password, "--export-secret-keys", "locked@x.fr")
    message = gpg.run("-e", "-r", "locked@x.fr", data=TEXT)
    assert opened(message, decryption_keys(locked, "sésame".encode())).data == TEXT
    with pytest.raises(SecretKeyError, match="wrong passphrase"):
        decryption_keys(locked, b"other")


@pytest.fixture(scope="module")
def message(gpg: Gpg, keys: tuple[DecryptionKey, ...]) -> bytes:
    made = gpg.run("-e", "-r", "rmp@x.fr", "--compress-algo", "none", data=TEXT * 10)
    assert opened(made, keys).data == TEXT * 10
    return made


@pytest.mark.promise(number=11)
def test_each_damaged_byte_of_the_body_is_noticed(
    message: bytes, keys: tuple[DecryptionKey, ...]
) -> None:
    body = read_message(memory(message), whole(message)).body
    for at in range(body.offset + 4, body.offset + body.length, 7):
        damaged = bytearray(message)
        damaged[at] ^= 0x55
        with pytest.raises(PacketError) as error:
            opened(bytes(damaged), keys)
        assert error.value.why is Why.UNREADABLE


def test_each_truncation_is_noticed(message: bytes, keys: tuple[DecryptionKey, ...]) -> None:
    for length in range(0, len(message), 5):
        with pytest.raises(PacketError) as error:
            opened(message[:length], keys)
        assert error.value.why is Why.UNREADABLE


def test_memory_that_changes_between_the_two_passes_is_noticed(
    message: bytes, keys: tuple[DecryptionKey, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rmp_milter.keeper.openpgp.decrypt.HELD", 0)  # as of a large body
    found = read_message(memory(message), whole(message))
    key = next(iter(session_keys(found.key_packets, keys)))
    changed = bytearray(message)
    reads = 0

    def read(offset: int, size: int) -> bytes:
        nonlocal reads
        reads += 1
        if reads == 2:
            changed[-30] ^= 1
        return bytes(changed[offset : offset + size])

    with pytest.raises(PacketError):
        decrypt(read, found.body, key, LIMIT)
    assert reads == 2


def test_a_small_body_is_read_once_and_nothing_of_it_before_its_end(
    message: bytes, keys: tuple[DecryptionKey, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = read_message(memory(message), whole(message))
    key = next(iter(session_keys(found.key_packets, keys)))
    reads: list[int] = []

    def read(offset: int, size: int) -> bytes:
        reads.append(offset)
        return message[offset : offset + size]

    plain = decrypt(read, found.body, key, LIMIT)
    assert len(reads) == 1
    monkeypatch.setattr("rmp_milter.keeper.openpgp.decrypt.HELD", 0)
    assert decrypt(read, found.body, key, LIMIT) == plain
    assert len(reads) == 3


@pytest.mark.parametrize("sub", ["cv25519", "rsa2048"])
@pytest.mark.promise(number=11)
def test_a_foreign_key_opens_nothing(gpg: Gpg, message: bytes, sub: str) -> None:
    name = f"foreign-{sub}@x.fr"
    gpg.make(name, sub=sub)
    with pytest.raises(SessionKeyError):
        opened(message, decryption_keys(gpg.secret(name)))


@pytest.mark.promise(number=11)
def test_a_wrong_rsa_key_tried_on_a_packet_gives_the_uniform_error(
    gpg: Gpg, message: bytes
) -> None:
    gpg.make("other-rsa@x.fr", sub="rsa2048")
    other = decryption_keys(gpg.secret("other-rsa@x.fr"))[-1]
    packet = read_message(memory(message), whole(message)).key_packets[0]
    with pytest.raises(SessionKeyError) as error:
        open_key_packet(packet, other)
    assert str(error.value) == ""
    assert error.value.__cause__ is None


def sealed(packets: bytes, key: SessionKey) -> bytes:
    """Encrypt packets as SEIPD version 1, by hand."""
    prefix = b"0123456789abcdef" + b"ef"
    clear = prefix + packets + b"\xd3\x14"
    clear += sha1(clear, usedforsecurity=False).digest()
    cipher = Cipher(algorithms.AES(key.key), CFB(bytes(16))).encryptor()
    return frame(18, b"\x01" + cipher.update(clear))


KEY = SessionKey(9, bytes(range(32)))


def literal(data: bytes) -> bytes:
    return frame(11, b"b\x00" + bytes(4) + data)


def zipped(packets: bytes) -> bytes:
    return frame(8, b"\x02" + zlib.compress(packets))


@pytest.mark.promise(number=11)
def test_a_zip_bomb_is_too_large() -> None:
    body = sealed(zipped(zipped(literal(bytes(50_000_000)))), KEY)
    assert len(body) < 10_000
    with pytest.raises(PacketError) as error:
        decrypt(memory(body), whole(body), KEY, LIMIT)
    assert error.value.why is Why.TOO_LARGE


@pytest.mark.promise(number=11)
def test_a_bomb_of_padding_is_too_large() -> None:
    body = sealed(zipped(frame(21, bytes(50_000_000)) + literal(b"x")), KEY)
    with pytest.raises(PacketError) as error:
        decrypt(memory(body), whole(body), KEY, LIMIT)
    assert error.value.why is Why.TOO_LARGE


@pytest.mark.promise(number=11)
def test_nesting_is_bounded() -> None:
    packets = literal(b"x")
    for _ in range(4):
        packets = zipped(packets)
    assert decrypt(memory(d := sealed(packets, KEY)), whole(d), KEY, LIMIT).data == b"x"
    deeper = sealed(zipped(packets), KEY)
    with pytest.raises(PacketError) as error:
        decrypt(memory(deeper), whole(deeper), KEY, LIMIT)
    assert error.value.why is Why.UNSUPPORTED


def test_what_stands_behind_compressed_data_is_no_packet() -> None:
    behind = frame(8, b"\x02" + zlib.compress(literal(b"x")) + bytes(200_000))
    body = sealed(behind, KEY)
    assert decrypt(memory(body), whole(body), KEY, LIMIT).data == b"x"


@pytest.mark.parametrize(
    "packets",
    [
        literal(b"one") + literal(b"two"),
        b"",
        frame(8, b"\x02" + zlib.compress(literal(b"x"))[:-6]),
        frame(8, b"\x09abc"),
        b"\x00\x01",
        frame(2, b"x") * 17 + literal(b"x"),
    ],
    ids=["two literals", "empty", "cut zlib", "unknown compression", "noise", "signatures"],
)
def test_strange_content_is_refused(packets: bytes) -> None:
    body = sealed(packets, KEY)
    with pytest.raises(PacketError):
        decrypt(memory(body), whole(body), KEY, LIMIT)


def test_tag_9_is_refused_for_its_lack_of_integrity(message: bytes) -> None:
    found = read_message(memory(message), whole(message))
    old = frame(1, found.key_packets[0]) + frame(9, bytes(100))
    with pytest.raises(PacketError) as error:
        read_message(memory(old), whole(old))
    assert error.value.why is Why.NO_INTEGRITY


@pytest.mark.parametrize(
    "body", [frame(20, b"\x01" + bytes(50)), frame(18, b"\x02" + bytes(50))]
)
def test_aead_containers_are_unsupported(body: bytes) -> None:
    with pytest.raises(PacketError) as error:
        read_message(memory(body), whole(body))
    assert error.value.why is Why.UNSUPPORTED


@pytest.mark.promise(number=11)
def test_more_key_packets_than_the_cap_are_refused() -> None:
    packet = frame(1, b"\x03" + bytes(30))
    body = sealed(literal(b"x"), KEY)
    fits = packet * MAX_KEY_PACKETS + body
    assert len(read_message(memory(fits), whole(fits)).key_packets) == MAX_KEY_PACKETS
    with pytest.raises(PacketError) as error:
        read_message(memory(packet + fits), whole(packet + fits))
    assert error.value.why is Why.TOO_MANY_RECIPIENTS


def test_key_packets_of_other_versions_count_as_recipients_too() -> None:
    packet = frame(1, b"\x06" + bytes(30))
    data = packet * (MAX_KEY_PACKETS + 1) + sealed(literal(b"x"), KEY)
    with pytest.raises(PacketError) as error:
        read_message(memory(data), whole(data))
    assert error.value.why is Why.TOO_MANY_RECIPIENTS


SAYS_NOTHING = [frame(10, b"PGP"), frame(21, b"\x07" * 9000), frame(40, b"x"), frame(62, b"")]


@pytest.mark.parametrize("packet", SAYS_NOTHING, ids=["marker", "padding", "40", "62"])
def test_what_openpgp_calls_not_critical_is_passed_over_wherever_it_stands(
    packet: bytes,
) -> None:
    key_packet = frame(1, b"\x03" + bytes(30))
    body = sealed(packet + literal(b"x") + packet, KEY)
    data = packet + key_packet + packet + body + packet + b"\r\n"
    found = read_message(memory(data), whole(data))
    start = found.body.offset
    assert data[start : start + found.body.length] == body
    assert decrypt(memory(data), found.body, KEY, LIMIT).data == b"x"


def test_a_critical_packet_that_nobody_knows_is_unsupported_not_damage() -> None:
    body = sealed(literal(b"x"), KEY)
    for data in (frame(39, b"x") + body, frame(1, b"\x03" + bytes(30)) + frame(22, b"") + body):
        with pytest.raises(PacketError) as error:
            read_message(memory(data), whole(data))
        assert error.value.why is Why.UNSUPPORTED
    inside = sealed(frame(39, b"x") + literal(b"x"), KEY)
    with pytest.raises(PacketError) as error:
        decrypt(memory(inside), whole(inside), KEY, LIMIT)
    assert error.value.why is Why.UNSUPPORTED


@pytest.mark.promise(number=11)
def test_packets_that_say_nothing_are_bounded_in_number() -> None:
    body = sealed(literal(b"x"), KEY)
    for data in (frame(40, b"") * 5000 + body, body + frame(40, b"") * 5000):
        with pytest.raises(PacketError) as error:
            read_message(memory(data), whole(data))
        assert error.value.why is Why.UNREADABLE


def test_marker_and_passphrase_packets_are_passed_over_and_the_span_is_exact() -> None:
    body = sealed(literal(b"x"), KEY)
    front = frame(10, b"PGP") + frame(3, b"\x04" + bytes(20)) + frame(1, b"\x03" + bytes(30))
    data = b"elsewhere" + front + body + b"\r\n"
    found = read_message(memory(data), Span(9, len(data) - 9))
    start = found.body.offset
    assert data[start : start + found.body.length] == body
    assert found.key_packets == (b"\x03" + bytes(30),)


def test_a_second_message_behind_the_first_is_refused_not_lost() -> None:
    body = sealed(literal(b"x"), KEY)
    with pytest.raises(PacketError):
        read_message(memory(body + body), whole(body + body))


def test_gpg_reads_the_same_body_behind_a_new_key_packet_and_the_signature_holds(
    gpg: Gpg, keys: tuple[DecryptionKey, ...]
) -> None:
    data = gpg.run("--sign", "-u", "alice@x.fr", "-e", "-r", "rmp@x.fr", data=TEXT)
    found = read_message(memory(data), whole(data))
    key = next(iter(session_keys(found.key_packets, keys)))
    (reader,) = encryption_keys(gpg.public("bob@x.fr"), NOW)
    packet = encrypt_session_key_to_recipient(
        key.key, reader, version="seipd-v1", symmetric_algorithm="aes256"
    )
    body = data[found.body.offset : found.body.offset + found.body.length]
    text, status = gpg.verdict(packet.to_bytes() + body)
    assert text == TEXT
    assert "GOODSIG" in status


@settings(max_examples=some(300), deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_crash_the_outer_parser(data: bytes) -> None:
    try:
        found = read_message(memory(data), whole(data))
    except PacketError:
        return
    assert found.body.offset + found.body.length <= len(data)


@settings(max_examples=some(300), deadline=None)
@given(st.binary(max_size=400))
def test_no_packets_inside_crash_the_inner_parser(data: bytes) -> None:
    body = sealed(data, KEY)
    try:
        plain = decrypt(memory(body), whole(body), KEY, LIMIT)
    except PacketError:
        return
    assert len(plain.data) <= LIMIT


@settings(max_examples=some(100), deadline=None)
@given(packet=st.binary(max_size=300))
def test_no_key_packet_crashes(packet: bytes, keys: tuple[DecryptionKey, ...]) -> None:
    for key in keys:
        content = b"\x03" + key.key_id + bytes((key.algorithm,)) + packet
        with pytest.raises(SessionKeyError):
            open_key_packet(content, key)
