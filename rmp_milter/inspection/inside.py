"""What is inside an encrypted mail: header, signature, names of the parts; never a document.

Opened either by the keeper, as for the milter, or in this process with a key that was
handed over, by the keeper's own code. In both ways only what is listed in
:class:`Inside` comes out.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

import msgspec

from rmp_milter.calls.authority import Candidate
from rmp_milter.calls.keeper import RemoteKeeper
from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protected import Protected
from rmp_milter.calls.protocol import (
    BodyRef,
    Doubt,
    Open,
    Opened,
    Role,
    Signature,
    Standing,
    Why,
)
from rmp_milter.dossier.cards import person_card
from rmp_milter.dossier.days import UNIVERSAL, day_of
from rmp_milter.dossier.model import Container, Envelope, PartName, Value
from rmp_milter.errors import MailError
from rmp_milter.inspection.key_file import KeyFile, keys_for
from rmp_milter.keeper.desk.attached import Attached, Checks, framed, open_attached
from rmp_milter.keeper.desk.content import Opening, read_main, weigh
from rmp_milter.keeper.desk.desk import CallFailed, Limits
from rmp_milter.keeper.desk.opening import is_urgent, refuse_layers
from rmp_milter.keeper.desk.protected import Ours, protected_of
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
from rmp_milter.milter.renewal import opened_by_newer
from rmp_milter.milter.sender import Directory, likely_signers, opened_with_signers


class Inside(Value, frozen=True):
    """``header`` are the routing header's lines, the code masked; ``signer`` a doctor's name.

    ``parts`` are what the main body holds, as far as the service would keep it; ``has_code``
    says that a patient's code is in it. ``refusal`` is the catalogue's key where the keeper
    refuses what a key that was handed over shows all the same; ``keys`` are certificates that
    came with the mail.
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
        others = tuple(_certificate(each) for each in candidates if not each.card)
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
        )

    return opener


def _account(persons: tuple[Candidate, ...]) -> str:
    """Return an account that the mail may have come by: all is told that may be."""
    accounts = (person_card(each.card).account for each in persons)
    return next(filter(None, accounts), "")


def _certificate(candidate: Candidate) -> bytes:
    """Return the certificate that a signature is held against."""
    return candidate.newer or candidate.certificate


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
) -> Opener:
    """Return what opens the mail in this process; it raises :class:`MailError`.

    ``services`` are the addresses by which it may name the service.
    :class:`~rmp_milter.inspection.key_file.KeyUnusable` comes through where gpg is needed and
    cannot help.
    """
    mail = _ByKeyFile(key_file, refs, read, limits, now)

    def opener(persons: tuple[Candidate, ...]) -> Inside:
        candidates = tuple(map(_certificate, persons))
        with _as_refusals():
            plain, opened = _main(mail)
            signature = weigh(opened, candidates, now)
            protected = protected_of(Ours(services, ""), opened, plain.data)
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
            keys=opened.keys,
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

    @property
    def this_year(self) -> int:
        """The year, for years of two digits."""
        return int(day_of(self.now, UNIVERSAL)[:4])


def _main(mail: _ByKeyFile) -> tuple[Plain, Opening]:
    """Open the main body and read it as the keeper does."""
    main = next(ref for ref in mail.refs if ref.role is Role.MAIN)
    message = read_message(mail.read, main.span, mail.limits.key_packets)
    plain = _decrypted(mail.key_file, message, mail.read, mail.limits)
    size = max(ref.span.offset + ref.span.length for ref in mail.refs)
    limits = replace(mail.limits, text=text_within(size, mail.limits.text))
    return plain, read_main(plain, main.charset, limits, mail.this_year)


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
    return opened_by_newer(opener, inside, copies, directory, addresses.at)[0]
