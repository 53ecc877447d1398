"""A dossier with one document, as the milter makes it; the mails that open it."""

import json

import msgspec
from keeper_case import (
    HEADER,
    LETTER,
    NOW,
    PDF,
    SERVICE,
    ask,
    encrypted,
    event,
    opening,
    patient_in,
    raw_leaves,
)
from keeper_gpg import Gpg
from little_host import ALICE, BOB, CODE, DOCUMENT, RPPS, Kept, LittleHost, Mail, asking

from rmp_milter.calls.protocol.filing import Reseal, Resealed
from rmp_milter.calls.protocol.opening import Opened
from rmp_milter.calls.protocol.releasing import (
    ByCode,
    ByCustody,
    ByVitale,
    Release,
    Released,
    SealedDocument,
    WayIn,
)
from rmp_milter.dossier.emergency import reference_of
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.vitale import trust
from rmp_milter.keeper.vitale.jws import JwsVerifier
from testbed.vitale import CardSoftware, header_line

NIR, OTHER_NIR = "159013456789082", "255027512345687"
RPPS_OF_ALICE = RPPS[ALICE]
URGENCE = "Demande : urgence\r\nPatient : DUPONT Jean\r\nMotif : inconsciente, AVC\r\n"


class Deposit:
    """Alice's dossier, created by a mail of hers, and her deposit in it."""

    def __init__(self, host: LittleHost, *readers: str) -> None:
        """``readers`` are members who are named as prescriber, and get their packets."""
        self.host = host
        self.kept: Kept = host.create(ALICE, f"NIR : {NIR}")
        names = [host.member(each).said.name for each in readers]
        self.mail: Mail = host.mail(
            ALICE,
            HEADER + "".join(f"Prescripteur : {name}\r\n" for name in names) + LETTER,
            files=[("été.pdf", PDF)],
        )
        self.plain = self.mail.plain
        reply = host.ask(self.reseal(*readers)).reply
        assert isinstance(reply, Resealed), reply
        (self.item,) = reply.items

    def reseal(self, *readers: str) -> Reseal:
        members = [self.host.member(each) for each in readers]
        certificates = [each.certificate for each in members]
        return self.host.reseal(self.mail, self.kept, certificates, *members)

    @property
    def sealed(self) -> SealedDocument:
        return self.mail.sealed(self.item.sealed_key, DOCUMENT)

    @property
    def by_code(self) -> ByCode:
        code = self.kept.slots.code
        assert code is not None
        return ByCode(code)

    @property
    def by_vitale(self) -> ByVitale:
        return ByVitale(self.kept.slots.vitale)

    @property
    def by_custody(self) -> ByCustody:
        return ByCustody(self.kept.slots.custody)

    def consultation(self, code: str = CODE, who: str = BOB, now: int = NOW) -> Mail:
        """Return a mail that asks for the dossier by a code, Bob's as a rule."""
        return self.host.mail(who, asking("dossier", f"Code : {code}"), now=now)

    def urgent(self, who: str = BOB, now: int = NOW) -> Mail:
        return self.host.mail(who, URGENCE, now=now)

    def release(self, mail: Mail, way: WayIn | None = None, **changed: object) -> Release:
        """Return the call by which a mail's sender is given the document."""
        reference = {}
        if mail.opened.has_reason:
            reference = {"reference": reference_of(mail.opened.once)}
            way = way or self.by_custody
        request = Release(
            by=mail.by(self.kept),
            way_in=way or self.by_code,
            items=(self.sealed,),
            readers=(mail.sender.certificate,),
            event=msgspec.structs.replace(event(mail.action), **reference),
        )
        return msgspec.structs.replace(request, **changed)

    def message(self, packets: bytes) -> bytes:
        return packets + self.mail.data()

    def is_read(self, mail: Mail, way: WayIn | None = None, **changed: object) -> bool:
        """Release by a mail; return whether gpg reads the author's bytes then."""
        reply = self.host.ask(self.release(mail, way, **changed), mail.now).reply
        if not isinstance(reply, Released):
            return False
        return self.host.gpg.verdict(self.message(reply.packets[0][0]))[0] == self.plain


def leaves(desk: Desk) -> list[dict[str, object]]:
    return [json.loads(leaf) for leaf in raw_leaves(desk.journal)]


def acts(desk: Desk) -> list[tuple[object, object]]:
    """Return action and outcome of each leaf that is not the host's own."""
    found = [(leaf["action"], leaf["outcome"]) for leaf in leaves(desk)]
    return [each for each in found if each[0] != "inscription"]


def patient_of(desk: Desk, dossier_id: bytes) -> str:
    """Return what stands for the dossier in its leaves."""
    return patient_in(desk.journal, dossier_id)


def reader_of_cards(desk: Desk) -> CardSoftware:
    """Return software whose attestations this keeper takes."""
    made = CardSoftware()
    assert isinstance(desk.verifier, JwsVerifier)
    trust.add(desk.verifier.folder, made.name, made.pem, NOW)
    return made


def attested(gpg: Gpg, desk: Desk, token: str, *, wrapped: int = 76) -> Opened:
    """Open a mail of nobody's that carries the token."""
    text = HEADER + header_line(token, wrapped=wrapped)
    request, memory = opening([encrypted(gpg, text.encode())], entity=False)
    opened = ask(desk, request, memory).reply
    assert isinstance(opened, Opened), opened
    return opened


def with_card(  # noqa: PLR0913 -- what such mails differ in
    host: LittleHost,
    software: CardSoftware,
    nir: str = NIR,
    *,
    who: str = BOB,
    request: str = "dossier",
    token: str = "",
) -> Mail:
    """Open a mail by which somebody to whom a card was shown asks for the dossier."""
    token = token or software.token(nir, RPPS[who], SERVICE, NOW)
    return host.mail(who, asking(request) + header_line(token, wrapped=76))
