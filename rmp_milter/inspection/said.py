"""How a decrypted text would be read: for hosts, and for makers of software who try letters.

The keeper's own code reads it, and the milter's judges it; there is no second reading.
"""

from rmp_milter.calls.protocol.message import Why
from rmp_milter.calls.protocol.opening import Standing
from rmp_milter.dossier.model import Value, Verb
from rmp_milter.errors import MailError
from rmp_milter.handlers.letters.emergency_questions import reason_letter
from rmp_milter.handlers.letters.refusal import refusal_letter
from rmp_milter.handlers.table import HANDLERS
from rmp_milter.keeper.desk.content import Opening, read_main
from rmp_milter.keeper.desk.desk import CallFailed, Limits
from rmp_milter.keeper.desk.packed import spread_out
from rmp_milter.keeper.openpgp.decrypt import Plain
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.header.routing import RoutingHeader
from rmp_milter.mail.incoming.charsets import decode
from rmp_milter.mail.incoming.mimetree import MimeLimit, scan
from rmp_milter.mail.meaning.texts import text_of_mail
from rmp_milter.mail.meaning.understanding import (
    InService,
    OwnWords,
    check_request,
    is_thanks,
    understood,
)
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.whose.reading import read_plain
from rmp_milter.mail.whose.words import SaidLine, Words


class SaidReport(Value, frozen=True):
    """What a decrypted text says to the service.

    ``lines`` are the text's, each with its owner; ``header`` what was understood, None where
    the text cannot be read (``refusal`` says why). ``nothing_asked`` says that nothing is done
    and nothing asked back, ``asked_back`` is the letter that its author would get.
    """

    lines: tuple[SaidLine, ...]
    standing: Standing = Standing.NOTHING
    header: RoutingHeader | None = None
    code_stated: bool = False
    letter_kept: bool = False
    refusal: str = ""
    asked_back: str = ""

    @property
    def has_request(self) -> bool:
        """Whether there are words that are read as a header, be it a deposit's."""
        return self.header is not None and self.standing is Standing.HEADER

    @property
    def nothing_asked(self) -> bool:
        """Whether its author asks for nothing: thanks."""
        return is_thanks(self.standing, has_documents=False) and not self.refusal


def said_in(data: bytes, limits: Limits, this_year: int, language: Language) -> SaidReport:
    """Return how a decrypted text or MIME entity is read.

    An entity is known by a MIME field above its first empty line. ``this_year`` is the year in
    which it is taken to have come. Never raises.
    """
    plain = Plain(data, "", ())
    try:
        opened = read_main(plain, "", limits, this_year)
        read = _words_of_entity if opened.is_entity else _words
        words = read(data, limits.text)
    except MimeLimit:
        return SaidReport((), refusal=Why.UNREADABLE.value)
    except CallFailed as failure:
        return SaidReport((), refusal=failure.why.value)
    return _report(words, opened, this_year, language)


def _words(data: bytes, most: int) -> Words:
    return read_plain(decode(data[:most], ""))


def _words_of_entity(data: bytes, most: int) -> Words:
    spread = spread_out(data, scan(data), most)
    text = text_of_mail(spread.data, spread.root, most)
    return text.readings[-1] if text.readings else Words(())


def _letter(error: MailError, header: RoutingHeader, lines: str, language: Language) -> Letter:
    if header.verb is Verb.URGENCE:
        return reason_letter(header, lines, language)
    return refusal_letter(error, header, lines, language)


def _check_reason(header: RoutingHeader, opened: Opening) -> None:
    """Raise what an emergency hears that says no reason (``handlers/urgence.py``)."""
    if header.verb is Verb.URGENCE and not opened.meaning.cut.reason:
        raise MailError("reason-missing")


def _report(words: Words, opened: Opening, this_year: int, language: Language) -> SaidReport:
    meaning, cut = opened.meaning, opened.meaning.cut
    own = OwnWords(cut.header, meaning.standing, meaning.doubts)
    header = understood(own, this_year, None)
    has_documents = any(part.name for part in opened.parts)
    refusal, asked_back = "", ""
    if is_thanks(meaning.standing, has_documents=has_documents):
        header = RoutingHeader()
    else:
        try:
            service = InService(HANDLERS)
            check_request(header, meaning.standing, service, has_documents=has_documents)
            _check_reason(header, opened)
        except MailError as error:
            refusal = error.text
            asked_back = _letter(error, header, cut.header, language).text
            if refusal == "nothing-asked":  # no line of it was to be a header's
                header = RoutingHeader()
    return SaidReport(
        lines=words.lines,
        standing=meaning.standing,
        header=header,
        code_stated=bool(cut.code),
        letter_kept=not refusal
        and meaning.keeps_text
        and any(not part.name for part in opened.parts),
        refusal=refusal,
        asked_back=asked_back,
    )
