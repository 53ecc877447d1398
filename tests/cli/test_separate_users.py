import json
import os
import pwd
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from rmp_milter.cli import main
from rmp_milter.config import load
from rmp_milter.host import owners
from rmp_milter.host.filed import compare
from rmp_milter.host.live.answering import note_live
from rmp_milter.host.owners import (
    UnknownNameError,
    as_owner,
    become_owner,
    gid_of,
    name_of,
    uid_of,
)
from rmp_milter.status.diary import HostWork, last
from rmp_milter.store.format.version import FORMAT
from testbed.command import run_rmp
from testbed.folders import own_folder
from testbed.forks import in_a_child
from testbed.once import once
from testbed.openssl import openssl
from testbed.ready_rmp import become, prove_once, run_ready
from testbed.softhsm import CONFIGURATION, MODULE, SoftToken
from testbed.x509_issuing import issue, pem
from testbed.x509_maker import DAY, Maker

pytestmark = pytest.mark.slow

KEEPER, MILTER, COURIER = "daemon", "bin", "games"  # on every Debian, and unused

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


def all_can_reach(path: Path) -> bool:
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in path.resolve().parents)


needs_public_code = pytest.mark.skipif(
    not all_can_reach(Path(owners.__file__)) or not all_can_reach(Path(msgspec.__file__)),
    reason="the program lies where other users cannot read it",
)


def init(folder: Path) -> None:
    users = ("--user-keeper", KEEPER, "--user-milter", MILTER, "--user-courier", COURIER)
    groups = ("--group-store", COURIER, "--group-milter", "mail")
    told = ("init", str(folder / "rmp"), "--address", "rmp@chu.example")
    assert main.run([*told, *users, *groups]) == 0


@contextmanager
def made_service() -> Iterator[Path]:
    top = own_folder("rmp-")
    top.chmod(0o755)
    made, folder = once("init-for-users", init) / "rmp", top / "rmp"
    prove_once(made / "keeper")
    subprocess.run(["cp", "--archive", made, folder], check=True)  # owners as well
    yield folder
    shutil.rmtree(top)


@pytest.fixture(scope="module")
def service() -> Iterator[Path]:
    with made_service() as folder:
        yield folder


@pytest.fixture
def own_service() -> Iterator[Path]:
    with made_service() as folder:
        yield folder


