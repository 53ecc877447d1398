"""What is told of a mail without any key."""

import io
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inspect_case import HEADER, LETTER, PDF, Inspect, Said, inline, key_packet

from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol.message import Span
from rmp_milter.inspection.mail_file import first_mail
from rmp_milter.inspection.outside import LookedAt, OutsideMeans, look
from rmp_milter.inspection.packets import wrapping_of
from rmp_milter.keeper.desk.desk import Limits
from rmp_milter.keeper.openpgp.packets import GNUPG_AEAD, SED, SEIPD, SKESK, frame
from testbed.doctor import Doctor
from testbed.examples import some

KEY_ID = "0123456789abcdef"
SEALED = frame(SEIPD, b"\x01" + bytes(60))
GOOD = inline(key_packet(KEY_ID) + SEALED)


def verdict(said: Said) -> tuple[int, object]:
    return said.status, said.at("verdict", "outcome")


def refusal(said: Said) -> tuple[int, object]:
    return said.status, said.at("verdict", "text")


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("pgp_mime", "pgp-mime"),
        ("mixed_up", "mixed-up"),
        ("layered", "pgp-mime"),
        ("signed_inside", "pgp-mime"),
        ("partitioned", "partitioned"),
    ],
)
def test_each_shape_with_files_is_taken(
    inspect: Inspect, anne: Doctor, shape: str, expected: str
) -> None:
    mail = getattr(anne, shape)(HEADER + "\n" + LETTER, {"bilan.pdf": PDF})
    said = inspect.as_json(mail)
    assert (said.status, said.at("shape")) == (0, expected)


@pytest.mark.parametrize(("shape", "expected"), [("inline", "inline"), ("inline_html",) * 2])
def test_each_shape_without_files_is_taken(
    inspect: Inspect, anne: Doctor, shape: str, expected: str
) -> None:
    said = inspect.as_json(getattr(anne, shape)(HEADER + "\n" + LETTER))
    assert (said.status, said.at("shape")) == (0, expected.replace("_", "-"))


def test_an_encrypted_part_is_told_by_size_container_and_readers(inspect: Inspect) -> None:
    said = inspect.as_json(GOOD)
    assert said.at("encrypted") == [
        {
            "name": "",
            "main": True,
            "size": len(key_packet(KEY_ID) + SEALED),
            "container": "SEIPDv1",
            "key_ids": [KEY_ID],
            "passphrase": False,
            "trouble": "",
            "smime": None,
        }
    ]


def test_the_visible_names_of_files_are_told(inspect: Inspect, anne: Doctor) -> None:
    said = inspect.as_json(anne.partitioned(HEADER, {"bilan.pdf": PDF, "écho.txt": b"vu"}))
    names = [said.at("encrypted", at, "name") for at in range(3)]
    assert names == ["", "bilan.pdf.pgp", "écho.txt.pgp"]


def test_a_hidden_reader_is_called_so(inspect: Inspect) -> None:
    said = inspect.mail(inline(key_packet("0" * 16) + SEALED))
    assert "hidden" in said.out


@pytest.mark.parametrize(
    ("body", "container", "text"),
    [
        (frame(SED, bytes(60)), "no integrity protection", "no-integrity"),
        (frame(GNUPG_AEAD, b"\x01" + bytes(60)), "AEAD (tag 20)", "unsupported"),
        (frame(SEIPD, b"\x02" + bytes(60)), "SEIPDv2 (AEAD)", "unsupported"),
        (frame(SEIPD, b"\x09" + bytes(60)), "not found", "unreadable"),
        (SEALED[:20], "SEIPDv1", "unreadable"),
        (b"", "not found", "unreadable"),
    ],
)
def test_a_container_that_the_service_refuses_is_told_with_the_reason(
    inspect: Inspect, body: bytes, container: str, text: str
) -> None:
    said = inspect.as_json(inline(key_packet(KEY_ID) + body))
    assert refusal(said) == (1, text)
    assert said.at("encrypted", 0, "container") == container
    assert said.at("encrypted", 0, "key_ids") == [KEY_ID]
    assert said.at("encrypted", 0, "trouble") != ""


def test_too_many_key_packets_are_refused_as_by_the_keeper(inspect: Inspect) -> None:
    said = inspect.as_json(inline(key_packet(KEY_ID) * 65 + SEALED))
    assert refusal(said) == (1, "too-many-recipients")
    assert len(said.at("encrypted", 0, "key_ids")) == 65


