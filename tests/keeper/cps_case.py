"""A little host whose Bob has a CPS card beside his OpenPGP key, and mails that a card signs."""

import dataclasses
import secrets
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from dossier_case import NIR
from keeper_case import NOW, SERVICE, opening
from keeper_gpg import Gpg
from little_host import BOB, RPPS, LittleHost, Mail, asking
from msgspec.structs import replace
from smime_mails import cbc, service_key, signed_mail

from rmp_milter.calls.protocol.opening import Opened
from rmp_milter.dossier.rules import policy_of
from rmp_milter.keeper.authority.host_rules import HostRules
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.x509 import Purpose, RevocationList, World, compile_list, read_x509
from rmp_milter.x509.paths import by_issuer
from testbed.shapes import letter
from testbed.vitale import CardSoftware, header_line
from testbed.x509_maker import DAY, Authorities, Made, Maker, authorities

BOTH_CARDS = {"creation_autre": ["cps+vitale"], "consultation_autre": ["cps+vitale"]}
"""A host's policy that asks for the professional's card, and the patient's."""


@cache
def maker() -> Maker:
    return Maker(NOW, "RSA")


@cache
def trees() -> Authorities:
    return authorities(maker())


@cache
def service() -> Made:
    return maker().user(SERVICE, trees().public)


@cache
def card(who: str = BOB, *, signing: bool = True) -> Made:
    return maker().card(RPPS[who], trees().igc, signing=signing)


@cache
def alike(root: Made) -> Made:
    """Return an authority with the names of IGC-Santé's, below another root."""
    return maker().authority("AC IGC-SANTE FORT PERSONNES", root)


def compiled(
    issuer: Made, revoked: Iterable[int] = (), start: int = NOW - 3600
) -> RevocationList:
    raw = maker().revocation_list(issuer, revoked, start=start)
    above = read_x509(trees().igc_root.der)
    return compile_list(raw, read_x509(issuer.der), above, start + 60)


def world(revoked: Sequence[Made] = (), start: int = NOW - 3600) -> World:
    """Return what the host trusts, with lists of IGC-Santé's that begin at ``start``."""
    issuer = trees().igc
    lists = [
        compiled(trees().igc_root, (), start),
        compiled(issuer, [each.serial for each in revoked], start),
    ]
    anchors = {
        Purpose.PUBLIC: (read_x509(trees().public_root.der),),
        Purpose.IGC_SANTE: (read_x509(trees().igc_root.der),),
    }
    between = (issuer, trees().public, alike(trees().public_root))
    return World(anchors, tuple(read_x509(each.der) for each in between), by_issuer(lists))


STALE = NOW - 30 * DAY
"""When a list began that is old by now."""


def host_of(gpg: Gpg, desk: Desk) -> LittleHost:
    """Return a host with S/MIME and a policy as shipped; Bob is enrolled with key and card."""
    keys = dataclasses.replace(desk.keys, smime=(service_key(service()),))
    made = LittleHost(gpg, dataclasses.replace(desk, keys=keys, world=world))
    made.enrol(BOB, more=[card().der])
    return made


def asking_for(host: LittleHost, rows: Mapping[str, Sequence[str]]) -> None:
    """Have the host's policy be another from now on."""
    rules = HostRules(policy=policy_of(rows))
    host.desk = dataclasses.replace(host.desk, rules=rules)


def trusting(host: LittleHost, other: World) -> None:
    """Have the host know another list, or another authority, from now on."""
    host.desk = dataclasses.replace(host.desk, world=lambda: other)


def by_card(
    host: LittleHost, text: str, own: Made | None = None, *, who: str = BOB, signed: int = NOW
) -> Mail:
    """Open a mail in S/MIME that a card has signed, Bob's if no other is named."""
    sender = host.member(who)
    plain = letter(f"{text}Référence client : {secrets.token_hex(8)}\r\n", {})
    envelope = cbc(signed_mail(own or card(), plain, signed), service())
    request, memory = opening([envelope], entity=True)
    request = replace(request, persons=(sender.candidate,), account="")
    answered = host.ask(request, memory=memory)
    assert isinstance(answered.reply, Opened), answered.reply
    return Mail(sender, answered.reply, answered.memory or memory, plain)


def attested(software: CardSoftware, request: str, *lines: str, who: str = BOB) -> str:
    """Return what asks for something with an attestation of Jean's card."""
    return asking(request, *lines) + header_line(
        software.token(NIR, RPPS[who], SERVICE, NOW), wrapped=76
    )
