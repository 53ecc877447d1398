"""Letters that a whole play may hand in, again and again: each is written once, in process."""

import time
from datetime import UTC, datetime
from email.message import EmailMessage
from functools import cache
from typing import NamedTuple

from keeper_case import PDF
from openpgp.composed import (
    EncryptionCaps,
    KeyType,
    MessageBuilder,
    SecretKeyParamsBuilder,
    SignedSecretKey,
    SubkeyParamsBuilder,
)

from rmp_milter.certificates import EncryptionKey, encryption_keys, read_certificate

CREATED = 1_700_000_000
ALICE, BOB, EVE, JEAN = "alice", "bob", "eve", "jean"
DOCTORS = (ALICE, BOB, EVE)
"""All are enrolled; who treats whom the play decides."""
DUPONT = "Patient : DUPONT Jean\r\nNé le : 30/01/1959\r\n"
MARTIN = "Patient : MARTIN Anne\r\nNé le : 01/02/1960\r\n"
CODES = ("JzbV-7kQ2", "Kwp9-XtR4")
"""The words by which codes are set and stated; at most one of them is in force."""
START = int(time.time()) + 3600
"""When all keys are made and letters written; a play may then let some days pass."""
LOCUM_DAYS = tuple(datetime.fromtimestamp(START + days * 86_400, UTC) for days in (0, 2))
SUMMARY = "Document : CR radiologie\r\n\r\nCher confrère, la lettre.\r\n"


class Letter(NamedTuple):
    """A mail: by whose key, what it asks of whose dossier; ``word`` is a code, a name or a key."""

    key: str
    asks: str
    patient: str = DUPONT
    word: str = ""
    number: int = 0


def mail_of(name: str) -> str:
    return f"{name.rstrip('0123456789')}@x.fr"


@cache
def secret(key: str) -> SignedSecretKey:
    """Return the key of this name, made for the mail address of its owner."""
    sub = SubkeyParamsBuilder().version(4).key_type(KeyType.ecdh("curve25519"))
    primary = SecretKeyParamsBuilder().version(4).key_type(KeyType.ed25519_legacy())
    return (
        primary.can_certify(value=True)
        .can_sign(value=True)
        .created_at(CREATED)
        .feature_seipd_v1(value=True)
        .feature_seipd_v2(value=False)
        .preferred_symmetric_algorithms(["aes256"])
        .preferred_hash_algorithms(["sha256"])
        .primary_user_id(f"{key} <{mail_of(key)}>")
        .subkey(sub.created_at(CREATED).can_encrypt(EncryptionCaps.all()).build())
        .generate()
    )


@cache
def certificate(key: str) -> bytes:
    return secret(key).to_public_key().to_bytes()


@cache
def fingerprint(key: str) -> str:
    return read_certificate(certificate(key)).fingerprint


class Scribe:
    """Writes letters, signed and encrypted to the service, and keeps each as it is."""

    def __init__(self, service: SignedSecretKey, now: int) -> None:
        to = service.to_public_key().to_bytes()
        self._to: EncryptionKey = encryption_keys(to, now)[0]
        self._written: dict[Letter, bytes] = {}

    def written(self, letter: Letter) -> bytes:
        """Return the letter's OpenPGP message."""
        if letter not in self._written:
            made = MessageBuilder.from_bytes("", _entity(letter)).seipd_v1("aes256")
            made = made.sign(secret(letter.key)).encrypt_to_key(self._to)
            self._written[letter] = made.to_vec()
        return self._written[letter]


def _entity(letter: Letter) -> bytes:
    mail = EmailMessage()
    mail["X-Mail"] = str(letter.number)
    mail.set_content(_text(letter))
    if letter.asks in {"clé du patient", "nouvelle clé"}:
        mail.add_attachment(certificate(letter.word), "application", "pgp-keys", filename="k")
    elif letter.asks == "dépôt":
        mail.add_attachment(PDF, "application", "pdf", filename="été.pdf")
    return mail.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _text(letter: Letter) -> str:  # noqa: PLR0911 -- one line a request
    if letter.asks == "dépôt":
        return letter.patient + SUMMARY
    head = f"Demande : {letter.asks}\r\nService : rmp@x.fr\r\n"
    match letter.asks:
        case "nouvelle clé":
            return f"{head}Empreinte : {fingerprint(letter.word)}\r\n"
        case "clé du patient":
            return f"{head}{letter.patient}Courriel : {mail_of(letter.word)}\r\n"
        case "opposition" | "levée d'opposition":
            return f"{head}{letter.patient}Médecin : {mail_of(letter.word)}\r\n"
        case "remplacement":
            first, last = (day.strftime("%d/%m/%Y") for day in LOCUM_DAYS)
            locum = f"Remplaçant : {mail_of(letter.word)}\r\n"
            return f"{head}{locum}Du : {first}\r\nAu : {last}\r\n"
        case "urgence":
            return f"Demande : urgence\r\n{letter.patient}Motif : coma\r\n"
        case "création" | "médecin traitant":
            return f"{head}{letter.patient}Consentement : oui\r\nCode : {letter.word}\r\n"
    code = f"Code : {letter.word}\r\n" if letter.word else ""
    return f"{head}{letter.patient}{code}"
