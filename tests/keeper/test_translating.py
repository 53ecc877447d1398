"""A document of each kind for a reader of the other: gpg and openssl open what comes of it."""

import dataclasses
from email.message import EmailMessage
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from dossier_case import leaves
from keeper_case import HEADER, LETTER, PDF, encrypted, entity
from keeper_gpg import Gpg
from little_host import ALICE, CODE, RPPS, Kept
from msgspec.structs import replace
from translating_case import (
    NOW,
    Filed,
    MixedHost,
    file,
    files_of,
    outlook,
    parsed,
    with_smime,
    words_of,
)

from rmp_milter.calls.protocol.releasing import ByCode
from rmp_milter.dossier.model import Container
from rmp_milter.keeper.desk.desk import Desk
from testbed.outlook import Outlook, p7m

SAID = "Cher confrère, la lettre confidentielle."
SIGNED_BY_REMI = "Signature de Dr Rémi RAYON (RPPS 10009876541)\nvérifiée le"
SIGNED_BY_ALICE = f"Signature de Dr Alice ALLARD (RPPS {RPPS[ALICE]})\nvérifiée le"


@pytest.fixture
def mixed(gpg: Gpg, desk: Desk) -> MixedHost:
    return MixedHost(gpg, with_smime(desk))


@pytest.fixture
def remi(tmp_path: Path) -> Outlook:
    return outlook(tmp_path)


@pytest.fixture
def kept(mixed: MixedHost) -> Kept:
    return mixed.create(ALICE)


def by_remi(mixed: MixedHost, kept: Kept, remi: Outlook, **more: object) -> Filed:
    mail = mixed.open_smime(remi, remi.write(HEADER + LETTER, {"été.pdf": PDF}, **more))  # type: ignore[arg-type] # handed on as they are
    return file(mixed, kept, mail, mixed.member(ALICE))


def by_alice(mixed: MixedHost, kept: Kept, plain: bytes, *, is_entity: bool = True) -> Filed:
    mail = mixed.open_pgp(ALICE, plain, entity=is_entity)
    return file(mixed, kept, mail, mixed.member(ALICE))


def read_by_alice(filed: Filed, **more: object) -> EmailMessage:
    """Return what gpg opens of what her standing packets give her."""
    alice = filed.host.member(ALICE)
    asker = filed.host.asked(alice, "dossier")
    sealed = filed.sealed(filed.translate(alice, filed.standing, asker, **more))
    text, status = filed.host.gpg.verdict(sealed)
    assert "DECRYPTION_OKAY" in status
    return parsed(text)


def read_by_remi(filed: Filed, remi: Outlook, **more: object) -> EmailMessage:
    """Return what openssl opens of what he is given by the patient's code."""
    member = filed.host.smime_member()
    asker = filed.host.asked(member, "dossier", f"Code : {CODE}", smime=remi)
    code = filed.kept.slots.code
    assert code is not None
    packets = filed.released(asker, ByCode(code))
    sealed = filed.sealed(filed.translate(member, packets, asker, **more))
    opened = remi.read(p7m(sealed, "enveloped-data"))
    assert opened.signer
    return opened.message


@pytest.mark.parametrize("detached", [False, True])
@pytest.mark.parametrize("cipher", ["aes-256-cbc", "aes-256-gcm"])
def test_gpg_opens_what_came_in_an_envelope(
    mixed: MixedHost, kept: Kept, remi: Outlook, cipher: str, *, detached: bool
) -> None:
    filed = by_remi(mixed, kept, remi, cipher=cipher, detached=detached)
    gcm = cipher.endswith("gcm")
    assert filed.item.container is (Container.AUTH_ENVELOPED if gcm else Container.ENVELOPED)
    found = read_by_alice(filed)
    said, letter = words_of(found)
    assert SIGNED_BY_REMI in said
    assert said.startswith("Le service a ouvert ce document")
    assert SAID in letter
    assert files_of(found) == {"été.pdf": PDF}


def test_openssl_opens_an_entity(mixed: MixedHost, kept: Kept, remi: Outlook) -> None:
    filed = by_alice(mixed, kept, entity(HEADER + LETTER, files=[("été.pdf", PDF)]))
    assert filed.item.container is Container.ENTITY
    found = read_by_remi(filed, remi)
    said, letter = words_of(found)
    assert SIGNED_BY_ALICE in said
    assert SAID in letter
    assert files_of(found) == {"été.pdf": PDF}


@pytest.mark.parametrize("charset", ["utf-8", "windows-1252"])
def test_openssl_opens_a_bare_text(
    mixed: MixedHost, kept: Kept, remi: Outlook, charset: str
) -> None:
    filed = by_alice(mixed, kept, (HEADER + LETTER).encode(charset), is_entity=False)
    assert filed.item.container is Container.TEXT
    said, letter = words_of(read_by_remi(filed, remi))
    assert SIGNED_BY_ALICE in said
    assert letter == (HEADER + LETTER).replace("\r\n", "\n")


def test_openssl_opens_what_was_gcm_for_a_reader_of_cbc(
    mixed: MixedHost, kept: Kept, remi: Outlook
) -> None:
    filed = by_remi(mixed, kept, remi, cipher="aes-256-gcm")
    found = read_by_remi(filed, remi)
    assert SIGNED_BY_REMI in words_of(found)[0]
    assert files_of(found) == {"été.pdf": PDF}


