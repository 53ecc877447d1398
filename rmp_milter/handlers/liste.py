"""Liste: the médecin traitant's own patients, by the first letters of the name."""

from rmp_milter.errors import MailError
from rmp_milter.handlers.steps import Asked, Outcome, Proof, Steps, View, event, expect
from rmp_milter.identity import fold, name_begins
from rmp_milter.keeper.protocol import Record, Recorded
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.letter import Letter
from rmp_milter.mail.texts import text
from rmp_milter.mail.wording import birth_date, bullet_list, day, full_name
from rmp_milter.model import Dossier


def handle(asked: Asked, view: View, language: Language) -> Steps:
    """List those of the asker's patients whose name begins so; nobody else's."""
    if asked.sender.proof is not Proof.SIGNATURE:
        raise MailError("signature-needed")
    letters = asked.header.letters
    mine = [
        dossier
        for dossier in view.dossiers_of(asked.doctor.doctor_id)
        if name_begins(dossier.patient, letters)
    ]
    expect((yield Record(event(asked, "liste"))), Recorded)
    mine.sort(key=lambda dossier: (fold(full_name(dossier.patient)), dossier.dossier_id))
    lines = [_line(dossier, view, language) for dossier in mine]
    key = "list-head" if letters else "list-head-all"
    head = text(key, language, letters=letters, count=str(len(lines)))
    return Outcome(
        letter=Letter(
            subject=text("subject-list", language), text=f"{head}\n\n{bullet_list(lines)}\n"
        )
    )


def _line(dossier: Dossier, view: View, language: Language) -> str:
    last = view.last_entry(dossier.dossier_id)
    return text(
        "list-line",
        language,
        patient=full_name(dossier.patient),
        birth_date=birth_date(dossier.patient),
        last=day(last.entry.received_at) if last else text("list-none", language),
    )
