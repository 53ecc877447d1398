"""A dossier whose documents are to be read by whose program does not open them."""

import dataclasses
import hashlib
import time
from collections.abc import Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import cast

from keeper_case import (
    Answered,
    ask,
    event,
    hosts_event,
    opening,
)
from little_host import DOCUMENT, Kept, LittleHost, Mail, Member, asking
from msgspec.structs import replace

from rmp_milter.calls.authority import PersonSaid
from rmp_milter.calls.protocol.answering import Sealed, Translate
from rmp_milter.calls.protocol.calls import Request
from rmp_milter.calls.protocol.cards import Vouch
from rmp_milter.calls.protocol.filing import Resealed
from rmp_milter.calls.protocol.opening import Opened
from rmp_milter.calls.protocol.releasing import Release, Released, SealedDocument
from rmp_milter.dossier.cards import NO_ACT, PersonCard
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.keys.service_certificates import service_certificate_of
from rmp_milter.x509 import Purpose, World, read_x509
from testbed.outlook import Outlook
from testbed.x509_maker import Authorities, Made, Maker, authorities

NOW = int(time.time()) + 3600  # later than all keys that gpg makes in this run
"""S/MIME has no faked time: what openssl signs, it signs now. Behind that for gpg's new keys."""
REMI = "remi@radio.fr"
HEAD = (
    b"MIME-Version: 1.0\r\nSubject: =?utf-8?b?UsOpc3Vtw6k=?=\r\n"
    b"From: rmp@x.fr\r\nTo: a@x.fr\r\nDate: Mon, 01 Jan 2024 00:00:00 -0000\r\n"
)


@cache
def maker() -> Maker:
    return Maker(NOW, "RSA")


@cache
def trees() -> Authorities:
    return authorities(maker())


@cache
def user(mail: str) -> Made:
    return maker().user(mail, trees().public)


def with_smime(desk: Desk) -> Desk:
    """Return the desk with a certificate of the service's, and a world in which to judge."""
    made = user("rmp@x.fr")
    own = service_certificate_of(made.key, read_x509(made.der), ())
    world = World({Purpose.PUBLIC: (read_x509(trees().public_root.der),)})
    keys = dataclasses.replace(desk.keys, smime=(own,))
    return dataclasses.replace(desk, keys=keys, world=lambda: world)


def outlook(folder: Path, mail: str = REMI) -> Outlook:
    return Outlook(
        folder / mail,
        "Dr Rémi RAYON",
        mail,
        user(mail),
        service=user("rmp@x.fr").pem,
        trusted=trees().public_root.pem + trees().public.pem,
        chain=trees().public.pem,
    )


class MixedHost(LittleHost):
    """A little host, at the time that it is, whose members have OpenPGP or S/MIME."""

    def ask(self, request: Request, now: int = NOW, memory: bytes = b"") -> Answered:
        return super().ask(request, min(now, NOW), memory)

    def vouched(self, request: Vouch, now: int = NOW) -> bytes:
        said = replace(request.event, at=NOW)
        return super().vouched(replace(request, event=said), min(now, NOW))

    def mail(self, name: str, text: str, **more: object) -> Mail:
        return super().mail(name, text, **{**more, "now": NOW, "at": NOW})  # type: ignore[arg-type] # handed on as they are

    def smime_member(self, mail: str = REMI) -> Member:
        if mail in self.members:
            return self.members[mail]
        card = PersonCard(
            person=hashlib.sha256(mail.encode()).digest()[:16],
            revision=0,
            act=NO_ACT,
            certificate=b"",
            fingerprint="",
            signed_at=0,
            rpps="10009876541",
            name="Dr Rémi RAYON",
            mail=mail,
            is_doctor=True,
        )
        der = user(mail).der
        request = Vouch(PersonSaid(card, der, ()), hosts_event("inscription"), b"")
        made = Member(mail, self.vouched(request, NOW), der)
        self.members[mail] = made
        return made

    def open_pgp(
        self,
        name: str,
        plain: bytes,
        *,
        entity: bool = True,
        files: Sequence[tuple[str, bytes]] = (),
        options: Sequence[str] = (),
    ) -> Mail:
        """Open what somebody has signed with OpenPGP, octet by octet; ``files`` are encrypted.

        ``options`` are gpg's.
        """
        signing = ["--sign", "-u", name, "--faked-system-time", f"{NOW}!", *options]
        body = self.gpg.run(*signing, "-e", "-r", "rmp@x.fr", data=plain)
        return self._opened(self.member(name), body, plain, files, entity=entity)

    def open_smime(self, doctor: Outlook, mail: bytes) -> Mail:
        """Open a mail of a doctor who has S/MIME."""
        message = message_from_bytes(mail)
        body = cast("bytes", message.get_payload(decode=True))
        return self._opened(self.smime_member(doctor.mail), body, b"", entity=True)

    def asked(
        self, who: Member, request: str, *lines: str, smime: Outlook | None = None
    ) -> Mail:
        """Open a mail by which somebody asks for something of the patient."""
        text = asking(request, *lines)
        if smime:
            return self.open_smime(smime, smime.write(text))
        return self.mail(who.name, text)

    def _opened(
        self,
        sender: Member,
        body: bytes,
        plain: bytes,
        files: Sequence[tuple[str, bytes]] = (),
        *,
        entity: bool,
    ) -> Mail:
        bodies = [body, *(data for _, data in files)]
        request, memory = opening(bodies, entity=entity, names=[name for name, _ in files])
        request = replace(request, persons=(sender.candidate,), account="")
        answered = ask(self.desk, request, memory, NOW)
        assert isinstance(answered.reply, Opened), answered.reply
        return Mail(sender, answered.reply, answered.memory or memory, plain, NOW)


