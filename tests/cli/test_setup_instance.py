"""``rmp setup postfix`` and a real ``postmulti``, in an /etc of their own, broken off half-way."""

import os
from pathlib import Path

import pytest

from testbed.command import CommandError, program, run
from testbed.service import RMP


def has_mounts_of_its_own() -> bool:
    """Whether a process may have mounts that no other sees."""
    try:
        return run(["unshare", "--mount", "true"], check=False).returncode == 0
    except CommandError:
        return False


SERVICE = '[service]\naddresses = ["rmp@rmp.test"]\n'

IN_AN_ETC_OF_ITS_OWN = """\
set -eu
mount -t tmpfs none "$1/etc"
cp -a /etc/. "$1/etc/"
mount --bind "$1/etc" /etc
mount --bind "$1/spool" /var/spool
mount --bind "$1/lib" /var/lib
mkdir -p /var/spool/postfix /var/lib/postfix
rm -rf /etc/postfix-rmp
printf 'compatibility_level = 3.6\\n' > /etc/postfix/main.cf
cp /etc/postfix/master.cf.proto /etc/postfix/master.cf
setup() { exec setsid "$2" setup postfix --config "$1/rmp.toml" --listen 127.0.0.1; }
(setup "$@") > /dev/null &
until sh -c "$3"; do sleep 0.02; done
kill -KILL -- "-$!"
wait "$!" 2> /dev/null || true
(setup "$@")
postmulti -l
grep -l 'rmp setup postfix' /etc/postfix-rmp/main.cf /etc/postfix-rmp/master.cf
ls -A /etc/postfix-rmp
"""


@pytest.mark.integration
@pytest.mark.skipif(
    os.geteuid() != 0 or not has_mounts_of_its_own(),
    reason="only root has an /etc of his own, and not in every container",
)
@pytest.mark.parametrize(
    "broken_off_when",
    [
        pytest.param("test -e /etc/postfix-rmp/main.cf", id="Postfix has copied its settings"),
        # Each waits for Postfix's scripts, which sleep; `make soak` has all three.
        pytest.param(
            "test -d /etc/postfix-rmp", id="its folder is made", marks=pytest.mark.soak
        ),
        pytest.param(
            "postconf -h multi_instance_directories | grep -q postfix-rmp",
            id="Postfix knows it",
            marks=pytest.mark.soak,
        ),
    ],
)
def test_an_instance_that_was_half_made_is_made_whole(
    tmp_path: Path, broken_off_when: str
) -> None:
    for name in ("etc", "spool", "lib"):
        (tmp_path / name).mkdir()
    (tmp_path / "rmp.toml").write_text(SERVICE)
    words = [program("unshare"), "--mount", "bash", "-c", IN_AN_ETC_OF_ITS_OWN, "sh"]
    done = run([*words, str(tmp_path), str(RMP), broken_off_when], timeout=120)
    said = done.stdout.decode().splitlines()
    known = next(line.split() for line in said if line.startswith("postfix-rmp "))
    assert known[-1] == "/etc/postfix-rmp"
    assert {"/etc/postfix-rmp/main.cf", "/etc/postfix-rmp/master.cf"} <= set(said)
    assert ".rmp-setup" not in said
