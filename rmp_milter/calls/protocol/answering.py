"""Sealing the service's own answers, and documents for readers of another kind."""

from typing import Literal

from rmp_milter.calls.authority import Candidate
from rmp_milter.calls.protocol.message import Event, Message
from rmp_milter.calls.protocol.releasing import SealedDocument


class Seal(Message, frozen=True):
    """Sign with the service's key and encrypt to ``readers``.

    Their certificates are those of their cards, or enclosed in the mail. The plaintext is
    ``text``, or the request's shared memory if ``text`` is empty; a ``held_code`` replaces each
    :data:`CODE_MARK` (:data:`CODE_FIELD`) in it, for the sender of its mail alone.
    """

    readers: tuple[Candidate, ...]
    ticket: bytes = b""
    text: bytes = b""
    held_code: bytes = b""


class Sealed(Message, frozen=True):
    """A binary message of the readers' kind (OpenPGP, CMS).

    In the reply, or (``data`` empty) in its shared memory.
    """

    data: bytes


class Welcome(Message, frozen=True):
    """Sign the welcome of doctors with certificates, in clear. Operator's door only.

    The text is the keeper's own: ``service`` is one of its addresses, ``language`` "fr" or "en".
    """

    service: str
    language: Literal["fr", "en"] = "fr"


class Welcomed(Message, frozen=True):
    """A MIME entity, its header first, to be sent as it is."""

    entity: bytes


class Translate(Message, frozen=True):
    """Open a document that its reader's program cannot, and seal it anew for him.

    ``document.sealed_key`` is what stands in the place of his key packet (:data:`TRANSLATED`),
    the request's memory the stored body, ``dossier_id`` whose it is (``waits``: the id of a
    deposit that waits for its dossier) and ``dossier`` its card, without which nobody reads by
    his standing. ``ticket`` is that of the mail in whose answer it goes. ``head`` are the header
    lines in front of the content's own, in ``language`` what is said of the author, ``name`` the
    file's where the author's program wrote none into it. ``original`` sends along what the author
    signed. What is ``unsent`` goes to nobody: the same work is done, what comes of it opens for
    nobody, and the leaf says that nobody read. The reply is :class:`Sealed`.
    """

    reader: Candidate
    document: SealedDocument
    dossier_id: bytes
    event: Event
    head: bytes
    ticket: bytes = b""
    language: str = "fr"
    waits: bool = False
    original: bool = False
    dossier: bytes = b""
    name: str = ""
    unsent: bool = False


CODE_MARK = "@@CODE-PATIENT@@"
"""Stands for the patient's code in a text that the milter wrote and may not know."""


CODE_LIMIT = 64
"""Characters of the longest code; one that is set is of capitals and digits."""


CODE_FIELD = CODE_MARK.ljust(CODE_LIMIT)
"""The same where the width must not change (in a PDF): code and blanks take its place."""
