"""Who may import whom: the tables below are the architecture, checked by the syntax tree."""

import ast
import fnmatch
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import rmp_milter
from testbed.source import parsed

ROOT = Path(rmp_milter.__file__).parents[1]
TREE = Path(__file__).parents[2]  # what stands beside the package, wherever that is installed
PACKAGE = "rmp_milter"

# The rooms of the house, from the ground up. A room imports from the floors below it and
# from itself, never from its neighbours or from above. So there is no circle.
FLOORS = (
    ("phrases",),
    (
        *("errors", "disk", "linux", "tlog", "dossier"),
        *("certificates", "cms", "x509", "postfix", "pdf"),
    ),
    ("credentials", "engine"),
    ("audit", "calls", "config", "status", "store", "trust"),
    ("mail", "witness"),
    ("keeper", "handlers", "courier", "tunnel"),
    ("milter",),
    ("host", "inspection"),
    ("cli",),
)
# The same inside the rooms that have rooms of their own; "." is what lies in none of them.
INNER_FLOORS = {
    "mail": (("incoming", "catalogue"), (".", "header", "outgoing"), ("whose",), ("meaning",)),
    "handlers": (
        ("asking",),
        ("people", "sight"),
        ("letters",),
        ("way_in",),
        ("filing",),
        ("reading",),
        (".",),
    ),
    "milter": (("answering",), ("chores",), (".",)),
    "store": (
        ("format",),
        ("surface",),
        ("engines",),
        ("postgresql", "read", "write", "check"),
        (".",),
    ),
    "keeper": (
        ("openpgp", "cms"),
        ("keys",),
        ("vitale", "log"),
        ("authority",),
        ("desk",),
        (".",),
    ),
}
# A key of a check's own, for the minute in which it writes to the service as a doctor does.
_A_CHECKS = ["rmp_milter.host.live.throw_away_key"]
# What is imported → the only modules that may do so, and why.
RESERVED = {
    # Transactions are the store's business; the access log has an environment of its own.
    "lmdb": ["rmp_milter.engine.*", "rmp_milter.store.*", "rmp_milter.keeper.log.*"],
    "psycopg": [
        "rmp_milter.engine.postgresql.*",
        "rmp_milter.store.postgresql.*",
        "rmp_milter.store.postgresql_*",
        "rmp_milter.keeper.log.roles",  # statements alone
    ],
    # One place chooses the store's engine.
    "rmp_milter.store.lmdb_engine": ["rmp_milter.store.opening"],
    "rmp_milter.store.postgresql_engine": ["rmp_milter.store.opening"],
    "Milter": ["rmp_milter.milter.callbacks"],
    "smtplib": [
        "rmp_milter.courier.dialogue",
        "rmp_milter.courier.sending",
        "rmp_milter.host.live.*",
    ],
    # The network's names are asked for by a command of the host, never by the service.
    "dns": ["rmp_milter.host.live.dns_look"],
    "dkim": ["rmp_milter.courier.dkim_signature"],
    "subprocess": [
        "rmp_milter.postfix.asking",
        "rmp_milter.host.supervisor",
        "rmp_milter.host.sealed_credentials",
    ],
    "click": ["rmp_milter.cli.*"],
    # Private keys: the keeper's, and the courier's DKIM key, which decrypts nothing.
    # The access log's notes are verified with public ones only.
    "cryptography.hazmat.primitives.asymmetric": [
        "rmp_milter.keeper.*",
        "rmp_milter.courier.dkim_*",
        "rmp_milter.tlog.notes",
        "rmp_milter.tlog.cosignatures",
        "rmp_milter.x509.*",  # public ones only
        "rmp_milter.audit.reasons",  # the auditors' key, on their own machine
        "rmp_milter.witness.own_keys",  # a witness's, on its own machine
        "rmp_milter.tunnel.certificates",  # a host's own, that opens TLS connections alone
    ],
    # The network between hosts is a process of its own.
    "ssl": ["rmp_milter.tunnel.*", "rmp_milter.host.live.*"],
    # What walks a path is loaded where one is walked; the network is the fetcher's alone.
    "pyhanko_certvalidator": ["rmp_milter.x509.walking"],
    "rmp_milter.x509.walking": ["rmp_milter.x509.paths", "rmp_milter.x509.remembered"],
    "urllib.request": ["rmp_milter.trust.fetching", "rmp_milter.witness.asking"],
    # Tokens of strangers are parsed where their words are decrypted anyway.
    "jwt": ["rmp_milter.keeper.vitale.jws"],
    # A library of its own in the keeper's process: only where a key lies on a token.
    "pkcs11": ["rmp_milter.keeper.keys.token"],
    "rmp_milter.keeper.keys.token_key": ["rmp_milter.keeper.keys.reach"],
    "rmp_milter.keeper.keys.token": [
        "rmp_milter.keeper.keys.token_key",
        "rmp_milter.host.custody_moves",
    ],
    "tnefparse": ["rmp_milter.mail.incoming.tnef"],
    # Slow on hostile octets: only behind the walk by tags and lengths, and where it is needed.
    "asn1crypto": [
        "rmp_milter.keeper.cms.*",
        "rmp_milter.x509.comparing",
        "rmp_milter.x509.walking",
    ],
    "rmp_milter.mail.incoming.tnef": ["rmp_milter.keeper.*"],
    "cryptography.hazmat.primitives.hpke": ["rmp_milter.keeper.*", "rmp_milter.audit.reasons"],
    "cryptography.hazmat.decrepit": ["rmp_milter.keeper.*"],
    "openpgp.composed.SignedSecretKey": ["rmp_milter.keeper.*", *_A_CHECKS],
    "openpgp.composed.SecretKeyParamsBuilder": ["rmp_milter.keeper.*", *_A_CHECKS],
    # Layers below take plain values; only who starts a process or a command reads these.
    "rmp_milter.config": [
        "rmp_milter.config",
        "rmp_milter.config.*",
        "rmp_milter.cli.*",
        "rmp_milter.host.*",
        "rmp_milter.milter.process",
        "rmp_milter.courier.sending",
    ],
    # The code for private keys: no part of milter or courier. What they say to the keeper
    # is in the room of the calls.
    "rmp_milter.keeper": [
        "rmp_milter.keeper",
        "rmp_milter.keeper.*",
        "rmp_milter.host.*",
        "rmp_milter.inspection.*",
        "rmp_milter.cli.*",
    ],
}