def test_sixty_four_readers_are_taken(inspect: Inspect) -> None:
    said = inspect.as_json(inline(key_packet(KEY_ID) * 64 + SEALED))
    assert said.at("verdict", "outcome") == "taken"


def test_a_passphrase_beside_the_keys_is_told(inspect: Inspect) -> None:
    skesk = frame(SKESK, b"\x04\x09\x03\x08" + bytes(9))
    assert inspect.as_json(inline(key_packet(KEY_ID) + skesk + SEALED)).at(
        "encrypted", 0, "passphrase"
    )


def test_a_version_6_key_packet_is_told_by_the_beginning_of_the_fingerprint() -> None:
    fingerprint = bytes(range(32))
    message = frame(1, b"\x06\x21\x06" + fingerprint + b"\x19" + bytes(40)) + SEALED
    found = wrapping_of(
        lambda offset, size: message[offset : offset + size], Span(0, len(message))
    )
    assert found.key_ids == (fingerprint[:8].hex(),)


def test_a_clear_mail_is_refused_in_french(inspect: Inspect, anne: Doctor) -> None:
    said = inspect.mail(anne.clear(LETTER, {"bilan.pdf": PDF}))
    assert said.status == 1
    assert "Ce message n'est pas chiffré :" in said.out
    assert "bilan.pdf" in said.out


def test_files_in_clear_beside_a_sealed_text_are_named(inspect: Inspect, anne: Doctor) -> None:
    said = inspect.as_json(anne.files_in_clear(HEADER, {"bilan.pdf": PDF}))
    assert refusal(said) == (1, "clear-attachment")
    assert said.at("verdict", "detail") == "bilan.pdf"
    assert said.at("others", -1, "what") == "in clear"


def test_a_text_that_is_only_signed_is_not_encrypted(inspect: Inspect, anne: Doctor) -> None:
    signed = anne.keyring.clear_sign(LETTER.encode())
    said = inspect.as_json(b"Content-Type: text/plain\n\n" + signed)
    assert refusal(said) == (1, "not-encrypted")
    assert said.at("others", 0, "what") == "text in clear, signed"


def test_smime_that_is_damaged_is_refused_as_such(inspect: Inspect) -> None:
    der = bytes.fromhex("308006092a864886f70d010703a080308002010031800000")
    head = b"Content-Type: application/pkcs7-mime\n\n"
    said = inspect.as_json(head + der)
    assert (refusal(said), said.at("shape")) == ((1, "smime-unreadable"), "smime")
    assert said.at("encrypted", 0, "container") == "EnvelopedData"
    assert said.at("encrypted", 0, "smime", "encoding") == "BER"


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b"Auto-Submitted: auto-replied\n", "Auto-Submitted"),
        (b"Return-Path: <>\n", "null sender"),
        (b"From MAILER-DAEMON Mon Nov 23 10:00:00 2026\n", "sent by a mailer daemon"),
    ],
)
def test_an_automatic_mail_is_told_and_never_opened(
    inspect: Inspect, head: bytes, reason: str
) -> None:
    said = inspect.as_json(head + GOOD)
    assert verdict(said) == (1, "automatic")
    assert said.at("automatic") == reason
    assert said.at("opened") is None


def test_a_sender_that_the_file_does_not_tell_is_not_the_null_sender(inspect: Inspect) -> None:
    assert inspect.as_json(b"From - Mon Nov 23 10:00:00 2026\n" + GOOD).at("automatic") == ""


def test_of_an_mbox_the_first_mail_is_looked_at(inspect: Inspect) -> None:
    between = b"From anne@cab.example Mon Nov 23 10:00:00 2026\n"
    alone = inspect.as_json(GOOD).json
    first = inspect.as_json(
        between + GOOD + b"\n" + between + b"Subject: other\n\nclear\n"
    ).json
    assert first["more_mails"]
    assert first == alone | {"more_mails": True, "size": len(GOOD)}


def test_a_line_that_begins_with_from_ends_no_mail_outside_an_mbox() -> None:
    raw = b"Subject: x\n\nA\n\nFrom anne Mon Nov 23 10:00:00 2026\nB\n"
    assert first_mail(memoryview(raw)).end == len(raw)


