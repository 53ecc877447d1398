"""A mail opened by the running keeper, its signer known from the directory."""

from pathlib import Path

import pytest
from inspect_case import CODE, HEADER, LETTER, PDF, Inspect, inline, key_packet

from rmp_milter.keeper.openpgp.packets import SEIPD, frame
from testbed.doctor import Doctor

pytestmark = pytest.mark.integration


@pytest.mark.usefixtures("keeper")
def test_the_keeper_opens_the_mail_and_the_signer_is_named(
    inspect: Inspect, paul: Doctor, config: tuple[str, str]
) -> None:
    mail = paul.pgp_mime(f"{HEADER}\n{LETTER}", {"bilan.pdf": PDF})
    said = inspect.as_json(mail, *config)
    assert said.status == 0
    assert said.at("opened", "header") == HEADER.splitlines()
    assert said.at("opened", "signature", "trust") == "good"
    assert said.at("opened", "signature", "signer") == "Dr Paul DURAND"
    parts = said.at("opened", "parts")
    assert isinstance(parts, list)
    assert "bilan.pdf" in {part["name"] for part in parts}
    assert "confidentielle" not in said.out


@pytest.mark.usefixtures("keeper")
def test_a_signer_who_writes_from_elsewhere_is_found_by_his_key(
    inspect: Inspect, paul: Doctor, config: tuple[str, str]
) -> None:
    mail = paul.pgp_mime(HEADER).replace(b"paul@cab.example", b"paul@home.example")
    assert inspect.as_json(mail, *config).at("opened", "signature", "trust") == "good"


@pytest.mark.usefixtures("keeper")
def test_a_forged_text_is_told_as_what_refuses_the_mail(
    inspect: Inspect, paul: Doctor, config: tuple[str, str]
) -> None:
    mail = paul.signed_inside(HEADER, {}, forged=HEADER.replace("Jean", "Luc"))
    said = inspect.mail(mail, *config)
    assert "signature     bad by Dr Paul DURAND" in said.out
    assert "then refused  bad-signature" in said.out
    assert "La signature de ce message ne correspond pas" in said.out


@pytest.mark.usefixtures("keeper")
def test_a_signer_who_is_not_enrolled_is_told_by_key(
    inspect: Inspect, service: Path, config: tuple[str, str]
) -> None:
    with Doctor("Dr Eve", "eve@cab.example") as eve:
        eve.import_key((service / "public" / "service.asc").read_bytes())
        said = inspect.as_json(eve.pgp_mime(HEADER), *config)
    assert said.at("opened", "signature", "trust") == "unknown"
    assert said.at("opened", "signature", "signer") == ""
    assert said.at("opened", "signature", "signers_known") is True


@pytest.mark.usefixtures("keeper")
def test_a_code_is_masked_and_the_documents_behind_it_are_named(
    inspect: Inspect, paul: Doctor, config: tuple[str, str]
) -> None:
    text = f"Demande : création\n{HEADER}Consentement : oui\nCode : {CODE}\n\n{LETTER}"
    said = inspect.as_json(paul.pgp_mime(text, {"bilan.pdf": PDF}), *config)
    header = said.at("opened", "header")
    assert isinstance(header, list)
    assert "Code : ••••" in header
    assert CODE not in said.out
    assert "bilan.pdf" in said.out


@pytest.mark.usefixtures("keeper")
def test_a_mail_for_other_keys_is_refused_with_the_keepers_reason(
    inspect: Inspect, config: tuple[str, str]
) -> None:
    mail = inline(key_packet("0123456789abcdef") + frame(SEIPD, b"\x01" + bytes(60)))
    said = inspect.as_json(mail, *config)
    assert (said.status, said.at("verdict", "text")) == (1, "unreadable")
    assert "not encrypted to the service" in str(said.at("verdict", "detail"))


@pytest.mark.usefixtures("keeper")
def test_what_the_service_refuses_by_shape_is_not_opened(
    inspect: Inspect, paul: Doctor, config: tuple[str, str]
) -> None:
    empty = b'Content-Type: text/plain; name=winmail.dat\r\n\r\n\x78\x9f>"'
    body = paul.inline(HEADER).partition(b"\r\nContent-Type:")
    parts = b"".join(b"--x\r\n%s\r\n" % each for each in (b"Content-Type:" + body[2], empty))
    mixed = b"\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    said = inspect.as_json(body[0] + mixed + parts + b"--x--\r\n", *config)
    assert (said.status, said.at("verdict", "text")) == (1, "winmail")
    assert said.at("not_opened") == "the service does not open such a mail"


@pytest.mark.usefixtures("keeper")
def test_what_is_refused_by_letter_is_opened(
    inspect: Inspect, paul: Doctor, config: tuple[str, str]
) -> None:
    said = inspect.as_json(paul.files_in_clear(HEADER, {"bilan.pdf": PDF}), *config)
    assert (said.status, said.at("verdict", "text")) == (1, "clear-attachment")
    assert said.at("opened", "request") == "depot"


@pytest.mark.usefixtures("keeper")
def test_a_key_that_is_handed_over_goes_before_the_keeper(
    inspect: Inspect, anne: Doctor, secret_key: bytes, config: tuple[str, str]
) -> None:
    mail = anne.keyring.encrypt(HEADER.encode(), ["rmp@rmp.test"], sign=True, armor=True)
    key = anne.keyring.export_secret()
    assert secret_key
    said = inspect.with_key(b"Content-Type: text/plain\n\n" + mail, key, *config)
    assert said.at("opened", "header") == HEADER.splitlines()


def test_a_keeper_that_is_down_leaves_the_verdict_on_the_shape(
    inspect: Inspect, paul: Doctor, service: Path, tmp_path: Path
) -> None:
    text = (service / "rmp.toml").read_text().replace("run/keeper.sock", "run/none.sock")
    other = service / "other.toml"
    other.write_text(text)
    said = inspect.as_json(paul.inline(HEADER), "--config", str(other))
    assert (said.status, said.at("opened")) == (0, None)
    assert "keeper" in str(said.at("not_opened"))
    assert [path.name for path in tmp_path.iterdir()] == ["mail.eml"]


def test_a_store_that_cannot_be_read_is_told(
    inspect: Inspect, anne: Doctor, service: Path, secret_key: bytes
) -> None:
    elsewhere = service / "elsewhere.toml"
    elsewhere.write_text(_without_paths(service) + "\n[paths]\nstore = 'absent'\n")
    said = inspect.with_key(anne.inline(HEADER), secret_key, "--config", str(elsewhere))
    assert said.status == 0, said.err
    assert said.at("opened", "signature", "signers_known") is False


def _without_paths(service: Path) -> str:
    text = (service / "rmp.toml").read_text()
    before, _, rest = text.partition("[paths]")
    return before + rest[rest.index("\n[") :]
