"""A Thunderbird's profile: one account, set to sign and to encrypt by S/MIME; keys in its NSS."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from testbed.x509_maker import Made

_OWN = "own"
_PASSWORD = "export"  # noqa: S105 -- of a file that lives as long as one import

_QUIET: Mapping[str, bool | int | str] = {
    "app.update.enabled": False,
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionPolicyBypassNotification": True,
    "extensions.update.enabled": False,
    "mail.inappnotifications.enabled": False,
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.rights.version": 1,
    "mail.shell.checkDefaultClient": False,
    "mail.spotlight.firstRunDone": True,
    "mailnews.start_page.enabled": False,
    "mailnews.start_page_override.mstone": "ignore",
    "mail.SpellCheckBeforeSend": False,
    "mail.compose.attachment_reminder": False,
    "mail.openMessageBehavior": 0,
}


class Account(NamedTuple):
    """Whose mail it is, and the port on loopback that takes what he sends."""

    name: str
    mail: str
    smtp_port: int


def write_profile(
    folder: Path, account: Account, marionette: int, own: Made, authorities: Mapping[str, bytes]
) -> None:
    """Write what Thunderbird finds at its first start; ``own`` is the account's certificate.

    ``authorities`` (PEM, by what they are called) are believed for mail, as by the box "This
    certificate can identify mail users" of its certificate manager.
    """
    folder.mkdir(parents=True)
    settings = {**_QUIET, **_account(account), "marionette.port": marionette}
    lines = (f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in settings.items())
    (folder / "user.js").write_text("".join(lines))
    _nss(folder, "certutil", "-N", "--empty-password")
    for name, certificate in authorities.items():
        add_certificate(folder, name, certificate, trusted=True)
    file = folder / "own.p12"
    sealing = BestAvailableEncryption(_PASSWORD.encode())
    file.write_bytes(
        pkcs12.serialize_key_and_certificates(
            _OWN.encode(), own.key, own.certificate, None, sealing
        )
    )
    _nss(folder, "pk12util", "-i", str(file), "-W", _PASSWORD, "-K", "")
    file.unlink()


def add_certificate(folder: Path, name: str, pem: bytes, *, trusted: bool) -> None:
    """Add a certificate to a profile whose Thunderbird does not run; ``trusted`` for mail."""
    file = folder / "added.pem"
    file.write_bytes(pem)
    trust = ",C," if trusted else ",,"
    _nss(folder, "certutil", "-A", "-n", name, "-t", trust, "-a", "-i", str(file))
    file.unlink()


def _account(account: Account) -> dict[str, bool | int | str]:
    identity, server = "mail.identity.id1", "mail.server.server1"
    smtp = "mail.smtpserver.smtp1"
    return {
        "mail.accountmanager.accounts": "account1,account2",
        "mail.accountmanager.defaultaccount": "account1",
        "mail.accountmanager.localfoldersserver": "server2",
        "mail.account.account1.server": "server1",
        "mail.account.account1.identities": "id1",
        "mail.account.account2.server": "server2",
        f"{server}.type": "pop3",
        f"{server}.hostname": "127.0.0.1",
        f"{server}.port": 1,
        f"{server}.userName": "doctor",
        f"{server}.name": account.mail,
        f"{server}.check_new_mail": False,
        f"{server}.login_at_startup": False,
        "mail.server.server2.type": "none",
        "mail.server.server2.hostname": "Local Folders",
        "mail.server.server2.userName": "nobody",
        "mail.server.server2.name": "Local Folders",
        f"{identity}.useremail": account.mail,
        f"{identity}.fullName": account.name,
        f"{identity}.valid": True,
        f"{identity}.smtpServer": "smtp1",
        f"{identity}.fcc": False,
        f"{identity}.compose_html": False,
        f"{identity}.signing_cert_name": _OWN,
        f"{identity}.encryption_cert_name": _OWN,
        f"{identity}.sign_mail": True,
        f"{identity}.encryptionpolicy": 2,
        "mail.smtpservers": "smtp1",
        "mail.smtp.defaultserver": "smtp1",
        f"{smtp}.hostname": "127.0.0.1",
        f"{smtp}.port": account.smtp_port,
        f"{smtp}.try_ssl": 0,
        f"{smtp}.authMethod": 1,
        f"{smtp}.username": "",
    }


def _nss(folder: Path, program: str, *arguments: str) -> None:
    done = subprocess.run(  # noqa: S603 -- an argument list of ours, no shell
        [program, "-d", f"sql:{folder}", *arguments], capture_output=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{program}: {done.stderr.decode(errors='replace')}")
