"""``rmp dossier`` where no service runs: what it shows, what it refuses."""

import io
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest
from msgspec.structs import replace
from rmp_case import PlayedKeeper

from rmp_milter.cli import dossier as command
from rmp_milter.cli import main
from rmp_milter.config import load
from rmp_milter.dossier.cards import dossier_card
from rmp_milter.dossier.changes import Changes, NewDossier
from rmp_milter.dossier.identity import trait_keys
from rmp_milter.dossier.model import Closure, CodeSlot, Consent, Dossier, Mask, Patient, Slots
from rmp_milter.store.format.keys import read_store_keys
from rmp_milter.store.opening import engine_at
from rmp_milter.store.surface import Store

NOW = 1_780_000_000
JEAN = Patient("DUPONT", "Jean", "1959-01-30")
TRAITS = b"Patient : DUPONT Jean\nN\xc3\xa9 le : 30/01/1959\n"


class Said(NamedTuple):
    status: int
    out: str
    err: str


def a_dossier(number: int, closure: Closure | None = None) -> Dossier:
    return Dossier(
        dossier_id=bytes([number]) * 16,
        public_key=b"p" * 32,
        patient=JEAN,
        treating=b"t" * 16,
        slots=Slots(code=None, custody=b"u" * 80),
        consent=Consent(b"t" * 16, NOW, "1"),
        created_at=NOW,
        closure=closure,
    )


def store_of(configuration: Path) -> Store:
    config = load(configuration)
    keys = read_store_keys(config.paths.milter, config.paths.outbox_key)
    return engine_at(config.paths.store, config.store).open(keys)


@pytest.fixture(scope="module")
def service(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service without processes: an open, a closed and an ended dossier of one patient."""
    folder = Path(shutil.copytree(made, tmp_path_factory.mktemp("dossiers") / "rmp"))
    known = (
        a_dossier(0xAB),
        a_dossier(0xCD, Closure(NOW, 4_000_000_000)),
        a_dossier(0xCE, Closure(NOW, NOW)),
    )
    new = tuple(
        NewDossier(each, trait_keys(JEAN), tuple(other.dossier_id for other in known))
        for each in known
    )
    with store_of(folder / "rmp.toml") as store:
        store.commit(Changes(dossiers=new), NOW)
    return folder / "rmp.toml"


@pytest.fixture
def said(service: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):  # noqa: ANN201 -- its helper is local
    def run(*arguments: str, stdin: bytes = b"") -> Said:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(stdin)))
        capsys.readouterr()
        status = main.run(["--config", str(service), "dossier", *arguments])
        return Said(status, *capsys.readouterr())

    return run


def test_states_are_listed(said) -> None:  # noqa: ANN001 -- the fixture above
    rows = json.loads(said("list", "--json").out)
    assert [row["state"] for row in rows] == ["open", "closed", "closed"]


@pytest.mark.parametrize("reference", ["c", "cccc", "", "abab"])
def test_a_reference_must_be_that_of_one_dossier(said, reference: str) -> None:  # noqa: ANN001 -- the fixture above
    told = said("show", reference)
    assert told.status == (0 if reference == "abab" else 1)


@pytest.mark.parametrize(
    "arguments",
    [("reopen", "cdcd"), ("unrest", "abab"), ("erase", "--due"), ("find",)],
)
@pytest.mark.promise(number=8)
def test_without_its_leaf_nothing_is_done(said, arguments: Sequence[str]) -> None:  # noqa: ANN001 -- the fixture above
    before = said("list", "--json").out
    told = said(*arguments, stdin=TRAITS)
    assert told.status == 1
    assert told.out == ""
    assert "the keeper does not answer" in told.err
    assert said("list", "--json").out == before


def test_nothing_is_erased_before_its_time(
    said,  # noqa: ANN001 -- the fixture above
    keeper: PlayedKeeper,
) -> None:
    for reference in ("abab", "cdcd"):
        told = said("erase", reference)
        assert (told.status, told.out) == (1, "")
        assert "not to be erased yet" in told.err
    assert keeper.requests == []
    assert said("erase").status == said("erase", "abab", "--due").status == 2


@pytest.mark.promise(number=17)
def test_no_command_changes_a_mask_an_opposition_or_a_code(
    service: Path, tmp_path: Path, keeper: PlayedKeeper
) -> None:
    """The list is whole: a command that is added has to be judged here."""
    assert set(command.dossier.commands) == {
        *("list", "show", "find"),
        *("export", "reopen", "unrest", "erase"),
    }
    configuration = Path(shutil.copytree(service.parent, tmp_path / "rmp")) / "rmp.toml"
    decided = replace(
        a_dossier(0xEF, Closure(NOW, 4_000_000_000)),
        patient=Patient("MARTIN", "Luc", "1960-01-01"),
        masks=(Mask(1, b"t" * 16, NOW),),
        opposed=(b"o" * 16,),
        slots=Slots(CodeSlot(b"s" * 16, b"n" * 12, b"k" * 48, folded=True), b"u" * 80),
    )
    with store_of(configuration) as store:
        store.commit(Changes(dossiers=(NewDossier(decided, trait_keys(decided.patient)),)), NOW)
        for act in ("unrest", "reopen"):
            assert main.run(["--config", str(configuration), "dossier", act, "efef"]) == 0
        assert [each.action for each in keeper.leaves] == ["code reactive", "reouverture"]
        with store.snapshot() as view:
            opened = view.dossier(decided.dossier_id)
        assert opened is not None
        assert opened == replace(decided, closure=None, revision=1, card=opened.card)
        assert dossier_card(opened.card).closed_at == 0


def test_a_look_up_needs_the_three_traits_and_finds_closed_ones(
    said,  # noqa: ANN001 -- the fixture above
    keeper: PlayedKeeper,
) -> None:
    assert said("find", stdin=b"Patient : DUPONT Jean\n").status == 2
    found = said("find", stdin=TRAITS).out.split()
    assert {"ab" * 16, "cd" * 16} <= set(found)
    assert len(keeper.leaves) == len(found)
    nobody = TRAITS.replace(b"1959", b"1960")
    assert said("find", stdin=nobody).status == 1
    assert len(keeper.leaves) == len(found) + 1


@pytest.mark.usefixtures("keeper")
def test_a_patient_who_has_another_dossier_gets_no_second_one(said) -> None:  # noqa: ANN001 -- the fixture above
    told = said("reopen", "cdcd")
    assert "the patient has another dossier by now" in told.err


def test_a_store_is_compacted_and_sound(
    service: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copied = Path(shutil.copytree(service.parent, tmp_path / "rmp"))
    config = ["--config", str(copied / "rmp.toml")]
    assert main.run([*config, "store", "compact", str(copied / "store.new")]) == 0
    assert f"mv {copied / 'store.new'} {copied / 'store'}" in capsys.readouterr().out
    (copied / "store").rename(copied / "store.old")
    (copied / "store.new").rename(copied / "store")
    assert main.run([*config, "store", "check"]) == 0
