"""A whole host: Postfix, the service and its doctors, started together and wired up."""

import json
import re
from contextlib import ExitStack
from typing import Protocol, TypeVar

from rmp_milter.cli.stores import open_outbox, open_store
from rmp_milter.config import load
from rmp_milter.mail.bounce_address import row_of
from rmp_milter.store.format.keys import read_key
from testbed.doctor import Doctor
from testbed.gpg import Kind
from testbed.lifetime import Starting
from testbed.postfix import PrivatePostfix
from testbed.sending import Reply
from testbed.service import Part, Service, Settings
from testbed.waiting import PATIENCE_SECONDS, wait_until

ADDRESS = "rmp@rmp.test"

_SENDER = re.compile(rb"^Return-Path: *<([^>\n]*)>", re.MULTILINE | re.IGNORECASE)

OpenedT_co = TypeVar("OpenedT_co", covariant=True)


class Correspondent(Protocol[OpenedT_co]):
    """Who writes to the service and reads its answers, by whatever program."""

    @property
    def mail(self) -> str:
        """His address."""

    def send(self, port: int, message: bytes, *, login: str = "", password: str = "") -> Reply:
        """Send a mail to the service by SMTP; return the last reply."""

    def read(self, raw: bytes) -> OpenedT_co:
        """Open an answer; raises what his program raises where it is not for him."""


class Host(Starting):
    """Everything that a mail passes through, on one machine, for as long as the block.

    ``supervised`` runs the three processes under ``rmp serve``; otherwise each is a child
    of its own that can be stopped and killed by itself. ``by_command`` is the service's.
    ``others`` are more addresses of the service. Its doctors' program is gpg, unless they work
    ``by_library``.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        supervised: bool = False,
        by_command: bool = False,
        others: tuple[str, ...] = (),
        by_library: bool = False,
    ) -> None:
        self._by_library = by_library
        addresses = self.addresses = (ADDRESS, *others)
        listed = {("service", "addresses"): json.dumps(addresses)} if others else {}
        self._open = ExitStack()
        self._enrolled = 0
        self._parts = (Part.SERVE,) if supervised else ()
        with ExitStack() as undo:
            self.postfix = PrivatePostfix(addresses)
            undo.callback(self.postfix.close)
            self.service = Service(
                self.postfix.reinject_port,
                ADDRESS,
                {**(settings or {}), **listed},
                by_command=by_command,
            )
            undo.callback(self.service.close)
            self.postfix.use_milter(self.service.milter_socket)
            self._open = undo.pop_all()

    def start(self) -> None:
        """Start the service and Postfix side by side; return when both answer."""
        self.service.start(*self._parts)
        self.postfix.launch()
        self.service.wait_ready()
        self.postfix.wait_greeting()  # for which it asks the milter already

    def doctor(  # noqa: PLR0913 -- as many as a directory entry has
        self,
        name: str,
        mail: str,
        profession: str = "médecin généraliste",
        *,
        account: str = "",
        reply_form: str = "separate",
        kind: Kind = Kind.CURVE,
        enrolled: bool = True,
        by_library: bool | None = None,
    ) -> Doctor:
        """Return a new doctor who holds the service's key and, normally, is enrolled.

        ``by_library`` is his; where nothing is said, the host's.
        """
        library = self._by_library if by_library is None else by_library
        someone = self._open.enter_context(
            Doctor(name, mail, ADDRESS, kind, by_library=library)
        )
        self._enrolled += 1
        if enrolled:
            self.service.enrol(someone, self._enrolled, profession, account, reply_form)
        else:
            someone.import_key(self.service.certificate)
        return someone

    def send(
        self,
        doctor: Correspondent[object],
        mail: bytes,
        login: str = "",
        password: str = "",
    ) -> Reply:
        """Send a doctor's mail to the service."""
        return doctor.send(self.postfix.smtp_port, mail, login=login, password=password)

    def answers(
        self,
        doctor: Correspondent[OpenedT_co],
        count: int = 1,
        timeout: float = PATIENCE_SECONDS,
        *,
        after: int = 0,
    ) -> list[OpenedT_co]:
        """Wait until a doctor has ``count`` mails more than ``after``; open those.

        They are in the order in which the service wrote them: Postfix delivers several at
        once, and the last may be there first.
        """
        try:
            raw = self.postfix.wait_mail(doctor.mail, after + count, timeout, after=after)
        except TimeoutError as error:
            error.add_note(self.service.all_logs())
            raise
        return [doctor.read(one) for one in sorted(raw, key=self.outbox_row)]

    def ask(
        self,
        doctor: Correspondent[OpenedT_co],
        mail: bytes,
        more: int = 1,
        *,
        login: str = "",
        password: str = "",
    ) -> list[OpenedT_co]:
        """Send a mail that must be accepted; return the ``more`` answers that it brings."""
        before = self.postfix.collected.count(doctor.mail)
        self.deliver(doctor, mail, login=login, password=password)
        return self.answers(doctor, more, after=before)

    def deliver(
        self,
        doctor: Correspondent[object],
        mail: bytes,
        *,
        login: str = "",
        password: str = "",
    ) -> None:
        """Send a mail that must be accepted; wait for no answer."""
        reply = self.send(doctor, mail, login, password)
        if not reply.accepted:
            raise AssertionError(f"the service said {reply}\n{self.service.all_logs()}")

    def outbox_row(self, mail: bytes) -> int:
        """Return the row that a mail's envelope sender names; 0 for mail of anybody else.

        Only who has the outbox's key can read it.
        """
        found = _SENDER.search(mail[: mail.find(b"\n\n")])
        key = read_key(
            self.service.folder / "shared" / "outbox.key"
        )  # which is changed in tests
        rows = (
            (row_of(found[1].decode(), each, key) for each in self.addresses) if found else ()
        )
        return next((row for row in rows if row), 0)

    def settle(self, timeout: float = PATIENCE_SECONDS) -> None:
        """Wait until every answer has left the outbox and Postfix has delivered it."""
        # Looked at without a command's process: a wait asks again and again.
        with open_outbox(load(self.service.config)) as outbox:
            wait_until(lambda: not outbox.rows(), timeout, "an empty outbox")
        self.postfix.wait_empty_queue(timeout)

    def outbox(self) -> list[dict[str, object]]:
        """Return the answers that wait, were parked or came back."""
        rows = json.loads(self.service.rmp("outbox", "list", "--json").stdout)
        return list(rows)

    def stored(self) -> dict[str, int]:
        """Return how many dossiers, entries and documents the store holds."""
        with open_store(load(self.service.config), read_only=True) as store:
            stats = store.stats()
        return {name: stats[name] for name in ("dossiers", "entries", "documents")}

    def exchange(self, doctor: Correspondent[OpenedT_co], mail: bytes) -> list[OpenedT_co]:
        """Send a mail that must be accepted; return all that it brought its sender."""
        before = self.postfix.collected.count(doctor.mail)
        self.deliver(doctor, mail)
        self.settle()
        return self.answers(doctor, after=before)

    def close(self) -> None:
        """End everything, the service before Postfix, and remove all folders."""
        self._open.close()
