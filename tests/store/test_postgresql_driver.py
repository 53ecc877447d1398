"""A host that has no driver: one line says what to install, for the store and for the log."""

import subprocess
import sys

import pytest

WITHOUT = """
import sys
sys.modules["psycopg"] = None
from pathlib import Path
from rmp_milter.config.sections import KeeperSection, StoreSection
from rmp_milter.engine.failures import StoreError
from rmp_milter.keeper.log.places import log_at
from rmp_milter.store.opening import engine_at
try:
    {call}
except StoreError as error:
    print(error)
"""
CALLS = {
    "store": 'engine_at(Path("x"), StoreSection(engine="postgresql"))',
    "log": 'log_at(Path("x"), KeeperSection(engine="postgresql"))',
}


@pytest.mark.parametrize("kept", CALLS)
def test_what_is_to_be_installed_is_said(kept: str) -> None:
    program = WITHOUT.format(call=CALLS[kept])
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == (
        "PostgreSQL's driver is not there (psycopg): apt install libpq5 with Debian's package,"
        " else pip install 'rmp-milter[postgresql]'\n"
    )
