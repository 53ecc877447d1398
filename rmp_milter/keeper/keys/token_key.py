"""A custody key on a token, as the keeper's processes use it."""

import os
import signal
from collections.abc import Callable
from contextlib import suppress

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from rmp_milter.keeper.keys.custody import CustodyAway, HalfTried, some_point
from rmp_milter.keeper.keys.key_files import KeyFileError
from rmp_milter.keeper.keys.places import TokenPlace
from rmp_milter.keeper.keys.token import (
    Connection,
    PinRefusedError,
    TokenError,
    begin_anew,
    connect,
    prove,
    shared,
    words,
)

TRY_SECONDS = 20


class TokenKey:
    """The private half of ``public``; ``pin`` is read anew for each login.

    A module must not be used across a fork: each process connects for itself, when it first
    needs the key.
    """

    def __init__(
        self,
        module: str,
        place: TokenPlace,
        pin: Callable[[], str],
        public: EllipticCurvePublicKey,
    ) -> None:
        self._module, self._place, self._pin, self._public = module, place, pin, public
        self._there: Connection | None = None
        self._process = 0
        self._refused = ""

    def exchange(self, point: bytes) -> bytes:
        """Return the x-coordinate of the shared point; raise :class:`.CustodyAway`.

        A connection that broke is made anew, once.
        """
        try:
            return self._asked(point)
        except (KeyFileError, TokenError) as error:
            line = str(error)
        except RuntimeError as error:
            line = words(error)
        self._forget()
        raise CustodyAway(f"custody key on the token ({self._place}): {line}")

    def tried(self) -> HalfTried:
        """Ask the token once; it has some seconds, then this process is ended."""
        signal.alarm(TRY_SECONDS)
        try:
            self.exchange(some_point())
        except CustodyAway as error:
            return HalfTried(str(error), refused=bool(self._refused))
        return HalfTried()

    def refuse(self) -> None:
        """Try the PIN that there is no more; another one is tried."""
        with suppress(KeyFileError):
            self._refused = self._pin()

    def _asked(self, point: bytes) -> bytes:
        if self._there and self._process == os.getpid():
            with suppress(RuntimeError):
                return shared(self._there.key, point)
        self._forget()
        return shared(self._connected().key, point)

    def _connected(self) -> Connection:
        pin = self._pin()
        if pin == self._refused:
            raise PinRefusedError("it refused the PIN, which is tried no more")
        try:
            there = self._connection(pin)
        except PinRefusedError:
            self._refused = pin
            raise
        self._process, self._there = os.getpid(), there
        prove(there.key, self._public)
        return there

    def _connection(self, pin: str) -> Connection:
        with suppress(RuntimeError):
            return connect(self._module, self._place, pin)
        begin_anew(self._module)
        return connect(self._module, self._place, pin)

    def _forget(self) -> None:
        there, self._there = self._there, None
        if there and self._process == os.getpid():
            there.close()
