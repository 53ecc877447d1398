"""``rmp doctor reconcile``: the directory beside a file as the Annuaire Santé gives it out."""

import json
import tracemalloc
from collections.abc import Mapping
from pathlib import Path

import pytest
from rmp_case import OTHER_RPPS, RPPS, PlayedKeeper, Rmp, made_key

from rmp_milter.cli.errors import CommandError
from rmp_milter.cli.national_differences import NationalDifference, differences
from rmp_milter.cli.national_file import NationalEntry, NationalLine, read_entries
from rmp_milter.dossier.model import Doctor

COLUMNS = (
    "Type d'identifiant PP|Identifiant PP|Identification nationale PP|Code civilité d'exercice|"
    "Libellé civilité d'exercice|Code civilité|Libellé civilité|Nom d'exercice|"
    "Prénom d'exercice|Code profession|Libellé profession|Code catégorie professionnelle|"
    "Libellé catégorie professionnelle|Code type savoir-faire|Libellé type savoir-faire|"
    "Code savoir-faire|Libellé savoir-faire|Code mode exercice|Libellé mode exercice|"
    "Raison sociale site|Adresse e-mail (coord. structure)|"
)


def line(  # noqa: PLR0913 -- the columns that are compared
    rpps: str,
    family: str,
    given: str,
    *,
    profession: str = "Médecin",
    skill: str = "Médecine Générale",
    mode: str = "Libéral",
    mail: str = "",
) -> str:
    person = f"8|{rpps}|8{rpps}|DR|Docteur|MME|Madame|{family}|{given}|10|{profession}|C|Civil"
    return f"{person}|S|Spécialité ordinale|SM26|{skill}|L|{mode}|CABINET DU PORT|{mail}|"


def written(folder: Path, *lines: str, head: str = COLUMNS) -> Path:
    file = folder / "PS_LibreAcces_Personne_activite_202612010800.txt"
    file.write_text("\n".join((head, *lines)) + "\n")
    return file


@pytest.fixture(scope="module")
def second(gpg_home: Path) -> Path:
    return made_key(gpg_home, "second of reconcile", "default", "default", "never")


@pytest.fixture
def directory(rmp: Rmp, key: Path, second: Path, keeper: PlayedKeeper) -> Rmp:
    assert rmp.add(key).status == 0
    who = ("--name", "Dr Luc SAND", "--mail", "l.sand@cab.example")
    assert rmp.add(second, rpps=OTHER_RPPS, who=who).status == 0
    keeper.requests.clear()
    return rmp


def told(rmp: Rmp, file: Path) -> dict[tuple[str, str], str]:
    said = rmp("doctor", "reconcile", str(file), "--json")
    found = json.loads(said.out)["differences"]
    assert said.status == (1 if found else 0)
    return {(each["rpps"], each["kind"]): each["there"] for each in found}


def test_who_is_the_same_there_is_not_told(
    directory: Rmp, tmp_path: Path, keeper: PlayedKeeper
) -> None:
    file = written(
        tmp_path,
        line("10999999990", "AUTRE", "PAUL"),
        line(RPPS, "MOREL", "ANNE", mail="A.Morel@cab.example"),
        line(RPPS, "MOREL", "ANNE", mode="Salarié"),
        line(OTHER_RPPS, "SAND", "LUC MARIE"),
    )
    said = directory("doctor", "reconcile", str(file))
    assert (said.status, said.out) == (0, "2 enrolled, 2 in the file: all alike\n")
    assert keeper.requests == []


def test_what_is_another_there_is_told_and_nothing_is_changed(
    directory: Rmp, tmp_path: Path, keeper: PlayedKeeper
) -> None:
    before = directory("doctor", "list", "--json").out
    file = written(
        tmp_path,
        line(
            RPPS,
            "MOREL-DUPIN",
            "JEANNE",
            profession="Chirurgien-Dentiste",
            skill="",
            mail="anne@ailleurs.example",
        ),
        line(OTHER_RPPS, "SAND", "LUC", mode=""),
    )
    assert told(directory, file) == {
        (RPPS, "name"): "JEANNE MOREL-DUPIN",
        (RPPS, "profession"): "Chirurgien-Dentiste",
        (RPPS, "mail"): "anne@ailleurs.example",
        (OTHER_RPPS, "inactive"): "no place of work",
    }
    plain = directory("doctor", "reconcile", str(file))
    assert plain.out.splitlines()[0].split() == ["RPPS", "WHAT", "HERE", "THERE"]
    assert plain.out.endswith("2 in the file: name 1, profession 1, mail 1, inactive 1\n")
    assert file.name in plain.err
    assert told(directory, written(tmp_path)) == {
        (RPPS, "unknown"): "",
        (OTHER_RPPS, "unknown"): "",
    }
    assert directory("doctor", "list", "--json").out == before
    assert keeper.requests == []


