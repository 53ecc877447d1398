"""*Open*: a mail's encrypted bodies → routing header, signature, ticket."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import msgspec

from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol.message import Why
from rmp_milter.calls.protocol.opening import Attested, BodyRef, Open, Opened, Parcel, Role
from rmp_milter.dossier.days import UNIVERSAL, day_of
from rmp_milter.dossier.model import Verb
from rmp_milter.dossier.rules import Proof
from rmp_milter.keeper.authority.tickets import HeldBody, sealed_ticket
from rmp_milter.keeper.desk.act import act_of, seal_of
from rmp_milter.keeper.desk.attached import Attached, Checks, framed, open_attached
from rmp_milter.keeper.desk.content import Opening
from rmp_milter.keeper.desk.desk import CallFailed, Desk
from rmp_milter.keeper.desk.entitled import known_persons
from rmp_milter.keeper.desk.keeping import Keeping, Kept, KnownBody
from rmp_milter.keeper.desk.main_body import MailAtWork, MainBody, keys_of, opened_main
from rmp_milter.keeper.desk.noted import note
from rmp_milter.keeper.desk.protected import Ours, protected_of, signed_content
from rmp_milter.keeper.desk.ticketing import Moment, ReadMail, Secrets, ticket_of
from rmp_milter.keeper.openpgp.keypackets import Unwrapping
from rmp_milter.keeper.openpgp.layers import is_encrypted_to, looks_encrypted
from rmp_milter.keeper.openpgp.packets import (
    ReadAt,
)
from rmp_milter.keeper.openpgp.sessionkey import packed_with_notes
from rmp_milter.keeper.openpgp.work import Work
from rmp_milter.keeper.vitale.attestation import AttestationError
from rmp_milter.mail.header.understood import packed
from rmp_milter.mail.incoming.armor import HEAD
from rmp_milter.mail.incoming.transfer import first
from rmp_milter.mail.meaning.meaning import asked


def open_mail(
    desk: Desk, request: Open, read: ReadAt, size: int, now: int
) -> tuple[Opened, Memory | None]:
    """Open a mail whose bodies lie in ``size`` bytes that ``read`` gives.

    The memory returned holds the documents that were split off a mail whose text carries
    a secret (a code, an attestation, a reason), or HPRIM messages of several patients, or is
    None. Raises :class:`CallFailed` or :class:`PacketError`.
    """
    _check(request.bodies, size, desk.limits.bodies)
    work = Work(size, desk.limits.plaintext, len(request.bodies))
    unwrapping = Unwrapping(desk.keys.decryption_at(now), work)
    persons = known_persons(desk, request.persons, now)
    this_year = int(day_of(now, UNIVERSAL)[:4])
    mail = MailAtWork(desk, request, read, now, work, unwrapping, persons, this_year)
    main = opened_main(mail, size)
    refuse_layers(main.opening, mail.unwrapping, mail.this_year)
    files, attached = _opened_files(mail, main)
    kept, memory = Keeping(desk, read).bodies([main.body, *files], main.opening)
    return _reply(mail, main, kept, attached), memory


def _opened_files(mail: MailAtWork, main: MainBody) -> tuple[list[KnownBody], Attached]:
    """Open the files that are encrypted by themselves, and check them.

    In an emergency none is: nothing that came with it refuses it, and none of it is kept.
    """
    refs = [ref for ref in mail.request.bodies if ref.role is not Role.MAIN]
    if refs and is_urgent(main.opening, mail.this_year):
        refs = []
    limits = mail.desk.limits
    framing = framed((ref.span for ref in refs), mail.read, limits.key_packets, mail.work)
    checks = Checks(
        main=main.signature,
        by_account=main.sender is not None and main.sender[1] is Proof.ACCOUNT,
        candidates=(
            mail.certificates if main.sender else (*mail.certificates, *mail.request.candidates)
        ),
        service=mail.unwrapping,
        work=mail.work,
        left=limits.plaintext - len(main.plain.data),
        now=mail.now,
        this_year=mail.this_year,
        beside_entity=main.opening.is_entity,
        senders=main.sender[0].fingerprints if main.sender else frozenset(),
    )
    attached = open_attached(framing, mail.read, partial(keys_of, mail), checks)
    spans = (message.body for message in framing.messages)
    return [*map(KnownBody, refs, spans, attached.keys)], attached


def _reply(mail: MailAtWork, main: MainBody, kept: list[Kept], attached: Attached) -> Opened:
    """Say what the mail is; nothing of what it says but its header's lines and names."""
    desk, key, opening = mail.desk, main.body.key, main.opening
    said = opening.meaning.cut
    weighed = _weigh_attestation(desk, said.attestation, mail.now)
    ours = Ours(desk.services, desk.keys.fingerprints_at(mail.now))
    signed = signed_content(opening, main.plain.data)
    reply = Opened(
        header=said.header,
        signature=main.signature,
        bodies=tuple(each.body for each in kept),
        has_code=bool(said.code),
        attested=weighed.attested,
        attestation_fault=weighed.fault,
        keys=(*main.certificates, *opening.keys),
        once=act_of(desk.keys.known_by, main.signature, signed, key),
        parcels=tuple(Parcel(each.header, (at,)) for at, each in enumerate(opening.pieces)),
        has_reason=bool(said.reason),
        standing=opening.meaning.standing,
        doubts=opening.meaning.doubts,
        protected=protected_of(ours, opening, main.plain.data),
        seals=tuple(seal_of(desk.keys.known_by, each) for each in (key, *attached.keys)),
        file_fault=attached.fault,
        file_signers=attached.signers,
        passed_over=len(mail.persons) < len(mail.request.persons),
        unproven=main.unproven,
        program=main.program,
        routing=packed(asked(opening.meaning, mail.this_year)),
    )
    return msgspec.structs.replace(reply, ticket=_ticket(mail, main, reply, kept))


