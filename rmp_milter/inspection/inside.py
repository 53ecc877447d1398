"""What is inside an encrypted mail: header, signature, names of the parts; never a document.

Opened either by the keeper, as for the milter, or in this process with a key that was
handed over, by the keeper's own code. In both ways only what is listed in
:class:`Inside` comes out.
"""

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

import msgspec

from rmp_milter.calls.authority import Candidate
from rmp_milter.calls.keeper import RemoteKeeper
from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protected import Protected
from rmp_milter.calls.protocol.message import Why
from rmp_milter.calls.protocol.opening import (
    BodyRef,
    Doubt,
    Open,
    Opened,
    Role,
    Signature,
    Standing,
)
from rmp_milter.credentials import fingerprint_of
from rmp_milter.dossier.cards import person_card
from rmp_milter.dossier.days import UNIVERSAL, day_of
from rmp_milter.dossier.model import Container, Envelope, PartName, Value
from rmp_milter.errors import MailError
from rmp_milter.inspection.key_file import KeyFile, keys_for
from rmp_milter.inspection.own_keys import UNKNOWN, OwnKeys
from rmp_milter.inspection.smime_inside import (
    EnvelopeOpener,
    OpenedByKeyFile,
    SmimeInside,
    by_keeper,
    is_x509,
    registrant_of,
)
from rmp_milter.keeper.desk.attached import Attached, Checks, framed, open_attached
from rmp_milter.keeper.desk.content import Opening, read_main, weigh
from rmp_milter.keeper.desk.desk import CallFailed, Limits
from rmp_milter.keeper.desk.main_body import read_envelope_content
from rmp_milter.keeper.desk.opening import is_urgent, refuse_layers
from rmp_milter.keeper.desk.protected import Ours, protected_of
from rmp_milter.keeper.desk.smime_outside import is_cms
from rmp_milter.keeper.openpgp.decrypt import Plain, decrypt
from rmp_milter.keeper.openpgp.keypackets import Unwrapping
from rmp_milter.keeper.openpgp.packets import (
    EncryptedMessage,
    PacketError,
    ReadAt,
    read_message,
)
from rmp_milter.keeper.openpgp.work import Work, text_within
from rmp_milter.mail.meaning.understanding import OwnWords
from rmp_milter.milter.renewal import newer_copies, opened_by_newer
from rmp_milter.milter.sender import Directory, likely_signers, opened_with_signers
from rmp_milter.x509 import World


class Inside(Value, frozen=True):
    """``header`` are the routing header's lines, the code masked; ``signer`` a doctor's name.

    ``parts`` are what the main body holds, as far as the service would keep it; ``has_code``
    says that a patient's code is in it. ``refusal`` is the catalogue's key where the keeper
    refuses what a key that was handed over shows all the same; ``keys`` are certificates that
    came with the mail. ``smime`` is what is shown of an S/MIME signature, ``unproven`` says that
    nothing but that makes the content anybody's.
    """

    header: str
    signature: Signature
    parts: tuple[PartName, ...]
    has_code: bool
    standing: Standing = Standing.HEADER
    doubts: tuple[Doubt, ...] = ()
    protected: Protected = Protected()
    signer: str = ""
    refusal: str = ""
    keys: tuple[bytes, ...] = ()
    smime: SmimeInside | None = None
    unproven: bool = False

    @property
    def words(self) -> OwnWords:
        """What the pipeline reads of it."""
        return OwnWords(self.header, self.standing, self.doubts)

    def close(self) -> None:
        """Hold nothing: what was opened is closed already."""


Opener = Callable[[tuple[Candidate, ...]], Inside]
"""Opens the mail, with those who may have signed it."""


def with_keeper(keeper: RemoteKeeper, refs: tuple[BodyRef, ...], bodies: Memory) -> Opener:
    """Return what opens the mail by asking the keeper; it raises :class:`MailError`."""

    def opener(candidates: tuple[Candidate, ...]) -> Inside:
        vouched = tuple(each for each in candidates if each.card)
        others = tuple(one for each in candidates if not each.card for one in _openpgp(each))
        request = Open(refs, vouched, account=_account(vouched), candidates=others)
        opened, fresh = keeper.open(request, bodies)
        fresh.close()
        parts = tuple(_main_parts(opened))
        return Inside(
            header=opened.header,
            signature=opened.signature,
            parts=parts,
            has_code=opened.has_code,
            standing=opened.standing,
            doubts=opened.doubts,
            protected=opened.protected,
            refusal=opened.file_fault.value if opened.file_fault else "",
            keys=opened.keys,
            smime=by_keeper(opened.keys) if _is_smime(refs, bodies) else None,
            unproven=opened.unproven,
        )

    return opener


