"""``rmp key``: the service's certificate, which doctors import for its address.

That of S/MIME is in :mod:`.key_smime`.
"""

import click

from rmp_milter.certificates import Certificate, CertificateError, parse, read_certificate
from rmp_milter.cli.errors import refusing
from rmp_milter.cli.lazy import CommandPlace, LazyGroup
from rmp_milter.cli.options import configured, json_option
from rmp_milter.cli.output import moment, print_json, print_pairs, spaced_fingerprint
from rmp_milter.config import Config

key = LazyGroup(
    "key",
    help="Hand out the service's certificate; look after its keys.",
    places={
        "smime": CommandPlace(
            "rmp_milter.cli.key_smime", "smime", "The S/MIME certificate, for Outlook."
        ),
        "list": CommandPlace(
            "rmp_milter.cli.key_list", "list_", "Every key: for what, since when, until when."
        ),
        "prove": CommandPlace(
            "rmp_milter.cli.key_prove", "prove", "Note by what key files are known again."
        ),
        "wkd": CommandPlace(
            "rmp_milter.cli.key_wkd", "wkd", "Lay the certificate out for a web server."
        ),
        "dkim": CommandPlace("rmp_milter.cli.key_dkim", "dkim", "The DKIM key's DNS record."),
        "rotate": CommandPlace(
            "rmp_milter.cli.key_rotate", "rotate", "Put another key in a key's place."
        ),
    },
)


@key.command("export")
@configured
def export(config: Config) -> None:
    """Print the certificate, armored, as a file for doctors."""
    click.echo(armored(_file_content(config)), nl=False)


@key.command("show")
@json_option
@configured
def show(config: Config, *, as_json: bool) -> None:
    """Show the certificate's fingerprint, to be read out on the phone."""
    with refusing(CertificateError):
        certificate = read_certificate(_file_content(config))
    if as_json:
        print_json(
            {
                "fingerprint": certificate.fingerprint,
                "algorithm": certificate.algorithm,
                "created": moment(certificate.created_at),
                "user_ids": certificate.user_ids,
            }
        )
    else:
        _print_certificate(certificate)


def _print_certificate(certificate: Certificate) -> None:
    print_pairs(
        [
            ("fingerprint", spaced_fingerprint(certificate.fingerprint)),
            ("algorithm", certificate.algorithm),
            ("created", moment(certificate.created_at)),
            *(("user id", user_id) for user_id in certificate.user_ids),
        ]
    )


def _file_content(config: Config) -> bytes:
    return (config.paths.public / "service.asc").read_bytes()


def armored(certificate: bytes) -> str:
    """Return a certificate (armored or binary) in ASCII armor."""
    with refusing(CertificateError):
        return parse(certificate).to_armored()