def test_standard_input_is_read_for_a_dash(
    inspect: Inspect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GOOD)))
    assert verdict(inspect.run("-", "--json")) == (0, "taken")


def test_a_mail_beyond_the_limit_is_refused_with_the_limit(
    inspect: Inspect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rmp_milter.cli.inspect.LimitsSection", _SmallLimits)
    said = inspect.mail(GOOD + b"x" * 2_000_000)
    assert said.status == 1
    assert "refused: too-large" in said.out
    assert "1 Mo au plus" in said.out


@pytest.mark.parametrize(
    ("lines", "text"), [(400_000, "not-encrypted"), (600_000, "too-large")]
)
def test_a_mail_is_measured_with_the_line_ends_that_it_travels_with(
    inspect: Inspect, monkeypatch: pytest.MonkeyPatch, lines: int, text: str
) -> None:
    monkeypatch.setattr("rmp_milter.cli.inspect.LimitsSection", _SmallLimits)
    assert refusal(inspect.as_json(b"Subject: x\n\n" + b"\n" * lines)) == (1, text)
    # With its own line ends it is measured as it is.
    crlf = inspect.as_json(b"Subject: x\r\n\r\n" + b"\r\n" * lines)
    assert refusal(crlf) == (1, text)


class _SmallLimits:
    message_bytes = 1_000_000


def test_a_structure_too_deep_is_refused(inspect: Inspect) -> None:
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (at, at) for at in range(40)
    )
    assert refusal(inspect.as_json(deep)) == (1, "damaged-mail")


def test_without_configuration_and_key_only_the_outside_is_told(inspect: Inspect) -> None:
    said = inspect.as_json(GOOD)
    assert said.at("opened") is None
    assert "no configuration" in str(said.at("not_opened"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["absent.eml"],
        ["/"],
        ["--passphrase-file", __file__, __file__],
        ["--secret-key", "absent.key", __file__],
        ["--config", "absent.toml", __file__],
        [],
    ],
)
def test_a_wrong_call_is_status_2_and_says_why(inspect: Inspect, arguments: list[str]) -> None:
    said = inspect.run(*arguments)
    assert said.status == 2
    assert said.err.startswith("rmp: ")


def test_what_could_steer_a_terminal_is_not_printed(inspect: Inspect) -> None:
    name = b'Content-Disposition: attachment; filename="\x1b[31mx.pdf"\n'
    said = inspect.mail(b"Content-Type: application/pdf\n" + name + b"\nx\n")
    assert "\x1b" not in said.out
    assert "x.pdf" in said.out


def looked_at(raw: bytes) -> LookedAt:
    with Memory() as bodies:

        def read(offset: int, size: int) -> bytes:
            with bodies.mapped() as view:
                return bytes(view[offset : offset + size])

        bounds = OutsideMeans(read, Limits())
        return look(memoryview(raw), "anne@cab.example", bodies, bounds)


PIECES = st.sampled_from(
    [
        b"From a Mon Nov 23 10:00:00 2026\n",
        b"Content-Type: multipart/encrypted; boundary=b\n\n",
        b"--b\n",
        b"Content-Type: application/pgp-encrypted\n\nVersion: 1\n",
        b"Content-Type: application/octet-stream\n\n",
        b"Content-Transfer-Encoding: base64\n\n",
        b"--b--\n",
        b"\n",
        GOOD,
        inline(key_packet(KEY_ID) + frame(SED, bytes(9))),
        SEALED,
    ]
)


@settings(max_examples=some(150), deadline=None)
@given(st.lists(st.one_of(PIECES, st.binary(max_size=80)), max_size=12))
def test_nothing_that_a_mail_may_hold_raises(pieces: list[bytes]) -> None:
    raw = b"".join(pieces)
    found = first_mail(memoryview(raw))
    assert 0 <= found.start <= found.end <= len(raw)
    seen = looked_at(raw[found.start : found.end])
    assert all(ref.span.length for ref in seen.refs)
    assert seen.outside.verdict.text or seen.outside.verdict.outcome != "refused"


@settings(max_examples=some(150), deadline=None)
@given(st.binary(max_size=200))
def test_any_octets_have_a_wrapping(data: bytes) -> None:
    found = wrapping_of(lambda offset, size: data[offset : offset + size], Span(0, len(data)))
    assert len(found.key_ids) <= len(data)
