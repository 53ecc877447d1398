"""What records say of a card, and where a card says otherwise."""

import hashlib

import pytest
from msgspec.structs import replace

from rmp_milter.dossier.cards import (
    NO_ACT,
    DossierCard,
    LocumDays,
    Masked,
    OtherCredential,
    PersonCard,
    code_digest,
    slot_digest,
)
from rmp_milter.dossier.model import (
    Closure,
    CodeSlot,
    Consent,
    Container,
    Credential,
    Doctor,
    Document,
    Dossier,
    Entry,
    Locum,
    Mask,
    NumberedEntry,
    Onglet,
    Patient,
    Slots,
    Takeover,
)
from rmp_milter.dossier.said import dossier_said, person_said, unlike

CODE = CodeSlot(b"s" * 16, b"n" * 12, b"c" * 48, folded=True)
PAUL = Doctor(
    doctor_id=b"P" * 16,
    name="Dr Paul ÉTÉ",
    rpps="10101010104",
    mail="Paul@cabinet.test",
    profession="Médecin généraliste",
    certificate=b"certificate",
    fingerprint="ab" * 20,
    key_ids=("cd" * 8,),
    account="paul",
    revision=7,
    locums=(Locum(b"L" * 16, "2026-01-01", "2026-01-05", 1),),
    credentials=(Credential(b"second", "12" * 32), Credential(b"third", "34" * 32)),
)
DOSSIER = Dossier(
    dossier_id=b"D" * 16,
    public_key=b"k" * 32,
    patient=Patient("DUPONT", "Jean", "1959-01-30"),
    treating=PAUL.doctor_id,
    slots=Slots(CODE, b"custody", b"vitale"),
    consent=Consent(PAUL.doctor_id, 1, "1"),
    created_at=1,
    revision=9,
    masks=(Mask(1, PAUL.doctor_id, 2),),
    opposed=(b"X" * 16, b"O" * 16),
    closure=Closure(at=5, erase_at=50),
)
DOCUMENT = Document(b"d" * 16, Container.FILE, b"", 0, b"")
ENTRY = NumberedEntry(1, Entry(1, b"A" * 16, "", "", Onglet.DIVERS, "", (DOCUMENT,)))
PATIENT = replace(PAUL, doctor_id=b"p" * 16, rpps="", patient_of=DOSSIER.dossier_id, locums=())

PERSON_CARD = PersonCard(
    person=PAUL.doctor_id,
    revision=0,
    act=NO_ACT,
    certificate=hashlib.sha256(b"certificate").digest(),
    fingerprint=PAUL.fingerprint,
    signed_at=0,
    rpps=PAUL.rpps,
    name=PAUL.name,
    mail=PAUL.mail,
    is_doctor=True,
    account="paul",
    locums=(LocumDays(b"L" * 16, "2026-01-01", "2026-01-05"),),
    credentials=(
        OtherCredential(hashlib.sha256(b"second").digest(), "12" * 32, 0),
        OtherCredential(hashlib.sha256(b"third").digest(), "34" * 32, 0),
    ),
)
DOSSIER_CARD = DossierCard(
    dossier=DOSSIER.dossier_id,
    revision=0,
    act=NO_ACT,
    public_key=DOSSIER.public_key,
    treating=PAUL.doctor_id,
    traits=(),
    number=b"",
    custody=slot_digest(b"custody"),
    code=code_digest(CODE),
    vitale=slot_digest(b"vitale"),
    patient=PATIENT.doctor_id,
    opposed=DOSSIER.opposed,
    masked=(Masked(b"d" * 16, b"A" * 16),),
    closed_at=5,
    erase_at=50,
)


