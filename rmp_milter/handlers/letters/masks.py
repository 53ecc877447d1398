"""What is told of entries that are masked, or shown again."""

from collections.abc import Sequence

from rmp_milter.dossier.model import Dossier
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.letters.index import entry_title
from rmp_milter.handlers.sight.seen import Seen
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import bullet_list, full_name


def mask_letter(
    case: Case, dossier: Dossier, sections: Sequence[tuple[str, Sequence[Seen]]]
) -> Letter:
    """Return the answer: under each key's words the entries that they are said of, if any."""
    language = case.language

    def titles(those: Sequence[Seen]) -> str:
        return bullet_list(entry_title(each, language, case.clock) for each in those)

    words = [text(key, language, entries=titles(those)) for key, those in sections if those]
    patient = full_name(dossier.patient)
    return Letter(text("subject-mask", language, patient=patient), "\n".join(words))
