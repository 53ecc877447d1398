"""The one error type that carries its outward meaning.

Whatever refuses or delays a mail raises :class:`MailError`; its fields say what the
SMTP client hears, which catalogue text the doctor reads and, apart from both, what
the host's log may hold. Nothing else that is raised reaches the outside: the milter
boundary turns any other exception into a plain 451.
"""

import errno
from collections.abc import Mapping
from types import MappingProxyType

_SHORTAGES = frozenset(
    {errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    | {errno.EAGAIN, errno.ENOBUFS, errno.EIO}
)
"""What the system says where it lacks memory, descriptors, room on a disk, processes."""

SHORT = "no memory or descriptors left"
"""How the keeper says so of itself."""

AHEAD = "ahead of the keeper"
GONE = "a card of what is gone"
"""How the keeper says that a card is further on than it knows, or of what was erased or removed."""

FOREIGN = "not a held value of this mail"
"""How the keeper says that it did not make a ticket, or before it was started anew."""

RESTORED = "is keeper or store from an older copy? rmp store check"
"""What the host's log says where the store's cards go on not being those that the keeper knows."""


class MailError(Exception):
    """A mail that is refused (5xx) or must come again (4xx).

    ``code``/``enhanced`` are the SMTP reply (RFC 5321, RFC 3463); ``text`` is a key of
    :mod:`rmp_milter.mail.catalogue.texts`; ``facts`` fill that text's placeholders and are public
    to the sender; ``detail`` is for the host's log only and holds no identity.
    """

    def __init__(
        self,
        text: str,
        *,
        code: int = 550,
        enhanced: str = "5.7.1",
        detail: str = "",
        facts: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(f"{code} {enhanced} {text}")
        self.text = text
        self.code = code
        self.enhanced = enhanced
        self.detail = detail
        self.facts = MappingProxyType(dict(facts))

    @property
    def temporary(self) -> bool:
        """Whether the sender's server should try again (4xx)."""
        return 400 <= self.code < 500  # noqa: PLR2004 -- the SMTP reply classes, RFC 5321 4.2.1


class LostError(MailError):
    """The keeper that a mail is with is away: the mail may begin anew with another one.

    ``asked`` says that it went in the middle of a call, and may have done it.
    """

    def __init__(self, detail: str, *, asked: bool) -> None:
        super().__init__("unavailable", code=451, enhanced="4.3.0", detail=detail)
        self.asked = asked


class GoneError(MailError):
    """The keeper knows that what a call is about was erased or removed."""


def try_again(text: str, detail: str = "") -> MailError:
    """Return the 451 for a fault of ours: nothing was done, the mail must come again."""
    return MailError(text, code=451, enhanced="4.3.0", detail=detail)


def is_shortage(error: BaseException) -> bool:
    """Whether an exception says that this machine lacks something: no fault of any mail."""
    if isinstance(error, MemoryError):
        return True
    return isinstance(error, OSError) and error.errno in _SHORTAGES
