"""Running the demonstration: what it needs, its start, its end, and a Ctrl-C between."""

import os
import signal
import sys
from types import FrameType

from demo.circuit import STEPS, Demonstration
from demo.screen import Screen
from testbed.command import CommandError, program
from testbed.host import Host

PROGRAMS = {
    "postfix": "postfix",
    "gpg": "gnupg",
    "openssl": "openssl",
    "saslpasswd2": "sasl2-bin",
}
INTERRUPTED = 130  # as a shell reports SIGINT


def main() -> int:
    """Run the demonstration; return 0 if all that it claims holds."""
    missing = _missing()
    if missing:
        print(missing, file=sys.stderr)
        return 1
    interruption = Interruption()
    try:
        return _run(Screen(STEPS), interruption)
    except (KeyboardInterrupt, CommandError, TimeoutError, AssertionError, OSError) as error:
        return _tell(error, interrupted=interruption.asked_for)


class Interruption:
    """Ctrl-C or SIGTERM: ends the demonstration by KeyboardInterrupt, at first.

    What is cut off may turn it into an error of its own, so that it is noted here too.
    """

    def __init__(self) -> None:
        self.asked_for = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._interrupt)

    @staticmethod
    def ignore() -> None:
        """Let nothing cut short what follows: the clean-up."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        self.asked_for = True
        raise KeyboardInterrupt


def _tell(error: BaseException, *, interrupted: bool) -> int:
    if interrupted:
        print("\ninterrupted; everything was ended and removed")
        return INTERRUPTED
    print(f"\nthe demonstration failed: {error}", file=sys.stderr)
    print("\n".join(getattr(error, "__notes__", [])), file=sys.stderr)
    return 1


def _missing() -> str:
    """Return what this machine lacks, and what to do, or nothing."""
    if os.geteuid() != 0:
        return "make demo starts a Postfix of its own, and that needs root: sudo make demo"
    packages = [package for name, package in PROGRAMS.items() if not _installed(name)]
    return f"install first: apt-get install {' '.join(packages)}" if packages else ""


def _installed(name: str) -> bool:
    try:
        program(name)
    except CommandError:
        return False
    return True


def _run(screen: Screen, interruption: Interruption) -> int:
    print("rmp-milter: a shared medical summary that lives in encrypted mail")
    screen.step("a private Postfix with SMTP AUTH, and keeper, milter and courier")
    host = Host()
    try:
        host.start()
        folders = (host.service.folder, host.postfix.plan.root)
        _say_started(screen, host)
        Demonstration(screen, host).play()
    finally:
        interruption.ignore()
        host.close()
    gone = not any(folder.exists() for folder in folders)
    print(f"\nall processes ended, all folders removed, {screen.seconds:.0f} seconds in all")
    return 1 if screen.failed or not gone else 0


def _say_started(screen: Screen, host: Host) -> None:
    postfix, service = host.postfix, host.service
    screen.say(
        f"Postfix: clients on port {postfix.smtp_port}, answers on "
        f"{postfix.reinject_port}; ours: {len(service.pids())} processes"
    )
    screen.say(f"in {postfix.plan.root} and {service.root} until the end")
