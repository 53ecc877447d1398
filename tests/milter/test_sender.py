import pytest

from rmp_milter.calls.authority import Candidate
from rmp_milter.calls.protocol.opening import Opened, Signature, Trust
from rmp_milter.dossier.model import Doctor, Envelope
from rmp_milter.dossier.rules import Proof
from rmp_milter.errors import RESTORED, MailError
from rmp_milter.handlers.asking.grounds import person
from rmp_milter.milter.sender import (
    identify,
    likely_signers,
    named_signers,
    opened_with_signers,
    putting_off,
)


def doctor(number: int, account: str = "") -> Doctor:
    return Doctor(
        doctor_id=bytes([number]) * 16,
        name=f"Dr {number}",
        rpps="",
        mail=f"d{number}@x.example",
        profession="médecin",
        certificate=bytes([number]),
        fingerprint=f"f{number}",
        key_ids=(f"k{number}",),
        account=account,
        card=b"card" + bytes([number]),
    )


class Enrolled:
    def __init__(self, *doctors: Doctor) -> None:
        self.doctors = doctors

    def _first(self, field: str, value: str) -> Doctor | None:
        return next((each for each in self.doctors if getattr(each, field) == value), None)

    def doctor_by_account(self, account: str) -> Doctor | None:
        return self._first("account", account)

    def doctor_by_mail(self, mail: str) -> Doctor | None:
        return self._first("mail", mail)

    def doctor_by_fingerprint(self, fingerprint: str) -> Doctor | None:
        return self._first("fingerprint", fingerprint)

    def doctor_by_key_id(self, key_id: str) -> Doctor | None:
        return next((each for each in self.doctors if key_id in each.key_ids), None)


ONE, TWO = doctor(1), doctor(2, account="deux")
EVERYBODY = Enrolled(ONE, TWO)


def envelope(sender: str = "d1@x.example", account: str = "") -> Envelope:
    return Envelope(sender, ("rmp@x.example",), account, 0)


def test_a_good_signature_says_who_wrote_whatever_the_envelope_says() -> None:
    sender = identify(envelope("d2@x.example", "deux"), Signature(Trust.GOOD, "f1"), EVERYBODY)
    assert (sender.doctor, sender.proof) == (ONE, Proof.SIGNATURE)


def test_a_card_is_a_proof_beside_the_signature_and_an_account_is_none() -> None:
    by_key = identify(envelope(), Signature(Trust.GOOD, "f1"), EVERYBODY)
    by_card = identify(envelope(), Signature(Trust.GOOD, "f1", card=True), EVERYBODY)
    unsigned = Signature(Trust.NONE, card=True)  # which no keeper says
    by_account = identify(envelope(account="deux"), unsigned, EVERYBODY)
    assert by_key.known_by == (Proof.SIGNATURE,)
    assert by_card.known_by == (Proof.SIGNATURE, Proof.CPS)
    assert by_account.known_by == (Proof.ACCOUNT,)


@pytest.mark.parametrize("trust", [Trust.NONE, Trust.UNKNOWN])
def test_without_an_enrolled_signature_the_account_counts(trust: Trust) -> None:
    sender = identify(envelope(account="deux"), Signature(trust), EVERYBODY)
    assert (sender.doctor, sender.proof) == (TWO, Proof.ACCOUNT)


@pytest.mark.parametrize("trust", [Trust.NONE, Trust.UNKNOWN])
def test_an_address_alone_proves_nothing(trust: Trust) -> None:
    with pytest.raises(MailError) as caught:
        identify(envelope("d1@x.example"), Signature(trust), EVERYBODY)
    assert (caught.value.code, caught.value.text) == (550, "unknown-sender")


def test_an_unbound_account_proves_nothing() -> None:
    with pytest.raises(MailError, match="unknown-sender"):
        identify(envelope(account="nobody"), Signature(Trust.NONE), EVERYBODY)


