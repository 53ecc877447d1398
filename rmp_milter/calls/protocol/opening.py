"""Opening a mail: what it is, who signed it, and what it asks."""

from enum import StrEnum

import msgspec

from rmp_milter.calls.authority import Candidate
from rmp_milter.calls.protected import Protected
from rmp_milter.calls.protocol.message import Message, Span
from rmp_milter.dossier.model import Container, MailProgram, PartName


class Trust(StrEnum):
    """What the signature of the opened mail is worth."""

    NONE = "none"  # not signed
    GOOD = "good"  # by one of the candidate certificates, valid now
    UNKNOWN = "unknown"  # by a key that is not among the candidates
    BAD = "bad"  # by a candidate, but it does not fit the content
    EXPIRED = "expired"  # by a candidate whose key is expired or revoked
    FUTURE = "future"  # by a candidate, but a day or more after now: a clock is wrong
    WEAK = "weak"  # by a candidate whose key is too short, or bound by SHA-1 alone
    REVOKED = "revoked"  # by a candidate whose certificate its authority has revoked
    ISSUER = "issuer"  # by a candidate whose certificate nobody has issued whom the host trusts
    PURPOSE = "purpose"  # by a candidate whose certificate is not made for signing mail


IN_NEED = frozenset({Trust.WEAK, Trust.ISSUER})
"""What is answered by letter, and taken in an emergency: whose it is, is sure."""


BY_A_CANDIDATE = frozenset({Trust.GOOD, Trust.FUTURE}) | IN_NEED
"""Who signed is known: the content is his, whatever is thought of its time or of his key."""


class Signature(msgspec.Struct, frozen=True):
    """``fingerprint`` is the candidate's primary one; ``issuers`` the hex key ids named.

    ``created`` is when the best signature says that it was made (epoch seconds, 0 without
    one); its signer vouches for it only where ``trust`` is not ``UNKNOWN`` or ``BAD``. Of an
    X.509 certificate fingerprint and issuer are its SHA-256; it is ``stale`` where the list that
    should say whether it was revoked is missing or old. ``card`` says that a CPS card made it,
    whose certificate an authority of IGC-Santé has issued to the signer's own RPPS number; the
    keeper alone sets it.
    """

    trust: Trust
    fingerprint: str = ""
    issuers: tuple[str, ...] = ()
    created: int = 0
    stale: bool = False
    card: bool = False

    @property
    def is_x509(self) -> bool:
        """Whether it was made with an X.509 certificate, whose SHA-256 is its name here."""
        return len(self.fingerprint) == 64  # noqa: PLR2004 -- hex digits; OpenPGP's have 40


class Role(StrEnum):
    """What the keeper shall do with a body."""

    MAIN = "main"  # decrypt: its text opens with the routing header
    ATTACHED = "attached"  # a file: decrypt, check, forget; it is stored as it came


class BodyRef(msgspec.Struct, frozen=True):
    """An encrypted message (binary) in the shared memory: OpenPGP's or S/MIME's, by its content.

    ``name`` is the file name that was visible outside; ``entity`` says that the mail calls the
    main body a MIME entity (PGP/MIME) and not a bare text. Neither is signed: what it is shows in
    its octets.
    """

    span: Span
    role: Role
    entity: bool = False
    name: str = ""
    charset: str = ""


class Open(Message, frozen=True):
    """Open a mail. ``persons`` are those who may have signed it, or sent it from ``account``.

    ``account`` is the SASL login that SMTP AUTH has proven, as the milter says: it counts where
    nobody signed, for the person whose card names it. Only for whom one of both makes known are
    files opened that are encrypted by themselves. ``candidates`` are certificates that are held
    against a signature and entitle to nothing. One that is to be ``quick`` fails as ``SLOW``
    where it takes longer than mails do.
    """

    bodies: tuple[BodyRef, ...]
    persons: tuple[Candidate, ...] = ()
    account: str = ""
    candidates: tuple[bytes, ...] = ()
    quick: bool = False


class OpenedBody(msgspec.Struct, frozen=True):
    """A body that can be stored. ``span`` is the encrypted data packet, key packets off.

    For a body that came with the mail the span lies in the request's memory; ``fresh``
    bodies (documents split from a mail whose text carries a code) lie in the reply's.
    """

    container: Container
    span: Span
    digest: bytes
    parts: tuple[PartName, ...] = ()
    fresh: bool = False


class Attested(msgspec.Struct, frozen=True):
    """A Vitale attestation that holds: by whom it was issued, for whom, until when.

    ``nir`` is the patient's number with its key, ``rpps`` the doctor's whom the card was
    shown to, ``token_id`` what makes it valid once; ``expires`` in epoch seconds.
    """

    issuer: str
    nir: str
    rpps: str
    token_id: str
    expires: int


