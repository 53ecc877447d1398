"""The Maildir in which mail to the world is collected: looked into once, and never stale."""

import time
from pathlib import Path

import pytest

from testbed.mailbox import CollectedMail


class Maildir:
    """A Maildir that mails are delivered to as Postfix does it: written aside, then renamed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in ("tmp", "new"):
            (folder / part).mkdir()

    def deliver(self, name: str, to: str = "anne@x.test") -> None:
        written = self.folder / "tmp" / name
        written.write_text(f"Delivered-To: {to}\n\n{name}\n")
        written.rename(self.folder / "new" / name)


@pytest.fixture
def maildir(tmp_path: Path) -> Maildir:
    return Maildir(tmp_path)


def test_each_mail_is_seen_at_once_however_quickly_they_come(maildir: Maildir) -> None:
    collected = CollectedMail(maildir.folder)
    for number in range(200):
        maildir.deliver(f"{number:03}")
        assert collected.count("anne@x.test") == number + 1


def test_a_mail_that_comes_after_a_pause_is_seen(maildir: Maildir) -> None:
    collected = CollectedMail(maildir.folder)
    maildir.deliver("first")
    time.sleep(0.15)  # by then it is sure that what was listed is all
    assert collected.count("anne@x.test") == collected.count("ANNE@x.test") == 1
    maildir.deliver("second")
    maildir.deliver("paul's", to="paul@x.test")
    assert [raw.split()[-1] for raw in collected.of("anne@x.test")] == [b"first", b"second"]
    assert [raw.split()[-1] for raw in collected.of("anne@x.test", after=1)] == [b"second"]
    assert len(collected.everything()) == 3
    collected.clear()
    assert collected.everything() == []


def test_a_folder_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    assert CollectedMail(tmp_path).count("anne@x.test") == 0