# All that is known of the store outside of it: what it does, and what crosses that surface.
# None of it is an engine's, so that another engine can take the place of LMDB.
STORE_SURFACE = {
    "rmp_milter.store.engines",
    "rmp_milter.store.surface",
    "rmp_milter.store.format.failures",
    "rmp_milter.store.format.keys",
    "rmp_milter.store.format.former_keys",
    "rmp_milter.store.format.succession",  # of the keys' files
}
OPENS_STORE = "rmp_milter.store.opening"
# What looks at the engine's own records or files outside of the store, and why.
LOOKS_INSIDE = {
    "bench/costs.py",  # counts the records that are opened
    "bench/filling.py",  # fills a server's tables without the check that a move ends with
    "testbed/definitions.py",  # holds the records' definitions to what was frozen
    "testbed/store_watch.py",  # counts what is touched of LMDB's tables
    "testbed/intruder.py",  # somebody who writes to the disk by himself
}
# Words of LMDB that nobody else says; the access log's environment is the keeper's own.
LMDBS_WORDS = ("data.mdb", "lock.mdb", "map_bytes", "lmdb")
SAYS_LMDBS_WORDS = [
    "rmp_milter.engine.*",
    "rmp_milter.store.*",
    "rmp_milter.keeper.log.*",
    "rmp_milter.config.sections",  # the settings
    "rmp_milter.config.template",
    "rmp_milter.host.room_checks",  # a setting, in a hint
    "rmp_milter.postfix.settings",  # Postfix's tables of that name
]

# Values in, values out: the core knows neither the shell nor clock, chance, files, network.
CORE = [
    "rmp_milter.errors",
    "rmp_milter.phrases",
    "rmp_milter.phrases.*",
    "rmp_milter.cms",
    "rmp_milter.cms.*",
    "rmp_milter.dossier",
    "rmp_milter.dossier.*",
    "rmp_milter.postfix.facts",
    "rmp_milter.postfix.limits",
    "rmp_milter.postfix.rules",
    "rmp_milter.postfix.values",
    "rmp_milter.mail",
    "rmp_milter.mail.*",
    "rmp_milter.handlers",
    "rmp_milter.handlers.*",
    "rmp_milter.milter.chores.due",
    "rmp_milter.tlog",
    "rmp_milter.tlog.*",
]
CORE_MAY_IMPORT = [
    "rmp_milter.pdf.objects",  # how a PDF is written; it reads nothing
    *CORE,
    "rmp_milter",
    "rmp_milter.calls.authority",
    "rmp_milter.calls.containers",
    "rmp_milter.calls.protected",
    "rmp_milter.calls.protocol",
    "rmp_milter.calls.protocol.*",
    "rmp_milter.certificates",  # pure as well: judges certificates at a given time
    "rmp_milter.credentials",
]
NOT_IN_CORE = {
    *("logging", "os", "random", "secrets", "shutil", "signal", "socket", "subprocess"),
    *("tempfile", "threading", "time", "lmdb", "click", "dkim", "openpgp", "smtplib"),
}

