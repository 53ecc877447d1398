"""What is told when the médecin traitant changes: what stands, who may contest, what undoes it."""

from collections.abc import Iterator, Sequence

from rmp_milter.dossier.days import day_of
from rmp_milter.dossier.masks import masked_numbers
from rmp_milter.dossier.model import Doctor, Dossier, NumberedEntry
from rmp_milter.dossier.takeovers import may_be_contested
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Notice
from rmp_milter.handlers.letters.notices import notice
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.wording import (
    birth_date,
    bullet_list,
    french_day,
    full_name,
    spaced,
    told_minute,
)


def until_words(case: Case, dossier: Dossier) -> str:
    """Return until when the takeover can be contested, to the minute."""
    moment = dossier.takeover.until if dossier.takeover else case.at
    return told_minute(moment, case.clock, case.language)


def standing_words(case: Case, dossier: Dossier, entries: Sequence[NumberedEntry]) -> str:
    """Return what stands from before in a dossier that the sender governs from now on.

    Each with the request that undoes it: the patient's suspended key, masks, oppositions, the
    sender's own locums, and the code, which others may know.
    """
    found = (
        text("stands-code", case.language),
        *_key_words(case, dossier),
        *_masks_words(case, dossier, entries),
        *_oppositions_words(case, dossier),
        *_locums_words(case),
    )
    return "\n" + "\n".join(found)


def _key_words(case: Case, dossier: Dossier) -> Iterator[str]:
    patient = case.view.patient_of(dossier.dossier_id)
    if patient is not None and dossier.suspended:
        fingerprint = spaced(patient.fingerprint)
        yield text("stands-key", case.language, mail=patient.mail, fingerprint=fingerprint)


def _masks_words(
    case: Case, dossier: Dossier, entries: Sequence[NumberedEntry]
) -> Iterator[str]:
    if count := len(masked_numbers(dossier, entries)):
        yield text("stands-masks", case.language, count=str(count))


def _oppositions_words(case: Case, dossier: Dossier) -> Iterator[str]:
    known = [case.view.doctor(each) for each in dossier.opposed]
    if names := [each.name for each in known if each]:
        yield text("stands-oppositions", case.language, lines=bullet_list(names))


def _locums_words(case: Case) -> Iterator[str]:
    today, lines = day_of(case.at, case.clock), []
    for each in case.doctor.locums:
        known = case.view.doctor(each.doctor_id)
        if known and each.last >= today:
            first, last = french_day(each.first), french_day(each.last)
            facts = {"locum": known.name, "first": first, "last": last}
            lines.append(text("locum-line", case.language, **facts))
    if lines:
        yield text("stands-locums", case.language, lines=bullet_list(lines))


def taken_notices(case: Case, before: Dossier, after: Dossier) -> tuple[Notice, ...]:
    """Tell of a takeover who lost the dossier, who may contest it, and the patient by his key.

    It is the last that his key is told before it is confirmed: it says no more than the former
    médecin traitant is told, who may have enrolled it for himself.
    """
    lost = case.view.doctor(before.treating)
    return (
        *((_lost(case, after, lost),) if lost else ()),
        *_told_again(case, before, after),
        *_patient_told(case, before, after),
    )


def _lost(case: Case, after: Dossier, former: Doctor) -> Notice:
    """Tell who was médecin traitant whom the patient has chosen, and how it is contested."""
    patient, born = full_name(after.patient), birth_date(after.patient)
    words = text(
        "treating-lost",
        case.language,
        patient=patient,
        birth_date=born,
        doctor=case.doctor.name,
    )
    his = after.takeover is not None and after.takeover.former == former.doctor_id
    if his and may_be_contested(after.takeover, case.at):
        more = text("treating-lost-contest", case.language, at=until_words(case, after))
    else:
        more = text("treating-lost-stands", case.language)
    return notice(former, f"{words}\n{more}", case.language)


def _told_again(case: Case, before: Dossier, after: Dossier) -> Iterator[Notice]:
    """Tell the first of several who lost the dossier in a row: it is he who may contest."""
    takeover = after.takeover
    if takeover is None or not may_be_contested(takeover, case.at):
        return
    first = case.view.doctor(takeover.former)
    if first is not None and first.doctor_id != before.treating:
        patient, born, at = (
            full_name(after.patient),
            birth_date(after.patient),
            until_words(case, after),
        )
        facts = {"patient": patient, "birth_date": born, "doctor": case.doctor.name}
        words = text("treating-lost-again", case.language, **facts, at=at)
        yield notice(first, words, case.language)


def _patient_told(case: Case, before: Dossier, after: Dossier) -> Iterator[Notice]:
    patient = case.view.patient_of(after.dossier_id)
    if patient is None or before.suspended:
        return
    words = text("key-suspended", case.language, doctor=case.doctor.name)
    if may_be_contested(after.takeover, case.at):
        at = until_words(case, after)
        words += "\n" + text("key-suspended-contest", case.language, at=at)
    yield notice(patient, words, case.language)


def contest_notices(
    case: Case, before: Dossier, after: Dossier, former: Doctor
) -> tuple[Notice, ...]:
    """Tell of a contest who lost the dossier by it, who has it back, and the patient.

    The sender is not told: he has the answer. Nor is a patient whose key is suspended.
    """
    patient = None if after.suspended else case.view.patient_of(after.dossier_id)
    concerned = (
        ("contest-lost", case.view.doctor(before.treating)),
        ("contest-restored", former),
        ("contest-told", patient),
    )
    facts = {
        "patient": full_name(after.patient),
        "birth_date": birth_date(after.patient),
        "sender": case.doctor.name,
        "former": former.name,
    }
    return tuple(
        notice(reader, text(key, case.language, **facts), case.language)
        for key, reader in concerned
        if reader and reader.doctor_id != case.doctor.doctor_id
    )
