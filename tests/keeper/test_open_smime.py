"""S/MIME mail as openssl writes it, opened by the keeper."""

import pytest
from keeper_case import HEADER
from smime_mails import FILES, NOW, TEXT, enrolled, envelope_in, opened
from smime_mails import paul as pauls

from rmp_milter.calls.protocol.opening import Trust
from rmp_milter.dossier.model import Container
from rmp_milter.keeper.authority.tickets import read_ticket
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.desk.noted import noted
from rmp_milter.keeper.openpgp.sessionkey import unpacked
from rmp_milter.x509 import read_x509
from testbed import mime, tnef
from testbed.outlook import Outlook


@pytest.mark.parametrize("detached", [False, True])
@pytest.mark.parametrize("cipher", ["aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "aes-256-gcm"])
def test_a_signed_mail_is_opened_and_known_as_its_authors(
    smime_desk: Desk, paul: Outlook, cipher: str, *, detached: bool
) -> None:
    person = enrolled(smime_desk, pauls())
    mail = paul.write(TEXT, FILES, cipher=cipher, detached=detached)
    found = opened(smime_desk, envelope_in(mail), person)
    assert found.header.splitlines() == HEADER.splitlines()
    assert found.signature.trust is Trust.GOOD
    assert found.signature.fingerprint == read_x509(pauls().der).digest
    assert [part.name for part in found.bodies[0].parts] == ["", "écho.pdf"]
    gcm = cipher.endswith("gcm")
    assert found.bodies[0].container is (
        Container.AUTH_ENVELOPED if gcm else Container.ENVELOPED
    )
    assert found.ticket
    ticket = read_ticket(smime_desk.holder, found.ticket, NOW)
    key = unpacked(ticket.bodies[0].key)
    assert len(key.key) == int(cipher.split("-")[1]) // 8
    author = noted(key.noted)
    assert author
    assert (author.name, author.trust, author.at) == ("Dr Paul", Trust.GOOD, NOW)


def test_what_outlook_packed_is_unpacked_and_kept_as_it_came(
    smime_desk: Desk, paul: Outlook
) -> None:
    person = enrolled(smime_desk, pauls())
    packed = tnef.tnef(tnef.message(TEXT), tnef.attachment("écho.pdf", FILES["écho.pdf"]))
    winmail = mime.file_part("winmail.dat", packed, "application/ms-tnef")
    entity = mime.multipart("mixed", [mime.text_part(TEXT), winmail])
    found = opened(smime_desk, paul.encrypted(paul.signed(entity)), person)
    kept, apart = found.bodies
    assert (kept.container, kept.fresh) == (Container.ENVELOPED, False)
    assert "winmail.dat" in [part.name for part in kept.parts]
    assert (apart.container, apart.fresh) == (Container.FILE, True)
    assert [part.name for part in apart.parts] == ["écho.pdf"]
    assert found.header.splitlines() == HEADER.splitlines()


def test_what_carries_a_code_is_kept_as_of_openpgp(smime_desk: Desk, paul: Outlook) -> None:
    person = enrolled(smime_desk, pauls())
    text = TEXT.replace("Document", "Code : JzbV-7kQ2\r\nDocument", 1)
    found = opened(smime_desk, envelope_in(paul.write(text, FILES)), person)
    assert found.has_code
    assert [(each.container, each.fresh) for each in found.bodies] == [(Container.FILE, True)]
    assert "7kQ2" not in found.header
