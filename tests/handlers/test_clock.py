"""What people read is in the host's time zone, and their days begin at its midnight."""

from zoneinfo import ZoneInfo

import pytest
from handlers_case import (
    DEMO,
    NOON,
    OTHER,
    RecordingKeeper,
    asked,
    dossier,
    entry,
    play,
    refusal_of,
    run,
)
from msgspec.structs import replace
from wishes_case import FILED, text_of, words_of, world

from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.leaves import History, PastEvent, Told
from rmp_milter.dossier.days import UNIVERSAL, Clock, day_of
from rmp_milter.dossier.model import Locum, Onglet, ReceiptLine
from rmp_milter.handlers import acces, consultation, liste, urgence
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.letters.receipts import digest_letter
from rmp_milter.mail.outgoing.wording import day, minute, told_minute, whose_time
from rmp_milter.milter.chores.due import lines_due

PARIS = Clock("Europe/Paris", ZoneInfo("Europe/Paris"))
REUNION = Clock("Indian/Reunion", ZoneInfo("Indian/Reunion"))
LAST_EVENING = 1_779_919_500  # 27/05/2026 22:05 UTC: the 28th in Paris already, 00:05
WINTER = 1_768_000_000  # 09/01/2026 23:06:40 UTC


def at(moment: int, clock: Clock, case: Case) -> Case:
    return replace(case, at=moment, clock=clock)


def test_days_and_hours_are_those_of_the_host_in_summer_and_in_winter() -> None:
    assert minute(LAST_EVENING, UNIVERSAL) == "27/05/2026 22:05"
    assert minute(LAST_EVENING, PARIS) == "28/05/2026 00:05"
    assert (day(LAST_EVENING, PARIS), day_of(LAST_EVENING, PARIS)) == (
        "28/05/2026",
        "2026-05-28",
    )
    assert minute(WINTER, PARIS) == "10/01/2026 00:06"
    assert minute(WINTER, REUNION) == "10/01/2026 03:06"


@pytest.mark.parametrize(
    ("name", "french", "english"),
    [
        ("Europe/Paris", "heure de Paris", "Paris time"),
        ("America/Argentina/Buenos_Aires", "heure de Buenos Aires", "Buenos Aires time"),
        ("UTC", "temps universel", "universal time"),
        ("Etc/UTC", "temps universel", "universal time"),
    ],
)
def test_whose_time_it_is_is_said(name: str, french: str, english: str) -> None:
    clock = Clock(name, ZoneInfo(name))
    assert (whose_time(clock, "fr"), whose_time(clock, "en")) == (french, english)


def test_a_list_of_accesses_says_it_once() -> None:
    past = PastEvent(1, LAST_EVENING, "consultation", "granted", OTHER.rpps, "signature")

    def answer(request: Request) -> Reply:
        return Told((past, past)) if isinstance(request, History) else play(request)

    case = at(NOON, PARIS, asked(text_of("accès")))
    words = words_of(run(acces.handle, case, world(), RecordingKeeper(answer))[0])
    assert words.count("heure de Paris") == 1
    assert words.count("28/05/2026 00:05  Dr Anne AUTRE") == 2


def test_an_emergencys_time_is_the_hosts_and_says_so() -> None:
    text = "Demande : urgence\nPatient : DUPONT Jean\nNé le : 30/01/1959\nMotif : coma\n"
    case = at(LAST_EVENING, PARIS, asked(text, by=OTHER, has_reason=True))
    outcome, _ = run(urgence.handle, case, world())
    assert "28/05/2026 00:05 (heure de Paris)" in words_of(outcome)
    for notice in outcome.effects.notices:
        assert told_minute(LAST_EVENING, PARIS, "fr") in notice.letter.text


def test_the_index_is_dated_by_the_host_and_so_are_its_entries() -> None:
    late = replace(FILED[0], entry=replace(FILED[0].entry, received_at=LAST_EVENING))
    case = at(LAST_EVENING, PARIS, asked(text_of("dossier")))
    words = words_of(run(consultation.handle, case, world(None, (late,)))[0])
    assert "État au 28/05/2026" in words
    assert "1. 28/05/2026  Résumé médical" in words
    case = at(LAST_EVENING, PARIS, asked(text_of("liste")))
    assert "28/05/2026" in words_of(run(liste.handle, case, world(None, (late,)))[0])


@pytest.mark.parametrize(
    ("clock", "since", "found"),
    [(PARIS, "28/05/2026", 1), (UNIVERSAL, "28/05/2026", 0), (UNIVERSAL, "27/05/2026", 1)],
)
def test_since_a_day_counts_from_the_hosts_midnight(
    clock: Clock, since: str, found: int
) -> None:
    late = replace(FILED[0], entry=replace(FILED[0].entry, received_at=LAST_EVENING))
    case = at(NOON, clock, asked(text_of("dossier", f"Depuis : {since}")))
    outcome, _ = run(consultation.handle, case, world(None, (late,)))
    assert outcome.letter is not None
    assert len(outcome.letter.enclosures) == found


class TestALocumsDays:
    """They begin and end at midnight where the host is: two hours before it, by UTC."""

    @pytest.mark.parametrize(
        ("moment", "reads"),
        [
            (1_779_919_199, False),  # 27/05/2026 23:59:59 in Paris
            (1_779_919_200, True),  # 28/05/2026 00:00:00
            (1_780_091_999, True),  # 29/05/2026 23:59:59
            (1_780_092_000, False),  # 30/05/2026 00:00:00
        ],
    )
    def test_begin_and_end_at_midnight(self, moment: int, *, reads: bool) -> None:
        view = world(dossier(), [entry(1, Onglet.SYNTHESE, "Résumé", [DEMO])])
        period = Locum(OTHER.doctor_id, "2026-05-28", "2026-05-29", NOON)
        view.known[DEMO.doctor_id] = replace(DEMO, locums=(period,))
        case = at(moment, PARIS, asked(text_of("dossier"), by=OTHER))
        if reads:
            outcome, _ = run(consultation.handle, case, view)
            assert outcome.letter is not None
            assert len(outcome.letter.enclosures) == 1
        else:
            assert refusal_of(consultation.handle, case, view).text == "code-missing"


def test_a_days_receipts_are_those_of_the_hosts_day() -> None:
    line = ReceiptLine(DEMO.doctor_id, LAST_EVENING, "reçu")
    before_midnight, after = 1_780_005_599, 1_780_005_600  # 28/05 23:59:59 and 29/05 00:00
    assert lines_due([line], before_midnight, PARIS) == ()
    assert lines_due([line], after, PARIS) == (line,)
    assert lines_due([line], before_midnight, UNIVERSAL) == (line,)
    assert "28/05/2026" in digest_letter([line], "fr", PARIS).text
