"""What a doctor is told of his locums, and a locum of him."""

from rmp_milter.dossier.model import Doctor
from rmp_milter.handlers.asking.outcome import Notice
from rmp_milter.handlers.asking.view import View
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.header.routing import RoutingHeader
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import bullet_list, french_day


def locums_letter(
    key: str, changed: Doctor, locum: Doctor, view: View, language: Language
) -> Letter:
    """Return the answer: what was done, and all that is declared from now on."""
    words = text(key, language, locum=locum.name)
    lines = []
    for each in changed.locums:
        known = view.doctor(each.doctor_id)
        if known:
            first, last = french_day(each.first), french_day(each.last)
            facts = {"locum": known.name, "first": first, "last": last}
            lines.append(text("locum-line", language, **facts))
    listed = bullet_list(lines) if lines else text("locum-line-none", language)
    words += "\n" + text("locum-list", language) + "\n\n" + listed + "\n"
    return Letter(subject=text("subject-locum", language), text=words)


def locum_declared(
    doctor: Doctor, locum: Doctor, header: RoutingHeader, language: Language
) -> Notice:
    """Tell a locum for whom he acts, from when to when."""
    first, last = french_day(header.first_day), french_day(header.last_day)
    words = text("locum-told", language, doctor=doctor.name, first=first, last=last)
    return Notice(locum, Letter(subject=text("subject-notice", language), text=words))


def locum_ended(doctor: Doctor, locum: Doctor, language: Language) -> Notice:
    """Tell a locum that he acts for the doctor no more."""
    words = text("locum-over", language, doctor=doctor.name)
    return Notice(locum, Letter(subject=text("subject-notice", language), text=words))
