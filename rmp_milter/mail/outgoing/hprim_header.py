"""The HPRIM header that lets a reader's software file an entry by itself.

Twelve lines that French medical software puts in front of a report, then what the entry
holds; ISO-8859-1, CRLF (docs/formats.md, HPRIM headers beside entries).
"""

import re
import unicodedata

import msgspec

from rmp_milter.dossier.days import Clock
from rmp_milter.dossier.model import Doctor, Dossier, Entry
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import HeaderFile
from rmp_milter.mail.outgoing.wording import day, document_titles, french_day

_CODE_COLUMNS = 10
_REFERENCE_DIGITS = 8
_NIR_DIGITS = 13
_TOWN = re.compile(r"(?P<street>.*?)[\s,;–-]*\b(?P<town>\d{5}\s+\S.*)")
_LIGATURES = str.maketrans(
    {"œ": "oe", "Œ": "OE", "’": "'", "‘": "'", "–": "-", "—": "-", "…": "...", "€": "EUR"}
)


class PlaceInIndex(msgspec.Struct, frozen=True):
    """Where an entry stands for its reader: its number and onglet in the index."""

    number: int
    onglet: str


def header_file(  # noqa: PLR0913, PLR0917 -- what the twelve lines are made of
    dossier: Dossier,
    entry: Entry,
    place: PlaceInIndex,
    reader: Doctor,
    language: Language,
    clock: Clock,
) -> HeaderFile:
    """Return the header of one entry, as a file's content; its day is the one of the index."""
    lines = [*_twelve(dossier, entry, place, reader, clock), "", *_body(entry, place, language)]
    lines += ["****FIN****", "****FINFICHIER****"]
    return HeaderFile(place.number, b"".join(_encoded(line) + b"\r\n" for line in lines))


def _twelve(
    dossier: Dossier, entry: Entry, place: PlaceInIndex, reader: Doctor, clock: Clock
) -> list[str]:
    patient = dossier.patient
    # Of the random half: it names the dossier to software and tells nothing.
    reference = dossier.dossier_id.hex().upper()[-_REFERENCE_DIGITS:]
    street, more, town = _address(dossier.sheet.address)
    number, key = patient.nir[:_NIR_DIGITS], patient.nir[_NIR_DIGITS:]
    return [
        reference,
        patient.birth_name.upper(),
        patient.first_names,
        street,
        more,
        town,
        french_day(patient.birth_date),
        f"{number} {key}".strip(),
        f"{reference}-{place.number}",
        day(entry.received_at, clock),
        # Correspondents' codes are each software's own: the columns stay blank.
        " " * _CODE_COLUMNS + entry.author_name,
        " " * _CODE_COLUMNS + reader.name,
    ]


def _address(address: str) -> tuple[str, str, str]:
    """Return two lines of address, and postcode with town where they can be told."""
    found = _TOWN.fullmatch(" ".join(address.split()))
    rest, town = (found["street"], found["town"]) if found else (address, "")
    street, _, more = rest.partition(",")
    # No line may begin as the marks that end a message do.
    return street.strip(" *"), more.strip(" *"), town.strip()


def _body(entry: Entry, place: PlaceInIndex, language: Language) -> list[str]:
    titles = [title for each in entry.documents for title in document_titles(each, language)]
    words = text(
        "hprim-body",
        language,
        number=str(place.number),
        document=" ".join(entry.document_type.split()) or text("unnamed-part", language),
        onglet=place.onglet,
    )
    return [*words.splitlines(), *(f"- {title}" for title in titles)]


def _encoded(line: str) -> bytes:
    """Return the line in ISO-8859-1; what it has no sign for loses its accent, or is ``?``."""
    plain = "".join(char for char in line.translate(_LIGATURES) if char.isprintable())
    composed = unicodedata.normalize("NFC", plain)
    return b"".join(_sign(char) for char in composed)


def _sign(char: str) -> bytes:
    try:
        return char.encode("iso-8859-1")
    except UnicodeEncodeError:
        return unicodedata.normalize("NFKD", char)[0].encode("iso-8859-1", "replace")
