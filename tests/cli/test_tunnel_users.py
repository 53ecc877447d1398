"""The tunnel's ends as users of their own: who may call, and whose the files are."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_separate_users import (
    KEEPER,
    MILTER,
    made_service,
    needs_public_code,
    needs_root,
    owner_and_mode,
    rmp,
    rmp_command,
)

from rmp_milter.calls.client import KeeperClosed, KeeperDown
from rmp_milter.calls.keepers import keepers_at
from rmp_milter.calls.protocol.cards import Learned, Show
from rmp_milter.config import load
from rmp_milter.host.owners import as_owner, name_of
from testbed.processes import is_listening
from testbed.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.integration, needs_root, needs_public_code]

TUNNEL = "news"  # on every Debian, and unused
SECONDS = 30


def write_configuration(service: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        at = f"127.0.0.1:{free.getsockname()[1]}"
    file = service / "rmp.toml"
    text = file.read_text()
    for old, new in (
        (f'users = ["{MILTER}"]', f'users = ["{MILTER}", "{TUNNEL}"]'),
        ("keepers = {}", f'keepers = {{ a = "{at}" }}'),
        ("listen = []", f'listen = ["{at}"]'),
        ("keepers = []", 'keepers = ["run/tunnel/a.sock"]'),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    file.write_text(text)


@pytest.fixture
def dug() -> Iterator[tuple[Path, dict[str, subprocess.Popen[bytes]]]]:
    with made_service() as service:
        write_configuration(service)
        made = rmp(service, "tunnel", "certificate", "--user", TUNNEL)
        assert made.returncode == 0, made.stderr
        for kind in ("keepers", "milters"):
            (service / "tunnel" / kind / "a.crt").write_text(made.stdout)
        # As the package's user, by its membership in the milter's group, reaches the keeper.
        shutil.chown(service / "run/keeper", KEEPER, TUNNEL)
        (service / "run/keeper").chmod(0o2750)
        running = {
            part: subprocess.Popen([*rmp_command(service), *part.split()])
            for part in ("keeper", "tunnel listen", "tunnel connect")
        }
        try:
            yield service, running
        finally:
            for process in running.values():
                process.terminate()
            for process in running.values():
                process.wait(SECONDS)


def real_user_of(pid: int) -> str:
    status = Path(f"/proc/{pid}/status").read_text()
    return name_of(int(status.partition("\nUid:")[2].split()[0]))


@pytest.mark.promise(number=2)
def test_the_milters_user_calls_through_and_nobody_else(
    dug: tuple[Path, dict[str, subprocess.Popen[bytes]]],
) -> None:
    service, running = dug
    config = load(service / "rmp.toml")
    near = service / "run/tunnel/a.sock"
    wait_until(lambda: is_listening(near), SECONDS, "the near end")
    wait_until(lambda: is_listening(config.sockets.keeper), SECONDS, "the keeper")
    for part in ("tunnel listen", "tunnel connect"):
        assert real_user_of(running[part].pid) == TUNNEL
    assert owner_and_mode(service / "tunnel") == (TUNNEL, "0o700")
    assert owner_and_mode(service / "tunnel" / "tunnel.key") == (TUNNEL, "0o600")
    assert owner_and_mode(service / "run/tunnel") == (TUNNEL, "0o2750")
    assert owner_and_mode(near) == (TUNNEL, "0o660")

    def ask() -> str:
        keepers = keepers_at(config.keeper_sockets, 1, 10)
        try:
            reply, _ = keepers.expect(Learned, Show(()))
        except KeeperClosed:
            return "closed"
        except KeeperDown as error:
            return str(error)
        return str(reply)

    def through() -> bool:
        return as_owner(config.paths.milter, ask, str) == "Learned(count=0)"

    wait_until(through, SECONDS, "the whole way")
    assert as_owner(config.paths.courier, ask, str) == "closed"
