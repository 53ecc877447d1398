"""What can be told of a mail without any key, and what the service would do with it.

The same steps in the same order as :mod:`rmp_milter.milter.pipeline`, but looking instead of
doing: each refusal here is the one that the sender heard.
"""

from enum import StrEnum
from typing import NamedTuple

import msgspec

from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol.opening import BodyRef, Role
from rmp_milter.cms import CmsKind
from rmp_milter.dossier.model import Value
from rmp_milter.errors import MailError
from rmp_milter.inspection.envelopes import EnvelopeSeen, OwnCertificates, envelope_seen
from rmp_milter.inspection.packets import Protection, wrapping_of
from rmp_milter.keeper.desk.attached import file_fault
from rmp_milter.keeper.desk.desk import CallFailed, Limits
from rmp_milter.keeper.desk.smime_outside import check_outside, cms_kind
from rmp_milter.keeper.openpgp.packets import PacketError, ReadAt, read_message
from rmp_milter.mail.incoming.armor import OctetsKind
from rmp_milter.mail.incoming.autocrypt import certificates_of
from rmp_milter.mail.incoming.automatic import automatic, perhaps_automatic
from rmp_milter.mail.incoming.beside import InClear
from rmp_milter.mail.incoming.leaves import Leaf, leaves_of
from rmp_milter.mail.incoming.mimetree import MimeLimit, Part, scan
from rmp_milter.mail.incoming.shapes import Piece, Shape, recognise
from rmp_milter.milter.intake import admit, gather_one, objection

MAX_NAME = 200  # characters of a name or a media type that are shown


class Treatment(StrEnum):
    """What the service would do with a mail of this shape."""

    TAKEN = "taken"
    REFUSED = "refused"
    AUTOMATIC = "automatic"  # noticed, never opened, never answered


class Verdict(Value, frozen=True):
    """``text`` is the key of the refusal's sentence, ``detail`` what only the host reads.

    ``by_letter`` says that it waits for the opening, and that an emergency is not refused.
    """

    outcome: Treatment
    text: str = ""
    detail: str = ""
    by_letter: bool = False


class EncryptedPart(Value, frozen=True):
    """One encrypted message of the mail; ``size`` is its binary size in bytes.

    ``key_ids`` and ``passphrase`` are OpenPGP's, ``smime`` is what an envelope of S/MIME shows.
    ``main`` marks the one whose text opens with the routing header; ``trouble`` says why
    the service cannot use it, or is empty.
    """

    name: str
    main: bool
    size: int
    protection: Protection
    key_ids: tuple[str, ...]
    passphrase: bool
    trouble: str
    smime: EnvelopeSeen | None = None


class OtherPart(Value, frozen=True):
    """A part that is no encrypted message of the mail; ``what`` says what it is instead."""

    name: str
    media_type: str
    size: int
    what: str


class Outside(Value, frozen=True):
    """A mail as it is seen without a key; ``shape`` is empty where it could not be told.

    ``doubt`` is why it is taken as automatic unless somebody enrolled signed it, or empty;
    ``clear`` is what came in clear beside what is encrypted; ``autocrypt`` the certificate in
    the header.
    """

    verdict: Verdict
    doubt: str = ""
    clear: InClear = InClear()
    shape: str = ""
    signed_outside: bool = False
    from_field: str = ""
    autocrypt: tuple[bytes, ...] = ()
    encrypted: tuple[EncryptedPart, ...] = ()
    others: tuple[OtherPart, ...] = ()


class LookedAt(msgspec.Struct, frozen=True):
    """``refs`` are the encrypted messages in memory, empty unless all could be read."""

    outside: Outside
    refs: tuple[BodyRef, ...] = ()


def refused(text: str, detail: str = "", *, by_letter: bool = False) -> Verdict:
    """Return the verdict with this key of the catalogue."""
    return Verdict(Treatment.REFUSED, text, detail, by_letter)


class OutsideMeans(NamedTuple):
    """What messages are looked at with.

    ``read`` reads in them, ``limits`` are the keeper's, ``ours`` the service's certificates for
    S/MIME, None where they are not known: then nothing is said of whom an envelope is for.
    """

    read: ReadAt
    limits: Limits
    ours: OwnCertificates | None = None


def look(raw: memoryview, mail_from: str, bodies: Memory, bounds: OutsideMeans) -> LookedAt:
    """Look at a mail; ``bodies`` takes its encrypted messages.

    ``mail_from`` is the envelope sender as far as it is known. Never raises on what a
    mail may hold.
    """
    try:
        outer = scan(raw)
        shape = recognise(raw, outer)
    except MimeLimit as error:
        return LookedAt(Outside(refused("damaged-mail", str(error))))
    refs = [_gathered(raw, piece, bodies) for piece in shape.pieces]
    parts = [
        _encrypted(piece, ref, bounds) for piece, ref in zip(shape.pieces, refs, strict=True)
    ]
    wanted = len(shape.wanted)  # the others are shown, and not opened
    complete = tuple(ref for ref in refs[:wanted] if isinstance(ref, BodyRef))
    troubles = [trouble for _, trouble in parts[:wanted] if trouble]
    verdict = _turned_away(mail_from, outer, shape)
    verdict = verdict or _unusable(refs[:wanted], troubles, bounds.limits)
    doubt = perhaps_automatic(outer) or ""
    outside = Outside(
        verdict=in_doubt(verdict, doubt),
        doubt=doubt,
        clear=shape.clear,
        shape=shape.name.value,
        signed_outside=shape.signed_outside,
        from_field=outer.header("From")[:MAX_NAME],
        autocrypt=certificates_of(outer.headers("Autocrypt")),
        encrypted=tuple(part for part, _ in parts),
        others=tuple(_others(raw, outer, shape)),
    )
    return LookedAt(outside, complete if len(complete) == wanted else ())


