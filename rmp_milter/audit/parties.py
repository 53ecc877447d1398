"""What somebody holds of a log: a checkpoint, the mail that it came in, a receipt, an export."""

import email
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from rmp_milter.audit.folder import ExportedLog, FolderError, read_bounded
from rmp_milter.audit.signers import Signers
from rmp_milter.phrases.phrase import Phrase, line_of
from rmp_milter.tlog import entry_proofs
from rmp_milter.tlog.checkpoints import TreeHead, read_checkpoint
from rmp_milter.tlog.entry_proofs import MAX_ENTRY_PROOF, EntryProofError
from rmp_milter.tlog.notes import MAX_NOTE, NoteError

_MOST_PARTS = 100


@dataclass(frozen=True)
class Party:
    """A name for it (the path), its checkpoint, and the export if it is one."""

    name: str
    note: bytes
    head: TreeHead
    log: ExportedLog | None = None

    def wrongly_signed(self, signers: Signers) -> str:
        """Return what is wrong with the signature, or nothing."""
        try:
            signers.read(self.note)
        except NoteError as error:
            return line_of(error)
        return ""


def read_party(path: Path) -> Party:
    """Read what lies at a path; raises :class:`~.folder.FolderError`."""
    if path.is_dir():
        log = ExportedLog(path)
        return Party(str(path), log.checkpoint, log.head, log)
    data = read_bounded(path, MAX_ENTRY_PROOF)
    try:
        note = _note_in(data)
        return Party(str(path), note, read_checkpoint(note))
    except (NoteError, EntryProofError) as error:
        line = Phrase("{path}: {error}", path=path, error=line_of(error))
        raise FolderError(line) from None


def _note_in(data: bytes) -> bytes:
    """Return the checkpoint in a file; raises as its format does for what is none."""
    if data.startswith(entry_proofs.VERSION.encode()):
        proof = entry_proofs.parse(data)
        entry_proofs.check(proof, None)
        return proof.checkpoint
    try:
        read_checkpoint(data)
    except NoteError:
        attached = _attached(data)
        if attached is None:
            raise
        return attached
    return data


def _attached(data: bytes) -> bytes | None:
    """Return the checkpoint that a mail has attached, if the file is a mail.

    By the library's old policy: the new one reads whole headers, for minutes if they are hostile.
    """
    try:
        mail = email.message_from_bytes(data)
        parts = [*islice(mail.walk(), _MOST_PARTS)]
    except RecursionError:  # parts within parts without end
        return None
    for part in parts:
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes) or len(content) > MAX_NOTE:
            continue
        try:
            read_checkpoint(content)
        except NoteError:
            continue
        return content
    return None