# A process → what must not be in its memory, however it got there.
NEVER_LOADED = {
    "rmp_milter.cli.run_milter": [
        "rmp_milter.keeper.keys.keys",
        "rmp_milter.keeper.keys.sealing",
        "tnefparse",  # what strangers packed is unpacked where it is decrypted
        "asn1crypto",  # likewise; cms/ reads envelopes without it
        "pyhanko_certvalidator",  # and judged there
    ],
    "rmp_milter.cli.run_courier": [
        "rmp_milter.keeper.keys",
        "rmp_milter.milter",
        "Milter",
        "pyhanko_certvalidator",
    ],
    # Between hosts: neither a dossier nor a key of the service's.
    "rmp_milter.cli.run_tunnel": [
        *("rmp_milter.keeper", "rmp_milter.store", "rmp_milter.milter", "rmp_milter.courier"),
        *("lmdb", "openpgp", "Milter"),
    ],
    # The keeper has no network: what fetches lists is not in it.
    "rmp_milter.cli.run_keeper": ["rmp_milter.trust.fetching", "aiohttp"],
}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imported_names(path: Path) -> frozenset[str]:
    """Return every module and every name in it that is imported, dotted."""
    names: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


MODULES = {module_name(path): path for path in sorted((ROOT / PACKAGE).rglob("*.py"))}


def imports_of(module: str) -> frozenset[str]:
    """Return all that a module of ours imports."""
    return imported_names(MODULES[module])