OTHER_PERSON: list[tuple[str, object]] = [
    ("person", b"Q" * 16),
    ("certificate", b"another"),
    ("fingerprint", "ef" * 20),
    ("rpps", "10101010112"),
    ("name", "Dr Anne AUTRE"),
    ("mail", "anne@cabinet.test"),
    ("is_doctor", False),
    ("account", ""),
    ("patient_of", b"D" * 16),
    ("locums", ()),
    ("credentials", ()),
    ("credentials", (OtherCredential(b"another", "12" * 32, 0),)),
    ("locums", (LocumDays(b"L" * 16, "2026-01-01", "2026-12-31"),)),
]
OTHER_DOSSIER: list[tuple[str, object]] = [
    ("dossier", b"E" * 16),
    ("public_key", b"K" * 32),
    ("treating", b"Q" * 16),
    ("custody", b"other"),
    ("code", b""),
    ("vitale", b""),
    ("patient", b""),
    ("suspended", True),
    ("takeover", Takeover(b"F" * 16, 1, 9)),
    ("opposed", (b"X" * 16,)),
    ("masked", ()),
    ("masked", (Masked(b"d" * 16, b"B" * 16),)),
    ("closed_at", 0),
    ("erase_at", 0),
]


def test_all_that_the_records_know_is_said() -> None:
    assert person_said(PAUL) == PERSON_CARD
    assert dossier_said(DOSSIER, (ENTRY,), PATIENT.doctor_id) == DOSSIER_CARD


def test_a_patient_is_no_doctor_and_what_is_not_there_is_empty() -> None:
    said = person_said(PATIENT)
    assert (said.patient_of, said.is_doctor, said.locums) == (DOSSIER.dossier_id, False, ())
    assert said.name == ""  # the keeper, which makes it of a mail, has none either
    plain = replace(DOSSIER, slots=Slots(None, b"custody"), closure=None, masks=())
    bare = dossier_said(plain, (), b"")
    assert (bare.code, bare.vitale, bare.patient, bare.masked) == (b"", b"", b"", ())
    assert (bare.closed_at, bare.erase_at) == (0, 0)


@pytest.mark.parametrize("card", [PERSON_CARD, DOSSIER_CARD])
def test_what_only_the_keeper_knows_is_no_difference(card: PersonCard | DossierCard) -> None:
    own = {"revision": 5, "act": b"a" * 32}
    if isinstance(card, DossierCard):
        own |= {"traits": (b"t",), "number": b"n"}
    else:
        others = tuple(replace(each, signed_at=8) for each in card.credentials)
        own |= {"signed_at": 8, "credentials": others[::-1]}
    assert unlike(replace(card, **own), card) == ()


def test_neither_order_nor_spelling_nor_another_clock_is_a_difference() -> None:
    turned = replace(DOSSIER_CARD, opposed=DOSSIER.opposed[::-1])
    assert unlike(turned, DOSSIER_CARD) == ()
    assert unlike(replace(DOSSIER_CARD, closed_at=7), DOSSIER_CARD) == ()
    taken = [replace(DOSSIER_CARD, takeover=Takeover(b"F" * 16, at, 9 + at)) for at in (1, 2)]
    assert unlike(*taken) == ()
    assert unlike(replace(PERSON_CARD, name="DR PAUL ETE"), PERSON_CARD) == ()
    assert unlike(replace(PERSON_CARD, mail="paul@cabinet.test"), PERSON_CARD) == ()


@pytest.mark.parametrize(("field", "value"), OTHER_PERSON)
def test_each_field_of_a_person_that_differs_is_named(field: str, value: object) -> None:
    assert unlike(replace(PERSON_CARD, **{field: value}), PERSON_CARD) == (field,)


@pytest.mark.parametrize(("field", "value"), OTHER_DOSSIER)
def test_each_field_of_a_dossier_that_differs_is_named(field: str, value: object) -> None:
    assert unlike(replace(DOSSIER_CARD, **{field: value}), DOSSIER_CARD) == (field,)


@pytest.mark.parametrize(
    ("card", "others", "own"),
    [
        (PersonCard, OTHER_PERSON, {"revision", "act", "signed_at"}),
        (DossierCard, OTHER_DOSSIER, {"revision", "act", "traits", "number"}),
    ],
)
def test_every_field_is_either_compared_or_the_keepers_own(
    card: type[PersonCard | DossierCard], others: list[tuple[str, object]], own: set[str]
) -> None:
    assert {name for name, _ in others} | own == {*card.__struct_fields__}
