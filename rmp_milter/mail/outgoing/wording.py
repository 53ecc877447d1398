"""How patients, dates, sizes and documents are written in the answers."""

import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

from rmp_milter.dossier.days import Clock
from rmp_milter.dossier.model import Container, Document, PartName, Patient
from rmp_milter.mail.catalogue.inert import inert
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text

_KIB = 1024
_UNIVERSAL = frozenset({"UTC", "Etc/UTC", "Universal", "Etc/Universal", "Zulu", "Etc/Zulu"})
_ENDING = 8  # characters that stay of a long name's end: what kind of file it is
_PAIR = 2  # numbers in a row that are both named
_NAME = 36  # characters of a file's name, so that it ends on the line that it stands on
_TITLE = 44  # and of the words of an entry


def full_name(patient: Patient) -> str:
    """Return the patient as French records write him: NOM Prénom."""
    return f"{patient.birth_name.upper()} {patient.first_names}"


def birth_date(patient: Patient) -> str:
    """Return the date of birth as DD/MM/YYYY."""
    return french_day(patient.birth_date)


def french_day(iso: str) -> str:
    """Return an ISO day as DD/MM/YYYY."""
    year, month, day = iso.split("-")
    return f"{day}/{month}/{year}"


def spaced(fingerprint: str) -> str:
    """Return a fingerprint in capitals, in groups of four, to be read out on the phone."""
    upper = fingerprint.upper()
    return " ".join(upper[at : at + 4] for at in range(0, len(upper), 4))


def day(moment: int, clock: Clock) -> str:
    """Return the day of a time (seconds since the epoch) as DD/MM/YYYY."""
    return clock.at(moment).strftime("%d/%m/%Y")


def minute(moment: int, clock: Clock) -> str:
    """Return a time as ``DD/MM/YYYY HH:MM``; whose time it is stands once beside them."""
    return clock.at(moment).strftime("%d/%m/%Y %H:%M")


def whose_time(clock: Clock, language: Language) -> str:
    """Return ``heure de Paris``: the time zone as people say it, by its town."""
    if clock.name in _UNIVERSAL:
        return text("universal-time", language)
    town = clock.name.rpartition("/")[2].replace("_", " ")
    return text("time-of", language, town=town)


def told_minute(moment: int, clock: Clock, language: Language) -> str:
    """Return ``DD/MM/YYYY HH:MM (heure de Paris)``, for a time that stands alone."""
    return f"{minute(moment, clock)} ({whose_time(clock, language)})"


def ranges(numbers: Iterable[int], language: Language) -> str:
    """Return numbers for reading, in order: ``1 à 3, 7``."""
    spans: list[list[int]] = []
    for number in sorted(set(numbers)):
        if spans and number == spans[-1][-1] + 1:
            spans[-1].append(number)
        else:
            spans.append([number])
    to = text("range-to", language)
    parts = (
        f"{span[0]} {to} {span[-1]}" if len(span) > _PAIR else ", ".join(map(str, span))
        for span in spans
    )
    return ", ".join(parts)


def size(octets: int) -> str:
    """Return a size for reading: ``12 Ko``, ``3,4 Mo``."""
    if octets < _KIB * _KIB:
        return f"{max(1, round(octets / _KIB))} Ko"
    return f"{octets / (_KIB * _KIB):.1f} Mo".replace(".", ",")


def part_title(part: PartName, language: Language) -> str:
    """Return what a part is called: its file name, or that it is the letter.

    A name is a user's words: it stands behind one of ours, and on one line with it.
    """
    if part.name:
        return text("file-part", language, name=short(bare_name(part.name), _NAME))
    key = "letter-part" if part.media_type.startswith("text/") else "unnamed-part"
    return text(key, language)


def document_titles(document: Document, language: Language) -> list[str]:
    """Return one title with size for each thing that a stored body holds."""
    parts = document.parts or (PartName(name="", media_type="", size=document.size),)
    if document.container is Container.TEXT:
        parts = (PartName(name="", media_type="text/plain", size=parts[0].size),)
    return [f"{part_title(part, language)} ({size(part.size)})" for part in parts]


def entry_words(title: str, language: Language) -> str:
    """Return what an entry is called, on one line."""
    return short(title, _TITLE) or text("unnamed-part", language)


def short(words: str, most: int) -> str:
    """Return a user's words, harmless, on one line; of long ones the beginning and the end."""
    plain = inert(words)
    if len(plain) <= most:
        return plain
    ending = plain[-_ENDING:].lstrip()
    return f"{plain[: most - len(ending) - 1].rstrip()}…{ending}"


def bare_name(name: str) -> str:
    """Return a file name without the ending that its encryption added."""
    path = PurePosixPath(name)
    return path.stem if path.suffix.lower() in {".pgp", ".gpg", ".asc"} else name


def bullet_list(lines: Iterable[str]) -> str:
    """Return the lines as a list with dashes."""
    return "\n".join(f"  - {line}" for line in lines)


def smtp_line(words: str) -> str:
    """Return a text of the catalogue as the one line of an SMTP reply: ASCII, no ``%``.

    RFC 5321 4.2 allows no other characters without SMTPUTF8, and libmilter takes ``%`` for
    a format. One line, since there are mail clients that show the last one only.
    """
    plain = (
        words.replace("«", '"')
        .replace("»", '"')
        .replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    )
    folded = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return " ".join(folded.replace("%", "").split()) or "-"
