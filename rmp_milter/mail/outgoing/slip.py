"""The slip that the doctor prints for the patient: whose the code is, and the code."""

from rmp_milter.calls.protocol.answering import CODE_FIELD
from rmp_milter.dossier.model import Patient, Sheet
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Attachment
from rmp_milter.mail.outgoing.pdf import BOLD, TYPEWRITER, PrintedLine, page
from rmp_milter.mail.outgoing.spelling import spelled_fields
from rmp_milter.mail.outgoing.wording import birth_date, french_day, full_name

SLIP_NAME = "fiche-code.pdf"


def code_slip(
    patient: Patient, treating: str, sheet: Sheet, today: str, language: Language
) -> Attachment:
    """Return the slip as a PDF that holds the fields for the code, and for how it is spelled.

    They are :data:`rmp_milter.calls.protocol.answering.CODE_FIELD` and those of
    :func:`~rmp_milter.mail.outgoing.spelling.spelled_field`. ``treating`` is the médecin
    traitant's name; his telephone numbers are the sheet's. ``today`` is ISO.
    """
    numbers = ", ".join(each for each in (sheet.phone, sheet.mobile) if each)
    facts = {
        "patient": full_name(patient),
        "birth_date": birth_date(patient),
        "treating": f"{treating} ({numbers})" if numbers else treating,
        "date": french_day(today),
    }

    def words(part: str) -> str:
        return text(f"slip-{part}", language, **facts)

    return Attachment(
        SLIP_NAME,
        "application/pdf",
        page(
            [
                PrintedLine(words("title"), 18, BOLD, 10),
                PrintedLine(words("patient"), 13, space=14),
                PrintedLine(words("code"), 13, space=14),
                PrintedLine(CODE_FIELD, 14, TYPEWRITER, 8),
                *(PrintedLine(field, 10, TYPEWRITER, 1) for field in spelled_fields(language)),
                PrintedLine(words("secret"), space=8),
                PrintedLine(words("lost")),
                PrintedLine(words("treating"), space=14),
                PrintedLine(words("date")),
            ]
        ),
    )
