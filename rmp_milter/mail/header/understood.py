"""What the routing header says, once it is read (docs/formats.md, Routing header)."""

import msgspec

from rmp_milter.dossier.model import Onglet, Scope, Sheet, Verb
from rmp_milter.mail.header.troubles import Problem


class RoutingHeader(msgspec.Struct, frozen=True):
    """What the header says. Empty strings stand for what it does not say.

    ``birth_date`` is ISO; ``nir`` 15 characters; ``consent`` None if nothing was said;
    ``letters`` what a list shall begin with; ``sheet`` is not matched on; ``numbers`` are
    entries of a dossier, as its index counts them, ``table`` the mark of that index;
    ``since`` and the days are ISO. A field with a problem is empty, so that nothing can rest
    on it; ``names_said`` and ``born_years`` are what an emergency may search by all the same.
    ``proofs`` are wanted with a list of accesses. ``service`` is the address that the mail
    says it is for, ``fingerprint`` that of the enclosed new key, in small letters; ``author``
    the address of who says that he wrote it, ``written`` the day (ISO) on which he did.
    ``guessed`` is what a request that was not understood may have meant.
    """

    verb: Verb = Verb.DEPOT
    birth_name: str = ""
    first_names: str = ""
    birth_date: str = ""
    nir: str = ""
    document: str = ""
    prescriber: str = ""
    consent: bool | None = None
    letters: str = ""
    reason: str = ""
    sheet: Sheet = Sheet()
    scope: Scope = Scope.WHOLE
    tab: Onglet | None = None
    since: str = ""
    numbers: tuple[int, ...] = ()
    table: str = ""
    doctor: str = ""
    locum: str = ""
    first_day: str = ""
    last_day: str = ""
    reference: str = ""
    names_said: str = ""
    born_years: tuple[int, int] | None = None
    proofs: bool = False
    service: str = ""
    fingerprint: str = ""
    author: str = ""
    written: str = ""
    guessed: Verb | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def meant(self) -> Verb | None:
        """The request that was probably meant: what was understood, None if nothing tells."""
        return self.guessed if self.verb is Verb.AIDE and self.problems else self.verb


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(RoutingHeader).decode


def packed(header: RoutingHeader) -> bytes:
    """Return what was read of a header, to be handed on."""
    return _encode(header)


def unpacked(data: bytes) -> RoutingHeader:
    """Read :func:`packed`; raise ``msgspec.DecodeError`` for anything else."""
    return _decode(data)
