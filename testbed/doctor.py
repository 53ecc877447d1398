"""A doctor with a mail address, a gpg key of his own, and a client that can do it all."""

from collections.abc import Sequence
from email.utils import formataddr

from rmp_milter.disk.closing import Closing
from testbed import shapes
from testbed.gpg import Keyring, Kind
from testbed.library_keyring import LibraryKeyring
from testbed.reading import Opened, open_mail
from testbed.sending import Reply, send
from testbed.shapes import Files, Writer

NO_FILES: Files = {}


class Doctor(Closing):
    """Writes to the service in every shape that clients use, and reads its answers.

    ``name`` and ``mail`` make the key's user id; ``service`` is the address written to,
    whose key must have been imported before anything is encrypted. All mails are bytes
    with CRLF. Close it (or use it as a context manager): that ends its gpg-agent. His program
    is gpg, unless he works ``by_library``: for tests that are not about what gpg writes or reads.
    Only gpg has keys of another kind.
    """

    def __init__(
        self,
        name: str,
        mail: str,
        service: str = "rmp@rmp.test",
        kind: Kind = Kind.CURVE,
        *,
        by_library: bool = False,
    ) -> None:
        self.name = name
        self.mail = mail
        self.service = service
        who = f"{name} <{mail}>"
        library = by_library and kind is Kind.CURVE
        self.keyring: Keyring = LibraryKeyring(who) if library else Keyring(who, kind)

    @property
    def certificate(self) -> bytes:
        """The doctor's public key, armored."""
        return self.keyring.export()

    @property
    def fingerprint(self) -> str:
        """The primary key's fingerprint in lower-case hex."""
        return self.keyring.fingerprint

    def import_key(self, key: bytes) -> None:
        """Add the service's or a colleague's certificate to the keyring."""
        self.keyring.import_key(key)

    def pgp_mime(
        self, text: str, files: Files = NO_FILES, *, subject: str = "RMP", sign: bool = True
    ) -> bytes:
        """Write as Thunderbird does."""
        return shapes.pgp_mime(self._writer, text, files, subject, sign=sign)

    def signed_inside(self, text: str, files: Files = NO_FILES, forged: str = "") -> bytes:
        """Write as claws-mail does: the signature is a part inside the encrypted one.

        ``forged`` replaces the text after it was signed.
        """
        return shapes.signed_inside(self._writer, text, files, forged)

    def mixed_up(self, text: str, files: Files = NO_FILES) -> bytes:
        """Write PGP/MIME that passed through Exchange."""
        return shapes.mixed_up(self._writer, text, files)

    def inline(self, text: str, *, sign: bool = True) -> bytes:
        """Write an armored text."""
        return shapes.inline(self._writer, text, sign=sign)

    def inline_html(self, text: str) -> bytes:
        """Write an armored text that was wrapped in HTML."""
        return shapes.inline_html(self._writer, text)

    def partitioned(self, text: str, files: Files = NO_FILES, *, sign: bool = True) -> bytes:
        """Write an armored text and files encrypted one by one."""
        return shapes.partitioned(self._writer, text, files, sign=sign)

    def layered(self, text: str, files: Files = NO_FILES) -> bytes:
        """Write PGP/MIME whose attachments are encrypted once more."""
        return shapes.layered(self._writer, text, files)

    def packed(self, text: str, files: Files = NO_FILES) -> bytes:
        """Write as Outlook in Rich Text: the files are in a ``winmail.dat``."""
        return shapes.packed(self._writer, text, files, "RMP")

    def files_in_clear(self, text: str, files: Files) -> bytes:
        """Write an armored text with open attachments, which the service must refuse."""
        return shapes.files_in_clear(self._writer, text, files)

    def text_in_clear(self, text: str, files: Files) -> bytes:
        """Write an open text with encrypted attachments, which the service must refuse."""
        return shapes.text_in_clear(self._writer, text, files)

    def clear(self, text: str, files: Files = NO_FILES) -> bytes:
        """Write without any encryption."""
        return shapes.clear(self._writer, text, files)

    def send(  # noqa: PLR0913 -- the envelope and the session, each named
        self,
        port: int,
        message: bytes,
        *,
        login: str = "",
        password: str = "",
        mail_from: str | None = None,
        recipients: Sequence[str] = (),
    ) -> Reply:
        """Send by SMTP (to the service, unless told otherwise); return the last reply."""
        return send(
            port,
            message,
            self.mail if mail_from is None else mail_from,
            recipients or (self.service,),
            login=login,
            password=password,
        )

    def read(self, raw: bytes) -> Opened:
        """Open an answer; raises :class:`testbed.gpg.CannotDecrypt` if it is not for him."""
        return open_mail(raw, self.keyring)

    def close(self) -> None:
        """End the gpg-agent and forget the keys."""
        self.keyring.close()

    @property
    def _writer(self) -> Writer:
        return Writer(self.keyring, formataddr((self.name, self.mail)), self.service)
