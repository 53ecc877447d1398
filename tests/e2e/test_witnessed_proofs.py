"""A patient's proofs with what witnesses cosigned: nobody has to be believed or asked."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rmp_milter.tlog import entry_proofs
from rmp_milter.tlog.notes import parse
from rmp_milter.tlog.policies import parse_policy
from rmp_milter.witness.serving import WitnessServer
from rmp_milter.witness.station import Station
from testbed.host import Host

pytestmark = pytest.mark.integration

PATIENT = "Patient : TÉMOIN Jean\nNé le : 30/01/1959\n"
RECEIPT = "from rmp_milter.cli.audit_main import main; main()"


@contextmanager
def at_work(folder: Path) -> Iterator[str]:
    """Give the URL of a witness that works as long as the block does."""
    with (
        Station(folder) as station,
        WitnessServer(("127.0.0.1", 0), station, lambda _answer: None) as server,
    ):
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.promise(number=13)
def test_a_patients_proof_needs_nobody(tmp_path: Path) -> None:
    policy, kept, export = (tmp_path / name for name in ("policy", "kept", "export"))
    settings = {
        ("audit", "witness_policy"): f'"{policy}"',
        ("audit", "witnessed"): f'"{kept}"',
    }
    with Host(settings, by_library=True) as host, at_work(made(host, tmp_path / "w")) as url:
        paul = host.doctor("Dr Paul DEMO", "paul@cabinet.test")
        keys = host.service.rmp("access", "witness", "key", "show", str(tmp_path / "w"))
        log = host.service.rmp("access", "key").stdout.decode().strip()
        key = keys.stdout.decode().split()[0]
        policy.write_text(f"log {log}\nwitness ars {key} {url}\nquorum ars\n")
        creation = f"Demande : création\n{PATIENT}Consentement : oui\n"
        host.ask(paul, paul.pgp_mime(creation))
        host.service.rmp("access", "export", str(export))
        host.service.rmp("access", "witness", "push", str(export))
        wanted = f"Demande : accès\n{PATIENT}Preuves : oui\n"
        (answer,) = host.ask(paul, paul.pgp_mime(wanted))
        first, last = (data for _, data in sorted(answer.files.items()))
    read = parse_policy(policy.read_bytes())
    notes = [parse(entry_proofs.parse(each).checkpoint) for each in (first, last)]
    # The creation was cosigned; the asking itself came after.
    assert [read.judge(note).fulfilled for note in notes] == [True, False]
    file = tmp_path / "acces.tlog-proof"
    file.write_bytes(first)
    said = told(file, policy)
    assert "acte" in said
    assert "creation" in said
    assert "Cosigné par 1 témoin(s) : ars (" in said


def made(host: Host, folder: Path) -> Path:
    """Make a witness of this host's log."""
    host.service.rmp("access", "witness", "key", "new", str(folder), "ars.example/temoin")
    vkey = host.service.rmp("access", "key").stdout.decode().strip()
    host.service.rmp("access", "witness", "watch", str(folder), vkey)
    return folder


def told(file: Path, policy: Path) -> str:
    command = [sys.executable, "-c", RECEIPT, "receipt", str(file), "--lang", "fr"]
    done = subprocess.run(
        [*command, "--policy", str(policy)], capture_output=True, text=True, check=True
    )
    return done.stdout
