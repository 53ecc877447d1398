"""Armor as mail leaves it: whatever gpg reads of it, the service reads."""

import re
import time
from collections.abc import Callable

import pytest
from keeper_gpg import Gpg

from rmp_milter.calls.protocol.opening import Trust
from rmp_milter.keeper.openpgp.signatures import detached, verify
from rmp_milter.mail.incoming.shapes import octets_of, recognise

TEXT = b"Patient : DUPONT Jean\r\n" * 40
HEADER_END = b"\n\n"


def lines(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    return lambda armor: b"\n".join(map(change, armor.split(b"\n")))


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "as it was": lambda armor: armor,
    "a blank behind each line": lines(lambda line: line + b" "),
    "tabs behind each line": lines(lambda line: line + b"\t \t"),
    "blanks in the empty line": lambda armor: armor.replace(HEADER_END, b"\n \t\n"),
    "blanks before data": lines(lambda line: line if line[:1] == b"-" else b"  " + line),
    "a blank in each line of data": lines(
        lambda line: line[:9] + b" " + line[9:] if len(line) > 60 else line
    ),
    "CRLF": lambda armor: armor.replace(b"\n", b"\r\n"),
    "CR CR LF": lambda armor: armor.replace(b"\n", b"\r\r\n"),
    "blanks and CRLF": lambda armor: armor.replace(b"\n", b"  \r\n"),
    "an empty header": lambda armor: armor.replace(HEADER_END, b"\nVersion:\n\n", 1),
    "accents in a header": lambda armor: armor.replace(HEADER_END, b"\nComment: \xe9\n\n", 1),
    "two empty lines": lambda armor: armor.replace(HEADER_END, b"\n\n\n", 1),
    "the checksum behind the data": lambda armor: re.sub(rb"\n(=.{4}\n)", rb"\1", armor),
    "text around it": lambda armor: b"Bonjour\n\n" + armor + b"\nFin\n",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_message_and_a_signature_come_out_of_what_gpg_reads(
    gpg: Gpg, change: Callable[[bytes], bytes]
) -> None:
    message = gpg.run(
        "--armor", "--comment", "de l'hôpital", "-e", "-r", "alice@x.fr", data=TEXT
    )
    changed = change(message)
    assert gpg.plaintext(changed) == TEXT
    mail = b"Content-Type: text/plain\n\n" + changed
    (piece,) = recognise(mail).pieces
    assert gpg.plaintext(b"".join(octets_of(mail, piece))) == TEXT

    signature = change(gpg.run("--armor", "-b", "-u", "alice@x.fr", data=TEXT))
    later = int(time.time()) + 60
    found = verify((lambda: TEXT,), detached(signature), [gpg.public("alice@x.fr")], later)
    assert found.trust is Trust.GOOD
