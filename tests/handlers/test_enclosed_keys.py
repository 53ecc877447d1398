"""Real certificates sent in: nobody keeps a colleague from his next key, and what is warned of."""

from handlers_case import DEMO, JEAN, OTHER, World, asked, dossier, refusal_of, run
from msgspec.structs import replace

from rmp_milter.credentials import read_credential
from rmp_milter.dossier.model import Credential, Doctor, ReplyForm
from rmp_milter.handlers import cle_du_patient, nouvelle_cle
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.people.keys import enclosed, with_key
from testbed import openpgp_maker as maker
from testbed.certificate_parts import DAY, NOW, OLD, Pair, bound, named, pair, user
from testbed.openpgp_maker import key_lasts
from testbed.x509_maker import Maker

HIS = f"Dr DEMO <{DEMO.mail.upper()}>"
HERS = f"Dr OTHER <{OTHER.mail}>"
LINES = (
    "Demande : clé du patient\nPatient : DUPONT Jean\nNé le : 30/01/1959\n"
    "Courriel : jean@famille.example\n"
)


def certificate(own: Pair, *parts: bytes) -> bytes:
    return own.primary.primary() + b"".join(parts) + own.reading


def new_key(key: bytes, by: Doctor = DEMO) -> Case:
    request = asked("Demande : nouvelle clé\n", by=by)
    fingerprint = read_credential(key).fingerprint
    request = replace(
        request, at=NOW, header=replace(request.header, fingerprint=fingerprint, problems=())
    )
    return replace(request, opened=replace(request.opened, keys=(key,)))


def test_a_colleagues_next_key_is_not_blocked_by_grafts() -> None:
    paul = pair()
    next_key = certificate(paul, named(paul.primary, who=HIS))
    for graft in (
        paul.primary.subkey(),
        paul.sub.subkey(),
        bound(maker.ed25519_key(OLD), paul.primary),
    ):
        eve = pair()
        evil = certificate(eve, named(eve.primary, who=HERS)) + graft
        world = World([dossier()])
        (squatter,) = run(nouvelle_cle.handle, new_key(evil, OTHER), world)[0].effects.doctors
        world.known[OTHER.doctor_id] = squatter
        (changed,) = run(nouvelle_cle.handle, new_key(next_key), world)[0].effects.doctors
        assert changed.fingerprint == paul.primary.fingerprint.hex()


def test_a_colleagues_adopted_encryption_key_blocks_nobody_in_either_order() -> None:
    paul, eve = pair(), pair()
    next_key = certificate(paul, named(paul.primary, who=HIS))
    adopted = (
        eve.primary.primary() + named(eve.primary, who=HERS) + bound(eve.primary, paul.sub)
    )
    for first, second in (
        ((adopted, OTHER), (next_key, DEMO)),
        ((next_key, DEMO), (adopted, OTHER)),
    ):
        world = World([dossier()])
        for key, by in (first, second):
            (changed,) = run(nouvelle_cle.handle, new_key(key, by), world)[0].effects.doctors
            world.known[by.doctor_id] = changed
        assert len({each.fingerprint for each in world.known.values()}) >= 2


def test_a_whole_certificate_that_names_a_colleague_is_not_anybody_elses() -> None:
    paul = pair()
    his = certificate(paul, named(paul.primary, who=HIS))
    assert (
        refusal_of(nouvelle_cle.handle, new_key(his, OTHER), World([dossier()])).text
        == "key-taken"
    )
    both = certificate(paul, named(paul.primary, who=HIS), named(paul.primary, who=HERS))
    assert run(nouvelle_cle.handle, new_key(both, OTHER), World([dossier()]))[0].effects.doctors
    # One that is his already, by the host's hand, may be prolonged.
    mine = with_key(OTHER, read_credential(his))
    newer = certificate(
        paul, named(paul.primary, who=HIS), user(paul.primary, who=HIS, at=NOW - 60)
    )
    world = World([dossier()])
    world.known[OTHER.doctor_id] = mine
    (changed,) = run(nouvelle_cle.handle, new_key(newer, mine), world)[0].effects.doctors
    assert changed.certificate != mine.certificate


