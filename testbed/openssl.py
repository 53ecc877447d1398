"""A real openssl, as doctors' programs and authorities stand on it."""

import subprocess


def openssl(*arguments: str, data: bytes = b"") -> bytes:
    """Run openssl on ``data`` and return what it prints; it must succeed."""
    command = ["openssl", *arguments]
    done = subprocess.run(  # noqa: S603 -- an argument list of ours, no shell
        command, input=data, capture_output=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"openssl {arguments[0]}: {done.stderr.decode()}")
    return done.stdout
