"""What is inside an encrypted mail: header, signature, names of the parts; never a document.

Opened either by the keeper, as for the milter, or in this process with a key that was
handed over, by the keeper's own code. In both ways only what is listed in
:class:`Inside` comes out.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import msgspec

from rmp_milter.calls.keeper import RemoteKeeper
from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol import (
    BodyRef,
    Doubt,
    Opened,
    Role,
    Signature,
    Standing,
    Why,
)
from rmp_milter.dossier.days import UNIVERSAL, day_of
from rmp_milter.dossier.model import Container, Envelope, PartName, Value
from rmp_milter.errors import MailError
from rmp_milter.inspection.key_file import KeyFile, keys_for
from rmp_milter.keeper.desk.attached import Checks, framed, open_attached
from rmp_milter.keeper.desk.content import Opening, read_main, weigh
from rmp_milter.keeper.desk.desk import CallFailed, Limits
from rmp_milter.keeper.desk.opening import is_urgent, refuse_layers
from rmp_milter.keeper.openpgp.decrypt import Plain, decrypt
from rmp_milter.keeper.openpgp.keypackets import Unwrapping
from rmp_milter.keeper.openpgp.packets import (
    EncryptedMessage,
    PacketError,
    ReadAt,
    read_message,
)
from rmp_milter.keeper.openpgp.work import Work, text_within
from rmp_milter.milter.intake import open_request
from rmp_milter.milter.renewal import opened_by_newer
from rmp_milter.milter.sender import Directory, likely_signers, opened_with_signers
from rmp_milter.milter.understanding import OwnWords


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
    signer: str = ""
    refusal: str = ""
    keys: tuple[bytes, ...] = ()

    @property
    def words(self) -> OwnWords:
        """What the pipeline reads of it."""
        return OwnWords(self.header, self.standing, self.doubts)

    def close(self) -> None:
        """Hold nothing: what was opened is closed already."""


Opener = Callable[[tuple[bytes, ...]], Inside]
"""Opens the mail, with the certificates that may have signed it."""


def with_keeper(keeper: RemoteKeeper, refs: tuple[BodyRef, ...], bodies: Memory) -> Opener:
    """Return what opens the mail by asking the keeper; it raises :class:`MailError`."""

    def opener(candidates: tuple[bytes, ...]) -> Inside:
        # Held values are bound to the digest; they are dropped here, so any will do.
        request = open_request(bytes(32), refs, candidates, by_account=True)
        opened, fresh = keeper.open(request, bodies)
        fresh.close()
        parts = tuple(_main_parts(opened))
        return Inside(
            header=opened.header,
            signature=opened.signature,
            parts=parts,
            has_code=bool(opened.held_code),
            standing=opened.standing,
            doubts=opened.doubts,
            refusal=opened.file_fault.value if opened.file_fault else "",
            keys=opened.keys,
        )

    return opener


def _main_parts(opened: Opened) -> Iterator[PartName]:
    """Yield what the main body holds; files encrypted by themselves are seen outside."""
    for body in opened.bodies:
        if body.container is not Container.FILE or body.fresh:
            yield from body.parts


def with_key_file(
    key_file: KeyFile, refs: tuple[BodyRef, ...], read: ReadAt, limits: Limits, now: int
) -> Opener:
    """Return what opens the mail in this process; it raises :class:`MailError`.

    :class:`~rmp_milter.inspection.key_file.KeyUnusable` comes through where gpg is needed and
    cannot help.
    """

    def opener(candidates: tuple[bytes, ...]) -> Inside:
        with _as_refusals():
            opened, signature, refusal = _open(key_file, refs, read, limits, (candidates, now))
        return Inside(
            header=opened.meaning.cut.header,
            signature=signature,
            parts=(*opened.parts, *(each.part for each in opened.packed)),
            has_code=bool(opened.meaning.cut.code),
            standing=opened.meaning.standing,
            doubts=opened.meaning.doubts,
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


def _refusal(opened: Opening, key_file: KeyFile, this_year: int) -> str:
    """Return why a service with this key would refuse what was opened, or nothing."""
    try:
        refuse_layers(opened, Unwrapping(key_file.keys, Work()), this_year)
    except (CallFailed, PacketError) as failure:
        return failure.why.value
    return ""


def _open(
    key_file: KeyFile,
    refs: tuple[BodyRef, ...],
    read: ReadAt,
    limits: Limits,
    signers: tuple[tuple[bytes, ...], int],
) -> tuple[Opening, Signature, str]:
    """Open the mail as the keeper does; return also why a service with this key refuses it."""
    candidates, now = signers
    this_year = int(day_of(now, UNIVERSAL)[:4])
    main = next(ref for ref in refs if ref.role is Role.MAIN)
    message = read_message(read, main.span, limits.key_packets)
    plain = _decrypted(key_file, message, read, limits)
    size = max(ref.span.offset + ref.span.length for ref in refs)
    limits = replace(limits, text=text_within(size, limits.text))
    opened = read_main(plain, main.charset, limits, this_year)
    signature = weigh(opened, candidates, now)
    if is_urgent(opened, this_year):
        return opened, signature, ""
    spans = (ref.span for ref in refs if ref.role is not Role.MAIN)
    work = Work(bodies=len(refs))
    files = framed(spans, read, limits.key_packets, work)
    checks = Checks(
        main=signature,
        by_account=True,  # who authenticated is not known: all is told that may be
        candidates=candidates,
        service=Unwrapping(key_file.keys, work),
        work=work,
        left=limits.plaintext - len(plain.data),
        now=now,
        this_year=this_year,
        judges_signers=bool(candidates),
        beside_entity=opened.is_entity,
    )
    attached = open_attached(
        files, read, lambda each: keys_for(key_file, each.key_packets), checks
    )
    fault = attached.fault.value if attached.fault else ""
    return opened, signature, _refusal(opened, key_file, this_year) or fault


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
