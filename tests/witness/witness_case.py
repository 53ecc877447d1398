"""Witnesses in folders, at work in a thread; a log with its forks; a policy that names them."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rmp_milter.tlog.policies import WitnessPolicy, parse_policy
from rmp_milter.tlog.proofs import consistency_proof
from rmp_milter.tlog.witnessing import Submission
from rmp_milter.witness.own_keys import WitnessKeys, make_keys
from rmp_milter.witness.serving import AnswerTold, WitnessServer
from rmp_milter.witness.station import Station, WitnessAnswer, make_station
from testbed.made_log import KEY, MadeLog, made_entries

NAME = "ars.example/temoin"
SIZE = 60
LOG = MadeLog(made_entries(SIZE))
FORK = MadeLog([*made_entries(19), b'{"action":"forged"}', *made_entries(SIZE)[20:]])
"""The same but for entry 19."""
AT = 1_795_996_800


def submission(log: MadeLog, old: int, size: int) -> bytes:
    path = consistency_proof(log.node, old, size) if old <= size else []
    return Submission(old, tuple(path), log.checkpoint(size)).encode()


def made_station(folder: Path, name: str = NAME) -> WitnessKeys:
    folder.mkdir()
    keys = make_keys(folder, name)
    make_station(folder)
    with Station(folder) as station:
        station.watch(KEY)
    return keys


def ignored(_answer: WitnessAnswer) -> None:
    """Tell nobody."""


@contextmanager
def served(folder: Path, told: AnswerTold = ignored) -> Iterator[str]:
    """Serve a witness's folder in a thread; give its URL."""
    with Station(folder) as station, WitnessServer(("127.0.0.1", 0), station, told) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def policy_of(
    witnesses: Sequence[tuple[str, WitnessKeys, str]], least: str = "all"
) -> WitnessPolicy:
    """Return the policy that so many of these (name, keys, URL) must cosign, by Ed25519."""
    return parse_policy(policy_text(witnesses, least).encode())


def policy_text(witnesses: Sequence[tuple[str, WitnessKeys, str]], least: str = "all") -> str:
    lines = [f"witness {name} {keys.public[0]} {url}" for name, keys, url in witnesses]
    names = " ".join(name for name, _, _ in witnesses)
    return "\n".join([f"log {KEY}", *lines, f"group q {least} {names}", "quorum q", ""])