@dataclasses.dataclass
class Filed:
    """A document of Alice's dossier, filed with packets for its standing reader."""

    host: MixedHost
    kept: Kept
    mail: Mail
    item: SealedDocument
    standing: bytes
    place: int = 0

    @property
    def body(self) -> bytes:
        return self.mail.data(self.place)

    def released(self, asker: Mail, way: object) -> bytes:
        """Have packets written for who asks, this once."""
        request = Release(
            by=asker.by(self.kept),
            way_in=way,  # type: ignore[arg-type] # any way in, a wrong one too
            items=(self.item,),
            readers=(asker.sender.certificate,),
            event=event(asker.action),
        )
        reply = self.host.ask(request, NOW).reply
        assert isinstance(reply, Released), reply
        return reply.packets[0][0]

    def translate(
        self, reader: Member, packets: bytes, mail: Mail, **more: object
    ) -> Translate:
        made = Translate(
            reader=reader.candidate,
            document=replace(self.item, sealed_key=packets),
            dossier_id=self.kept.dossier_id,
            event=event("traduit"),
            head=HEAD,
            ticket=mail.ticket,
            dossier=self.kept.card,
        )
        return replace(made, **more)

    def asked(self, request: Translate, body: bytes | None = None) -> Answered:
        return ask(self.host.desk, request, self.body if body is None else body, NOW)

    def sealed(self, request: Translate) -> bytes:
        """Return what the keeper sealed for the reader."""
        answered = self.asked(request)
        assert isinstance(answered.reply, Sealed), answered.reply
        return answered.reply.data or answered.memory


def file(host: MixedHost, kept: Kept, mail: Mail, *readers: Member, place: int = 0) -> Filed:
    """File a mail's body in Alice's dossier, for these readers."""
    request = host.reseal(mail, kept, [each.certificate for each in readers], *readers)
    request = replace(request, items=(replace(request.items[0], place=place),))
    reply = host.ask(request, NOW).reply
    assert isinstance(reply, Resealed), reply
    (item,) = reply.items
    sealed = mail.sealed(item.sealed_key, DOCUMENT, place)
    return Filed(host, kept, mail, sealed, b"".join(item.packets[:1]), place)


def parsed(entity: bytes) -> EmailMessage:
    return cast("EmailMessage", message_from_bytes(entity, policy=policy.default))


def words_of(message: EmailMessage) -> list[str]:
    """Return the texts of a message, in their order."""
    return [
        cast("str", part.get_content()).replace("\r\n", "\n")
        for part in message.walk()
        if part.get_content_type() == "text/plain" and not part.get_filename()
    ]


def files_of(message: EmailMessage) -> dict[str, bytes]:
    return {
        name: cast("bytes", part.get_payload(decode=True))
        for part in message.walk()
        if (name := part.get_filename(failobj=""))
    }
