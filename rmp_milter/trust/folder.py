"""Anchors and authorities between: whom the host trusts, a file for each certificate."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rmp_milter.trust.files import TrustFileError, names_in, read_file, replace_file
from rmp_milter.x509 import (
    X509,
    PathVerdict,
    Purpose,
    World,
    X509Error,
    read_several,
    read_x509,
)
from rmp_milter.x509.bounds import MAX_FILE
from rmp_milter.x509.paths import judge_path

FOLDER = "trust"  # in the keeper's
ANCHORS, LISTS = "anchors", "lists"
BETWEEN = "intermediates"
URLS = "urls"
PLACES = (*Purpose, BETWEEN)
MAX_CERTIFICATES = 256  # of one place
MAX_URLS = 64
MAX_URL = 1000  # letters
LEAST_SHOWN = 8  # letters of a file's name that may stand for all of it
_PEM = ".pem"
_OPEN, _READABLE = (
    0o755,
    0o644,
)  # closed by the keeper's folder; the timer's user sees this part
_SHARED = 0o2770  # of the timer's user and the keeper's group


class AuthorityError(Exception):
    """What cannot be trusted, found or used; ``str`` is one line for the host."""


class TrustedAuthority(NamedTuple):
    """A certificate of the folder; ``place`` is a purpose, or ``intermediates``."""

    place: str
    certificate: X509


class KnownTrust(NamedTuple):
    """What the folder holds; ``problems`` name each file that counts for nothing, and why."""

    authorities: tuple[TrustedAuthority, ...]
    urls: tuple[str, ...]
    problems: tuple[str, ...]

    def of(self, place: str) -> tuple[X509, ...]:
        """Return the certificates of one place."""
        return tuple(each.certificate for each in self.authorities if each.place == place)

    @property
    def anchors(self) -> tuple[X509, ...]:
        """The anchors of all purposes."""
        return tuple(each.certificate for each in self.authorities if each.place != BETWEEN)

    @property
    def world(self) -> World:
        """What paths are judged by, without lists."""
        return World({each: self.of(each) for each in Purpose}, self.of(BETWEEN))


def make(trust: Path) -> None:
    """Make the folder and those in it where they are missing; who owns them stays."""
    trust.mkdir(mode=0o700, exist_ok=True)
    for folder in (trust / ANCHORS, *(trust / ANCHORS / place for place in PLACES)):
        _make(folder, _OPEN)
    _make(trust / LISTS, _SHARED)


def _make(folder: Path, mode: int) -> None:
    try:
        folder.mkdir()
    except FileExistsError:
        return
    folder.chmod(mode)


def known(trust: Path) -> KnownTrust:
    """Read the folder; a file that cannot be used is a problem, and hides no other."""
    authorities: list[TrustedAuthority] = []
    problems: list[str] = []
    for place in PLACES:
        for path in _paths(trust, place):
            try:
                authorities.append(TrustedAuthority(place, _read(path)))
            except (TrustFileError, X509Error, FileNotFoundError) as error:
                problems.append(str(error))
    return KnownTrust(tuple(authorities), _urls(trust, problems), tuple(problems))


def _paths(trust: Path, place: str) -> Iterator[Path]:
    folder = trust / ANCHORS / place
    for name in names_in(folder, _PEM)[:MAX_CERTIFICATES]:
        yield folder / name


def _read(path: Path) -> X509:
    try:
        found = read_x509(read_file(path, 2 * MAX_FILE))
    except X509Error as error:
        raise X509Error(f"{path}: {error}") from None
    if path.name != f"{found.digest}{_PEM}":
        raise X509Error(f"{path}: is not the certificate that the file is named after")
    return found


def _urls(trust: Path, problems: list[str]) -> tuple[str, ...]:
    try:
        lines = read_file(trust / ANCHORS / URLS, 1 << 16).decode("ascii", "replace").split()
    except FileNotFoundError:
        return ()
    except TrustFileError as error:
        problems.append(str(error))
        return ()
    return tuple(each for each in lines if is_url(each))[:MAX_URLS]


def is_url(text: str) -> bool:
    """Whether a list may be fetched from there: by HTTP, which needs no trust of its own."""
    printable = text.isascii() and text.isprintable() and " " not in text
    return printable and text.lower().startswith("http://") and len(text) <= MAX_URL


def add_anchor(trust: Path, data: bytes, purpose: Purpose, now: int) -> X509:
    """Trust an authority for a purpose; raise :class:`AuthorityError` for what cannot be one."""
    certificate = _authority(data, now)
    _put(trust, purpose, certificate)
    return certificate


def add_between(trust: Path, data: bytes, now: int) -> list[X509]:
    """Keep authorities between an anchor and others; all of a PEM file, or nobody.

    Raises :class:`AuthorityError` where one has no good path to an anchor of any purpose.
    """
    try:
        found = read_several(data, MAX_CERTIFICATES)
    except X509Error as error:
        raise AuthorityError(str(error)) from None
    there = known(trust)
    world = there.world._replace(intermediates=(*there.of(BETWEEN), *found))
    for each in found:
        _check(each, now)
        judged = judge_path(each, world, now, there.anchors)
        if judged.verdict is not PathVerdict.GOOD:
            raise AuthorityError(f"{each.subject}: {judged.verdict}: {judged.why}")
    for each in found:
        _put(trust, BETWEEN, each)
    return found


def _authority(data: bytes, now: int) -> X509:
    try:
        certificate = read_x509(data)
    except X509Error as error:
        raise AuthorityError(str(error)) from None
    _check(certificate, now)
    return certificate


def _check(certificate: X509, now: int) -> None:
    if not (certificate.is_ca and certificate.uses.cert_sign):
        raise AuthorityError(f"{certificate.subject}: is no authority's certificate")
    if not certificate.not_before <= now <= certificate.not_after:
        raise AuthorityError(f"{certificate.subject}: is not valid at this time")
    if certificate.key_weakness:
        raise AuthorityError(f"{certificate.subject}: {certificate.key_weakness}")


def _put(trust: Path, place: str, certificate: X509) -> None:
    make(trust)
    path = trust / ANCHORS / place / f"{certificate.digest}{_PEM}"
    if path.exists():
        raise AuthorityError(f"{certificate.subject}: is there already, for {place}")
    if len(names_in(path.parent, _PEM)) >= MAX_CERTIFICATES:
        raise AuthorityError(f"{place}: there are {MAX_CERTIFICATES} certificates already")
    replace_file(path, certificate.pem, _READABLE)


def add_url(trust: Path, url: str) -> None:
    """Have lists fetched from there too; raise :class:`AuthorityError` for what is no such URL."""
    there = known(trust).urls
    if not is_url(url):
        raise AuthorityError(f"{url}: lists are fetched by http:// only (they are signed)")
    if url in there or len(there) >= MAX_URLS:
        raise AuthorityError(f"{url}: is there already, or one of more than {MAX_URLS}")
    _write_urls(trust, (*there, url))


def _write_urls(trust: Path, urls: tuple[str, ...]) -> None:
    make(trust)
    content = "".join(f"{each}\n" for each in urls)
    replace_file(trust / ANCHORS / URLS, content.encode("ascii"), _READABLE)


def remove(trust: Path, name: str) -> bool:
    """Take out a certificate by its digest (or how that begins, 8 signs at least), or a URL.

    Returns whether there was one; by its digest a file goes that cannot be read any more.
    Raises :class:`AuthorityError` where several begin like that.
    """
    urls = known(trust).urls
    if name in urls:
        _write_urls(trust, tuple(each for each in urls if each != name))
        return True
    paths = [path for place in PLACES for path in _paths(trust, place)]
    found = [
        path
        for path in paths
        if len(name) >= LEAST_SHOWN and path.name.startswith(name.lower())
    ]
    if len({path.name for path in found}) > 1:
        raise AuthorityError(f"{name}: several begin like that")
    for path in found:
        path.unlink()
    return bool(found)
