"""A newer copy of a certificate: what counts as one, and that nothing is forgotten by it."""

import itertools
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rmp_milter.certificates import (
    CertificateError,
    check_usable,
    ends_at,
    prolonged,
    read_certificate,
    usable,
)
from rmp_milter.certificates.packets import PUBLIC_SUBKEY, SIGNATURE, packets
from rmp_milter.certificates.verified import verified
from testbed.folders import own_folder

DAY = 86_400
MADE = 1_700_000_000
NOW = MADE + 400 * DAY


class Owner:
    """A real gpg whose clock is set for each thing that it does; it holds one key."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.run(MADE, "--quick-gen-key", "a@x.fr", "ed25519", "sign", "365d")
        (self.fingerprint,) = self.fingerprints()
        self.run(MADE, "--quick-add-key", self.fingerprint, "cv25519", "encr", "365d")

    def run(self, at: int, *arguments: str, data: bytes = b"") -> bytes:
        done = subprocess.run(
            [
                *("gpg", "--homedir", self._home, "--batch", "--quiet", "--yes"),
                *("--pinentry-mode", "loopback", "--passphrase", "", "--trust-model", "always"),
                *("--faked-system-time", f"{at}!", *arguments),
            ],
            input=data,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout

    def fingerprints(self) -> list[str]:
        """Return those of the primary key and of its subkeys that are not revoked."""
        listed = self.run(MADE, "--list-keys", "--with-colons").decode().splitlines()
        lines = [line.split(":") for line in listed]
        pairs = itertools.pairwise(lines)
        return [two[9] for one, two in pairs if two[0] == "fpr" and one[1] != "r"]

    def export(self) -> bytes:
        return self.run(NOW, "--export", self.fingerprint)

    def prolong(self, at: int, until: str) -> bytes:
        self.run(at, "--quick-set-expire", self.fingerprint, until)
        # Not by "*": that leaves out what has expired.
        self.run(at, "--quick-set-expire", self.fingerprint, until, *self.fingerprints()[1:])
        return self.export()

    def revoke_subkey(self, at: int) -> bytes:
        steps = b"key 1\nrevkey\ny\n0\n\ny\nsave\n"
        self.run(
            at, "--no-batch", "--no-tty", "--command-fd", "0", "--edit-key", self.fingerprint,
            data=steps,
        )  # fmt: skip
        return self.export()

    def add_subkey(self, at: int) -> bytes:
        self.run(at, "--quick-add-key", self.fingerprint, "cv25519", "encr", "3650d")
        return self.export()


@pytest.fixture
def owner() -> Iterator[Owner]:
    home = own_folder("g")
    (home / "gpg-agent.conf").write_text("s2k-count 65536\n")
    try:
        yield Owner(home)
    finally:
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)
        shutil.rmtree(home, ignore_errors=True)


def subkeys(data: bytes) -> dict[str, bool]:
    """Return the subkeys, and which of them is revoked."""
    return {each.key.key.key_id.lower(): each.revoked for each in verified(data).subkeys}


def test_a_prolonged_key_is_usable_again_and_an_older_copy_changes_nothing(
    owner: Owner,
) -> None:
    old = owner.export()
    assert not usable(old, NOW)
    new = owner.prolong(NOW - DAY, "700d")
    whole = prolonged(old, new, NOW)
    assert whole is not None
    check_usable(whole, NOW)
    assert ends_at(whole, NOW) == NOW - DAY + 700 * DAY
    assert read_certificate(whole).fingerprint == owner.fingerprint.lower()
    for copy in (old, new, whole):
        assert prolonged(whole, copy, NOW) is None
    # What gpg makes of it is what this service makes of it.
    assert b"fpr" in owner.run(NOW, "--show-keys", "--with-colons", data=whole)


def test_of_two_prolongations_the_later_one_counts_in_any_order(owner: Owner) -> None:
    old = owner.export()
    first = owner.prolong(NOW - 2 * DAY, "100d")
    second = owner.prolong(NOW - DAY, "700d")
    whole = prolonged(prolonged(old, first, NOW) or b"", second, NOW)
    assert whole is not None
    direct = prolonged(old, second, NOW)
    assert direct is not None
    assert ends_at(whole, NOW) == ends_at(direct, NOW)
    assert prolonged(whole, first, NOW) is None


def test_a_revocation_that_was_learnt_is_not_forgotten(owner: Owner) -> None:
    owner.prolong(NOW - 3 * DAY, "700d")
    before = owner.add_subkey(NOW - 2 * DAY)
    revoked = owner.revoke_subkey(NOW - DAY)
    (gone,) = [key for key, is_revoked in subkeys(revoked).items() if is_revoked]
    # A copy without the revocation, with a newer date: as a client writes that kept no backup.
    owner_of_old = prolonged(revoked, before, NOW)
    assert owner_of_old is None  # it is older
    newer = owner.prolong(NOW, "900d")
    stripped = without_revocations(newer)
    assert not any(subkeys(stripped).values())
    whole = prolonged(revoked, stripped, NOW)
    assert whole is not None
    assert subkeys(whole)[gone]


def without_revocations(data: bytes) -> bytes:
    return b"".join(
        each.whole
        for each in packets(data)
        if each.tag != SIGNATURE or each.content[1:2] != b"\x28"
    )


def test_a_new_encryption_key_is_learnt_and_no_key_goes(owner: Owner) -> None:
    old = owner.export()
    owner.prolong(NOW - DAY, "700d")
    new = owner.add_subkey(NOW - DAY)
    whole = prolonged(old, new, NOW)
    assert whole is not None
    assert len(subkeys(whole)) == 2
    # One whose client dropped the old subkey prolongs, and drops nothing here.
    last = owner.prolong(NOW, "800d")
    few = without_subkey(last, next(iter(subkeys(old))))
    again = prolonged(whole, few, NOW)
    assert again is not None
    assert subkeys(again).keys() == subkeys(whole).keys()


def without_subkey(data: bytes, key_id: str) -> bytes:
    kept, dropping = [], False
    ids = iter(subkeys(data))
    for each in packets(data):
        if each.tag == PUBLIC_SUBKEY:
            dropping = next(ids) == key_id
        kept += [] if dropping else [each.whole]
    return b"".join(kept)


def test_another_key_is_no_copy_and_a_strangers_packets_are_left_out(
    owner: Owner,
) -> None:
    old = owner.export()
    new = owner.prolong(NOW - DAY, "700d")
    home = own_folder("g")
    try:
        other = Owner(home)
        foreign = other.prolong(NOW, "900d")
        assert prolonged(old, foreign, NOW) is None
        assert prolonged(foreign, new, NOW) is None
        # A stranger's subkey with its owner's binding, appended by somebody on the way.
        subkey, binding = list(packets(foreign))[-2:]
        assert (subkey.tag, binding.tag) == (PUBLIC_SUBKEY, SIGNATURE)
        whole = prolonged(old, new + subkey.whole + binding.whole, NOW)
        assert whole is not None
        assert subkeys(whole).keys() == subkeys(new).keys()
    finally:
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)
        shutil.rmtree(home, ignore_errors=True)


@pytest.mark.parametrize("brought", [b"", b"noise", b"\x99\x00\x00", bytes(70_000)])
def test_noise_is_no_copy(owner: Owner, brought: bytes) -> None:
    assert prolonged(owner.export(), brought, NOW) is None
    with pytest.raises(CertificateError):
        read_certificate(brought)


def test_a_copy_that_ended_by_now_is_left_alone(owner: Owner) -> None:
    old = owner.export()
    ended = owner.prolong(NOW - 20 * DAY, "10d")
    assert prolonged(old, ended, NOW) is None
    assert prolonged(old, ended, NOW - 15 * DAY) is not None
