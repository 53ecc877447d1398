"""The signed welcome on a real host: what a doctor's Outlook learns by it is all that it needs."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import cast

import pytest

from testbed.host import Host
from testbed.openssl import openssl
from testbed.smime_host import SmimeHost

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def smime() -> Iterator[SmimeHost]:
    with Host({("limits", "message_bytes"): "2000000"}) as host, SmimeHost(host) as made:
        yield made


def verified(smime: SmimeHost, raw: bytes, folder: Path) -> tuple[str, bytes]:
    """Return the words of a signed mail and the certificate that signed it, by openssl."""
    trusted, signer = folder / "trusted.pem", folder / "signer.pem"
    trusted.write_bytes(smime.host.service.rmp("key", "smime", "export").stdout)
    options = ("-CAfile", str(trusted), "-signer", str(signer), "-purpose", "smimesign")
    found = openssl("cms", "-verify", "-inform", "SMIME", *options, data=raw)
    words = message_from_bytes(found, policy=policy.default).get_content()
    return cast("str", words), signer.read_bytes()


def test_an_enrolled_doctor_writes_to_the_certificate_that_he_was_sent(
    smime: SmimeHost, tmp_path: Path
) -> None:
    doctor = smime.outlook("Dr Ana ACCUEIL", "ana@accueil.test")
    (raw,) = smime.host.postfix.wait_mail("ana@accueil.test", 1, 20)
    words, signer = verified(smime, raw, tmp_path)
    assert "Trois gestes" in words
    assert "rmp@rmp.test" in words
    assert message_from_bytes(raw)["Auto-Submitted"] == "auto-generated"
    (smime.folder / f"ana@accueil.test-{doctor.own.serial}" / "service.pem").write_bytes(signer)
    (answer,) = smime.ask(doctor, doctor.write("Demande : aide\n"))
    assert "Demande" in answer.text


def test_who_has_openpgp_is_sent_it_when_he_is_given_a_certificate(
    smime: SmimeHost, tmp_path: Path
) -> None:
    gp = smime.host.doctor("Dr Paul DEMO", "paul@cabinet.test")
    rmp, wait = smime.host.service.rmp, smime.host.postfix.wait_mail
    refused = rmp("doctor", "welcome", gp.mail, check=False)
    assert refused.returncode == 1
    own = smime.maker.user(gp.mail, smime.trees.public)
    witnesses = ("--witness", "Anne", "--witness", "Bruno")
    rmp("doctor", "set", gp.mail, "--certificate", smime.file("paul", own.pem), *witnesses)
    assert "Trois gestes" in verified(smime, wait(gp.mail, 1, 20)[0], tmp_path)[0]
    rmp("doctor", "set", gp.mail, "--name", "Dr Paul DEMONT")
    rmp("doctor", "welcome", gp.mail)
    smime.host.settle()
    first, again = wait(gp.mail, 2, 20)
    assert first != again
    assert smime.host.postfix.collected.count(gp.mail) == 2
