import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.cli.run_keeper import limits
from rmp_milter.config import SECTIONS, Config, ConfigErrors, load, parse
from rmp_milter.config.reading import FORMAT, FORMAT_KEY
from rmp_milter.config.template import EXAMPLE, render

ROOT = Path(__file__).parents[2]
FILE = Path("/etc/rmp/rmp.toml")
LEAST = '[service]\naddresses = ["rmp@chu.example"]\n'


_TEXT = st.text(st.characters(max_codepoint=0x7E), max_size=8)


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigErrors) as caught:
        parse(text, FILE)
    return caught.value.lines


def test_the_shipped_example_loads_and_states_the_defaults() -> None:
    example = load(ROOT / "rmp.toml.example")
    least = parse(LEAST, ROOT / "rmp.toml.example")
    assert example == least


def test_the_shipped_example_is_what_init_writes() -> None:
    assert (ROOT / "rmp.toml.example").read_text() == render(EXAMPLE)


def test_the_example_names_every_setting() -> None:
    text = (ROOT / "rmp.toml.example").read_text()
    assert f"\n{FORMAT_KEY} = {FORMAT.number}\n" in text.partition("\n[service]\n")[0]
    for section, kind in SECTIONS.items():
        assert f"\n[{section}]\n" in text
        if section != "policy":  # a hundred rows, all of them of rmp_milter.dossier.rules
            for field in msgspec.structs.fields(kind):
                assert f"\n{field.name} = " in text


def test_relative_paths_start_at_the_files_folder() -> None:
    config = parse(LEAST + '[paths]\nstore = "../data"\nkeeper = "/var/k"\n', FILE)
    assert config.paths.store == Path("/etc/rmp/../data")
    assert config.paths.keeper == Path("/var/k")
    assert config.sockets.milter == Path("/etc/rmp/run/milter.sock")


def test_a_milter_calls_the_keepers_that_are_named_or_its_hosts_own() -> None:
    assert parse(LEAST, FILE).keeper_sockets == (Path("/etc/rmp/run/keeper.sock"),)
    named = parse(LEAST + '[milter]\nkeepers = ["run/a.sock", "/b.sock"]\n', FILE)
    assert named.keeper_sockets == (Path("/etc/rmp/run/a.sock"), Path("/b.sock"))
    assert named.sockets.keeper == Path("/etc/rmp/run/keeper.sock")


def test_the_operators_socket_lies_in_the_keepers_folder_unless_stated() -> None:
    assert parse(LEAST, FILE).sockets.operator == Path("/etc/rmp/keeper/operator.sock")
    moved = parse(LEAST + '[paths]\nkeeper = "/var/k"\n', FILE)
    assert moved.sockets.operator == Path("/var/k/operator.sock")
    stated = parse(LEAST + '[sockets]\noperator = "run/o.sock"\n', FILE)
    assert stated.sockets.operator == Path("/etc/rmp/run/o.sock")


def test_modes_are_octal_strings() -> None:
    config = parse(LEAST + '[sockets]\nmilter_mode = "0600"\n', FILE)
    assert config.sockets.milter_mode == 0o600
    assert config.sockets.keeper_mode == 0o660


def test_the_dkim_domain_is_the_first_addresss_unless_stated() -> None:
    assert parse(LEAST, FILE).dkim.domain == "chu.example"
    assert parse(LEAST + '[dkim]\ndomain = "a.example"\n', FILE).dkim.domain == "a.example"


def test_all_faults_come_at_once_one_line_each() -> None:
    lines = faults("""
[service]
addresses = ["rmp+x@chu.example"]
nam = "x"
[limits]
message_bytes = "50 MiB"
parts = true
[sockets]
keeper_mode = "0999"
[limitz]
""")
    assert len(lines) == 6
    assert all(line.startswith("rmp.toml: [") and "\n" not in line for line in lines)
    assert any("[service] nam: unknown setting (is name meant?)" in line for line in lines)
    assert any("[limitz]: unknown section (is limits meant?)" in line for line in lines)
    assert any("message_bytes: must be a whole number of bytes" in line for line in lines)
    assert any("parts: must be" in line and "not True" in line for line in lines)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "[service] addresses: is missing"),
        ("[service]\naddresses = []\n", "addresses: must be a list of mail addresses"),
        ('[service]\naddresses = ["RMP@chu.example"]\n', "lower case"),
        ('[service]\naddresses = ["rmp@chu..example"]\n', "addresses: must be"),
        ('[service]\naddresses = ["a@b", "a@b"]\n', "names an address twice"),
        ("service = 3\n", "service: must be a section"),
        (LEAST + "[keeper]\ncode_minimum = 9\n", "code_minimum: must not be larger"),
        (LEAST + "[limits]\nplaintext_bytes = 65_536\n", "must not be smaller than message"),
        (LEAST + '[keeper]\nusers = ["Bad Name"]\n', "users: must be"),
        (LEAST + '[policy]\nlecture_autre = ["signature"]\n', "[policy] lecture_autre"),
        (LEAST + '[policy]\ncreation_personne = ["signature"]\n', "creation_personne"),
        (LEAST + '[policy]\nurgence_autre = ["cps"]\n', "[policy] urgence_autre: unknown"),
        (
            LEAST + '[policy]\ncreation_autre = ["carte"]\n',
            "signature, cps, compte, code, vitale",
        ),
        (LEAST + '[policy]\ncreation_autre = "signature"\n', "a list of sets of proofs"),
        (LEAST + '[policy]\ncreation_autre = ["signature+"]\n', "a list of sets of proofs"),
        (LEAST + '[sockets]\nmilter = "run/keeper.sock"\n', "milter: must differ"),
        (LEAST + f'[sockets]\nmilter = "/{"x" * 107}"\n', "longer than 107 bytes"),
        (LEAST + '[sockets]\noperator = "run/keeper.sock"\n', "operator: must differ"),
        (LEAST + '[sockets]\noperator = "run/milter.sock"\n', "operator: must differ"),
        (LEAST + f'[paths]\nkeeper = "/{"x" * 100}"\n', "[sockets] operator: is longer"),
        (LEAST + '[milter]\nkeepers = ["a", "a"]\n', "names a socket twice"),
        (LEAST + '[milter]\nkeepers = ["run/milter.sock"]\n', "keepers: must differ"),
        (LEAST + f'[milter]\nkeepers = ["/{"x" * 107}"]\n', "keepers: is longer than 107"),
        (
            LEAST + "[milter]\nkeeper_wait_seconds = 300\n",
            "a whole number of seconds, 0 to 200",
        ),
        (LEAST + "[courier]\nretry_seconds = [0]\n", "retry_seconds: must be"),
        (LEAST + "[courier]\nport = 70000\n", "a port number, 1 to 65535"),
        (LEAST + '[log]\nlevel = "loud"\n', "level: must be"),
        (LEAST + '[onglets]\ndivers = ["*"]\n', "divers: must be a list of phrases"),
        (LEAST + '[onglets]\nimagerie = ["a  b"]\n', "imagerie: must be a list of phrases"),
        (LEAST + '[onglets]\nimagrie = ["a"]\n', "unknown setting (is imagerie meant?)"),
        (LEAST + '[paths]\nstore = ""\n', "store: must be a folder"),
        ("[service\n", "is not TOML"),
    ],
)
def test_each_fault_is_named(text: str, said: str) -> None:
    (line,) = faults(text)
    assert said in line