@pytest.mark.parametrize(
    ("name", "family", "given", "same"),
    [
        ("Dr Anne MOREL", "MOREL", "ANNE", True),
        ("Dr A. MOREL", "MOREL", "ANNE", True),
        ("Docteur Morel", "MOREL", "ANNE", True),
        ("Dr Anne-Marie de la Tour", "DE LA TOUR", "ANNE MARIE", True),
        ("Dr Hélène LEFÈVRE", "LEFEVRE", "HELENE", True),
        ("Dr Marie MOREL", "MOREL", "ANNE", False),
        ("Dr Anne MOREL", "MOREL DUPIN", "ANNE", False),
        ("Dr Anne ANNE", "ANNE", "MARIE", False),
    ],
)
def test_names_are_compared_as_people_write_them(
    name: str, family: str, given: str, *, same: bool
) -> None:
    kinds = {one.kind.value for one in compared(name, "médecin", family, given)}
    assert ("name" not in kinds) is same


@pytest.mark.parametrize(
    ("profession", "skill", "same"),
    [
        ("médecin généraliste", "", True),
        ("cardiologue", "Cardiologie et maladies vasculaires", True),
        ("Pédiatre", "Pédiatrie", True),
        ("dentiste", "Médecine Générale", False),
    ],
)
def test_professions_are_known_by_how_a_word_begins(
    profession: str, skill: str, *, same: bool
) -> None:
    kinds = {
        one.kind.value for one in compared("Anne MOREL", profession, "MOREL", "ANNE", skill)
    }
    assert ("profession" not in kinds) is same


def compared(
    name: str, profession: str, family: str, given: str, skill: str = ""
) -> list[NationalDifference]:
    doctor = Doctor(b"d" * 16, name, RPPS, "a@b.example", profession, b"", "", ())
    there = NationalLine(family, given, "Médecin", "Libéral", skill, "")
    entries: Mapping[str, NationalEntry] = {RPPS: NationalEntry([there])}
    return list(differences([doctor], entries))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04", "is a zip archive"),
        (b"name;rpps\n", "has no column Identifiant PP"),
        (b"", "has no column"),
        (COLUMNS.encode() + b"\n" + b"x" * 70_000, "a line is too long"),
    ],
)
def test_another_file_is_refused_in_one_line(
    rmp: Rmp, tmp_path: Path, content: bytes, words: str
) -> None:
    file = tmp_path / "other.txt"
    file.write_bytes(content)
    said = rmp("doctor", "reconcile", str(file))
    assert said.status == 1
    assert words in said.err
    assert "hint: take PS_LibreAcces" in said.err


def entries_of(file: Path, wanted: set[str], steps: "Steps") -> Mapping[str, NationalEntry]:
    with file.open("rb") as opened:
        return read_entries(opened, wanted, steps)


class Steps:
    def __init__(self) -> None:
        self.size = 0

    def update(self, n_steps: int, /) -> None:
        self.size += n_steps


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    other = line("10999999990", "AUTRE", "PAUL")
    file = written(tmp_path, *[other] * 40_000, line(RPPS, "MOREL", "ANNE"))
    steps = Steps()
    tracemalloc.start()
    try:
        found = entries_of(file, {RPPS}, steps)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.keys() == {RPPS}
    assert file.stat().st_size > 6_000_000
    assert peak < 1_000_000
    assert steps.size == file.stat().st_size - len(COLUMNS.encode()) - 1


def test_who_has_very_many_lines_is_kept_in_bounds(tmp_path: Path) -> None:
    file = written(tmp_path, *[line(RPPS, "MOREL", "ANNE")] * 1000)
    assert len(entries_of(file, {RPPS}, Steps())[RPPS].lines) == 200


def test_a_line_that_is_cut_off_says_what_it_says(tmp_path: Path) -> None:
    file = written(tmp_path, f"8|{RPPS}|8{RPPS}", "8")
    assert entries_of(file, {RPPS}, Steps())[RPPS].lines == [NationalLine(*[""] * 6)]
    with pytest.raises(CommandError):
        entries_of(written(tmp_path, head="8"), {RPPS}, Steps())
