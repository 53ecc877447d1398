"""The meaning of a whole mail: its running text, or where it has none its attached texts."""

from typing import NamedTuple

import msgspec

from rmp_milter.calls.protocol.opening import Doubt, Standing
from rmp_milter.dossier.model import Verb
from rmp_milter.mail.header.patients import names_another
from rmp_milter.mail.incoming.mimetree import Buffer, Part
from rmp_milter.mail.meaning.meaning import Meaning, agreed, asked, meaning
from rmp_milter.mail.meaning.texts import MailText, attached_text, text_of_mail

_BY_FILE = frozenset({Verb.DEPOT, Verb.URGENCE})
"""What an attached text may ask for: nothing that changes or hands out what is stored."""


class MailMeaning(NamedTuple):
    """What a mail means, and the running text that was read for it."""

    meaning: Meaning
    text: MailText


def meaning_of_mail(buffer: Buffer, root: Part, most: int, this_year: int) -> MailMeaning:
    """Return what the entity ``root`` in ``buffer`` means.

    ``most`` bounds the octets of each text. Never raises.
    """
    text = text_of_mail(buffer, root, most)
    read = _of(text, this_year)
    if read.standing is Standing.NOTHING and not text.readings:
        read = _by_file(_of(attached_text(buffer, root, most), this_year), this_year)
    elif read.standing is Standing.HEADER and asked(read, this_year).verb is Verb.DEPOT:
        read = _beside_files(read, attached_text(buffer, root, most), this_year)
    return MailMeaning(read, text)


def _of(text: MailText, this_year: int) -> Meaning:
    return agreed([meaning(words, this_year) for words in text.readings], this_year)


def _beside_files(read: Meaning, attached: MailText, this_year: int) -> Meaning:
    """Return the deposit, in doubt if an attached text names somebody else in header form."""
    lines = [line.text for words in attached.readings for line in words.lines]
    if not names_another(lines, read.cut.header, this_year):
        return read
    doubts = dict.fromkeys((*read.doubts, Doubt.OTHER_PATIENT))
    return msgspec.structs.replace(read, doubts=tuple(doubts))


def _by_file(read: Meaning, this_year: int) -> Meaning:
    """Return what an attached text may ask for; it is asked back for anything else."""
    if read.standing is not Standing.HEADER:
        return Meaning(keeps_text=read.keeps_text)
    if asked(read, this_year).verb in _BY_FILE:
        return read
    return msgspec.structs.replace(read, doubts=(*read.doubts, Doubt.QUOTED))
