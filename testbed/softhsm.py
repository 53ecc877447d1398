"""A PKCS#11 token in a folder (SoftHSM), which can be taken away and put back."""

import os
import secrets
from pathlib import Path

from testbed.command import run

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
CONFIGURATION = "SOFTHSM2_CONF"
"""The environment's variable by which a process finds its tokens."""

_LABEL = "garde"


class SoftToken:
    """A token of its own, for whoever has :data:`CONFIGURATION` in its environment."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.configuration = folder / "softhsm2.conf"
        self.pin_file = folder / "pin"
        self._tokens, self._elsewhere = folder / "tokens", folder / "taken-away"
        self._tokens.mkdir(parents=True)
        self.configuration.write_text(
            f"directories.tokendir = {self._tokens}\nobjectstore.backend = file\n"
            "log.level = ERROR\nslots.removable = true\n"
        )
        self.pin = secrets.token_hex(4)
        self.write_pin(self.pin)
        with_it = ("env", f"{CONFIGURATION}={self.configuration}", "softhsm2-util")
        arguments = ("--init-token", "--free", "--label", _LABEL, "--so-pin", "12345678")
        run([*with_it, *arguments, "--pin", self.pin])

    def uri(self, key: str = "dossiers") -> str:
        """Return the URI of a key."""
        return f"pkcs11:token={_LABEL};object={key}"

    def write_pin(self, pin: str) -> None:
        """Let the file with the PIN hold another one."""
        self.pin_file.write_text(f"{pin}\n")
        self.pin_file.chmod(0o600)

    def give_to(self, uid: int) -> None:
        """Let another user have it, as root: he is who speaks with it then."""
        for each in (self._folder, *self._folder.rglob("*")):
            os.chown(each, uid, -1)

    def take_away(self) -> None:
        """Pull it out: none of its objects is there any more."""
        self._tokens.rename(self._elsewhere)
        self._tokens.mkdir()

    def put_back(self) -> None:
        """Put it in again."""
        self._tokens.rmdir()
        self._elsewhere.rename(self._tokens)
