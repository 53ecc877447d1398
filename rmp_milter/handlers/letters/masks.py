"""What is told of entries that are masked, or shown again."""

from collections.abc import Sequence

from rmp_milter.dossier.model import Dossier
from rmp_milter.handlers.letters.index import entry_title
from rmp_milter.handlers.sight.seen import Seen
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import bullet_list, full_name


def mask_letter(
    dossier: Dossier, sections: Sequence[tuple[str, Sequence[Seen]]], language: Language
) -> Letter:
    """Return the answer: under each key's words the entries that they are said of, if any."""
    words = [
        text(key, language, entries=bullet_list(entry_title(each, language) for each in those))
        for key, those in sections
        if those
    ]
    patient = full_name(dossier.patient)
    return Letter(text("subject-mask", language, patient=patient), "\n".join(words))
