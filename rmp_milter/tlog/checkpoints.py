"""Checkpoints (C2SP tlog-checkpoint): a signed note whose text is a log's tree head.

The text is three lines: the log's name (its origin), the number of leaves, the root in
base64. Extension lines are allowed by the specification and not by us: nobody could audit
what they say.
"""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass

from rmp_milter.phrases.phrase import Phrase
from rmp_milter.tlog.hashing import HASH_SIZE
from rmp_milter.tlog.notes import NoteError, VerifierKey, check_name, parse, sign, verify

_HEAD = re.compile(r"([^\n]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n")


@dataclass(frozen=True)
class TreeHead:
    """The state of a log: its name, the number of its leaves, its root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The note text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def parse_head(text: str) -> TreeHead:
    """Read a checkpoint's text; raise :class:`~.notes.NoteError`."""
    found = _HEAD.fullmatch(text)
    if not found:
        raise NoteError("not a checkpoint: three lines of name, size and root are wanted")
    origin, size, encoded = found.groups()
    check_name(origin)
    head = TreeHead(origin, int(size), base64.b64decode(encoded))
    if len(head.root) != HASH_SIZE or head.text != text:
        raise NoteError("not a checkpoint: the root is no hash")
    return head


def sign_head(head: TreeHead, key: VerifierKey, signer: Callable[[bytes], bytes]) -> bytes:
    """Return the checkpoint of ``head``; ``key`` bears the log's name."""
    return sign(head.text, key, signer).encode()


def read_checkpoint(data: bytes, key: VerifierKey | None = None) -> TreeHead:
    """Return the tree head of a checkpoint, its signature verified if there is a key.

    Raises :class:`~.notes.NoteError`, also for a key of another log.
    """
    note = parse(data)
    head = parse_head(note.text)
    if key is not None:
        if key.name != head.origin:
            raise NoteError(
                Phrase(
                    "a checkpoint of the log {origin}, not of {name}",
                    origin=head.origin,
                    name=key.name,
                )
            )
        verify(note, [key])
    return head
