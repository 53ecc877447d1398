"""Figures of emergencies, and whose stand out among colleagues'."""

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from access_case import ORIGIN, MadeLog

from rmp_milter.audit.acts import Calendar, EmergencyYears, gather
from rmp_milter.audit.chance import ninth_tenth, score_of_count, score_of_share
from rmp_milter.audit.folder import ExportedLog, FolderError
from rmp_milter.audit.namesakes import encoded, grouped, read_namesakes
from rmp_milter.audit.standouts import entries_of, why
from rmp_milter.audit.thief import PartOf, ThiefFigures, thief_figures
from rmp_milter.audit.unusual import THRESHOLD, WHOLE, Standout, unusual
from rmp_milter.cli import main
from rmp_milter.phrases.phrase import told

PARIS = ZoneInfo("Europe/Paris")
DAY, HOUR = 86_400, 3600
BEGAN = 1_798_758_000  # 2027-01-01T00:00 in France
NOON = BEGAN + 12 * HOUR
LATER = BEGAN + 400 * DAY
JUSTIFY = 24


def leaf(action: str, at: int, rpps: str, patient: int, **fields: object) -> dict[str, object]:
    return {
        "action": action,
        "at": at,
        "logged": at,
        "rpps": rpps,
        "outcome": "granted",
        "v": 1,
        "patient": f"{patient:064x}",
        "sender": f"d{rpps}@chu.example",
        **fields,
    }


class Town:
    """Entries in the making."""

    def __init__(self) -> None:
        self.leaves: list[dict[str, object]] = []
        self._count = 0

    def at_work(self, doctors: Iterable[str], months: int = 12) -> None:
        """Let doctors do something in each month."""
        for rpps in doctors:
            for month in range(months):
                self._count += 1
                at = NOON + 30 * month * DAY
                self.leaves.append(leaf("depot", at, rpps, 10**6 + self._count))

    def emergency(
        self,
        rpps: str,
        at: int,
        patient: int = 0,
        *,
        justified: bool = True,
        known: bool = False,
    ) -> None:
        self._count += 1
        who = patient or 10**7 + self._count
        reference = f"U-{self._count:04d}"
        if known:
            self.leaves.append(leaf("dossier", at - DAY, rpps, who))
        self.leaves.append(leaf("urgence", at, rpps, who, reference=reference))
        if justified:
            self.leaves.append(leaf("justification", at + HOUR, rpps, who, reference=reference))

    def export(self, folder: Path) -> Path:
        self.leaves.sort(key=lambda each: int(str(each["at"])))
        return MadeLog([json.dumps(each).encode() for each in self.leaves]).export(folder)

    def gathered(self, folder: Path) -> EmergencyYears:
        return gather(ExportedLog(self.export(folder)), Calendar(PARIS))


def doctors(count: int) -> list[str]:
    return [str(10_000_000_000 + number) for number in range(count)]


def figures(gathered: EmergencyYears, now: int = LATER) -> ThiefFigures:
    return thief_figures(gathered.acts, now, JUSTIFY)


ANNE = "10000000000"


def test_emergencies_are_counted_by_what_surrounds_them(tmp_path: Path) -> None:
    town = Town()
    town.emergency(ANNE, NOON)
    town.emergency(ANNE, NOON + DAY, known=True)
    town.emergency(ANNE, BEGAN + 3 * HOUR, justified=False)
    found = figures(town.gathered(tmp_path))
    assert found == ThiefFigures(3, 2, 1, 3, 1, 0, 1)


def test_one_emergency_does_not_excuse_the_next(tmp_path: Path) -> None:
    town = Town()
    for day in range(3):
        town.emergency(ANNE, NOON + day * DAY, patient=7)
    found = figures(town.gathered(tmp_path))
    assert (found.unknown, found.one_patient) == (3, 3)