def in_doubt(verdict: Verdict, doubt: str) -> Verdict:
    """Return the verdict on a mail in doubt: what would refuse it takes it for a machine's."""
    if doubt and verdict.outcome is Treatment.REFUSED:
        return Verdict(Treatment.AUTOMATIC, detail=doubt)
    return verdict


_Judged = tuple[EncryptedPart, Verdict | None]


def _turned_away(mail_from: str, outer: Part, shape: Shape) -> Verdict | None:
    """Return what the pipeline does before it takes anything out of the mail."""
    if reason := automatic(mail_from, outer):
        return Verdict(Treatment.AUTOMATIC, detail=reason)
    try:
        admit(shape)
    except MailError as error:
        return refused(error.text)
    found = objection(shape.clear, by_name=False)
    names = ", ".join(shape.clear_attachments)[:MAX_NAME]
    if found:
        return refused(found.text, names, by_letter=True)
    return refused(shape.surplus.value, by_letter=True) if shape.surplus else None


def _unusable(refs: list[BodyRef | str], troubles: list[Verdict], limits: Limits) -> Verdict:
    """Return why the pipeline, then the keeper, cannot use what is in it, or ``TAKEN``."""
    if damage := next((ref for ref in refs if isinstance(ref, str)), None):
        return refused("unreadable", damage)
    if len(refs) > limits.bodies:
        return refused("too-large", "too many encrypted parts")
    return next(iter(troubles), Verdict(Treatment.TAKEN))


def _gathered(raw: memoryview, piece: Piece, bodies: Memory) -> BodyRef | str:
    """Take one piece out; return why it gave nothing instead of raising it."""
    try:
        return gather_one(raw, piece, bodies)
    except MailError as error:
        return error.detail


def _encrypted(piece: Piece, ref: BodyRef | str, bounds: OutsideMeans) -> _Judged:
    name = piece.name[:MAX_NAME]
    if isinstance(ref, str):
        part = EncryptedPart(name, piece.main, 0, Protection.UNKNOWN, (), False, ref)  # noqa: FBT003 -- no passphrase seen
        return part, refused("unreadable", ref)
    if kind := cms_kind(bounds.read, ref.span):
        return _enveloped(name, piece, ref, kind, bounds)
    trouble = _trouble(ref, bounds.read, bounds.limits)
    wrapping = wrapping_of(bounds.read, ref.span)
    part = EncryptedPart(
        name=name,
        main=piece.main,
        size=ref.span.length,
        protection=wrapping.protection,
        key_ids=wrapping.key_ids,
        passphrase=wrapping.passphrase,
        trouble=trouble.detail if trouble else "",
    )
    return part, trouble


_ENVELOPES = {
    CmsKind.ENVELOPED: Protection.ENVELOPED,
    CmsKind.AUTHENTICATED: Protection.AUTH_ENVELOPED,
}


def _enveloped(
    name: str, piece: Piece, ref: BodyRef, kind: CmsKind, bounds: OutsideMeans
) -> _Judged:
    trouble = None
    ours = bounds.ours
    try:
        certificates, now = (ours.certificates, ours.now) if ours else (None, 0)
        check_outside(certificates, bounds.read, ref.span, now)
    except CallFailed as failure:
        trouble = refused(failure.why.value, failure.detail)
    part = EncryptedPart(
        name=name,
        main=piece.main,
        size=ref.span.length,
        protection=_ENVELOPES.get(kind, Protection.UNKNOWN),
        key_ids=(),
        passphrase=False,
        trouble=trouble.detail if trouble else "",
        smime=envelope_seen(bounds.read, ref.span, ours),
    )
    return part, trouble


def _trouble(ref: BodyRef, read: ReadAt, limits: Limits) -> Verdict | None:
    """Return the refusal that the keeper has for the message before it tries a key."""
    try:
        read_message(read, ref.span, limits.key_packets)
    except PacketError as error:
        if ref.role is Role.MAIN:
            return refused(error.why.value, str(error))
        return refused(file_fault(error).value, str(error), by_letter=True)
    return None


_WHAT = {
    OctetsKind.ENCRYPTED: "encrypted, a copy of another part",
    OctetsKind.ARMORED: "OpenPGP message, left aside",
    OctetsKind.MESSAGE: "OpenPGP message, not encrypted",
    OctetsKind.SIGNATURE: "signature",
    OctetsKind.SIGNED_TEXT: "text in clear, signed",
    OctetsKind.KEY: "OpenPGP key",
    OctetsKind.CMS_ENCRYPTED: "S/MIME, encrypted",
    OctetsKind.CMS: "S/MIME, signed or compressed",
    OctetsKind.CMS_SIGNATURE: "S/MIME, signature or certificate",
    OctetsKind.TNEF: "winmail.dat of Outlook",
    OctetsKind.OTHER: "in clear",
}


def _others(raw: memoryview, outer: Part, shape: Shape) -> list[OtherPart]:
    taken = {(piece.source is None, piece.part.headers_start) for piece in shape.pieces}
    return [
        OtherPart(
            name=leaf.part.filename[:MAX_NAME],
            media_type=leaf.part.media_type[:MAX_NAME],
            size=sum(len(piece) for piece in leaf.octets()),
            what=_what(leaf),
        )
        for leaf in leaves_of(raw, outer)
        if (not leaf.unwrapped, leaf.part.headers_start) not in taken
    ]


def _what(leaf: Leaf) -> str:
    return "PGP/MIME version" if leaf.is_control else _WHAT[leaf.kind]