class AttestationFault(StrEnum):
    """Why a Vitale attestation does not hold; one fault is told, the first found."""

    MALFORMED = "malformed"  # no compact JWS, claims missing or of a wrong form, or two tokens
    UNKNOWN_ISSUER = "unknown issuer"  # no registered key of that id, or another's name
    BAD_SIGNATURE = "bad signature"  # or another algorithm than the key's
    OTHER_SERVICE = "other service"  # made out to another address
    TOO_LONG = "too long"  # valid for a longer span than this service takes
    EXPIRED = "expired"  # not valid at this time: over, or not begun


class Standing(StrEnum):
    """What a mail's own words are, looked at as a whole."""

    HEADER = "header"  # a routing header is there, or what surely was to be one
    NOTHING = "nothing"  # no words of the sender's own
    COURTESY = "courtesy"  # greetings, thanks, a signature
    WORDS = "words"  # words, and none that the service knows


class Doubt(StrEnum):
    """Why a mail is asked back whose header can be read."""

    QUOTED = "quoted"  # the request stands where a quotation may be
    OTHER_PATIENT = "other-patient"  # a quotation or a file names somebody else
    ALTERNATIVES = "alternatives"  # plain text and HTML do not say the same
    TWO_REFERENCES = "two-references"  # which emergency access is justified?
    FILE = "file"  # the text was signed as a file, or may have been
    LINE_ENDS = "line-ends"  # signed as text, with line ends that are none for everybody


class FileFault(StrEnum):
    """Why a file that is encrypted by itself is not taken; keys of the text catalogue.

    ``UNREADABLE`` covers a foreign key, damage and noise alike, as :class:`Why` does.
    """

    UNREADABLE = "file-unreadable"
    SIGNATURE = "file-signature"  # not the sender's own, or missing where others have one
    MAIL = "file-mail"  # it holds a mail, or the text of one
    BESIDE = "sealed-beside"  # it stands beside a text that holds its own files
    LAYERED = "layered"  # it is encrypted to the service once more
    NO_INTEGRITY = "no-integrity"
    UNSUPPORTED = "unsupported"
    TOO_MANY_RECIPIENTS = "too-many-recipients"


class Parcel(msgspec.Struct, frozen=True):
    """One of several HPRIM messages: its routing header, its places in ``Opened.bodies``."""

    header: str
    bodies: tuple[int, ...]


class Opened(Message, frozen=True):
    """``header`` is the routing header's lines, any code masked; ``has_code`` that there was one.

    A text that carries a code, an attestation or a reason that only auditors may read is not
    among ``bodies``, nor is a main body that holds nothing but the header. ``has_reason`` says
    that there is such a reason. ``attested`` is what a valid attestation says,
    ``attestation_fault`` why one that is there does not hold (:class:`AttestationFault`).
    ``ticket`` is what all further calls for this mail rest on; empty where its sender is nobody
    whom a card in force names.
    ``routing`` is what the header's lines say (:func:`rmp_milter.mail.header.understood.packed`),
    so that they are not read a second time.
    ``keys`` are the binary certificates that came as ``application/pgp-keys`` or as an
    attached ``.asc`` of certificates, at most four. ``once`` is the same for the same
    signed content of a signer's second, and for the same encrypted text that nobody enrolled
    signed, however it is wrapped and whatever came beside it: by it a replayed mail is known.
    ``parcels`` are there only where HPRIM messages name more than one patient: then ``header``
    is the first one's and decides nothing, and a body that is in no parcel belongs to nobody.
    ``standing`` says what the mail's own words are, and with ``doubts`` it is asked back whatever
    its header says. ``protected`` is what the mail says inside of whom it is for, of its author
    and its day.

    ``seals`` are, for the main body and then for each file encrypted by itself, the same for
    the same session key: by them a file is known that came in another mail. ``file_fault`` is
    why such a file is not taken. Then no file is among ``bodies``, nor in an emergency, nor
    where nobody knows the sender: none is opened there. ``file_signers`` are the fingerprints
    of those who signed them.
    ``unproven`` says that only a signature that holds makes the content anybody's: it came in
    AES-CBC, and no account counts for it.
    ``program`` is what an S/MIME mail says of its signer's program, None of any other.
    ``passed_over`` says that one of the request's persons has a card that does not count.
    ``log_ahead`` is by how many seconds the latest leaf of the access log is later than the
    keeper's clock.
    """

    header: str
    signature: Signature
    bodies: tuple[OpenedBody, ...]
    has_code: bool = False
    attested: Attested | None = None
    attestation_fault: str = ""
    keys: tuple[bytes, ...] = ()
    once: bytes = b""
    parcels: tuple[Parcel, ...] = ()
    has_reason: bool = False
    standing: Standing = Standing.HEADER
    doubts: tuple[Doubt, ...] = ()
    protected: Protected = Protected()
    seals: tuple[bytes, ...] = ()
    file_fault: FileFault | None = None
    file_signers: tuple[str, ...] = ()
    log_ahead: int = 0
    passed_over: bool = False
    unproven: bool = False
    program: MailProgram | None = None
    ticket: bytes = b""
    routing: bytes = b""

    @property
    def has_documents(self) -> bool:
        """Whether anything came beside the text."""
        return any(part.name for body in self.bodies for part in body.parts)
