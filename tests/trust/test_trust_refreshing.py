import base64
import os
from pathlib import Path

import pytest
from list_server import ListServer

from rmp_milter.trust.fetching import fetcher
from rmp_milter.trust.folder import (
    LISTS,
    KnownTrust,
    add_anchor,
    add_between,
    add_url,
    known,
    make,
)
from rmp_milter.trust.lists import differs, held, take
from rmp_milter.trust.refreshing import refresh, urls
from rmp_milter.trust.store import TrustStore
from rmp_milter.x509 import KeyUse, ListError, PathVerdict, Purpose, judge, read_x509
from testbed.x509_maker import DAY, Authorities, Made, Maker, authorities

FETCH = fetcher(silence=5)


class House:
    """A trust folder in which one public tree is trusted, its lists at a server."""

    def __init__(self, folder: Path, maker: Maker, server: ListServer) -> None:
        self.folder, self.maker, self.server = folder, maker, server
        self.root = maker.authority("Racine d'essai")
        self.below = maker.authority(
            "AC mail d'essai", self.root, points=(server.url("root.crl"),)
        )
        self.user = maker.user("a@b.example", self.below, points=(server.url("mail.crl"),))
        add_anchor(folder, self.root.pem, Purpose.PUBLIC, maker.now)
        add_between(folder, self.below.pem, maker.now)
        self.publish(self.root, "root.crl", number=5)
        self.publish(self.below, "mail.crl", number=5)

    def publish(self, issuer: Made, name: str, *revoked: int, number: int) -> None:
        self.server.files[name] = self.maker.revocation_list(issuer, revoked, number=number)

    def refresh(self) -> dict[str, tuple[str, bool]]:
        done = refresh(self.folder, FETCH, self.maker.now, [read_x509(self.user.der)])
        return {each.url.rpartition("/")[2]: (each.words, each.failed) for each in done}

    def verdict(self, made: Made) -> tuple[PathVerdict, bool]:
        world = TrustStore(self.folder).world()
        found = judge(read_x509(made.der), world, self.maker.now, Purpose.PUBLIC, KeyUse.SIGN)
        return found.verdict, found.stale

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (self.folder / LISTS).iterdir()}


@pytest.fixture
def house(folder: Path, maker: Maker, server: ListServer) -> House:
    return House(folder, maker, server)


def test_lists_are_fetched_verified_and_in_force_at_once(house: House) -> None:
    assert house.verdict(house.user) == (PathVerdict.GOOD, True)
    assert house.refresh() == {
        "root.crl": ("new, 0 entries", False),
        "mail.crl": ("new, 0 entries", False),
    }
    assert house.verdict(house.user) == (PathVerdict.GOOD, False)
    house.publish(house.below, "mail.crl", house.user.serial, number=6)
    assert house.refresh()["mail.crl"] == ("new, 1 entries", False)
    assert house.verdict(house.user) == (PathVerdict.REVOKED, False)
    assert house.refresh()["mail.crl"] == ("as before", False)


def test_an_older_number_replaces_nothing_however_new_it_looks(house: House) -> None:
    house.publish(house.below, "mail.crl", house.user.serial, number=6)
    house.refresh()
    before = house.files()
    old = house.maker.revocation_list(house.below, number=5, start=house.maker.now, days=60)
    house.server.files["mail.crl"] = old
    assert house.refresh()["mail.crl"] == ("the list is older than the one in force", True)
    other = house.maker.revocation_list(house.below, number=6)
    house.server.files["mail.crl"] = other
    words, failed = house.refresh()["mail.crl"]
    assert (failed, words.startswith("the list has the number")) == (True, True)
    assert house.files() == before
    assert house.verdict(house.user) == (PathVerdict.REVOKED, False)


def test_a_wrong_signature_replaces_nothing(house: House) -> None:
    house.refresh()
    before = house.files()
    false = authorities(house.maker)
    house.publish(false.public, "mail.crl", number=9)
    assert house.refresh()["mail.crl"] == ("the list's signature is not right", True)
    changed = bytearray(house.maker.revocation_list(house.below, [7], number=9))
    changed[changed.index(b"\x02\x01\x07") + 2] ^= 1
    house.server.files["mail.crl"] = bytes(changed)
    assert house.refresh()["mail.crl"] == ("the list's signature is not right", True)
    house.publish(false.igc, "mail.crl", number=9)
    assert house.refresh()["mail.crl"] == ("nobody whom the host trusts is the issuer", True)
    assert house.files() == before


@pytest.mark.parametrize(
    "body", [b"", b"<html>404</html>", b"\x30\x03\x02\x01\x01", bytes(3000)]
)
def test_what_is_no_list_replaces_nothing_and_holds_up_no_other(
    house: House, body: bytes
) -> None:
    house.server.files["root.crl"] = body
    found = house.refresh()
    assert (found["root.crl"][1], found["mail.crl"]) == (True, ("new, 0 entries", False))


