"""Whose mail it is: tickets, certificates, accounts."""

import pytest
from dossier_case import Deposit, leaves
from keeper_case import NOW, opening
from keeper_gpg import Gpg
from little_host import (
    BOB,
    CODE,
    LittleHost,
    asking,
)
from msgspec.structs import replace

from rmp_milter.calls.protocol.message import Why
from rmp_milter.calls.protocol.opening import Opened
from rmp_milter.keeper.keys.held import LIFETIME

pytestmark = pytest.mark.promise(number=21)


@pytest.mark.promise(number=2)
def test_a_ticket_of_another_keeper_or_of_yesterday_is_none(host: LittleHost) -> None:
    deposit = Deposit(host)
    mail = deposit.consultation()
    late = deposit.release(mail)
    assert host.ask(late, NOW + LIFETIME + 1).failed.why is Why.UNENTITLED
    for ticket in (b"", mail.ticket[:-1], deposit.kept.card):
        request = replace(late, by=replace(late.by, ticket=ticket))
        failed = host.ask(request).failed
        assert failed.why in {Why.UNENTITLED, Why.NOT_HERE}


@pytest.mark.promise(number=5)
def test_an_older_copy_of_a_certificate_signs_nothing(host: LittleHost, gpg: Gpg) -> None:
    """It does not say yet that a key of its owner's was revoked, as whoever has that key knows."""
    name = "dora@x.fr"
    fingerprint = gpg.make(name)
    gpg.run("--quick-add-key", fingerprint, "ed25519", "sign", "never")
    before = gpg.public(name)
    mail = host.mail(name, asking("droits"))
    assert mail.ticket
    request, memory = opening([encrypted_by_subkey(gpg, name)], entity=True)
    request = replace(request, account="", candidates=(before,))
    revoke_last_subkey(gpg, fingerprint)
    member = host.enrol(name)
    opened = host.ask(replace(request, persons=(member.candidate,)), memory=memory).reply
    assert isinstance(opened, Opened)
    assert opened.ticket == b""


def encrypted_by_subkey(gpg: Gpg, name: str) -> bytes:
    listed = gpg.run("--list-keys", "--with-colons", "--with-subkey-fingerprint", name)
    rows = [line.split(":") for line in listed.decode().splitlines()]
    subkeys = [rows[at + 1][9] for at, row in enumerate(rows) if row[0] == "sub"]
    text = f"Content-Type: text/plain\r\n\r\n{asking('droits')}".encode()
    at = ["--faked-system-time", f"{NOW}!"]
    return gpg.run("--sign", "-u", f"{subkeys[-1]}!", *at, "-e", "-r", "rmp@x.fr", data=text)


def revoke_last_subkey(gpg: Gpg, fingerprint: str) -> None:
    commands = b"key 2\nrevkey\ny\n1\n\ny\nsave\n"
    gpg.run(
        "--command-fd", "0", "--no-batch", "--no-tty", "--edit-key", fingerprint, data=commands
    )


def test_an_unsigned_mail_is_its_accounts_and_says_so_inside(host: LittleHost) -> None:
    deposit = Deposit(host)
    host.enrol(BOB, account="bob")
    plain = asking("dossier", f"Code : {CODE}")
    silent = host.mail(BOB, plain, account="bob", signed=False)
    assert silent.ticket
    assert host.ask(deposit.release(silent)).failed.why is Why.UNENTITLED
    bound = asking("dossier", f"Code : {CODE}", f"Auteur : {BOB}", "Écrit le : 17/03/2030")
    assert deposit.is_read(host.mail(BOB, bound, account="bob", signed=False))
    for other in ("carl", "BOB ", ""):
        mail = host.mail(BOB, bound, account=other, signed=False)
        assert mail.ticket == b""
    last = [leaf for leaf in leaves(host.desk) if leaf["action"] == "dossier"][-1]
    assert last["proof"] == "compte+code"


def test_an_account_that_was_taken_away_is_not_had_back_by_an_older_card(
    host: LittleHost,
) -> None:
    deposit = Deposit(host)
    before = host.enrol(BOB, account="bob")
    host.mail(BOB, asking("dossier"))
    now = host.enrol(BOB)
    host.mail(BOB, asking("dossier"))
    host.members[BOB] = before
    bound = asking("dossier", f"Code : {CODE}", f"Auteur : {BOB}", "Écrit le : 17/03/2030")
    mail = host.mail(BOB, bound, account="bob", signed=False)
    host.members[BOB] = mail.sender = now
    assert host.ask(deposit.release(mail)).failed.why is Why.UNENTITLED
