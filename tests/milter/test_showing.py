"""The keeper is shown what a mail has changed, once it is committed."""

from msgspec.structs import replace

from rmp_milter.calls.client import KeeperDown
from rmp_milter.calls.keeper import RemoteKeeper
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.cards import Learned, Show
from rmp_milter.dossier.cards import NO_ACT, TAG_SIZE, DossierCard, PersonCard, packed
from rmp_milter.dossier.changes import Changes, DossierUpdate, NewDossier
from rmp_milter.dossier.model import Consent, Doctor, Dossier, Patient, Slots
from rmp_milter.milter.answering.showing import show_committed

ACT, OTHER = b"a" * 32, b"o" * 32
PERSON = PersonCard(
    b"p" * 16, 1, ACT, b"c" * 32, "ab" * 20, 0, "1", "Dr X", "x@x.fr", is_doctor=True
)
CARD = DossierCard(b"d" * 16, 3, ACT, b"k" * 32, b"p" * 16, (), b"", b"s" * 32)
DOSSIER = Dossier(
    b"d" * 16,
    b"k" * 32,
    Patient("DUPONT", "Jean", "1959-01-30"),
    b"p" * 16,
    Slots(None, b"custody"),
    Consent(b"p" * 16, 1, "1"),
    1,
)
DOCTOR = Doctor(b"p" * 16, "Dr X", "1", "x@x.fr", "médecin", b"cert", "ab" * 20, ())


def sealed(card: DossierCard | PersonCard, act: bytes) -> bytes:
    return packed(replace(card, act=act)) + bytes(TAG_SIZE)


def shown(changes: Changes) -> list[Request]:
    asked: list[Request] = []

    def call(request: Request, _fd: int | None) -> tuple[Reply, int | None]:
        asked.append(request)
        return Learned(1), None

    show_committed(changes, ACT, RemoteKeeper(call, 50))
    return asked


def test_the_cards_that_the_mail_made_and_no_other() -> None:
    new, changed = (sealed(replace(CARD, revision=at), ACT) for at in (0, 3))
    person, others = sealed(PERSON, ACT), sealed(CARD, OTHER)
    changes = Changes(
        dossiers=(NewDossier(replace(DOSSIER, card=new), ()),),
        updates=tuple(DossierUpdate(replace(DOSSIER, card=each)) for each in (changed, others)),
        doctors=(
            replace(DOCTOR, card=person),
            replace(DOCTOR, card=sealed(PERSON, NO_ACT)),
        ),
    )
    assert shown(changes) == [Show((new, changed, person))]


def test_where_no_card_is_new_the_keeper_is_not_asked() -> None:
    same = DossierUpdate(replace(DOSSIER, card=sealed(CARD, OTHER), seen=4))
    assert shown(Changes(updates=(same,))) == []
    assert shown(Changes()) == []


def test_a_keeper_that_does_not_answer_takes_nothing_back() -> None:
    def down(_request: Request, _fd: int | None) -> tuple[Reply, int | None]:
        raise KeeperDown("gone")

    changed = DossierUpdate(replace(DOSSIER, card=sealed(CARD, ACT)))
    show_committed(Changes(updates=(changed,)), ACT, RemoteKeeper(down, 50))