def test_a_certificate_that_names_a_colleague_is_no_patients() -> None:
    paul = pair()
    his = certificate(paul, named(paul.primary, who=HIS))
    world = World([dossier()])
    mail = replace(asked(LINES), at=NOW)
    mail = replace(mail, opened=replace(mail.opened, keys=(his,)))
    assert refusal_of(cle_du_patient.handle, mail, world).text == "patient-key-taken"


def letter(key: bytes, language: str = "fr") -> str:
    request = replace(new_key(key), language=language)
    outcome, _ = run(nouvelle_cle.handle, request, World([dossier()]))
    assert outcome.letter
    return outcome.letter.text


def test_the_answer_says_nothing_of_a_key_that_is_well() -> None:
    own = pair()
    said = letter(certificate(own, named(own.primary, who=HIS)))
    assert "ne nomme pas" not in said
    assert "expire" not in said


def test_the_answer_warns_in_both_languages() -> None:
    own = pair()
    key = certificate(own, named(own.primary, key_lasts(NOW - OLD + 30 * DAY), who="Anne"))
    french, english = letter(key), letter(key, "en")
    assert f"ne nomme pas l'adresse {DEMO.mail}" in french
    assert f"does not name the address {DEMO.mail}" in english
    assert "Cette clé expire le " in french
    assert "This key expires on " in english


def test_an_encryption_key_that_ends_soon_is_told_as_well() -> None:
    own = pair()
    reading = bound(own.primary, own.sub, key_lasts(NOW - OLD + 30 * DAY))
    whole = own.primary.primary() + named(own.primary, who=HIS) + reading
    assert "Cette clé expire le " in letter(whole)
    longer = bound(own.primary, own.sub, key_lasts(NOW - OLD + 90 * DAY))
    assert "expire" not in letter(own.primary.primary() + named(own.primary, who=HIS) + longer)


def test_the_patients_key_is_warned_of_to_the_treating_doctor() -> None:
    own = pair()
    key = certificate(
        own, named(own.primary, who=f"{JEAN.first_names} <autre@famille.example>")
    )
    mail = replace(asked(LINES), at=NOW)
    mail = replace(mail, opened=replace(mail.opened, keys=(key,)))
    outcome, _ = run(cle_du_patient.handle, mail, World([dossier()]))
    assert outcome.letter
    assert "ne nomme pas l'adresse jean@famille.example" in outcome.letter.text


# Certificates for S/MIME


def test_a_certificate_for_mail_is_a_key_and_a_cards_is_told_why_not() -> None:
    issuing = Maker(NOW)
    issuer = issuing.authority("AC d'essai")
    mails = issuing.user("anne@cabinet.test", issuer)
    card = issuing.card("10003456786", issuer)
    login = issuing.card("10003456786", issuer, signing=False)
    found = enclosed([mails.der, card.der, login.pem, b"\x30\x82noise"], NOW)
    assert [each.binary for each in found.usable] == [mails.der]
    assert [each.reason for each in found.faults] == ["no-encryption-key", "wrong-purpose"]


def test_answers_in_parts_give_way_where_there_are_none() -> None:
    issuing = Maker(NOW)
    made = issuing.user("anne@cabinet.test", issuing.authority("AC d'essai"))
    certificate = read_credential(made.der)
    for form, after in (
        (ReplyForm.PARTITIONED, ReplyForm.SEPARATE),
        (ReplyForm.GROUPED, ReplyForm.GROUPED),
    ):
        doctor = with_key(replace(DEMO, reply_form=form), certificate)
        assert (doctor.reply_form, doctor.key_ids) == (after, (certificate.fingerprint,))
    own = certificate.fingerprint
    had = replace(DEMO, credentials=(Credential(made.der, own),))
    assert with_key(had, certificate).credentials == ()
