"""A mail that prolongs its signer's key and changes what he is as well: two cards of one mail."""

from itertools import count

import pytest
from keeper_case import AT_NOW, NOW, ask, event
from little_host import BOB, LittleHost, Mail, Member

from rmp_milter.calls.authority import Authority, Candidate, Locums, Prolong
from rmp_milter.calls.protocol.calls import Reply
from rmp_milter.calls.protocol.cards import Amend, Amended, Compare, Compared
from rmp_milter.certificates import prolonged
from rmp_milter.dossier.cards import LocumDays
from rmp_milter.keeper.desk.doors import Door

DAYS = ("2030-03-18", "2030-03-24")
LOCUM = (
    "Demande : remplacement\r\nService : rmp@x.fr\r\nRemplaçant : bob@x.fr\r\n"
    "Du : 18/03/2030\r\nAu : 24/03/2030\r\n"
)
NUMBERS = count(1)


class Prolonging:
    """Carol, whose key has a new end since she was enrolled, names Bob as her locum."""

    def __init__(self, host: LittleHost) -> None:
        self.host, self.name = host, f"carol{next(NUMBERS)}@x.fr"
        fingerprint = host.gpg.make(self.name)
        self.carol, self.bob = host.enrol(self.name), host.member(BOB)
        host.gpg.run(*AT_NOW, "--quick-set-expire", fingerprint, "2040-01-01")
        newer = prolonged(self.carol.certificate, host.gpg.public(self.name), NOW)
        assert newer is not None
        self.newer = newer

    def mail(self) -> Mail:
        return self.host.mail(self.name, LOCUM)

    def prolong(self, mail: Mail) -> None:
        """Have the newer copy taken up, and commit that."""
        owner = Candidate(self.carol.card, self.carol.certificate, self.newer)
        by = Authority(mail.ticket, persons=(owner,))
        reply = self.host.ask(Amend(Prolong(self.newer), event("cle"), by)).reply
        assert isinstance(reply, Amended), reply
        self.commit(reply.person)

    def declare(self, mail: Mail) -> Reply:
        """Have Bob's days declared; nothing is committed."""
        wish = Locums((LocumDays(self.bob.person, *DAYS),))
        persons = (self.carol.candidate, self.bob.candidate)
        by = Authority(mail.ticket, persons=persons)
        return self.host.ask(Amend(wish, event("remplacement"), by)).reply

    def commit(self, card: bytes) -> None:
        self.carol = self.host.members[self.name] = Member(self.name, card, self.newer)

    def look(self) -> None:
        """Let another mail show the keeper who Carol is."""
        self.host.mail(self.name, "Demande : aide\r\n")

    def stand(self) -> str:
        asked = Compare((self.carol.card,))
        reply = ask(self.host.desk, asked, door=Door.OPERATOR).reply
        assert isinstance(reply, Compared)
        return reply.stands[0]


@pytest.fixture
def case(host: LittleHost) -> Prolonging:
    return Prolonging(host)


def test_each_of_the_two_cards_follows_the_one_before(case: Prolonging) -> None:
    mail = case.mail()
    case.prolong(mail)
    declared = case.declare(mail)
    assert isinstance(declared, Amended), declared
    case.commit(declared.person)
    assert case.stand() == "next"
    case.look()
    assert case.stand() == "current"
    assert (case.carol.said.revision, len(case.carol.said.locums)) == (2, 1)


@pytest.mark.promise(number=7)
def test_what_shows_the_first_card_meanwhile_does_not_shut_its_owner_out(
    case: Prolonging,
) -> None:
    mail = case.mail()
    case.prolong(mail)
    declared = case.declare(mail)
    assert isinstance(declared, Amended), declared
    case.look()  # a mail that came before the commit
    case.commit(declared.person)
    assert case.stand() in {"current", "next"}


@pytest.mark.promise(number=7)
def test_the_prolonged_key_alone_does_not_make_the_mail_done(case: Prolonging) -> None:
    mail = case.mail()
    case.prolong(mail)
    assert isinstance(case.declare(mail), Amended)
    # The milter dies before the commit; another mail comes; then the same one again.
    case.look()
    again = case.declare(mail)
    assert isinstance(again, Amended), again
    case.commit(again.person)
    case.look()
    assert case.stand() == "current"
