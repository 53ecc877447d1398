import socket
from pathlib import Path

import pytest
from list_server import ListServer

from rmp_milter.trust.fetching import FetchError, fetcher

WORDS = b"a list"


def test_what_lies_there_is_fetched(server: ListServer) -> None:
    server.files["a.crl"] = WORDS
    assert fetcher()(server.url("a.crl")) == WORDS


def test_a_few_redirects_are_followed_whatever_comes_with_them(server: ListServer) -> None:
    server.files["a.crl"] = WORDS
    server.redirects |= {"1": "/2", "2": server.url("a.crl"), "round": "/round"}
    assert fetcher()(server.url("1")) == WORDS
    with pytest.raises(FetchError, match="more than 3"):
        fetcher()(server.url("round"))
    assert len(server.asked) == 3 + 4


@pytest.mark.parametrize(
    "place",
    ["file:///etc/passwd", "ftp://127.0.0.1/", "https://a.example/", "data:,a", "http://a b/"],
)
def test_nothing_but_http_is_led_to(server: ListServer, place: str) -> None:
    server.redirects["1"] = place
    with pytest.raises(FetchError, match="not http"):
        fetcher()(server.url("1"))


def test_nothing_but_http_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "a.crl"
    file.write_bytes(WORDS)
    for url in (file.as_uri(), str(file), "http:/x", "", "http://a.example/\r\nX: y"):
        with pytest.raises(FetchError):
            fetcher()(url)


def test_an_endless_body_ends(server: ListServer) -> None:
    with pytest.raises(FetchError, match="larger than 1000000 bytes"):
        fetcher(most=1_000_000)(server.url("endless"))


def test_a_body_in_drops_ends_in_time(server: ListServer) -> None:
    """They come for ever, fifty octets a second: who waits for a piece of a list hangs here."""
    with pytest.raises(FetchError, match="too long"):
        fetcher(seconds=0.3)(server.url("slow"))


def test_a_silent_server_is_given_up(server: ListServer) -> None:
    with pytest.raises(FetchError, match="timed out"):
        fetcher(silence=0.3)(server.url("silent"))


def test_what_is_not_there_is_said(server: ListServer) -> None:
    with pytest.raises(FetchError, match="404"):
        fetcher()(server.url("none"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(FetchError, match="cannot be fetched"):
            fetcher()(f"http://127.0.0.1:{port}/a.crl")


def test_the_proxy_of_the_environment_is_asked(
    server: ListServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.files["a.crl"] = WORDS
    monkeypatch.setenv("http_proxy", server.url(""))
    monkeypatch.setenv("no_proxy", "")
    assert fetcher()("http://ca.example/a.crl") == WORDS
    assert server.asked == ["http://ca.example/a.crl"]