def test_a_list_that_is_out_of_date_is_told(house: House) -> None:
    raw = house.maker.revocation_list(
        house.below, [house.user.serial], start=house.maker.now - 30 * DAY, number=9
    )
    house.server.files["mail.crl"] = raw
    assert house.refresh()["mail.crl"] == ("is out of date already (1 entries)", True)
    assert house.verdict(house.user)[0] is PathVerdict.REVOKED


def test_lists_in_pem_are_taken_as_well(house: House) -> None:
    der = house.server.files["mail.crl"]
    pem = b"-----BEGIN X509 CRL-----\n" + base64.encodebytes(der) + b"-----END X509 CRL-----\n"
    house.server.files["mail.crl"] = pem
    assert house.refresh()["mail.crl"] == ("new, 0 entries", False)


def test_a_full_disk_leaves_the_list_in_force(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.refresh()
    before = house.files()

    def full(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    house.publish(house.below, "mail.crl", 1, number=6)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        assert house.refresh()["mail.crl"] == (
            "cannot be written: No space left on device",
            True,
        )
    assert house.files() == before


def test_a_revoked_authority_signs_no_more_lists(house: House) -> None:
    house.refresh()
    house.publish(house.root, "root.crl", house.below.serial, number=6)
    house.publish(house.below, "mail.crl", number=6)
    found = house.refresh()
    assert found["root.crl"] == ("new, 1 entries", False)
    assert found["mail.crl"] == ("nobody whom the host trusts is the issuer", True)


def test_urls_of_the_host_are_asked_too_and_each_once(house: House) -> None:
    extra = house.server.url("extra.crl")
    add_url(house.folder, extra)
    add_url(house.folder, house.server.url("mail.crl"))
    house.server.files["extra.crl"] = house.server.files["mail.crl"]
    found = urls(known(house.folder), [read_x509(house.user.der)] * 2)
    assert found == [house.server.url("root.crl"), extra, house.server.url("mail.crl")]


def test_what_was_written_by_somebody_without_a_key_is_found(house: House) -> None:
    house.publish(house.below, "mail.crl", house.user.serial, number=6)
    house.refresh()
    there = known(house.folder)
    lists = held(house.folder).lists
    assert {differs(house.folder, there, place, house.maker.now) for place in lists} == {""}
    (place,) = [place for place, each in lists.items() if each.header.count]
    emptied = lists[place]._replace(serials=b"")
    header = {
        **{name: getattr(emptied.header, name) for name in emptied.header.__struct_fields__},
        "count": 0,
    }
    forged = emptied._replace(header=type(emptied.header)(**header))
    (house.folder / LISTS / f"{place}.revoked").write_bytes(forged.packed())
    words = differs(house.folder, there, place, house.maker.now)
    assert words == "it does not say what its list says"


def test_a_running_process_sees_changes_and_reads_nothing_twice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = TrustStore(house.folder)
    house.refresh()
    first = store.world()
    read = []
    monkeypatch.setattr("rmp_milter.trust.store.read_one", lambda path: read.append(path.name))
    monkeypatch.setattr("rmp_milter.trust.store.known", lambda path: read.append(str(path)))
    again = store.world()
    assert (read, again.anchors, again.lists) == ([], first.anchors, first.lists)
    monkeypatch.undo()
    house.publish(house.below, "mail.crl", house.user.serial, number=6)
    house.refresh()
    changed = store.world()
    assert sum(each[0].header.count for each in changed.lists.values()) == 1
    add_anchor(
        house.folder, house.maker.authority("Autre").pem, Purpose.IGC_SANTE, house.maker.now
    )
    assert len(store.world().anchors[Purpose.IGC_SANTE]) == 1


@pytest.mark.parametrize("fault", ["link", "cut", "open", "fifo", "other name"])
def test_a_compiled_list_that_was_tampered_with_counts_for_nothing(
    house: House, fault: str
) -> None:
    house.refresh()
    paths = [house.folder / LISTS / f"{place}.revoked" for place in held(house.folder).lists]
    for path in paths:
        content = path.read_bytes()
        if fault == "cut":
            path.write_bytes(content[:-1] if len(content) < 10 else content[:40])
        elif fault == "open":
            path.chmod(0o646)
        else:
            path.unlink()
        if fault == "link":
            secret = house.folder / "secret"
            secret.write_bytes(content)
            path.symlink_to(secret)
        elif fault == "fifo":
            os.mkfifo(path, 0o600)
        elif fault == "other name":
            path.with_name(f"{'0' * 32}.revoked").write_bytes(content)
    found = held(house.folder)
    assert (found.lists, bool(found.problems)) == ({}, True)
    assert house.verdict(house.user) == (PathVerdict.GOOD, True)


def test_without_anchors_no_list_is_anybodys(
    folder: Path, maker: Maker, trees: Authorities
) -> None:
    make(folder)
    raw = maker.revocation_list(trees.public)
    with pytest.raises(ListError, match="nobody whom the host trusts"):
        take(folder, KnownTrust((), (), ()), raw, maker.now)