def test_a_file_without_a_number_is_of_the_first_format() -> None:
    assert parse(f"format = 1\n{LEAST}", FILE) == parse(LEAST, FILE)


def test_of_a_later_format_nothing_else_is_said() -> None:
    (line,) = faults('format = 2\n[service]\naddress = "elsewhere"\n[news]\n')
    assert line == (
        "rmp.toml: is of format 2, written by a later version of rmp-milter: "
        "this one reads format 1"
    )


@pytest.mark.parametrize("number", ["0", "-1", "true", "1.0", '"1"', "[1]"])
def test_what_is_no_number_of_a_format_is_refused(number: str) -> None:
    (line,) = faults(f"format = {number}\n{LEAST}")
    assert line.startswith("rmp.toml: format: must be a whole number, 1 in this version, not ")


def test_a_number_inside_a_section_is_not_the_files() -> None:
    (line,) = faults(f"{LEAST}format = 1\n")
    assert "[service] format: unknown setting" in line


def test_a_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigErrors, match=r"none\.toml: cannot be read: No such file"):
        load(tmp_path / "none.toml")


def test_bytes_that_are_no_text_are_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "rmp.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigErrors, match="is not UTF-8 text"):
        load(tmp_path / "rmp.toml")


@given(st.text(max_size=40).filter(str.isprintable))
def test_whatever_name_is_filled_in_comes_back_or_is_refused(name: str) -> None:
    text = render({**EXAMPLE, "name": name})
    if any(char in '<>"' for char in name) or not name:
        assert "[service] name: must be" in faults(text)[0]
    else:
        assert parse(text, FILE).service.name == name


@given(
    st.dictionaries(
        st.sampled_from([*SECTIONS, "other"]),
        st.dictionaries(
            st.sampled_from(["addresses", "port", "keeper", "users", "x"]),
            st.booleans() | st.integers() | _TEXT | st.lists(_TEXT),
        ),
    )
)
def test_no_document_makes_the_reader_fail_otherwise(
    document: dict[str, dict[str, object]],
) -> None:
    try:
        found: object = parse(_toml(document), FILE)
    except ConfigErrors as errors:
        found = errors.lines[0]
    assert isinstance(found, Config) or str(found).startswith("rmp.toml: ")


def _toml(document: dict[str, dict[str, object]]) -> str:
    return "".join(
        f"[{section}]\n"
        + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
        for section, table in document.items()
    )


@pytest.mark.parametrize("lines", ["code_minimum = 4\ncode_length = 6", "code_length = 4"])
def test_a_file_from_before_with_shorter_codes_is_read_and_counts_as_eight(lines: str) -> None:
    found = limits(parse(f"{LEAST}[keeper]\n{lines}\n", FILE))
    assert (found.code_length, found.code_minimum) == (8, 8)


def test_longer_codes_are_what_the_host_says() -> None:
    found = limits(parse(LEAST + "[keeper]\ncode_minimum = 9\ncode_length = 12\n", FILE))
    assert (found.code_length, found.code_minimum) == (12, 9)


def test_the_time_zone_is_the_hosts_and_paris_where_nothing_is_said() -> None:
    file = ROOT / "rmp.toml.example"
    assert parse(LEAST, file).clock.name == "Europe/Paris"
    there = parse(LEAST + 'timezone = "Indian/Reunion"\n', file).clock
    assert there.at(0).strftime("%d/%m/%Y %H:%M") == "01/01/1970 04:00"


@pytest.mark.parametrize("name", ["Europe/Lutetia", "../etc/passwd", "/etc/localtime", ""])
def test_a_time_zone_that_nobody_knows_is_a_fault(name: str) -> None:
    (fault,) = faults(LEAST + f"timezone = {json.dumps(name)}\n")
    assert "[service] timezone" in fault
