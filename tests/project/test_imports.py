"""Who may import whom: the tables below are the architecture, checked by the syntax tree."""

import ast
import fnmatch
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = "rmp_milter"

# What is imported → the only modules that may do so, and why.
RESERVED = {
    # Transactions are the store's business; the access log has an environment of its own.
    "lmdb": [
        "rmp_milter.store.*",
        "rmp_milter.keeper.journal",
        "rmp_milter.keeper.dossier_leaves",
        "rmp_milter.keeper.log_file",
        "rmp_milter.keeper.log_tree",
        "rmp_milter.keeper.log_writing",
    ],
    "Milter": ["rmp_milter.milter"],
    "smtplib": ["rmp_milter.courier.sending"],
    "dkim": ["rmp_milter.courier.dkim_signature"],
    "subprocess": ["rmp_milter.postfix.settings", "rmp_milter.supervisor"],
    "click": ["rmp_milter.cli.*"],
    # Private keys: the keeper's, and the courier's DKIM key, which decrypts nothing.
    # The access log's notes are verified with public ones only.
    "cryptography.hazmat.primitives.asymmetric": [
        "rmp_milter.keeper.*",
        "rmp_milter.courier.dkim_*",
        "rmp_milter.tlog.notes",
        "rmp_milter.access.reasons",  # the auditors' key, on their own machine
    ],
    # Tokens of strangers are parsed where their words are decrypted anyway.
    "jwt": ["rmp_milter.keeper.vitale_jws"],
    "cryptography.hazmat.primitives.hpke": ["rmp_milter.keeper.*", "rmp_milter.access.reasons"],
    "cryptography.hazmat.decrepit": ["rmp_milter.keeper.*"],
    "openpgp.composed.SignedSecretKey": ["rmp_milter.keeper.*"],
    "openpgp.composed.SecretKeyParamsBuilder": ["rmp_milter.keeper.*"],
    # Layers below take plain values; only who starts a process or a command reads these.
    "rmp_milter.config": [
        "rmp_milter.config",
        "rmp_milter.config.*",
        "rmp_milter.cli.*",
        "rmp_milter.milter_main",
        "rmp_milter.courier.sending",
        "rmp_milter.installation",
        "rmp_milter.checks",
    ],
    "rmp_milter.cli": ["rmp_milter.cli.*"],
}

# The keeper's code for private keys → who may import it: no part of milter or courier.
KEEPER_ONLY = {
    "rmp_milter.keeper.*": [
        "rmp_milter.keeper.*",
        "rmp_milter.installation",
        "rmp_milter.checks",
        "rmp_milter.cli.run_keeper",
        "rmp_milter.cli.trust",
        "rmp_milter.cli.init",
        "rmp_milter.cli.access_keeper",
        "rmp_milter.cli.access_key",
        "rmp_milter.cli.inspect",
        "rmp_milter.inspect*",
    ],
}
FOR_EVERYBODY = {"rmp_milter.keeper", "rmp_milter.keeper.protocol", "rmp_milter.keeper.client"}

# Values in, values out: the core knows neither the shell nor clock, chance, files, network.
CORE = [
    "rmp_milter.model",
    "rmp_milter.changes",
    "rmp_milter.rules",
    "rmp_milter.errors",
    "rmp_milter.erasure",
    "rmp_milter.emergency",
    "rmp_milter.overdue",
    "rmp_milter.identity",
    "rmp_milter.onglets",
    "rmp_milter.chores",
    "rmp_milter.rpps",
    "rmp_milter.bounce",
    "rmp_milter.postfix.rules",
    "rmp_milter.postfix.values",
    "rmp_milter.mail",
    "rmp_milter.mail.*",
    "rmp_milter.handlers",
    "rmp_milter.handlers.*",
    "rmp_milter.tlog",
    "rmp_milter.tlog.*",
]
CORE_MAY_IMPORT = [
    *CORE,
    "rmp_milter",
    "rmp_milter.keeper.protocol",
    "rmp_milter.certificates",  # pure as well: judges certificates at a given time
]
NOT_IN_CORE = {
    *("logging", "os", "random", "secrets", "shutil", "signal", "socket", "subprocess"),
    *("tempfile", "threading", "time", "lmdb", "click", "dkim", "openpgp", "smtplib"),
}