def test_a_refusal_makes_nobody_known_and_a_deposit_does(tmp_path: Path) -> None:
    town = Town()
    town.leaves.append(leaf("dossier", NOON, ANNE, 7, outcome="refused"))
    town.emergency(ANNE, NOON + DAY, patient=7)
    town.leaves.append(leaf("depot", NOON + 2 * DAY, ANNE, 7))
    town.emergency(ANNE, NOON + 3 * DAY, patient=7)
    assert figures(town.gathered(tmp_path)).unknown == 1


@pytest.mark.parametrize(("hour", "night"), [(21, 0), (22, 1), (0, 1), (5, 1), (6, 0), (12, 0)])
def test_it_is_night_by_the_hosts_clock_in_winter_and_summer(
    tmp_path: Path, hour: int, night: int
) -> None:
    town = Town()
    town.emergency(ANNE, BEGAN + hour * HOUR + HOUR // 2)
    town.emergency(ANNE, BEGAN + 200 * DAY + (hour - 1) * HOUR + HOUR // 2)  # July is UTC+2
    assert figures(town.gathered(tmp_path)).at_night == 2 * night


def test_what_is_not_due_yet_is_not_unjustified(tmp_path: Path) -> None:
    town = Town()
    town.emergency(ANNE, NOON, justified=False)
    gathered = town.gathered(tmp_path)
    assert figures(gathered, NOON + JUSTIFY * HOUR).due == 0
    assert figures(gathered, NOON + JUSTIFY * HOUR + 1).unjustified == 1


def test_a_family_that_comes_together_is_one_and_the_same_patient_is_none(
    tmp_path: Path,
) -> None:
    town = Town()
    for patient in (1, 2, 3):
        town.emergency(ANNE, NOON + patient, patient=patient)
    town.emergency(ANNE, NOON + DAY, patient=4)
    town.emergency(ANNE, NOON + 2 * DAY, patient=4)
    gathered = town.gathered(tmp_path)
    assert figures(gathered).one_name == 0  # names are not known
    gathered.name_by({act.entry: "DUPONT" for act in gathered.acts})
    assert (figures(gathered).one_name, figures(gathered).one_patient) == (2, 2)


def test_a_share_and_a_count_are_as_unlikely_as_the_sum_of_their_chances() -> None:
    exact = sum(math.comb(12, n) * 0.1**n * 0.9 ** (12 - n) for n in range(7, 13))
    assert score_of_share(7, 12, 0.1) == pytest.approx(-math.log10(exact))
    exact = 1 - sum(math.exp(-2) * 2**n / math.factorial(n) for n in range(6))
    assert score_of_count(6, 2.0) == pytest.approx(-math.log10(exact))
    assert score_of_count(6, 2.0, 0.5) < score_of_count(6, 2.0)  # as it differs between doctors
    assert score_of_count(2, 2.0) == score_of_share(1, 10, 0.1) == 0
    assert score_of_count(10**6, 1.0) == score_of_share(10**4, 10**4, 0.05) == 99


def test_nine_in_ten_do_not_exceed_it() -> None:
    assert ninth_tenth([*map(float, range(10))]) == 8
    assert ninth_tenth([5.0]) == 5


def usual_town() -> Town:
    """Thirty doctors of a house, each with an emergency a month, by day, half of them known."""
    town = Town()
    town.at_work(doctors(30))
    for number, rpps in enumerate(doctors(30)):
        for month in range(12):
            at = NOON + (30 * month + number % 28) * DAY
            town.emergency(rpps, at, known=bool((month + number) % 2))
    return town


def stand_out(
    town: Town, folder: Path, names: dict[int, str] | None = None
) -> list[tuple[str, str]]:
    gathered = town.gathered(folder)
    if names:
        gathered.name_by(
            {act.entry: names.get(int(act.case.patient, 16), "") for act in gathered.acts}
        )
    found = unusual(gathered, LATER, JUSTIFY, THRESHOLD)
    assert {each.rpps for each in found} <= {ANNE}
    return [(each.figure, each.period) for each in found]


def test_nobody_stands_out_where_all_do_alike(tmp_path: Path) -> None:
    assert stand_out(usual_town(), tmp_path) == []


def test_many_in_one_month_stand_out(tmp_path: Path) -> None:
    town = usual_town()
    for number in range(25):
        town.emergency(ANNE, NOON + (60 + number % 7) * DAY, known=bool(number % 2))
    assert ("emergencies", "2027-03") in stand_out(town, tmp_path)


def test_many_for_a_year_stand_out_against_the_others(tmp_path: Path) -> None:
    town = usual_town()
    for number in range(120):
        town.emergency(ANNE, NOON + 3 * number * DAY, known=bool(number % 2))
    assert stand_out(town, tmp_path) == [("emergencies", WHOLE)]


@pytest.mark.parametrize("figure", ["at_night", "unjustified"])
def test_a_little_for_long_stands_out_over_all_months(tmp_path: Path, figure: str) -> None:
    town = usual_town()
    for month in range(12):
        at = 3 * HOUR if figure == "at_night" else 12 * HOUR
        justified = figure != "unjustified"
        for more in range(2):
            when = BEGAN + (30 * month + 4 * more + 1) * DAY + at
            town.emergency(ANNE, when, justified=justified, known=bool(more))
    assert (figure, WHOLE) in stand_out(town, tmp_path)


def test_patients_whom_he_never_knew_stand_out_where_colleagues_know_half(
    tmp_path: Path,
) -> None:
    town = usual_town()
    for number in range(44):
        town.emergency(ANNE, NOON + 8 * number * DAY)
    assert ("unknown", WHOLE) in stand_out(town, tmp_path)


def test_one_name_and_one_patient_stand_out(tmp_path: Path) -> None:
    town = usual_town()
    for number in range(10):
        town.emergency(ANNE, NOON + (5 + number) * DAY, patient=100 + number)
        town.emergency(ANNE, NOON + (150 + number) * DAY, patient=200)
    names = {100 + number: "DUPONT" for number in range(10)}
    found = stand_out(town, tmp_path, names)
    assert ("one_name", WHOLE) in found
    assert ("one_patient", WHOLE) in found


def test_who_has_few_colleagues_is_compared_with_all_of_small_services(tmp_path: Path) -> None:
    town = usual_town()
    town.at_work(["20000000000"])
    for each in town.leaves:
        if each["rpps"] == "20000000000":
            each["sender"] = "x@cabinet.example"
    assert stand_out(town, tmp_path) == []
    for day in range(12):
        town.emergency("20000000000", BEGAN + 28 * day * DAY + 2 * HOUR)
        town.leaves[-2]["sender"] = town.leaves[-1]["sender"] = "x@cabinet.example"
    found = unusual(town.gathered(tmp_path / "2"), LATER, JUSTIFY, THRESHOLD)
    assert [(each.rpps, each.service, each.figure) for each in found] == [
        ("20000000000", "cabinet.example", "at_night")
    ]


def test_among_a_handful_nobody_is_compared(tmp_path: Path) -> None:
    town = Town()
    town.at_work(doctors(5))
    for number in range(50):
        town.emergency(ANNE, BEGAN + number * DAY + 2 * HOUR, justified=False)
    assert stand_out(town, tmp_path) == []


def test_whoever_is_always_busy_does_not_stand_out_each_month(tmp_path: Path) -> None:
    town = usual_town()
    for number in range(120):
        town.emergency(ANNE, NOON + 3 * number * DAY, known=bool(number % 2))
    assert {period for _, period in stand_out(town, tmp_path)} == {WHOLE}


class Printed(NamedTuple):
    status: int
    out: str
    err: str


class Command:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys

    def __call__(self, command: str, *options: str | Path) -> Printed:
        self._capsys.readouterr()
        status = main.run(["access", command, str(self.folder), *map(str, options)])
        return Printed(status, *self._capsys.readouterr())


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    town = usual_town()
    for number in range(25):
        town.emergency(ANNE, NOON + (60 + number % 7) * DAY, patient=100 + number)
    return Command(town.export(tmp_path / "log"), capsys)


def test_unusual_names_who_and_why_with_status_1(command: Command) -> None:
    said = command("unusual")
    assert said.status == 1
    first, second, *_ = said.out.splitlines()
    assert first == f"{ANNE}  chu.example"
    assert second.startswith("  2027-03")
    assert "26 emergencies; usual are" in said.out.replace("\n", " ")
    french = command("unusual", "--lang", "fr").out
    assert "26 urgences ; d'ordinaire" in french
    assert max(map(len, french.splitlines())) <= 80
    quiet = command("unusual", "--threshold", "50")
    assert (quiet.status, quiet.out) == (0, "nothing stands out\n")


def test_unusual_is_json_for_programs(command: Command) -> None:
    found = json.loads(command("unusual", "--json").out)
    first = found[0]
    assert (first["rpps"], first["figure"], first["period"]) == (ANNE, "emergencies", "2027-03")
    assert (first["value"], len(first["entries"])) == (26, 26)
    assert first["score"] >= THRESHOLD


def test_figures_are_by_doctor_or_service_and_month(command: Command) -> None:
    by_doctor = json.loads(command("figures", "--json").out)
    anne = next(
        each for each in by_doctor if (each["rpps"], each["month"]) == (ANNE, "2027-03")
    )
    assert (anne["emergencies"], anne["unknown"], anne["at_night"]) == (26, 26, 0)
    (service,) = json.loads(
        command("figures", "--by", "service", "--month", "2027-03", "--json").out
    )
    of_month = [each for each in by_doctor if each["month"] == "2027-03"]
    assert service["service"] == "chu.example"
    assert service["emergencies"] == sum(each["emergencies"] for each in of_month)
    table = command("figures").out.splitlines()
    assert table[0].split()[:3] == ["RPPS", "MONTH", "TOTAL"]
    assert max(map(len, table)) <= 80
    head = command("figures", "--csv", "--lang", "fr").out.splitlines()[0]
    assert head.startswith('"rpps";"at_night";')


def test_the_hosts_file_tells_which_are_of_one_name(command: Command, tmp_path: Path) -> None:
    gathered = gather(ExportedLog(command.folder), Calendar(PARIS))
    mine = [act.entry for act in gathered.acts if int(act.case.patient, 16) in range(100, 125)]
    file = tmp_path / "names.json"
    file.write_bytes(encoded(ORIGIN, [mine]))
    found = json.loads(command("unusual", "--namesakes", file, "--json").out)
    (one_name,) = [
        each for each in found if (each["figure"], each["period"]) == ("one_name", WHOLE)
    ]
    assert one_name["value"] == 7  # on seven days


def test_a_file_of_names_has_groups_and_no_name() -> None:
    acts = [
        (1, "a", "DUPONT"),
        (2, "b", "DUPONT"),
        (3, "a", "DUPONT"),
        (4, "a", ""),
        (5, "a", ""),
    ]
    assert grouped(acts) == [[1, 3]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no", "not a file of namesakes"),
        (encoded("other/log", [[1, 2]]), "is of the log other/log"),
        (
            encoded(ORIGIN, []).replace(b"namesakes 1", b"namesakes 2"),
            "is rmp namesakes 2, not",
        ),
        (b'{"format": "x", "log": "y"}', "not a file of namesakes"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "names"
    file.write_bytes(content)
    with pytest.raises(FolderError, match=said):
        read_namesakes(file, ORIGIN)


def test_no_time_zone_is_said(command: Command) -> None:
    said = command("unusual", "--zone", "Europe/Pariss")
    assert said.status == 2
    assert "no time zone" in said.err


def test_a_sentence_can_be_made_of_each_figure() -> None:
    values: Sequence[tuple[str, int | PartOf]] = [
        *((name, 5) for name in ("emergencies", "one_name", "one_patient")),
        *((name, PartOf(3, 4)) for name in ("unknown", "at_night", "unjustified")),
    ]
    for name, value in values:
        for period in (WHOLE, "2027-03"):
            found = Standout(ANNE, "s", period, name, value, 0.25, 9, 7.0, (1, 2, 3))
            assert "9" in told(why(found), "fr") != told(why(found), "en")
    assert entries_of((1, 2, 3), 2) == "Entries 1, 2 and 1 more"
