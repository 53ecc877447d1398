import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest

from rmp_milter.cli.main import rmp
from rmp_milter.config import SECTIONS
from rmp_milter.dossier.rules import Act, Proof, Relation

MAN = Path(__file__).parents[2] / "man"

needs_groff = pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not here")


@needs_groff
@pytest.mark.parametrize("page", ["rmp.1", "rmp.toml.5"])
def test_a_page_is_set_without_a_warning(page: str) -> None:
    command = ["groff", "-mdoc", "-Tutf8", "-ww", "-z", "-rLL=95n", MAN / page]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""


def commands(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield every command of ``rmp`` with its path, but groups."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")
        elif command:
            yield f"{path}{name}", command


ALL = dict(commands(rmp))


def plain(page: str) -> str:
    """Return a page's words without its macros."""
    text = (MAN / page).read_text()
    return re.sub(r" +", " ", re.sub(r"\b(It|Ic|Fl|Ar|Cm|Op|Oo|Oc|Ns)\b", " ", text))


@pytest.mark.parametrize("name", ALL)
def test_every_command_and_option_is_described(name: str) -> None:
    page = plain("rmp.1")
    options = {
        option.lstrip("-")
        for parameter in ALL[name].params
        if isinstance(parameter, click.Option) and not parameter.hidden
        for option in parameter.opts
    }
    assert re.search(rf"^\. .*\b{name}\b", page, re.MULTILINE)
    assert {option for option in options if f"-{option}" not in page} == set()


def test_every_word_of_the_policy_is_described() -> None:
    described = plain("rmp.toml.5").partition(".Ss [policy]")[2].partition(".Ss [")[0]
    words = {*Act, *Relation, *Proof}
    assert {word for word in words if not re.search(rf"\b{word}\b", described)} == set()


@pytest.mark.parametrize("section", [name for name in SECTIONS if name != "policy"])
def test_every_setting_is_described_in_its_section(section: str) -> None:
    _, _, rest = plain("rmp.toml.5").partition(f".Ss [{section}]")
    described = rest.partition(".Ss [")[0]
    names = [field.name for field in msgspec.structs.fields(SECTIONS[section])]
    assert [name for name in names if name not in described] == []