def fits(name: str, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def within(name: str, module: str) -> bool:
    return name == module or name.startswith(f"{module}.")


def is_our_module(name: str) -> bool:
    return name in MODULES


def modules_imported(module: str) -> set[str]:
    """Return our modules that ``module`` imports (a name in one counts as that one)."""
    return {
        name if is_our_module(name) else name.rpartition(".")[0]
        for name in imports_of(module)
        if within(name, PACKAGE)
    }


def test_the_tables_see_the_whole_package() -> None:
    assert {"rmp_milter.milter.callbacks", "rmp_milter.store.store"} <= MODULES.keys()
    assert any(
        within(name, "lmdb") for name in imports_of("rmp_milter.store.format.environment")
    )


@pytest.mark.parametrize("reserved", RESERVED)
def test_reserved_imports_stay_where_they_belong(reserved: str) -> None:
    users = {
        module
        for module in MODULES
        if any(within(name, reserved) for name in imports_of(module))
    }
    assert {user for user in users if not fits(user, RESERVED[reserved])} == set()


def room_of(module: str) -> str:
    """Return the room at the top of the package in which a module lies."""
    return module.split(".")[1]


def inner_room_of(module: str) -> str:
    """Return the room inside its room, or "." for what lies in none."""
    parts = module.split(".")[2:]
    inner = INNER_FLOORS[room_of(module)]
    return parts[0] if parts and any(parts[0] in floor for floor in inner) else "."


def floor_of(room: str, floors: tuple[tuple[str, ...], ...]) -> int:
    (place,) = (number for number, rooms in enumerate(floors) if room in rooms)
    return place


def our_imports() -> list[tuple[str, str]]:
    return [
        (module, name)
        for module in MODULES
        if module != PACKAGE
        for name in modules_imported(module) - {PACKAGE}
    ]


def test_every_room_stands_in_the_table() -> None:
    there = {path.name.removesuffix(".py") for path in (ROOT / PACKAGE).glob("[a-z]*")}
    there -= {"py.typed"}
    assert there == {room for floor in FLOORS for room in floor}


def test_rooms_import_downwards_only() -> None:
    upwards = {
        (module, name)
        for module, name in our_imports()
        if room_of(module) != room_of(name)
        and floor_of(room_of(module), FLOORS) <= floor_of(room_of(name), FLOORS)
    }
    assert upwards == set()


@pytest.mark.parametrize("room", INNER_FLOORS)
def test_rooms_inside_a_room_import_downwards_only(room: str) -> None:
    floors = INNER_FLOORS[room]
    upwards = set()
    for module, name in our_imports():
        if not room_of(module) == room_of(name) == room:
            continue
        here, there = inner_room_of(module), inner_room_of(name)
        if here != there and floor_of(here, floors) <= floor_of(there, floors):
            upwards.add((module, name))
    assert upwards == set()


@pytest.mark.parametrize("module", [name for name in MODULES if fits(name, CORE)])
def test_the_core_imports_nothing_of_the_shell(module: str) -> None:
    foreign = {name for name in modules_imported(module) if not fits(name, CORE_MAY_IMPORT)}
    effects = {name.partition(".")[0] for name in imports_of(module)} & NOT_IN_CORE
    assert (foreign, effects) == (set(), set())


def of_the_store(names: frozenset[str]) -> set[str]:
    """Return the modules of the store that are among the imported names."""
    mine = {name for name in names if within(name, "rmp_milter.store")}
    return {name if is_our_module(name) else name.rpartition(".")[0] for name in mine}


def test_outside_the_store_its_surface_is_known_and_nothing_of_its_engine() -> None:
    known = STORE_SURFACE | {OPENS_STORE}
    users = {name for name in MODULES if name != PACKAGE and room_of(name) != "store"}
    assert {
        (user, name) for user in users for name in of_the_store(imports_of(user)) - known
    } == set()
    assert any(OPENS_STORE in of_the_store(imports_of(user)) for user in users)


@pytest.mark.parametrize("room", ["testbed", "demo", "bench", "scripts"])
def test_what_stands_beside_the_package_knows_the_surface_alone(room: str) -> None:
    files = [path for path in (TREE / room).iterdir() if is_python(path)]
    inside = {
        f"{room}/{path.name}"
        for path in files
        if of_the_store(imported_names(path)) - STORE_SURFACE - {OPENS_STORE}
    }
    assert files
    assert inside == {name for name in LOOKS_INSIDE if name.startswith(f"{room}/")}


def test_the_contract_of_the_store_is_tried_by_its_surface_alone() -> None:
    """But for the files in which an engine does to itself what no surface offers."""
    files = {path.name: path for path in (TREE / "tests" / "store" / "contract").glob("*.py")}
    assert files.pop("engines.py")
    assert files.pop("tried_lmdb.py")
    assert files.pop("tried_postgresql.py")
    assert files.pop("test_transactions.py")  # of what the engines are built on
    for path in files.values():
        known = STORE_SURFACE | {"rmp_milter.store"}  # which gives the surface's names on
        assert of_the_store(imported_names(path)) - known == set(), path.name


def is_python(path: Path) -> bool:
    return path.suffix == ".py" or (path.is_file() and b"python" in path.read_bytes()[:40])


def test_nobody_outside_the_store_says_words_of_its_engine() -> None:
    saying = {
        (module_name(path), word)
        for path in (ROOT / PACKAGE).rglob("*.py")
        for word in LMDBS_WORDS
        if word in path.read_text() and not fits(module_name(path), SAYS_LMDBS_WORDS)
    }
    assert saying == set()


@pytest.mark.parametrize("module", sorted(STORE_SURFACE))
def test_the_stores_surface_loads_no_engine(module: str) -> None:
    program = f"import sys, {module}; print('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded = set(done.stdout.split())
    assert module in loaded
    assert "lmdb" not in loaded


def test_the_logs_formats_stand_alone_and_know_no_private_key() -> None:
    tlog = [name for name in MODULES if within(name, "rmp_milter.tlog")]
    assert len(tlog) > 1
    for module in tlog:
        assert {
            name
            for name in modules_imported(module)
            if not within(name, "rmp_milter.tlog") and not within(name, "rmp_milter.phrases")
        } == set()
        assert {name for name in imports_of(module) if "PrivateKey" in name} == set()


def test_an_auditors_code_knows_neither_keeper_nor_store() -> None:
    allowed = ["rmp_milter.tlog.*", "rmp_milter.audit", "rmp_milter.audit.*"]
    allowed += ["rmp_milter.dossier.emergency"]  # words that both sides use
    allowed += ["rmp_milter.phrases.phrase", "rmp_milter.pdf.*"]
    for module in (name for name in MODULES if within(name, "rmp_milter.audit")):
        assert {name for name in modules_imported(module) if not fits(name, allowed)} == set()


@pytest.mark.parametrize("process", NEVER_LOADED)
@pytest.mark.promise(number=2)
def test_a_process_never_loads_what_it_must_not_hold(process: str) -> None:
    program = f"import sys, {process}; print('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded = set(done.stdout.split())
    assert process in loaded
    assert loaded & set(NEVER_LOADED[process]) == set()
