"""Run Postfix's own programs: ``postconf``, ``postmap``, ``postmulti``."""

import os
import shutil
import subprocess

ANSWER_SECONDS = 60
# What changes something is no question: it is not cut off half-way on a machine that is busy.
CHANGE_SECONDS = 900
_FOLDERS = "/usr/sbin:/usr/local/sbin:/sbin:/usr/bin:/usr/local/bin"


class PostfixError(Exception):
    """Postfix is absent or cannot be asked; the message is one line for the admin."""


def ask(
    program: str,
    arguments: list[str],
    accept: int = 0,
    stdin: str = "",
    *,
    within: int = ANSWER_SECONDS,
) -> subprocess.CompletedProcess[str]:
    """Run a program of Postfix's, to its end, which comes ``within`` seconds.

    ``accept`` is a status that is an answer too.

    Raises :class:`PostfixError` where it is absent, fails, complains or takes too long.
    """
    path = shutil.which(program, path=_FOLDERS)
    if path is None:
        raise PostfixError(f"{program}: not found; is Postfix installed?")
    try:
        done = subprocess.run(  # noqa: S603 -- an argument list of ours, no shell
            [path, *arguments],
            capture_output=True,
            check=False,
            encoding="utf-8",
            env={"PATH": _FOLDERS, "LC_ALL": "C", **_mail_environment()},
            errors="replace",
            input=stdin,
            timeout=within,
        )
    except subprocess.TimeoutExpired as error:
        raise PostfixError(f"{program}: no answer within {within} s") from error
    except OSError as error:
        raise PostfixError(f"{path}: cannot be run: {error.strerror}") from error
    if done.returncode not in {0, accept} or (done.returncode and done.stderr.strip()):
        raise PostfixError(_complaint(program, done.stderr))
    return done


def _mail_environment() -> dict[str, str]:
    """Keep what names Postfix's folder for a second instance (postconf(1), MAIL_CONFIG)."""
    folder = os.environ.get("MAIL_CONFIG")
    return {"MAIL_CONFIG": folder} if folder else {}


def _complaint(program: str, stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if "warning:" not in line]
    last = (lines or stderr.splitlines() or ["it failed without a word"])[-1].strip()
    return last if last.startswith(program) else f"{program}: {last}"