def _ticket(mail: MailAtWork, main: MainBody, reply: Opened, kept: list[Kept]) -> bytes:
    """Return the mail's ticket, none where nobody is known to have sent it."""
    if main.sender is None:
        return b""
    cut, desk = main.opening.meaning.cut, mail.desk
    person, proof = main.sender
    author = note(person.card, proof, main.signature, mail.now)
    said = ReadMail(
        reply.once,
        reply.header,
        reply.standing,
        reply.doubts,
        reply.protected,
        reply.signature,
        reply.parcels,
        reply.keys,
        tuple(_held(each, author) for each in kept),
        reply.has_documents,
    )
    moment = Moment(mail.now, mail.this_year, desk.rules, desk.services)
    secrets = Secrets(cut.code, cut.reason, reply.attested)
    ticket = ticket_of(main.sender, said, secrets, moment)
    return sealed_ticket(desk.holder, ticket, mail.now)


def _held(kept: Kept, author: bytes) -> HeldBody:
    key = packed_with_notes(kept.key._replace(noted=author))
    return HeldBody(kept.body.container, kept.body.digest, key)


class _Weighed(NamedTuple):
    """What an attestation is worth: what it attests, or its fault."""

    attested: Attested | None = None
    fault: str = ""


def _weigh_attestation(desk: Desk, token: str, now: int) -> _Weighed:
    if not token:
        return _Weighed()
    try:
        return _Weighed(desk.verifier.verify(token, now))
    except AttestationError as error:
        return _Weighed(fault=error.reason.value)


def _check(bodies: Sequence[BodyRef], size: int, most: int) -> None:
    if len(bodies) > most:
        raise CallFailed(Why.TOO_LARGE, "too many bodies")
    if sum(ref.role is Role.MAIN for ref in bodies) != 1:
        raise CallFailed(Why.NO_TEXT, "not exactly one main body")
    for span in (ref.span for ref in bodies):
        if span.offset < 0 or span.length < 0 or span.offset + span.length > size:
            raise CallFailed(Why.UNAVAILABLE, "a body outside the shared memory")


def is_urgent(opening: Opening, this_year: int) -> bool:
    """Return whether the mail asks for an emergency access."""
    return asked(opening.meaning, this_year).verb is Verb.URGENCE


def refuse_layers(opening: Opening, unwrapping: Unwrapping, this_year: int) -> None:
    """Raise ``LAYERED`` for a document inside that is encrypted to the service once more.

    The entity is stored as it came, behind a new key packet for its reader: the inner
    layer would stay closed to him. Of an emergency nothing is stored. Raises
    :class:`PacketError` for more key packets than may be tried.
    """
    for document in opening.documents:
        if not looks_encrypted(first(document.data(), HEAD)):
            continue
        data = b"".join(document.data())
        if is_encrypted_to(unwrapping, data) and not is_urgent(opening, this_year):
            raise CallFailed(Why.LAYERED, "a document is encrypted to the service again")