@pytest.mark.parametrize(
    ("trust", "text"), [(Trust.BAD, "bad-signature"), (Trust.EXPIRED, "expired-key")]
)
def test_a_signature_that_does_not_hold_refuses_even_a_known_account(
    trust: Trust, text: str
) -> None:
    with pytest.raises(MailError) as caught:
        identify(envelope(account="deux"), Signature(trust, "f2"), EVERYBODY)
    assert caught.value.text == text


def test_a_doctor_removed_meanwhile_is_unknown() -> None:
    with pytest.raises(MailError, match="unknown-sender"):
        identify(envelope(), Signature(Trust.GOOD, "f9"), EVERYBODY)


def test_likely_signers_are_tried_once_each() -> None:
    tried = likely_signers(envelope("d2@x.example", "deux"), "d1@x.example", EVERYBODY)
    assert tried == (TWO, ONE)


def test_nobody_is_guessed_from_empty_fields() -> None:
    assert likely_signers(envelope("", ""), "", Enrolled(doctor(3))) == ()


def test_named_signers_are_found_by_key_id() -> None:
    assert named_signers(("k2", "k2", "unknown"), EVERYBODY) == (TWO,)


class Attempt:
    """A mail as it was opened; what the signature is worth depends on the certificates."""

    def __init__(self, signature: Signature) -> None:
        self.signature = signature
        self.closed = False

    def close(self) -> None:
        self.closed = True


class Mail:
    """A mail that ``signer`` has signed, naming ``issuers``; remembers each opening."""

    def __init__(self, signer: Doctor, *issuers: str) -> None:
        self.signer, self.issuers = signer, issuers
        self.tried: list[tuple[Candidate, ...]] = []
        self.opened: list[Attempt] = []

    def __call__(self, persons: tuple[Candidate, ...]) -> Attempt:
        known = self.signer.certificate in {each.certificate for each in persons}
        trust = Trust.GOOD if known else Trust.UNKNOWN
        self.tried.append(persons)
        self.opened.append(Attempt(Signature(trust, issuers=self.issuers)))
        return self.opened[-1]


def test_a_good_guess_opens_a_mail_once() -> None:
    mail = Mail(ONE, "k1")
    assert opened_with_signers(mail, (ONE,), EVERYBODY).signature.trust is Trust.GOOD
    assert mail.tried == [(person(ONE),)]


def test_who_is_named_by_the_signature_is_tried_after_a_wrong_guess() -> None:
    mail = Mail(TWO, "k2")
    last = opened_with_signers(mail, (ONE,), EVERYBODY)
    assert last.signature.trust is Trust.GOOD
    assert mail.tried == [(person(ONE),), (person(TWO),)]
    assert [each.closed for each in mail.opened] == [True, False]


def test_a_mail_that_names_nobody_enrolled_is_opened_once() -> None:
    mail = Mail(doctor(3), "k3")
    assert opened_with_signers(mail, (), EVERYBODY).signature.trust is Trust.UNKNOWN
    assert (mail.tried, mail.opened[0].closed) == ([()], False)


def heard(text: str, header: str = "", *, passed_over: bool) -> MailError:
    """Return what becomes of a refusal of this mail."""
    opened = Opened(header, Signature(Trust.UNKNOWN), (), passed_over=passed_over)
    with pytest.raises(MailError) as caught, putting_off(opened, 2026):
        raise MailError(text)
    return caught.value


def test_a_stranger_may_be_somebody_whose_card_does_not_count_and_comes_again() -> None:
    """As after an older copy of the store: his new key is not in it, and his mail not lost."""
    put_off = heard("unknown-sender", "Demande : dossier\n", passed_over=True)
    assert (put_off.text, put_off.code) == ("unavailable", 451)
    assert RESTORED in put_off.detail
    at_once = heard("unknown-sender", "Demande : urgence\n", passed_over=True)
    assert (at_once.text, at_once.code) == ("emergency-unsure", 550)
    assert RESTORED in at_once.detail  # the host hears of it
    assert (
        heard("unknown-sender", "Demande : urgence\n", passed_over=False).text
        == "unknown-sender"
    )
    assert heard("unknown-sender", passed_over=False).code == 550
    assert heard("bad-signature", passed_over=True).code == 550
