"""In which order packets may stand inside a body: the service, gpg and Sequoia's sqop."""

import shutil
import subprocess
import time
from pathlib import Path

import pytest
from keeper_gpg import Gpg
from message_orders import KEY, TEXT, Order, for_reader, orders, sealed

from rmp_milter.calls.protocol.message import Span
from rmp_milter.keeper.openpgp.decrypt import decrypt
from rmp_milter.keeper.openpgp.packets import PacketError


@pytest.fixture(scope="module")
def table(gpg: Gpg) -> dict[str, Order]:
    return orders(gpg)


def opens(packets: bytes) -> bool:
    body = sealed(packets)
    try:
        plain = decrypt(lambda at, size: body[at : at + size], Span(0, len(body)), KEY, 1 << 20)
    except PacketError:
        return False
    return plain.data == TEXT


@pytest.mark.promise(number=11)
def test_a_body_is_one_message_with_each_signature_in_its_place(
    table: dict[str, Order],
) -> None:
    wrong = [name for name, order in table.items() if opens(order.packets) is not order.opens]
    assert wrong == []


@pytest.mark.slow
def test_gpg_says_the_same_but_for_what_has_a_reason(gpg: Gpg, table: dict[str, Order]) -> None:
    certificate, now = gpg.public("bob@x.fr"), int(time.time()) + 60
    said = {
        name: gpg.plaintext(for_reader(order.packets, certificate, now)) == TEXT
        for name, order in table.items()
    }
    assert said == {
        name: order.opens if order.gpg is None else order.gpg for name, order in table.items()
    }


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("sqop"), reason="sqop is not here")
def test_sqop_says_the_same_but_for_what_has_a_reason(
    gpg: Gpg, table: dict[str, Order], tmp_path: Path
) -> None:
    certificate, now = gpg.public("bob@x.fr"), int(time.time()) + 60
    secret = tmp_path / "bob.key"
    secret.write_bytes(gpg.secret("bob@x.fr"))
    said = {}
    for name, order in table.items():
        done = subprocess.run(
            ["sqop", "decrypt", secret],
            input=for_reader(order.packets, certificate, now),
            capture_output=True,
            check=False,
        )
        said[name] = done.returncode == 0 and done.stdout == TEXT
    assert said == {
        name: order.opens if order.sqop is None else order.sqop for name, order in table.items()
    }


def test_every_difference_has_its_reason(table: dict[str, Order]) -> None:
    differing = {
        name for name, order in table.items() if {order.gpg, order.sqop} - {None, order.opens}
    }
    assert {name for name, order in table.items() if order.why} == differing