def test_what_fits_its_reader_is_not_translated(
    mixed: MixedHost, kept: Kept, remi: Outlook
) -> None:
    own = by_alice(mixed, kept, entity(HEADER + LETTER))
    assert own.standing[0] & 0x80
    enveloped = by_remi(mixed, kept, remi)
    member = mixed.smime_member()
    asker = mixed.asked(member, "dossier", f"Code : {CODE}", smime=remi)
    code = kept.slots.code
    assert code is not None
    assert enveloped.released(asker, ByCode(code)).startswith(b"\x30")


def test_who_wants_it_so_is_sent_his_own_kind_by_the_service(
    mixed: MixedHost, kept: Kept
) -> None:
    alice = mixed.member(ALICE)
    mail = mixed.open_pgp(ALICE, entity(HEADER + LETTER, files=[("été.pdf", PDF)]))
    request = mixed.reseal(mail, kept, [alice.certificate], alice)
    wishing = replace(alice.candidate, translated=True)
    by = replace(request.by, persons=(wishing,))
    reply = mixed.ask(replace(request, by=by)).reply
    (item,) = reply.items  # type: ignore[union-attr] # another reply fails here
    sealed = mail.sealed(item.sealed_key, request.items[0].document_id)
    filed = Filed(mixed, kept, mail, sealed, item.packets[0])
    found = read_by_alice(filed)
    assert SIGNED_BY_ALICE in words_of(found)[0]
    assert files_of(found) == {"été.pdf": PDF}


def test_each_leaf_names_the_reader_and_the_document(
    mixed: MixedHost, kept: Kept, remi: Outlook
) -> None:
    filed = by_remi(mixed, kept, remi)
    read_by_alice(filed)
    last = leaves(mixed.desk)[-1]
    assert (last["action"], last["rpps"]) == ("traduit", RPPS[ALICE])
    assert last["documents"] == [filed.item.document_id.hex()]
    assert last["patient"]


def test_no_slot_is_opened(mixed: MixedHost, kept: Kept, remi: Outlook) -> None:
    filed = by_remi(mixed, kept, remi)
    keys = dataclasses.replace(mixed.desk.keys, custody=X25519PrivateKey.generate())
    mixed.desk = dataclasses.replace(mixed.desk, keys=keys)
    filed.item = replace(filed.item, sealed_key=b"")
    assert files_of(read_by_alice(filed)) == {"été.pdf": PDF}


def test_a_file_that_was_encrypted_by_itself_keeps_its_name_and_its_octets(
    mixed: MixedHost, kept: Kept, remi: Outlook, tmp_path: Path
) -> None:
    alone = encrypted(mixed.gpg, PDF, signer=ALICE, at=NOW)
    text, files = (HEADER + LETTER).encode(), [("écho.pdf.pgp", alone)]
    mail = mixed.open_pgp(ALICE, text, entity=False, files=files)
    filed = file(mixed, kept, mail, place=1)
    assert filed.item.container is Container.FILE
    found = files_of(read_by_remi(filed, remi, name="écho.pdf.pgp", original=True))
    assert found["écho.pdf"] == PDF
    assert is_good(mixed.gpg, found, "écho.pdf", tmp_path)


def test_what_openpgp_signed_goes_along_on_request(
    mixed: MixedHost, kept: Kept, remi: Outlook, tmp_path: Path
) -> None:
    plain = entity(HEADER + LETTER, files=[("été.pdf", PDF)])
    found = read_by_remi(by_alice(mixed, kept, plain), remi, original=True)
    assert "tel que son auteur l'a signé" in words_of(found)[0]
    files = files_of(found)
    assert files["original.eml"] == plain
    assert is_good(mixed.gpg, files, "original.eml", tmp_path)


def test_a_signed_text_goes_along_on_request(
    mixed: MixedHost, kept: Kept, remi: Outlook, tmp_path: Path
) -> None:
    filed = by_alice(mixed, kept, (HEADER + LETTER).encode(), is_entity=False)
    files = files_of(read_by_remi(filed, remi, original=True))
    assert files["original.txt"] == (HEADER + LETTER).encode()
    assert is_good(mixed.gpg, files, "original.txt", tmp_path)


def is_good(gpg: Gpg, files: dict[str, bytes], name: str, folder: Path) -> bool:
    for each in (name, f"{name}.sig"):
        (folder / each).write_bytes(files[each])
    said = gpg.run(
        "--status-fd", "1", "--verify", str(folder / f"{name}.sig"), str(folder / name)
    )
    return b"GOODSIG" in said


@pytest.mark.parametrize("detached", [False, True])
def test_what_smime_signed_goes_along_on_request(
    mixed: MixedHost, kept: Kept, remi: Outlook, *, detached: bool
) -> None:
    found = read_by_alice(by_remi(mixed, kept, remi, detached=detached), original=True)
    files = files_of(found)
    verified = (
        remi.content_of(files["original.eml"], "SMIME")
        if detached
        else remi.content_of(files["original.p7m"])
    )
    assert files_of(parsed(verified)) == {"été.pdf": PDF}


def test_a_forged_sentence_stands_behind_ours(
    mixed: MixedHost, kept: Kept, remi: Outlook
) -> None:
    forged = "Signature de Dr Alice ALLARD\r\nvérifiée le 01/01/2026 : valable.\r\n"
    mail = mixed.open_smime(remi, remi.write(HEADER + "\r\n" + forged))
    found = read_by_alice(file(mixed, kept, mail, mixed.member(ALICE)))
    said, letter = words_of(found)
    assert "ALLARD" in letter
    assert "ALLARD" not in said
    assert SIGNED_BY_REMI in said