def _is_smime(refs: tuple[BodyRef, ...], bodies: Memory) -> bool:
    main = next(ref for ref in refs if ref.role is Role.MAIN)
    return is_cms(lambda at, size: os.pread(bodies.fd, size, at), main.span)


def _account(persons: tuple[Candidate, ...]) -> str:
    """Return an account that the mail may have come by: all is told that may be."""
    accounts = (person_card(each.card).account for each in persons)
    return next(filter(None, accounts), "")


def _certificates(candidate: Candidate) -> tuple[bytes, ...]:
    """Return the certificates that a signature is held against."""
    newer = candidate.newer
    own = (candidate.certificate, *candidate.more)
    if not newer:
        return own
    same = fingerprint_of(newer)
    return (newer, *(each for each in own if fingerprint_of(each) != same))


def _openpgp(candidate: Candidate) -> tuple[bytes, ...]:
    return tuple(each for each in _certificates(candidate) if not is_x509(each))


def _main_parts(opened: Opened) -> Iterator[PartName]:
    """Yield what the main body holds; files encrypted by themselves are seen outside."""
    for body in opened.bodies:
        if body.container is not Container.FILE or body.fresh:
            yield from body.parts


def with_key_file(  # noqa: PLR0913, PLR0917 -- the mail, the key, and what it is judged on
    key_file: KeyFile,
    refs: tuple[BodyRef, ...],
    read: ReadAt,
    limits: Limits,
    now: int,
    services: Collection[str] = (),
    world: World | None = None,
    own: OwnKeys = UNKNOWN,
) -> Opener:
    """Return what opens the mail in this process; it raises :class:`MailError`.

    ``services`` are the addresses by which it may name the service, ``world`` is whose X.509
    certificates the host trusts, None where that is not known; ``own`` what is known of the
    service's own keys.
    :class:`~rmp_milter.inspection.key_file.KeyUnusable` comes through where gpg is needed and
    cannot help.
    """
    mail = _ByKeyFile(key_file, refs, read, limits, now, own)

    def opener(persons: tuple[Candidate, ...]) -> Inside:
        candidates = tuple(one for each in persons for one in _openpgp(each))
        with _as_refusals():
            envelope = _envelope(mail, persons, world)
            plain, opened = _main(mail, envelope)
            signature = envelope.signature if envelope else weigh(opened, candidates, now)
            protected = protected_of(Ours(services, ()), opened, plain.data)
            refusal = _refusal(mail, plain, opened, signature, candidates)
        return Inside(
            header=opened.meaning.cut.header,
            signature=signature,
            parts=(*opened.parts, *(each.part for each in opened.packed)),
            has_code=bool(opened.meaning.cut.code),
            standing=opened.meaning.standing,
            doubts=opened.meaning.doubts,
            protected=protected,
            refusal=refusal,
            keys=(*(envelope.keys if envelope else ()), *opened.keys),
            smime=envelope.shown if envelope else None,
            unproven=bool(envelope and envelope.unproven),
        )

    return opener


@contextmanager
def _as_refusals() -> Iterator[None]:
    """Turn the keeper's failures into the refusals that the sender hears."""
    try:
        yield
    except CallFailed as failure:
        raise MailError(failure.why.value, detail=failure.detail) from None
    except PacketError as failure:
        raise MailError(failure.why.value, detail=str(failure)) from None


class _ByKeyFile(NamedTuple):
    """A mail that a key in a file opens; ``now`` is when it is to have come."""

    key_file: KeyFile
    refs: tuple[BodyRef, ...]
    read: ReadAt
    limits: Limits
    now: int
    own: OwnKeys

    @property
    def this_year(self) -> int:
        """The year, for years of two digits."""
        return int(day_of(self.now, UNIVERSAL)[:4])

    @property
    def main(self) -> BodyRef:
        """The main body."""
        return next(ref for ref in self.refs if ref.role is Role.MAIN)