def rmp(service: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own: root's rights do not come back."""
    return _said(run_rmp(["--config", str(service / "rmp.toml"), *arguments], check=False))


def _said(done: subprocess.CompletedProcess[bytes]) -> subprocess.CompletedProcess[str]:
    out, err = done.stdout.decode(), done.stderr.decode()
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


def rmp_command(service: Path) -> list[str]:
    config = str(service / "rmp.toml")
    return [sys.executable, "-m", "rmp_milter.cli", "--config", config]


def owner_and_mode(path: Path) -> tuple[str, str]:
    status = path.stat()
    return pwd.getpwuid(status.st_uid).pw_name, oct(stat.S_IMODE(status.st_mode))


@needs_root
def test_each_part_belongs_to_its_user(service: Path) -> None:
    seen = {
        name: owner_and_mode(service / name)
        for name in (
            *("keeper", "keeper/custody.key", "keeper/log/data.mdb", "milter/index.key"),
            *("store", "store/data.mdb", "shared/outbox.key", "courier/dkim.key"),
            *("run/keeper", "run/milter", "public/service.asc", "rmp.toml"),
            *("keeper/smime", "public/service-smime.cer"),
        )
    }
    assert seen == {
        "keeper": (KEEPER, "0o700"),
        "keeper/custody.key": (KEEPER, "0o600"),
        "keeper/log/data.mdb": (KEEPER, "0o600"),
        "milter/index.key": (MILTER, "0o600"),
        "store": (MILTER, "0o2770"),
        "store/data.mdb": (MILTER, "0o660"),
        "shared/outbox.key": (MILTER, "0o640"),
        "courier/dkim.key": (COURIER, "0o600"),
        "run/keeper": (KEEPER, "0o2750"),
        "run/milter": (MILTER, "0o2750"),
        "public/service.asc": ("root", "0o644"),
        "keeper/smime": (KEEPER, "0o700"),
        "public/service-smime.cer": ("root", "0o644"),
        "rmp.toml": ("root", "0o644"),
    }


@needs_root
@needs_public_code
def test_check_finds_nothing_wrong_with_a_new_service(service: Path) -> None:
    done = rmp(service, "check", "--no-postfix")
    assert done.stdout.endswith("0 errors, 3 warnings\n")
    assert (done.returncode, done.stdout.count("warning: ")) == (0, 3)


@needs_root
@needs_public_code
def test_a_token_is_asked_by_the_keepers_user(
    own_service: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = own_service
    soft_token = SoftToken(service.parent / "token")
    monkeypatch.setenv(CONFIGURATION, str(soft_token.configuration))
    file = service / "rmp.toml"
    text = file.read_text().replace('token_module = ""', f'token_module = "{MODULE}"')
    file.write_text(text.replace('token_pin = ""', f'token_pin = "{soft_token.pin_file}"'))
    arguments = ("key", "rotate", "custody", "--token", soft_token.uri())
    refused = rmp(service, *arguments)
    assert refused.returncode == 1
    assert "cannot act as daemon" in refused.stderr
    assert owner_and_mode(service / "keeper" / "custody.key") == (KEEPER, "0o600")
    soft_token.give_to(uid_of(KEEPER))
    done = rmp(service, *arguments)
    assert done.returncode == 0, done.stderr
    written = [*(service / "keeper").glob("custody*")]
    assert {owner_and_mode(each) for each in written} == {(KEEPER, "0o600")}
    assert len(written) == 2
    listed = rmp(service, "key", "list")
    assert f"lies elsewhere: {soft_token.uri()}" in listed.stdout
    assert "not proven" not in listed.stdout


@needs_root
@needs_public_code
def test_what_root_adds_to_the_s_mime_keys_is_the_keepers(service: Path) -> None:
    laid_out = service / "public" / "service-smime.cer"
    before = laid_out.read_bytes()
    for command in ("new", "csr"):
        done = rmp(service, "key", "smime", command, "--kind", "p-256")
        assert done.returncode == 0, done.stderr
    there = {owner_and_mode(file) for file in (service / "keeper" / "smime").iterdir()}
    assert there == {(KEEPER, "0o600")}
    assert (owner_and_mode(laid_out), laid_out.read_bytes() == before) == (
        ("root", "0o644"),
        False,
    )


@needs_root
@needs_public_code
@pytest.mark.parametrize(
    ("which", "file", "mode"),
    [
        ("metadata", "milter/metadata.key", "0o600"),
        ("index", "milter/index.key", "0o600"),
        ("outbox", "shared/outbox.key", "0o640"),
    ],
)
def test_a_rotated_key_has_the_owner_mode_and_group_of_the_old_one(
    service: Path, which: str, file: str, mode: str
) -> None:
    key, data = service / file, service / "store/data.mdb"
    old, groups = key.read_bytes(), (key.stat().st_gid, data.stat().st_gid)
    done = rmp(service, "key", "rotate", which)
    assert (done.returncode, done.stderr) == (0, "")
    assert key.read_bytes() != old
    assert owner_and_mode(key) == (MILTER, mode)
    assert owner_and_mode(data) == (MILTER, "0o660")
    assert (key.stat().st_gid, data.stat().st_gid) == groups
    assert owner_and_mode(key.with_name(f"{key.name}.before")) == (MILTER, "0o600")
    assert {owner_and_mode(each)[0] for each in (service / "store").iterdir()} == {MILTER}
    done = rmp(service, "check", "--no-postfix")
    assert done.stdout.endswith("0 errors, 3 warnings\n"), done.stdout
    assert rmp(service, "store", "check").returncode == 0


IMPORT = """
import encodings.cp1252, sys  # asn1crypto asks for it late, when a private Python cannot be read
from rmp_milter.cli import main
sys.exit(main.run(sys.argv[1:]))
"""


@needs_root
@needs_public_code
def test_root_takes_in_an_answer_that_nobody_else_may_read(service: Path) -> None:
    now = int(time.time())
    root = Maker(now).authority("Racine d'essai")
    laid_out = service / "public" / "service-smime.cer"
    before = laid_out.read_bytes()
    request = rmp(service, "key", "smime", "csr", "--kind", "p-256").stdout
    made = issue(request.encode(), root, now - DAY)
    answer = service.with_name("answer.pem")
    answer.write_bytes(pem(made, root.certificate))
    answer.chmod(0o600)
    where = ("--config", str(service / "rmp.toml"))
    command = [sys.executable, "-c", IMPORT, *where, "key", "smime", "import", str(answer)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    there = {owner_and_mode(file) for file in (service / "keeper" / "smime").iterdir()}
    assert there == {(KEEPER, "0o600")}
    assert laid_out.read_bytes() == made.public_bytes(Encoding.DER)
    laid_out.write_bytes(before)
    for file in (service / "keeper" / "smime").glob("*.pem"):
        if b"Racine" in openssl("x509", "-noout", "-issuer", "-in", str(file)):
            file.unlink()  # back, for the other tests
            laid_out.unlink(missing_ok=True)


@needs_root
@needs_public_code
def test_s_mime_keys_are_for_nobody_but_root_and_the_keeper(service: Path) -> None:
    smime = ("--config", str(service / "rmp.toml"), "key", "smime")
    for command in (("show",), ("csr",), ("export",), ("new", "--kind", "p-256")):
        done = as_user(MILTER, *smime, *command)
        assert (done.returncode, done.stdout) == (1, "")
        assert "Permission denied" in done.stderr
        assert "Traceback" not in done.stderr
    done = as_user(KEEPER, *smime, "new", "--kind", "p-256")
    assert done.returncode == 1
    assert "the certificate is in place, but" in done.stderr
    assert "rmp key smime export --der" in done.stderr
    done = rmp(service, "key", "smime", "export")
    assert done.returncode == 0


@needs_root
@needs_public_code
def test_root_holds_the_store_to_the_log_each_read_as_its_own_user(service: Path) -> None:
    said = json.loads(rmp(service, "store", "check", "--json").stdout)
    assert (said["sound"], said["notes"]) == (True, [])  # of the entries: the log was read


@needs_root
@needs_public_code
def test_the_stores_own_user_cannot_and_is_told(service: Path) -> None:
    config = load(service / "rmp.toml")
    note = as_owner(config.paths.store, lambda: " ".join(compare(config).notes), str)
    assert note.startswith("entries are not compared with the access log")


@needs_root
@needs_public_code
def test_check_says_what_it_finds_to_whom_the_keepers_folder_is_closed(service: Path) -> None:
    where = ("--config", str(service / "rmp.toml"))
    done = as_user(MILTER, *where, "check", "--no-postfix")
    assert (done.returncode, done.stderr) == (1, "")
    assert "error: " in done.stdout.splitlines()[0]
    assert str(service / "keeper") in done.stdout


@needs_root
@needs_public_code
@pytest.mark.parametrize(
    "command",
    [
        ("store", "check"),
        ("store", "stats"),
        ("doctor", "list"),
        ("outbox", "list"),
        ("check", "--json"),
    ],
)
def test_commands_of_root_leave_no_file_of_roots(
    service: Path, command: tuple[str, ...]
) -> None:
    (service / "store" / "lock.mdb").unlink(missing_ok=True)
    rmp(service, *command)
    owners = {path.stat().st_uid for path in (service / "store").iterdir()}
    assert owners == {pwd.getpwnam(MILTER).pw_uid}


MIGRATE = """
import os, sys
from rmp_milter.cli import main
from rmp_milter.store import lmdb_engine
from rmp_milter.store.format import version

os.umask(0o077)
ours = version.FORMAT.number
version.FORMAT = version.FORMAT._replace(number=ours + 1)
lmdb_engine.STEPS = {ours: lambda course: None}
sys.exit(main.run(["--config", sys.argv[1], "store", "migrate"]))
"""


@needs_root
@needs_public_code
def test_a_store_that_root_migrates_is_still_its_owners_and_its_groups(service: Path) -> None:
    store = service / "store"
    before = {name: (store / name).stat() for name in ("data.mdb", "lock.mdb")}
    command = [sys.executable, "-c", MIGRATE, str(service / "rmp.toml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    for name, status in before.items():
        after = (store / name).stat()
        assert (after.st_uid, after.st_gid) == (status.st_uid, status.st_gid)
        assert stat.S_IMODE(after.st_mode) == stat.S_IMODE(status.st_mode)
    assert (store / "data.mdb").stat().st_ino != before["data.mdb"].st_ino
    old = store / f"data.mdb.format-{FORMAT.number}"
    old.rename(store / "data.mdb")  # back, for the other tests
    assert rmp(service, "store", "migrate").stdout == f"nothing to do: format {FORMAT.number}\n"


@needs_root
@needs_public_code
def test_root_exports_the_access_log_as_the_keepers_user(service: Path) -> None:
    folder = service.with_name("audit")
    done = rmp(service, "access", "export", str(folder))
    assert (done.returncode, done.stderr) == (0, "")
    assert owner_and_mode(folder) == (KEEPER, "0o700")
    made = [*folder.rglob("*"), *(service / "keeper").rglob("*")]
    assert {path.stat().st_uid for path in made} == {pwd.getpwnam(KEEPER).pw_uid}
    folder.with_name("roots").mkdir()
    done = rmp(service, "access", "export", str(folder.with_name("roots")))
    assert done.returncode == 1
    assert f"does not belong to {KEEPER}" in done.stderr


@needs_root
@needs_public_code
def test_an_auditors_account_reads_the_export_and_nothing_else(service: Path) -> None:
    """As systemd's tmpfiles.d/rmp.conf and rmp-audit.service arrange it."""
    folder = service.with_name("rmp-audit")
    folder.mkdir()
    os.chown(folder, uid_of(KEEPER), gid_of("operator"))
    folder.chmod(0o2750)
    subprocess.run(
        [*rmp_command(service), "access", "export", folder],
        check=True,
        capture_output=True,
        umask=0o027,
    )
    vkey = rmp(service, "access", "key").stdout.strip()
    program = (
        "import json, os, subprocess, sys\n"
        "from rmp_milter.cli import main\n"
        "folder, vkey, group, *hidden = sys.argv[1:]\n"
        "verify = ['access', 'verify', folder, '--vkey', vkey, '--json']\n"
        "main.run(verify)  # as root: now all modules are loaded\n"
        "os.setgroups([]); os.setgid(int(group)); os.setuid(65534)\n"
        "tries = [['cat', name] for name in hidden]\n"
        "tries += [['touch', folder + name] for name in ('/checkpoint', '/more')]\n"
        "done = [subprocess.run(run, capture_output=True).returncode for run in tries]\n"
        "print(json.dumps([main.run(verify), *done]))"
    )
    hidden = (
        "keeper/log/data.mdb",
        "keeper/custody.key",
        "store/data.mdb",
        "shared/outbox.key",
    )
    group = str(gid_of("operator"))
    done = subprocess.run(
        [sys.executable, "-c", program, folder, vkey, group, *(service / n for n in hidden)],
        capture_output=True,
        check=True,
        cwd="/",
    )
    assert json.loads(done.stdout.splitlines()[-1]) == [0, 1, 1, 1, 1, 1, 1]


@needs_root
@needs_public_code
@pytest.mark.promise(number=2)
def test_the_courier_reads_the_outbox_and_nothing_else(service: Path) -> None:
    program = (
        "import json, sys; from pathlib import Path\n"
        "from rmp_milter.host.owners import become_owner\n"
        "folder = Path(sys.argv[1]); become_owner(folder / 'courier'); seen = {}\n"
        "def readable(path):\n"
        "    try: return bool(path.read_bytes())\n"
        "    except PermissionError: return False\n"
        "print(json.dumps([readable(folder / name) for name in sys.argv[2:]]))"
    )
    names = ["shared/outbox.key", "store/data.mdb", "courier/dkim.key"]
    hidden = ["milter/index.key", "milter/metadata.key", "keeper/custody.key"]
    done = subprocess.run(
        [sys.executable, "-c", program, service, *names, *hidden],
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout) == [True, True, True, False, False, False]


@needs_root
@needs_public_code
def test_root_acts_as_the_owner_and_stays_root(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)
    assert as_owner(tmp_path, os.geteuid, int) == 65534
    assert os.geteuid() == 0


@needs_root
def test_a_user_who_cannot_read_the_program_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir(0o700)
    (hidden / "owners.py").touch()
    monkeypatch.setattr(owners, "_PROGRAM", hidden / "owners.py")
    folder = tmp_path / "part"
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    with pytest.raises(OSError, match="the user nobody cannot read the program"):
        as_owner(folder, os.geteuid, int)


@needs_root
@needs_public_code
def test_an_action_that_fails_as_owner_is_an_error(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)
    with pytest.raises(OSError, match="cannot act as nobody"):
        as_owner(tmp_path, lambda: 1 // 0, int)


def test_in_a_folder_of_ones_own_nothing_is_become(tmp_path: Path) -> None:
    before = (os.geteuid(), os.getegid(), os.getgroups())
    become_owner(tmp_path)
    assert (os.geteuid(), os.getegid(), os.getgroups()) == before


def test_milter_and_courier_of_their_own_need_a_group(tmp_path: Path) -> None:
    users = ["--user-milter", MILTER, "--user-courier", COURIER]
    status = main.run(["init", str(tmp_path / "x"), "--address", "rmp@chu.example", *users])
    assert status == 2
    assert not (tmp_path / "x").exists()


def test_users_and_groups_are_names_or_numbers() -> None:
    assert uid_of("root") == uid_of("0") == 0
    assert gid_of("root") == 0
    assert name_of(0) == "root"
    with pytest.raises(UnknownNameError, match="there is no user no-such-one"):
        uid_of("no-such-one")
    with pytest.raises(UnknownNameError, match="there is no group no-such-one"):
        gid_of("no-such-one")


@contextmanager
def serving(service: Path) -> Iterator[subprocess.Popen[str]]:
    command = [
        sys.executable,
        "-m",
        "rmp_milter.cli",
        "serve",
        "--config",
        service / "rmp.toml",
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        yield process
        process.kill()


@pytest.fixture(scope="module")
def served(service: Path) -> Iterator[subprocess.Popen[str]]:
    """Have the service run from here on: for the tests at the end, the last of which ends it."""
    with serving(service) as process:
        wait_for(process)
        yield process


def wait_for(served: subprocess.Popen[str]) -> None:
    assert served.stdout
    assert select.select([served.stdout], [], [], 20)[0], "no line in 20 s"
    assert served.stdout.readline() == "ready for rmp@chu.example\n"


def children_of(parent: int) -> list[int]:
    return [*map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split())]


def command_and_users(pid: int) -> tuple[str, set[str]]:
    """Return a child's command, and its real, effective, saved and file-system user."""
    status = Path(f"/proc/{pid}/status").read_text()
    uids = status.partition("\nUid:")[2].splitlines()[0].split()
    words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    # Between fork and exec it is its parent still, and for a moment has no words at all.
    return words[3] if len(words) > 3 else "", {name_of(int(uid)) for uid in uids}


@pytest.mark.integration
@needs_root
@needs_public_code
def test_serve_runs_each_part_as_its_user(service: Path, served: subprocess.Popen[str]) -> None:
    children = children_of(served.pid)
    wanted = {"keeper": {KEEPER}, "milter": {MILTER}, "courier": {COURIER}}
    deadline = time.monotonic() + 60  # the courier has no socket that says it is ready
    while (users := dict(map(command_and_users, children))) != wanted:
        assert time.monotonic() < deadline, users
        time.sleep(0.05)
    milter_socket = (service / "run/milter/milter.sock").stat()
    assert (milter_socket.st_gid, stat.S_IMODE(milter_socket.st_mode)) == (
        gid_of("mail"),
        0o660,
    )


def as_user(user: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a user who may not be able to read its modules: they are read before."""
    return _said(run_ready(arguments, 120, user=user))


def may(user: str, work: Callable[[], object]) -> bool:
    """Whether a user is let do this; what else it raises is no answer."""

    def as_him() -> int:
        become(user)
        try:
            work()
        except PermissionError:
            return 1
        return 0

    status = in_a_child(as_him, 2)
    assert status in {0, 1}
    return not status


def connect(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(path))


@pytest.mark.integration
@pytest.mark.usefixtures("served")
@needs_root
@needs_public_code
@pytest.mark.promise(number=2)
def test_what_the_host_does_is_for_root_and_never_for_the_milters_user(
    service: Path, key: Path
) -> None:
    doctor = ("--name", "Dr Anne MOREL", "--mail", "a.morel@cab.example", "--key", str(key))
    number = ("--rpps", "10003456786", "--profession", "médecin généraliste")
    done = rmp(service, "doctor", "add", *doctor, *number)
    assert done.returncode == 0, done.stderr
    change = ["doctor", "set", "10003456786", "--receipts", "none"]
    for user in (MILTER, COURIER):
        done = as_user(user, "--config", str(service / "rmp.toml"), *change)
        assert done.returncode == 1
        assert "this user may not ask the keeper" in done.stderr
        assert "run this as root" in done.stderr
    operator = service / "keeper" / "operator.sock"
    assert owner_and_mode(operator) == (KEEPER, "0o600")
    for path, user, let_in in (
        (operator, MILTER, False),
        (operator, COURIER, False),
        (service / "run" / "keeper" / "keeper.sock", MILTER, True),
    ):
        assert may(user, partial(connect, path)) == let_in
    listed = json.loads(rmp(service, "doctor", "list", "--json").stdout)
    assert [each["receipts"] for each in listed] == ["each"]
    assert rmp(service, *change).returncode == 0
    assert rmp(service, "doctor", "remove", "10003456786").returncode == 0


@pytest.mark.integration
@pytest.mark.usefixtures("served")
@needs_root
@needs_public_code
def test_root_gives_a_doctor_a_certificate_that_nobody_else_may_read(
    service: Path, key: Path
) -> None:
    maker = Maker(int(time.time()))
    root = maker.authority("Racine d'essai")
    card, authority, crl = (service.with_name(name) for name in ("a.pem", "ca.pem", "crl"))
    card.write_bytes(maker.user("a.morel@cab.example", root).pem)
    authority.write_bytes(root.pem)
    crl.write_bytes(maker.revocation_list(root))
    for file in (card, authority, crl):
        file.chmod(0o600)
    doctor = ("--name", "Dr Anne MOREL", "--mail", "a.morel@cab.example", "--key", str(key))
    given = ("--certificate", str(card), "--witness", "Mme Blanc", "--witness", "M. Noir")
    for command in (
        ("trust", "add", "ca", str(authority), "--purpose", "public"),
        ("trust", "add", "crl", str(crl)),
        ("doctor", "add", *doctor, "--rpps", "10003456786", "--profession", "radiologue"),
        ("doctor", "set", "10003456786", *given),
        ("doctor", "remove", "10003456786"),
    ):
        done = rmp(service, *command)
        assert done.returncode == 0, (command, done.stderr)


@pytest.mark.integration
@pytest.mark.usefixtures("served")
@needs_root
@needs_public_code
@pytest.mark.parametrize("which", ["custody", "waiting"])
def test_root_has_keys_replaced_whose_store_is_another_users(service: Path, which: str) -> None:
    keeper, now = service / "keeper", time.time()
    begun = rmp(service, "key", "rotate", which)
    assert begun.returncode == 0, begun.stderr
    (former,) = keeper.glob(f"{which}-*.key")
    for file in (keeper / f"{which}.key", former):
        assert owner_and_mode(file) == (KEEPER, "0o600")
    early = rmp(service, "key", "rotate", which, "--end")
    assert (early.returncode, "former key still" in early.stderr) == (1, True)
    os.utime(keeper / f"{which}.key", (now - 1000, now - 1000))
    os.utime(load(service / "rmp.toml").sockets.keeper, (now - 500, now - 500))
    ended = rmp(service, "key", "rotate", which, "--end")
    assert (ended.returncode, "is gone" in ended.stdout) == (0, True), ended.stderr
    assert not former.exists()


@pytest.mark.integration
@needs_root
@needs_public_code
def test_serve_ends_each_part(served: subprocess.Popen[str]) -> None:
    children = children_of(served.pid)
    assert len(children) == 3
    served.send_signal(signal.SIGTERM)
    assert served.wait(20) == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in children)


@needs_root
@needs_public_code
def test_a_live_check_is_noted_as_the_stores_owner(service: Path) -> None:
    config = load(service / "rmp.toml")
    note_live(config, [])
    assert last(config.paths.store, HostWork.LIVE_CHECK)
    for file in (service / "store/diary", service / "store/diary/live-check.json"):
        assert owner_and_mode(file)[0] == MILTER
