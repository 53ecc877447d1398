"""What the access log signed last, kept apart from the log: so that an older copy shows.

The state file stands beside the log's folder and holds the last checkpoint; before the
first one, its text over the empty tree, without a signature. The log's environment holds
the same. The file is written behind it: a crash in between leaves the file one step behind,
and nobody was given that checkpoint yet. One that is ahead (it once was written first, and a
standby server may lack what was never acknowledged) is believed where the log extends it.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rmp_milter.disk.new_files import sync_folder, write_new
from rmp_milter.disk.write_turn import WriteTurn
from rmp_milter.keeper.log.tree import LogFault, Tree
from rmp_milter.tlog.checkpoints import TreeHead, parse_head, read_checkpoint, sign_head
from rmp_milter.tlog.hashing import EMPTY_ROOT
from rmp_milter.tlog.notes import NoteError, VerifierKey, check_name


@dataclass(frozen=True)
class Signed:
    """A tree head, and the checkpoint (a signed note) over it; empty before the first."""

    head: TreeHead
    note: bytes = b""

    def encode(self) -> bytes:
        """Return it as it is stored."""
        return self.note or self.head.text.encode()


def unsigned(origin: str) -> Signed:
    """Return the state of a new log with this name; raise :class:`LogFault` for a bad one."""
    try:
        check_name(origin)
    except NoteError as error:
        raise LogFault(str(error)) from None
    return Signed(TreeHead(origin, 0, EMPTY_ROOT))


def decode(data: bytes) -> Signed:
    """Read what :meth:`Signed.encode` gave; raise :class:`LogFault`."""
    try:
        if b"\n\n" in data:
            return Signed(read_checkpoint(data), data)
        return Signed(parse_head(data.decode()))
    except (NoteError, UnicodeDecodeError) as error:
        raise LogFault(f"its last checkpoint cannot be read ({error})") from None


def verifier_key(key: Ed25519PrivateKey, origin: str) -> VerifierKey:
    """Return the public half under the log's name, as auditors hold it."""
    return VerifierKey(origin, key.public_key().public_bytes_raw())


def next_signed(tree: Tree, size: int, last: Signed, key: Ed25519PrivateKey) -> Signed:
    """Sign the tree of ``size`` leaves, unless that is what ``last`` did.

    Raises :class:`LogFault` for a tree that is smaller than the last signed one, that does
    not extend it, or whose last checkpoint is by another key.
    """
    public = verifier_key(key, last.head.origin)
    check_last(tree, size, last, public)
    if last.note and last.head.size == size:
        return last
    head = tree.head(last.head.origin, size)
    return Signed(head, sign_head(head, public, key.sign))


def check_last(tree: Tree, size: int, last: Signed, key: VerifierKey) -> None:
    """See that the tree of ``size`` leaves extends what was signed last, and that by this key.

    Raises :class:`LogFault`.
    """
    tree.check_extends(size, last.head)
    try:
        if last.note:
            read_checkpoint(last.note, key)
    except NoteError as error:
        raise LogFault(f"its last checkpoint is not by this key ({error})") from None


def state_file(folder: Path) -> Path:
    """Return where the state of the log in ``folder`` is kept."""
    return folder.with_name(f"{folder.name}.state")


def read_state(folder: Path) -> Signed:
    """Read the state file; raise :class:`LogFault` where it is missing or damaged."""
    try:
        return decode(state_file(folder).read_bytes())
    except FileNotFoundError:
        raise LogFault(f"{state_file(folder)} is missing, which says what was signed") from None


def begin_state(folder: Path, signed: Signed) -> None:
    """Write the state file of a new log; never over another one."""
    write_new(state_file(folder), signed.encode(), 0o600)


def advance_state(folder: Path, signed: Signed) -> None:
    """Write the state file, unless it says more already; durable before this returns.

    Raises :class:`LogFault` where it is missing or damaged, and ``OSError``.
    """
    turn = WriteTurn(folder.parent)
    try:
        with turn:
            if read_state(folder).head.size <= signed.head.size:
                write_state(folder, signed)
    finally:
        turn.close()


def write_state(folder: Path, signed: Signed) -> None:
    """Replace the state file whole, durable before this returns."""
    path = state_file(folder)
    new = path.with_name(f"{path.name}.new")
    fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with open(fd, "wb") as file:  # noqa: PTH123 -- the descriptor carries the mode
        file.write(signed.encode())
        file.flush()
        os.fsync(fd)
    new.rename(path)
    sync_folder(path.parent)
