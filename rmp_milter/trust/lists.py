"""Revocation lists of the trust folder: as they came, and compiled beside."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from rmp_milter.disk.write_turn import WriteTurn
from rmp_milter.trust.files import ALL_WRITE, TrustFileError, names_in, read_file, replace_file
from rmp_milter.trust.folder import LISTS, KnownTrust
from rmp_milter.x509 import (
    X509,
    ListError,
    PathVerdict,
    RevocationList,
    compile_list,
    read_compiled,
)
from rmp_milter.x509.comparing import comparable
from rmp_milter.x509.compiling import MAX_LIST, der_of, outline
from rmp_milter.x509.paths import by_issuer, judge_path

RAW, COMPILED = ".crl", ".revoked"
MAX_LISTS = 512
_MODE = 0o644  # keeper and fetcher read what the other wrote; nothing in it is secret


class TakenList(NamedTuple):
    """A list that was verified; ``newer`` where it took its place, else it was there already."""

    compiled: RevocationList
    signer: X509
    newer: bool


class HeldLists(NamedTuple):
    """The lists in force by their places; ``problems`` name files that count for nothing."""

    lists: dict[str, RevocationList]
    problems: tuple[str, ...]


def held(trust: Path) -> HeldLists:
    """Read all compiled lists; one that cannot be used is a problem, and hides no other."""
    found, problems = {}, []
    for name in names_in(trust / LISTS, COMPILED)[:MAX_LISTS]:
        try:
            found[name.removesuffix(COMPILED)] = read_one(trust / LISTS / name)
        except (TrustFileError, ListError, FileNotFoundError) as error:
            problems.append(str(error))
    return HeldLists(found, tuple(problems))


def read_one(path: Path) -> RevocationList:
    """Read a compiled list; raise :class:`ListError` or :class:`TrustFileError`.

    Into memory: whoever may write the folder could cut a mapped file below its reader.
    """
    try:
        found = read_compiled(read_file(path, MAX_LIST, ALL_WRITE))
    except ListError as error:
        raise ListError(f"{path}: {error}") from None
    if path.name != f"{found.place}{COMPILED}":
        raise ListError(f"{path}: is not the list that the file is named after")
    return found


def take(trust: Path, there: KnownTrust, data: bytes, now: int) -> TakenList:
    """Verify a list, compile it and put it in force, if it is newer than what is there.

    ``data`` is DER or PEM. Raises :class:`ListError`, and nothing is changed, where nobody whom
    the host trusts has signed it, it is older than the one in force, or it is not used.
    """
    raw = der_of(data)
    with closing(WriteTurn(trust / LISTS)) as turn, turn:
        return _take(trust, there, raw, now)


def _take(trust: Path, there: KnownTrust, raw: bytes, now: int) -> TakenList:
    in_force = held(trust).lists
    compiled, signer = verified(there, raw, now, in_force)
    old = in_force.get(compiled.place)
    if old is not None and old.is_newer_than(compiled):
        raise ListError("the list is older than the one in force")
    if old == compiled:
        return TakenList(compiled, signer, newer=False)
    if old is not None and not compiled.is_newer_than(old):
        raise ListError("the list has the number of the one in force, and is another")
    if old is None and len(in_force) >= MAX_LISTS:
        raise ListError(f"there are {MAX_LISTS} lists already")
    replace_file(trust / LISTS / f"{compiled.place}{RAW}", raw, _MODE)
    replace_file(trust / LISTS / f"{compiled.place}{COMPILED}", compiled.packed(), _MODE)
    return TakenList(compiled, signer, newer=True)


def verified(
    there: KnownTrust, raw: bytes, now: int, in_force: dict[str, RevocationList]
) -> tuple[RevocationList, X509]:
    """Return a list in DER, compiled, and who signed it; raise :class:`ListError`.

    Who signed is an anchor, or has a path to one that is good (RFC 5280, 6.3.3 f), by the lists
    that are in force; that one of these is old is no hindrance.
    """
    issuer = comparable(outline(raw).issuer_der)
    why = "nobody whom the host trusts is the issuer"
    for signer, anchor in _signers(there, now, issuer, in_force):
        try:
            return compile_list(raw, signer, anchor, now), signer
        except ListError as error:
            why = str(error)
    raise ListError(why)


def _signers(
    there: KnownTrust, now: int, issuer: bytes, in_force: dict[str, RevocationList]
) -> Iterator[tuple[X509, X509]]:
    """Yield who of that name may have signed a list, each with the anchor above."""
    world = there.world._replace(lists=by_issuer(in_force.values()))
    for each in there.authorities:
        signer = each.certificate
        if comparable(signer.subject_der) != issuer:
            continue
        if signer in there.anchors:
            yield signer, signer
            continue
        judged = judge_path(signer, world, now, there.anchors)
        if judged.verdict is PathVerdict.GOOD:
            yield signer, judged.path[0]


def differs(trust: Path, there: KnownTrust, place: str, now: int) -> str:
    """Return how a compiled list differs from what its list says, verified anew; or nothing.

    So a list that somebody wrote who has no authority's key is found.
    """
    try:
        raw = read_file(trust / LISTS / f"{place}{RAW}", MAX_LIST, ALL_WRITE)
        compiled, _ = verified(there, raw, now, {})
        there_now = read_one(trust / LISTS / f"{place}{COMPILED}")
    except FileNotFoundError:
        return "the list that it was compiled from is missing"
    except (TrustFileError, ListError) as error:
        return str(error)
    return "" if compiled == there_now else "it does not say what its list says"


def drop(trust: Path, place: str) -> bool:
    """Take a list out of force; return whether there was one."""
    paths = [trust / LISTS / f"{place}{suffix}" for suffix in (COMPILED, RAW)]
    found = [path for path in paths if path.name in names_in(trust / LISTS, path.suffix)]
    for path in found:
        path.unlink()
    return bool(found)
