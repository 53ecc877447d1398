"""What is remembered of a sender's mail program, and when nothing is."""

from msgspec.structs import replace
from settling_case import case_of

from rmp_milter.dossier.model import Doctor, MailProgram
from rmp_milter.dossier.rules import Proof
from rmp_milter.handlers.asking.case import Case, Sender
from rmp_milter.handlers.asking.outcome import Effects, Outcome
from rmp_milter.mail.header.routing import parse
from rmp_milter.milter.programs import with_program

DEMO = Doctor(b"d" * 16, "Dr Anne DEMO", "", "anne@x.test", "médecin", b"cert", "d", ())
GCM = MailProgram(opens_gcm=True)
NOTHING = Outcome(None)


def said(program: MailProgram | None, proof: Proof = Proof.SIGNATURE) -> Case:
    case = case_of(DEMO)
    sender = Sender(DEMO, proof)
    return replace(case, sender=sender, opened=replace(case.opened, program=program))


def test_what_is_new_stands_in_the_next_revision_of_his_entry() -> None:
    (entry,) = with_program(NOTHING, said(GCM)).effects.doctors
    assert entry == replace(DEMO, revision=DEMO.revision + 1, program=GCM)


def test_what_is_known_or_not_said_changes_nothing() -> None:
    for program in (None, MailProgram()):
        assert with_program(NOTHING, said(program)) == NOTHING


def test_without_a_signature_and_in_an_emergency_nothing_is_remembered() -> None:
    assert with_program(NOTHING, said(GCM, Proof.ACCOUNT)) == NOTHING
    urgent = replace(said(GCM), header=parse("Demande : urgence\n", 2026))
    assert with_program(NOTHING, urgent) == NOTHING


def test_it_goes_into_the_entry_that_the_mail_makes_anyway() -> None:
    made = replace(DEMO, revision=DEMO.revision + 1, name="Dr Anne NOUVELLE")
    other = replace(DEMO, doctor_id=b"another-16-bytes")
    outcome = Outcome(None, Effects(doctors=(made, other)))
    found = with_program(outcome, said(GCM)).effects.doctors
    assert set(found) == {other, replace(made, program=GCM)}