# A process → what must not be in its memory, however it got there.
NEVER_LOADED = {
    "rmp_milter.cli.run_milter": ["rmp_milter.keeper.keys", "rmp_milter.keeper.sealing"],
    "rmp_milter.cli.run_courier": [
        "rmp_milter.keeper.keys",
        "rmp_milter.keeper.sealing",
        "rmp_milter.milter",
        "Milter",
    ],
}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_names(source: str) -> set[str]:
    """Return every module and every name in it that is imported, dotted."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


IMPORTS = {
    module_name(path): imported_names(path.read_text())
    for path in sorted((ROOT / PACKAGE).rglob("*.py"))
}


def fits(name: str, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def within(name: str, module: str) -> bool:
    return name == module or name.startswith(f"{module}.")


def is_our_module(name: str) -> bool:
    return name in IMPORTS


def modules_imported(module: str) -> set[str]:
    """Return our modules that ``module`` imports (a name in one counts as that one)."""
    return {
        name if is_our_module(name) else name.rpartition(".")[0]
        for name in IMPORTS[module]
        if within(name, PACKAGE)
    }


def test_the_tables_see_the_whole_package() -> None:
    assert {"rmp_milter.milter", "rmp_milter.store.store"} <= IMPORTS.keys()
    assert any(within(name, "lmdb") for name in IMPORTS["rmp_milter.store.environment"])


@pytest.mark.parametrize("reserved", RESERVED)
def test_reserved_imports_stay_where_they_belong(reserved: str) -> None:
    users = {
        module
        for module, names in IMPORTS.items()
        if any(within(name, reserved) for name in names)
    }
    assert {user for user in users if not fits(user, RESERVED[reserved])} == set()


@pytest.mark.parametrize("pattern", KEEPER_ONLY)
def test_only_the_keeper_side_imports_the_keepers_code(pattern: str) -> None:
    offenders = {
        (module, name)
        for module in IMPORTS
        for name in modules_imported(module) - FOR_EVERYBODY
        if fits(name, [pattern]) and not fits(module, KEEPER_ONLY[pattern])
    }
    assert offenders == set()


@pytest.mark.parametrize("module", [name for name in IMPORTS if fits(name, CORE)])
def test_the_core_imports_nothing_of_the_shell(module: str) -> None:
    foreign = {name for name in modules_imported(module) if not fits(name, CORE_MAY_IMPORT)}
    effects = {name.partition(".")[0] for name in IMPORTS[module]} & NOT_IN_CORE
    assert (foreign, effects) == (set(), set())


def test_the_logs_formats_stand_alone_and_know_no_private_key() -> None:
    tlog = [name for name in IMPORTS if within(name, "rmp_milter.tlog")]
    assert len(tlog) > 1
    for module in tlog:
        assert {
            name for name in modules_imported(module) if not within(name, "rmp_milter.tlog")
        } == set()
        assert {name for name in IMPORTS[module] if "PrivateKey" in name} == set()


def test_an_auditors_code_knows_neither_keeper_nor_store() -> None:
    allowed = ["rmp_milter.tlog.*", "rmp_milter.access", "rmp_milter.access.*"]
    allowed += ["rmp_milter.emergency"]  # words that both sides use
    for module in (name for name in IMPORTS if within(name, "rmp_milter.access")):
        assert {name for name in modules_imported(module) if not fits(name, allowed)} == set()


@pytest.mark.parametrize("process", NEVER_LOADED)
def test_a_process_never_loads_what_it_must_not_hold(process: str) -> None:
    program = f"import sys, {process}; print('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded = set(done.stdout.split())
    assert process in loaded
    assert loaded & set(NEVER_LOADED[process]) == set()
