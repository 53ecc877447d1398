"""A mail is looked at while memory runs out: it is read as it is, or not at all, never refused."""

import random
from functools import partial

import pytest
from mail_builders import (
    MESSAGE,
    OTHER_MESSAGE,
    armored,
    cms_signed,
    file_part,
    mail,
    multipart,
    pgp_mime,
    text_part,
)

from rmp_milter.calls.memory import Memory
from rmp_milter.errors import MailError
from rmp_milter.mail.incoming.digest import duplicate_digest
from rmp_milter.mail.incoming.mimetree import MimeLimit, scan
from rmp_milter.mail.incoming.shapes import recognise
from rmp_milter.milter.intake import admit, gather
from testbed.forks import in_a_child

_testcapi = pytest.importorskip("_testcapi", reason="an interpreter without its test modules")

_RIGHT, _REFUSED, _AGAIN = 0, 1, 2
_NEVER = 1 << 30  # more allocations than there are
MAILS = {
    "pgp/mime": mail(pgp_mime(armored(MESSAGE))),
    "partitioned": mail(
        multipart("mixed", text_part(armored(MESSAGE)), file_part("a.pgp", OTHER_MESSAGE))
    ),
    "in s/mime": mail(file_part("smime.p7m", cms_signed(pgp_mime(armored(MESSAGE))))),
    "html": mail(
        b"Content-Type: text/html\r\n\r\n<p>" + armored(MESSAGE).replace(b"\r\n", b"<br>\r\n")
    ),
}


def looked_at(raw: bytes) -> tuple[bytes, object, bytes]:
    """Return what the milter finds in a mail before the keeper sees it."""
    digest = duplicate_digest("a@x.fr", ("rmp@x.fr",), memoryview(raw))
    shape = recognise(memoryview(raw), scan(raw))
    admit(shape)
    with Memory() as bodies:
        refs = gather(memoryview(raw), shape, bodies)
        with bodies.mapped() as view:
            return digest, refs, bytes(view)


def told(raw: bytes, expected: object, failing: int, span: int) -> int:
    """Say what is found while allocations from ``failing`` on fail."""
    _testcapi.set_nomemory(failing, failing + span)
    try:
        found = looked_at(raw)
    except (MailError, MimeLimit):
        return _REFUSED
    except Exception:  # noqa: BLE001 -- the milter's boundary answers each of them with 451
        return _AGAIN
    finally:
        _testcapi.remove_mem_hooks()
    return _RIGHT if found == expected else _REFUSED


def campaign(kind: str, seed: int, tries: int) -> set[int]:
    raw, chance = MAILS[kind], random.Random(seed)  # noqa: S311 -- which allocation fails
    expected = looked_at(raw)
    found = {in_a_child(partial(told, raw, expected, _NEVER, 1), _AGAIN)}
    assert found == {_RIGHT}
    for _ in range(tries):
        failing, span = int(10 ** chance.uniform(0, 4)), chance.choice((1, 3, 1 << 16))
        status = in_a_child(partial(told, raw, expected, failing, span), _AGAIN)
        assert status != _REFUSED, (kind, failing, span)
        found.add(status)
    return found


@pytest.mark.parametrize("kind", MAILS)
def test_a_lack_of_memory_refuses_no_mail(kind: str) -> None:
    assert campaign(kind, 1, 10) >= {_RIGHT, _AGAIN}


@pytest.mark.soak
@pytest.mark.parametrize("kind", MAILS)
def test_a_lack_of_memory_refuses_no_mail_for_long(kind: str) -> None:
    assert campaign(kind, 2, 1000) >= {_RIGHT, _AGAIN}
