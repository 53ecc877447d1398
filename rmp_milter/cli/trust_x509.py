"""``rmp trust``, for certificates: authorities, revocation lists, where these lie."""

import os
import time
from pathlib import Path

import click

from rmp_milter.cli.errors import CommandError, Status, refusing
from rmp_milter.cli.options import configured, json_option
from rmp_milter.cli.output import moment, print_json, print_pairs, print_table
from rmp_milter.config import Config
from rmp_milter.host.owners import become_owner
from rmp_milter.trust.files import TrustFileError
from rmp_milter.trust.folder import (
    FOLDER,
    LISTS,
    AuthorityError,
    add_anchor,
    add_between,
    add_url,
    known,
    make,
)
from rmp_milter.trust.lists import held, take
from rmp_milter.x509 import X509, ListError, Purpose, RevocationList, X509Error, read_x509
from rmp_milter.x509.comparing import comparable
from rmp_milter.x509.paths import prepare

_PURPOSE = click.Choice([each.value for each in Purpose])
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command("ca")
@click.argument("file", type=_FILE)
@click.option(
    "--purpose",
    type=click.Choice([each.value for each in Purpose]),
    help="What its certificates are for.",
)
@click.option("--intermediate", is_flag=True, help="Trusted by an anchor already: keep it.")
@configured
def add_ca(config: Config, *, file: Path, purpose: str | None, intermediate: bool) -> None:
    """Trust an authority's certificate, PEM or DER, for a purpose.

    public: certificates for mail. igc-sante: CPS cards. With --intermediate, all authorities of
    a PEM file are kept that such an anchor leads to; mails need not bring them then.
    """
    if (purpose is None) is not intermediate:
        raise CommandError("either --purpose or --intermediate", status=Status.USAGE)
    prepare()
    data, now = file.read_bytes(), int(time.time())
    trust = _folder(config)
    with refusing(AuthorityError, X509Error):
        if purpose is None:
            added = add_between(trust, data, now)
        else:
            added = [add_anchor(trust, data, Purpose(purpose), now)]
    for each in added:
        print_pairs(
            [
                ("name", each.subject),
                ("SHA-256", each.digest),
                ("key", each.key_kind),
                ("until", moment(each.not_after)),
            ]
        )


@click.command("crl")
@click.argument("file", type=_FILE)
@configured
def add_crl(config: Config, *, file: Path) -> None:
    """Put a revocation list in force, PEM or DER, if it is newer than the one that is there.

    It must be signed by an authority that is there, or that leads to one.
    """
    prepare()
    data, now = file.read_bytes(), int(time.time())
    trust = _folder(config)
    make(trust)
    with refusing(ListError, TrustFileError):
        taken = take(trust, known(trust), data, now)
    print_pairs(
        [
            ("issuer", taken.signer.subject),
            ("entries", str(taken.compiled.header.count)),
            ("until", moment(taken.compiled.header.next_update)),
            ("id", taken.compiled.place),
        ]
    )


@click.command("url")
@click.argument("url")
@configured
def add_location(config: Config, *, url: str) -> None:
    """Have refresh fetch a revocation list from a place that no authority's certificate names."""
    trust = _folder(config)
    with refusing(AuthorityError):
        add_url(trust, url)


@click.command("refresh")
@click.option(
    "--certificate", "files", type=_FILE, multiple=True, help="One whose list is wanted too."
)
@json_option
@configured
def refresh_lists(config: Config, *, files: tuple[Path, ...], as_json: bool) -> int:
    """Fetch the revocation lists that certificates name, and put newer ones in force.

    Each is verified first; one that cannot be fetched or verified replaces nothing. Status 1 if
    there is one. The only command that speaks to other machines: run it by its timer, as a
    user of its own.
    """
    from rmp_milter.trust.fetching import fetcher  # noqa: PLC0415 -- HTTP, here alone
    from rmp_milter.trust.refreshing import refresh  # noqa: PLC0415 -- as above

    with refusing(X509Error):
        certificates = [read_x509(file.read_bytes()) for file in files]
    prepare()
    trust = config.paths.keeper / FOLDER
    _become_fetcher(config.paths.keeper, trust / LISTS)
    done = refresh(trust, fetcher(), int(time.time()), certificates)
    if as_json:
        print_json([{**each._asdict()} for each in done])
    else:
        print_table(("url", "what came of it"), [(each.url, each.words) for each in done])
    return Status.REFUSED if any(each.failed for each in done) else Status.OK


def _become_fetcher(keeper: Path, lists: Path) -> None:
    """Give up root's rights; where the lists are another user's, leave it to him."""
    if not lists.exists():
        raise CommandError(f"{lists}: there is no such folder", "rmp trust add ca makes it")
    if lists.stat().st_uid == keeper.stat().st_uid:
        become_owner(keeper)
    elif os.geteuid() == 0:
        raise CommandError(
            f"{lists}: is of a user of its own, as whom the lists are fetched",
            "systemctl start rmp-trust.service",
        )


def described(trust: Path) -> list[dict[str, str]]:
    """Return what there is of certificates, as rows for ``rmp trust list``."""
    there = known(trust)
    rows = [_authority(each.place, each.certificate) for each in there.authorities]
    names = {
        comparable(each.certificate.subject_der): each.certificate.subject
        for each in there.authorities
    }
    rows += [
        _list(place, found, names.get(found.header.issuer, "?"))
        for place, found in held(trust).lists.items()
    ]
    return rows + [{"kind": "url", "name": url} for url in there.urls]


def _authority(place: str, certificate: X509) -> dict[str, str]:
    return {
        "kind": "ca",
        "name": certificate.subject,
        "purpose": place,
        "since": moment(certificate.not_before),
        "until": moment(certificate.not_after),
        "id": certificate.digest,
    }


def _list(place: str, found: RevocationList, name: str) -> dict[str, str]:
    return {
        "kind": "crl",
        "name": name,
        "entries": str(found.header.count),
        "since": moment(found.header.this_update),
        "until": moment(found.header.next_update),
        "id": place,
    }


def _folder(config: Config) -> Path:
    """Return the trust folder; root becomes the keeper's owner first."""
    become_owner(config.paths.keeper)
    return config.paths.keeper / FOLDER