def _envelope(
    mail: _ByKeyFile, persons: tuple[Candidate, ...], world: World | None
) -> OpenedByKeyFile | None:
    """Open the main body if it is S/MIME's."""
    if not is_cms(mail.read, mail.main.span):
        return None
    means = EnvelopeOpener(mail.key_file.smime, world, mail.limits, mail.now)
    theirs = [registrant_of(each, world, mail.now) for each in persons if each.card]
    return means.open(mail.read, mail.main.span, theirs)


def _main(mail: _ByKeyFile, envelope: OpenedByKeyFile | None) -> tuple[Plain, Opening]:
    """Read the main body as the keeper does, opened already if it is S/MIME's."""
    size = max(ref.span.offset + ref.span.length for ref in mail.refs)
    limits = replace(mail.limits, text=text_within(size, mail.limits.text))
    if envelope:
        return read_envelope_content(envelope.envelope, limits, mail.this_year)
    message = read_message(mail.read, mail.main.span, mail.limits.key_packets)
    if mail.own.only_over(message):
        raise CallFailed(Why.OLD_KEY, "encrypted to an old key of ours")
    plain = _decrypted(mail.key_file, message, mail.read, mail.limits)
    return plain, read_main(plain, mail.main.charset, limits, mail.this_year)


def _refusal(
    mail: _ByKeyFile,
    plain: Plain,
    opened: Opening,
    signature: Signature,
    candidates: tuple[bytes, ...],
) -> str:
    """Return why a service with this key would refuse what was opened, or nothing."""
    if is_urgent(opened, mail.this_year):
        return ""
    attached = _attached(mail, plain, opened, signature, candidates)
    try:
        refuse_layers(opened, Unwrapping(mail.key_file.keys, Work()), mail.this_year)
    except (CallFailed, PacketError) as failure:
        return failure.why.value
    return attached.fault.value if attached.fault else ""


def _attached(
    mail: _ByKeyFile,
    plain: Plain,
    opened: Opening,
    signature: Signature,
    candidates: tuple[bytes, ...],
) -> Attached:
    """Open the files that are encrypted by themselves."""
    spans = (ref.span for ref in mail.refs if ref.role is not Role.MAIN)
    work = Work(bodies=len(mail.refs))
    files = framed(spans, mail.read, mail.limits.key_packets, work)
    checks = Checks(
        main=signature,
        by_account=True,  # who authenticated is not known: all is told that may be
        candidates=candidates,
        service=Unwrapping(mail.key_file.keys, work),
        work=work,
        left=mail.limits.plaintext - len(plain.data),
        now=mail.now,
        this_year=mail.this_year,
        judges_signers=bool(candidates),
        beside_entity=opened.is_entity,
    )
    return open_attached(
        files, mail.read, lambda each: keys_for(mail.key_file, each.key_packets), checks
    )


def _decrypted(
    key_file: KeyFile, message: EncryptedMessage, read: ReadAt, limits: Limits
) -> Plain:
    """Try each session key; the body's integrity decides."""
    for key in keys_for(key_file, message.key_packets):
        try:
            return decrypt(read, message.body, key, limits.plaintext)
        except PacketError as error:
            if error.why is not Why.UNREADABLE:
                raise
    raise CallFailed(Why.UNREADABLE, "encrypted to other keys, or damaged")


class Addresses(msgspec.Struct, frozen=True):
    """Who the mail says it is from, by which its signer is guessed first, and in his own words.

    ``autocrypt`` is the certificate in its header; ``at`` when it is to have come.
    """

    mail_from: str
    from_field: str
    autocrypt: tuple[bytes, ...] = ()
    at: int = 0


def open_signed(opener: Opener, addresses: Addresses, directory: Directory | None) -> Inside:
    """Open the mail with its signer's certificate, found as the pipeline finds it.

    Raises what ``opener`` raises.
    """
    if directory is None:
        return opener(())
    envelope = Envelope(addresses.mail_from, (), "", 0)
    likely = likely_signers(envelope, addresses.from_field, directory)
    inside = opened_with_signers(opener, likely, directory)
    copies = (*inside.keys, *addresses.autocrypt)
    found = list(newer_copies(copies, likely, directory, addresses.at))
    return opened_by_newer(opener, inside, found)[0]
