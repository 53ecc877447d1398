"""Who is let in: the very certificates that were carried over, as long as they hold."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tunnel_case import Machine, Tunnel, pair

from rmp_milter.calls.client import KeeperAway
from rmp_milter.calls.protocol.cards import Learned, Show
from rmp_milter.tunnel.certificates import (
    CertificateFileError,
    context,
    keepers_certificates,
    make_own,
    moment,
    pinned_in,
    read_pinned,
)
from rmp_milter.tunnel.connections import dialled, shaken
from rmp_milter.tunnel.frames import PROTOCOL
from testbed.played_keeper import PlayedKeeper

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LATER = datetime(2120, 1, 1, tzinfo=UTC)
Change = Callable[[Machine, Machine], None]


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[PlayedKeeper]:
    with closing(PlayedKeeper(tmp_path / "k.sock")) as played:
        yield played


def milter_is_of(made: datetime) -> Change:
    def change(milters: Machine, keepers: Machine) -> None:
        milters.own = make_own("milters.test", made)
        milters.show(milters.own)
        keepers.trust(milters, "milters")

    return change


def keeper_is_of(made: datetime) -> Change:
    def change(milters: Machine, keepers: Machine) -> None:
        keepers.own = make_own("keepers.test", made)
        keepers.show(keepers.own)
        milters.trust(keepers, "keepers")

    return change


def milter_is_foreign(milters: Machine, _keepers: Machine) -> None:
    milters.show(make_own("milters.test", moment()))


def keeper_is_foreign(_milters: Machine, keepers: Machine) -> None:
    keepers.show(make_own("keepers.test", moment()))


def milter_is_trusted_as_a_keeper_alone(milters: Machine, keepers: Machine) -> None:
    (keepers.folder / "milters" / "milters.crt").rename(
        keepers.folder / "keepers" / "milters.crt"
    )
    other = Machine(milters.folder.parent, "other")
    keepers.trust(other, "milters")


def keeper_is_trusted_as_another_one(milters: Machine, keepers: Machine) -> None:
    other = Machine(milters.folder.parent, "other")
    milters.trust(keepers, "keepers", "other")
    milters.trust(other, "keepers", "keepers")


@pytest.mark.parametrize(
    "change",
    [
        milter_is_foreign,
        keeper_is_foreign,
        milter_is_trusted_as_a_keeper_alone,
        keeper_is_trusted_as_another_one,
        milter_is_of(LONG_AGO),
        milter_is_of(LATER),
        keeper_is_of(LONG_AGO),
        keeper_is_of(LATER),
    ],
)
@pytest.mark.promise(number=2)
def test_without_the_certificates_that_hold_nothing_is_asked(
    change: Change, tmp_path: Path, keeper: PlayedKeeper
) -> None:
    milters, keepers = pair(tmp_path)
    change(milters, keepers)
    with Tunnel(tmp_path, milters, keepers, tmp_path / "k.sock") as tunnel:
        with pytest.raises(KeeperAway):
            tunnel.client.call(Show(()))
        assert keeper.asked == []


def test_a_host_may_change_its_certificate_while_both_are_known(
    tmp_path: Path, keeper: PlayedKeeper
) -> None:
    milters, keepers = pair(tmp_path)
    after = make_own("milters.test", moment())
    file = keepers.folder / "milters" / "milters.crt"
    file.write_bytes(file.read_bytes() + after.certificate)
    for own in (milters.own, after):
        milters.show(own)
        with Tunnel(tmp_path, milters, keepers, tmp_path / "k.sock") as tunnel:
            assert tunnel.client.call(Show(())) == (Learned(0), None)
    assert len(keeper.asked) == 2


def _contexts(milters: Machine) -> Iterator[ssl.SSLContext]:
    trusted = keepers_certificates(milters.folder, "keepers")
    without = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    without.check_hostname = False
    without.verify_mode = ssl.CERT_NONE
    without.set_alpn_protocols([PROTOCOL])
    yield without  # no certificate
    older = context(milters.folder, trusted, server=False)
    older.minimum_version = older.maximum_version = ssl.TLSVersion.TLSv1_2
    yield older
    another = context(milters.folder, trusted, server=False)
    another.set_alpn_protocols(["rmp-tunnel/2"])
    yield another


@pytest.mark.parametrize("which", range(3))
def test_other_ways_to_speak_tls_are_refused(
    which: int, tmp_path: Path, keeper: PlayedKeeper
) -> None:
    milters, keepers = pair(tmp_path)
    made = list(_contexts(milters))[which]
    with Tunnel(tmp_path, milters, keepers, tmp_path / "k.sock") as tunnel:
        with pytest.raises(OSError), refused(tunnel, made) as speaking:  # noqa: PT011, PT012 -- any fault of TLS, as soon as anything is said
            speaking.sendall(b"\1\0\0\0\0")
            if not speaking.recv(5):
                raise OSError("ended")
        assert keeper.asked == []
        assert tunnel.client.call(Show(())) == (Learned(0), None)


def refused(tunnel: Tunnel, made: ssl.SSLContext) -> ssl.SSLSocket:
    return shaken(dialled("127.0.0.1", tunnel.port), made, server=False)


def test_who_says_no_word_of_tls_is_hung_up_on(tmp_path: Path, keeper: PlayedKeeper) -> None:
    milters, keepers = pair(tmp_path)
    with Tunnel(tmp_path, milters, keepers, tmp_path / "k.sock") as tunnel:
        with dialled("127.0.0.1", tunnel.port) as speaking:
            speaking.settimeout(20)
            speaking.sendall(b"EHLO stranger\r\n")
            with suppress(ConnectionResetError):
                while speaking.recv(1 << 10):
                    pass
        assert tunnel.client.call(Show(())) == (Learned(0), None)
    assert len(keeper.asked) == 1


def test_a_crowd_of_strangers_keeps_no_milter_out_for_long(
    tmp_path: Path, keeper: PlayedKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rmp_milter.tunnel.connections.HANDSHAKE", 0.5)
    milters, keepers = pair(tmp_path)
    with Tunnel(tmp_path, milters, keepers, tmp_path / "k.sock") as tunnel:
        assert tunnel.client.call(Show(()))  # who is connected is not touched by them
        crowd = [dialled("127.0.0.1", tunnel.port) for _ in range(40)]
        assert tunnel.client.call(Show(()))
        for each in crowd:
            each.settimeout(20)
            assert not each.recv(1)
            each.close()
    assert len(keeper.asked) == 2


def test_what_a_host_makes_is_nobodys_authority_and_holds_for_two_years() -> None:
    now = datetime(2026, 12, 1, tzinfo=UTC)
    own = make_own("milter-a.chu.example", now)
    assert b"PRIVATE KEY" in own.key
    assert b"PRIVATE KEY" not in own.certificate


@pytest.mark.parametrize("content", [b"", b"nothing", b"x" * 70_000])
def test_a_file_without_a_certificate_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.crt"
    file.write_bytes(content)
    with pytest.raises(CertificateFileError, match=r"a\.crt"):
        read_pinned(file)
    with pytest.raises(CertificateFileError, match="No such file"):
        keepers_certificates(tmp_path, "b")
    assert list(pinned_in(tmp_path / "none")) == []


def test_certificates_have_the_dates_that_were_meant(tmp_path: Path) -> None:
    now = datetime(2026, 12, 1, tzinfo=UTC)
    file = tmp_path / "a.crt"
    file.write_bytes(make_own("a.test", now).certificate * 2)
    first, second = read_pinned(file)
    assert first.name == second.name == "a"
    assert first.until == now + timedelta(days=730)
