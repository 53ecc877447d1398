"""A host that asks for both cards, the doctor's and the patient's: real Postfix, gpg, openssl.

Dr Anne and Dr Marc are written to by OpenPGP and sign by their CPS cards too; Dr Paul has no card.
"""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from clinic import PDF

from testbed.doctor import Doctor
from testbed.host import Host
from testbed.outlook import Outlook
from testbed.reading import code_told
from testbed.service import rpps
from testbed.smime_host import SmimeHost
from testbed.vitale import CardSoftware, header_line
from testbed.x509_maker import DAY, Made

pytestmark = pytest.mark.integration

PATIENT = "Patient : CARTE Jeanne\nNé le : 30/01/1959\n"
NIR = "259017511600155"
ROWS = (
    '[policy]\ncreation_autre = ["cps+vitale"]\nconsultation_autre = ["cps+vitale"]\n'
    'medecin_traitant_autre = ["cps+code"]\n'
)
SIGN_BY_CARD = "Cette demande doit être signée avec votre carte CPS"
ANNE, MARC, PAUL = 1, 2, 3  # in the order in which they are enrolled
READ = f"Demande : dossier\n{PATIENT}"
WISH = f"Demande : création\n{PATIENT}NIR : {NIR}\nConsentement : oui\n"


class Cards(NamedTuple):
    """The host, its doctors, and the Outlook of those who have a card."""

    smime: SmimeHost
    software: CardSoftware
    anne: Doctor
    marc: Doctor
    paul: Doctor
    annes: Outlook
    marcs: Outlook

    def seen(self, number: int) -> str:
        """Return the line that says that the patient's card was shown to a doctor."""
        return header_line(self.software.token(NIR, rpps(number)))

    def refused(self, doctor: Doctor, mail: bytes) -> str:
        """Return what the letter says to a mail that must be refused, on one line."""
        (letter,) = self.smime.host.ask(doctor, mail)
        assert letter.subject == "RMP : votre message n'a pas été traité"
        self.smime.host.settle()
        return " ".join(letter.text.split())

    def rejected(self, program: Outlook, text: str) -> int:
        """Return the code of the reply to a mail that must be refused as nobody's."""
        return program.send(self.smime.host.postfix.smtp_port, program.write(text)).code

    def other_card(self, doctor: Doctor, own: Made) -> tuple[str, Outlook]:
        """Try to enrol a card that is none of his; return what is said, and who signs by it."""
        said = self.smime.add_certificate(doctor.mail, own, check=False)
        return said, self.smime.program(doctor.name, doctor.mail, own)


@pytest.fixture(scope="module")
def cards() -> Iterator[Cards]:
    host = Host()
    config = host.service.config
    config.write_text(config.read_text().replace("[policy]\n", ROWS, 1))
    with host, SmimeHost(host) as smime:
        software = CardSoftware()
        software.register(host.service)
        anne, marc, paul = (
            host.doctor(f"Dr {name} ESSAI", f"{name.lower()}@cabinet.test")
            for name in ("Anne", "Marc", "Paul")
        )
        annes, marcs = (
            smime.with_card(doctor, smime.maker.card(rpps(number), smime.trees.igc))
            for doctor, number in ((anne, ANNE), (marc, MARC))
        )
        yield Cards(smime, software, anne, marc, paul, annes, marcs)


@pytest.fixture(scope="module")
def code(cards: Cards) -> str:
    """The dossier that Anne has created by both cards, with a document; the patient's code."""
    by_key = cards.refused(cards.anne, cards.anne.pgp_mime(WISH + cards.seen(ANNE)))
    assert "Il faut un message signé avec votre carte CPS + l'attestation" in by_key
    one = cards.refused(cards.anne, cards.annes.write(WISH))
    assert "Il faut un message signé avec votre carte CPS + l'attestation" in one
    host = cards.smime.host
    assert host.stored()["dossiers"] == 0
    (made,) = host.ask(cards.anne, cards.annes.write(WISH + cards.seen(ANNE)))
    told = code_told(made.text)
    host.ask(cards.anne, cards.annes.write(f"{PATIENT}\nRésumé.\n", {"r.pdf": PDF}))
    host.settle()
    return told


