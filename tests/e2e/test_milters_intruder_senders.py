"""The milter's intruder says who wrote: what he says of it makes nobody its author."""

import pytest
from intruded_calls import reads, releasing
from intruded_house import EVES_ACCOUNT, JEAN, House
from msgspec.structs import replace

from rmp_milter.calls.protocol.opening import Opened, Trust
from rmp_milter.calls.protocol.releasing import Release
from rmp_milter.certificates import read_certificate
from testbed.doctor import Doctor
from testbed.gpg import Keyring, Kind
from testbed.intruder import leaf

pytestmark = [
    pytest.mark.integration,
    pytest.mark.promise(number=2),
    pytest.mark.promise(number=21),
]

COMPROMISED = "y\n1\n\ny\n"
"""What gpg asks of who revokes a key: whether, why, in which words, whether surely."""


class SubkeyKeyring(Keyring):
    """A gpg that signs with a subkey, which can be revoked as stolen."""

    def _make_key(self, user_id: str, _kind: Kind) -> None:
        self._gpg(
            "--passphrase", "", "--quick-gen-key", user_id, "ed25519", "cert,sign", "never"
        )
        self.fingerprint = self._own_fingerprint()
        for kind, use in (("cv25519", "encr"), ("ed25519", "sign")):
            self._gpg(
                "--passphrase", "", "--quick-add-key", self.fingerprint, kind, use, "never"
            )

    def revoke_signing(self) -> None:
        """Revoke the signing subkey: from now on what it signed counts for nothing."""
        said = f"key 2\nrevkey\n{COMPROMISED}save\n"
        self._gpg("--command-fd", "0", "--edit-key", self.fingerprint, stdin=said.encode())


@pytest.fixture(scope="module")
def robbed(house: House) -> tuple[bytes, bytes]:
    """Return a mail signed by a subkey that was stolen, and the certificate of before.

    Who was robbed has revoked it and has a new one; he is enrolled with what he has now.
    """
    doctor = Doctor("Dr Vol DEMO", "vol@cabinet.test")
    doctor.keyring.close()
    doctor.keyring = SubkeyKeyring("Dr Vol DEMO <vol@cabinet.test>")
    with doctor:
        doctor.import_key(house.host.service.certificate)
        mail = reads(doctor, house.code)
        before = read_certificate(doctor.certificate).binary
        doctor.keyring.revoke_signing()
        house.host.service.enrol(doctor, 77)
    return mail, before


def test_a_key_that_was_revoked_signs_for_nobody_whatever_copy_is_shown(
    house: House, robbed: tuple[bytes, bytes]
) -> None:
    mail, before = robbed
    intruder = house.intruder
    assert not intruder.ticket(mail)
    opened = intruder.ask_to_open(mail, others=(before,))
    assert isinstance(opened, Opened)
    assert not opened.ticket
    # Nor does it where nobody else is shown.
    alone = intruder.ask_to_open(mail, persons=(intruder.doctor("vol@cabinet.test"),))
    assert isinstance(alone, Opened)
    assert (alone.signature.trust, alone.ticket) == (Trust.EXPIRED, b"")


def test_an_account_makes_nobody_the_author_of_what_another_wrote(house: House) -> None:
    """What Anne signed, handed in as Eve's own; her signature is that of nobody shown."""
    intruder = house.intruder
    mail = reads(house.anne, house.code)
    eve = intruder.doctor(house.eve.mail)
    opened = intruder.ask_to_open(mail, EVES_ACCOUNT, (eve,))
    assert isinstance(opened, Opened)
    assert opened.signature.trust is Trust.UNKNOWN
    request = replace(
        releasing(house), by=intruder.by(opened.ticket, house.jean), readers=(eve.certificate,)
    )
    with house.unchanged():
        house.in_vain(request)


def test_an_account_is_no_signature(house: House) -> None:
    """What only a signature may ask stays closed to whoever has the account and the code."""
    intruder = house.intruder
    for verb in ("masquage", "médecin traitant", "clôture", "nouveau code", "urgence"):
        text = f"Demande : {verb}\n{JEAN}Code : {house.code}\nConsentement : oui\n"
        mail = house.eve.pgp_mime(f"{text}Motif : Il va mal.\n", sign=False)
        ticket = intruder.ticket(mail, EVES_ACCOUNT)
        eve = intruder.doctor(house.eve.mail).certificate
        request = replace(releasing(house), by=intruder.by(ticket, house.jean), readers=(eve,))
        action = "code" if verb == "nouveau code" else verb
        with house.unchanged():
            house.in_vain(replace(request, event=leaf(action)))


def test_an_enrolled_stranger_signs_for_nobody_else(house: House) -> None:
    """His card shown as the sender's beside a ticket that Eve's signature made."""
    intruder = house.intruder
    ticket = intruder.ticket(house.eve.pgp_mime(f"Demande : dossier\n{JEAN}"))
    paul = intruder.doctor(house.paul.mail)
    request = releasing(house)
    assert isinstance(request, Release)
    with house.unchanged():
        for persons in ((paul,), (paul, intruder.doctor(house.eve.mail))):
            by = intruder.by(ticket, house.jean, *persons)
            house.in_vain(replace(request, by=by, readers=(paul.certificate,)))
