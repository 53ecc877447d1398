"""``rmp key wkd``: the service's certificate, laid out for a web server to be found by address."""

from pathlib import Path

import click

from rmp_milter.certificates import CertificateError, addresses, read_certificate
from rmp_milter.certificates.wkd import POLICY, WebKeyFolder, web_key_folders
from rmp_milter.cli.cautions import warn
from rmp_milter.cli.errors import CommandError, refusing
from rmp_milter.cli.options import configured, json_option
from rmp_milter.cli.output import print_json, print_table
from rmp_milter.config import Config
from rmp_milter.disk.new_files import replace_whole

_LACKS = "programs leave out a key that does not name the address they look for"


@click.command("wkd")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@json_option
@configured
def wkd(config: Config, *, folder: Path, as_json: bool) -> None:
    """Write what a web server needs for the Web Key Directory into DIR.

    For each domain of the service's addresses two folders: openpgpkey.DOMAIN (advanced method)
    and DOMAIN (direct), each the root of the host of that name, of which one is enough. Given
    again it writes the certificate as it is by then.
    """
    with refusing(CertificateError):
        content = (config.paths.public / "service.asc").read_bytes()
        certificate, named = read_certificate(content), addresses(content)
    found = [each for each in config.service.addresses if each.casefold() in named]
    if not found:
        raise CommandError("public/service.asc names no address of the service", _LACKS)
    places = [place for address in found for place in web_key_folders(address)]
    written = [_written(folder, place, certificate.binary) for place in places]
    warn(
        f"{each} is left out: the certificate does not name it; {_LACKS}"
        for each in config.service.addresses
        if each not in found
    )
    warn(f"{file} is no address of the service: remove it?" for file in _others(written))
    if as_json:
        print_json([{"host": place.host, "url": _url(place)} for place in places])
        return
    print_table(("HOST", "URL"), [(place.host, _url(place)) for place in places])


def _written(folder: Path, place: WebKeyFolder, certificate: bytes) -> Path:
    """Write the key and the policy of one place, for a web server to read; return the key."""
    root = folder / place.host / place.folder
    _make_folders(folder, root / "hu")
    if not (root / POLICY).exists():
        replace_whole(root / POLICY, b"", 0o644)  # no flag of it says anything of us
    replace_whole(root / "hu" / place.name, certificate, 0o644)
    return root / "hu" / place.name


def _make_folders(top: Path, folder: Path) -> None:
    """Make folders that a web server may enter, whatever the umask."""
    top.mkdir(exist_ok=True)
    for each in (*reversed(folder.relative_to(top).parents[:-1]), folder.relative_to(top)):
        if not (top / each).is_dir():
            (top / each).mkdir()
            (top / each).chmod(0o755)


def _others(written: list[Path]) -> list[Path]:
    """Return files beside ours, which a web server gives out too."""
    folders = {each.parent for each in written}
    return sorted(
        file for folder in folders for file in folder.iterdir() if file not in written
    )


def _url(place: WebKeyFolder) -> str:
    return f"https://{place.host}/{place.folder}/hu/{place.name}"