@pytest.mark.usefixtures("code")
def test_who_has_both_cards_reads_and_is_answered_by_openpgp(cards: Cards) -> None:
    mail = cards.marcs.write(READ + cards.seen(MARC))
    index, entry = cards.smime.host.ask(cards.marc, mail, 2)
    assert "CARTE" in index.text
    assert entry.files["r.pdf"] == PDF


def test_a_key_does_not_do_for_a_card(cards: Cards, code: str) -> None:
    for doctor, number in ((cards.marc, MARC), (cards.paul, PAUL)):
        said = cards.refused(doctor, doctor.pgp_mime(READ + cards.seen(number)))
        assert SIGN_BY_CARD in said
    said = cards.refused(cards.marc, cards.marcs.write(f"{READ}Code : {code}\n"))
    assert "doit porter l'attestation de la carte Vitale" in said


@pytest.mark.usefixtures("code")
def test_the_list_of_accesses_names_the_card(cards: Cards) -> None:
    text = f"Demande : accès\n{PATIENT}"
    (answer,) = cards.smime.host.ask(cards.anne, cards.anne.pgp_mime(text))
    words = " ".join(answer.text.split())
    assert "Dr Anne ESSAI a créé le dossier, avec sa carte CPS" in words


@pytest.mark.usefixtures("code")
def test_another_doctors_card_says_that_it_is_that_other(cards: Cards) -> None:
    collected = cards.smime.host.postfix.collected
    before, marcs = (collected.count(each.mail) for each in (cards.paul, cards.marc))
    pauls = cards.smime.program(cards.paul.name, cards.paul.mail, cards.marcs.own)
    reply = pauls.send(cards.smime.host.postfix.smtp_port, pauls.write(READ + cards.seen(PAUL)))
    assert reply.accepted
    cards.smime.host.settle()
    assert (collected.count(cards.paul.mail), collected.count(cards.marc.mail)) == (
        before,
        marcs + 1,
    )


def test_what_is_no_card_of_his_is_not_enrolled_and_counts_for_nothing(cards: Cards) -> None:
    maker, trees = cards.smime.maker, cards.smime.trees
    alike = maker.authority("AC IGC-SANTE FORT PERSONNES", maker.authority("AC RACINE"))
    number = rpps(PAUL)
    for own, fault in (
        (maker.card(rpps(77), trees.igc), "the CPS certificate is of RPPS number"),
        (maker.card(number, trees.igc, signing=False), "authentication"),
        (maker.card(number, trees.igc, start=maker.now - 400 * DAY), "expired"),
        (maker.card(number, alike), "issue"),
    ):
        said, program = cards.other_card(cards.paul, own)
        assert fault in said
        assert cards.rejected(program, READ + cards.seen(PAUL)) == 550


def test_a_card_that_was_revoked_is_refused_from_then_on(cards: Cards) -> None:
    smime = cards.smime
    rose = smime.host.doctor("Dr Rose ESSAI", "rose@cabinet.test")
    roses = smime.with_card(rose, smime.maker.card(rpps(4), smime.trees.igc))
    said = cards.refused(rose, roses.write(READ))
    assert "doit porter l'attestation de la carte Vitale" in said
    smime.revoke(roses.own, issuer=smime.trees.igc)
    reply = roses.send(smime.host.postfix.smtp_port, roses.write(READ))
    assert (reply.code, "revoque" in reply.text) == (550, True)


def test_with_an_old_list_a_card_reads_and_takes_no_dossier_over(
    cards: Cards, code: str
) -> None:
    smime = cards.smime
    smime.forget_list(smime.trees.igc)
    mail = cards.marcs.write(READ + cards.seen(MARC))
    assert "CARTE" in smime.host.ask(cards.marc, mail, 2)[0].text
    taking = f"Demande : médecin traitant\n{PATIENT}Consentement : oui\nCode : {code}\n"
    said = cards.refused(cards.marc, cards.marcs.write(taking))
    assert "la liste de son émetteur manque ou a trop d'âge" in said
    smime.revoke(issuer=smime.trees.igc)
    (taken,) = smime.host.ask(cards.marc, cards.marcs.write(taking))
    assert "Vous êtes" in taken.text
