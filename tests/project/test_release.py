"""scripts/release in a scratch clone: what it refuses, what it leaves when it is done."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rmp_milter import __version__ as version

ROOT = Path(__file__).parents[2]
WHO = {"NAME": "A. Releaser", "EMAIL": "releaser@project.test"}
PLAIN = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name[:4] != "GIT_"} | {
    **PLAIN,
    **{
        f"GIT_{role}_{part}": text
        for role in ("AUTHOR", "COMMITTER")
        for part, text in WHO.items()
    },
}

pytestmark = [
    pytest.mark.integration,  # it builds the wheel, three times
    pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is no git checkout"),
]


class Tree:
    """A repository with a main branch, in which a release may be tried."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def git(self, *arguments: str) -> str:
        command = ["git", *arguments]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def commit(self, subject: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", subject)

    def change(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text()
        assert old in text
        (self.folder / name).write_text(text.replace(old, new))

    def release(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "scripts/release", *arguments]
        return subprocess.run(
            command,
            cwd=self.folder,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
        )

    def state(self) -> tuple[str, str, str, bool]:
        """Return what a release changes: the commit, what is not committed, tags, dist."""
        built = (self.folder / "dist").exists()
        return (
            self.git("rev-parse", "HEAD"),
            self.git("status", "--short"),
            self.git("tag"),
            built,
        )


LOOKED_AT = (
    "scripts",
    "man",
    "Makefile",
    "CHANGELOG.md",
    ".gitignore",
    "rmp_milter/__init__.py",
)
"""What is looked at before anything is built."""
BUILT_OF = (
    *(*LOOKED_AT, "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE"),
    *("rmp_milter/py.typed", "rmp_milter/cli", "rmp_milter/tlog"),
)
"""What the build is tried with: two rooms of the package."""
EVERYTHING = ("",)
PACKAGE = re.compile(r'^    "(rmp_milter\.[\w.]+)",$', re.MULTILINE)


def copy_of_what_lies_here(folder: Path, parts: Sequence[str]) -> None:
    """Copy what git has or would take, committed or not: a test tries what it stands by."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"]
    asked = [*listed, *(part or "." for part in parts)]
    names = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)


def have_news(log: Path) -> None:
    """Have something under Unreleased, where just behind a release there is nothing."""
    text = log.read_text()
    if "\n- " not in text.partition("## Unreleased\n")[2].partition("\n## ")[0]:
        log.write_text(
            text.replace("## Unreleased\n", "## Unreleased\n\n- It is quicker.\n", 1)
        )


def committed(folder: Path, parts: Sequence[str]) -> Tree:
    copy_of_what_lies_here(folder, parts)
    have_news(folder / "CHANGELOG.md")
    tree = Tree(folder)
    tree.git("init", "--quiet", "--initial-branch", "main")
    tree.commit("All of it")
    return tree


@pytest.fixture
def whole(tmp_path: Path) -> Tree:
    return committed(tmp_path / "tree", EVERYTHING)


@pytest.fixture
def built(tmp_path: Path) -> Tree:
    """A tree with little of the package: it is built in half the time."""
    tree = committed(tmp_path / "tree", BUILT_OF)
    for name in PACKAGE.findall((tree.folder / "pyproject.toml").read_text()):
        if not (tree.folder / name.replace(".", "/")).exists():
            tree.change("pyproject.toml", f'    "{name}",\n', "")
    tree.commit("Have two rooms")
    return tree


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A tree of which nothing can be built: for what is said before."""
    return committed(tmp_path / "tree", LOOKED_AT)


def test_a_dry_run_says_what_would_be_done_and_does_nothing(built: Tree) -> None:
    before = built.state()
    done = built.release("--skip-tests", "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{version} can be released: CHANGELOG.md, man/rmp.1, ")
    assert built.state() == before


def test_a_release_is_dated_built_and_tagged_and_not_made_twice(
    whole: Tree, tmp_path: Path
) -> None:
    whole.git("init", "--quiet", "--bare", str(tmp_path / "origin"))
    whole.git("remote", "add", "origin", str(tmp_path / "origin"))
    news = (whole.folder / "CHANGELOG.md").read_text().partition("## Unreleased\n")[2]
    done = whole.release("--skip-tests")
    assert (done.returncode, done.stderr) == (0, "")
    today = datetime.now(UTC).date()
    log = (whole.folder / "CHANGELOG.md").read_text()
    assert log.endswith(f"\n## Unreleased\n\n## {version} ({today})\n{news}")
    page = (whole.folder / "man" / "rmp.1").read_text()
    assert f".Dd {today:%B} {today.day}, {today.year}\n" in page
    assert whole.git("cat-file", "-t", f"v{version}") == "tag"
    assert whole.git("rev-parse", f"v{version}^{{commit}}") == whole.git("rev-parse", "HEAD")
    assert whole.git("log", "-1", "--format=%s") == f"Release {version}"
    assert whole.git("status", "--short") == ""
    name = whole.folder / "dist" / f"rmp_milter-{version}"
    wheel = zipfile.ZipFile(f"{name}-py3-none-any.whl").namelist()
    assert {"rmp_milter/py.typed", "rmp_milter/cli/main.py"} <= set(wheel)
    assert [each for each in wheel if re.match("tests|testbed|docs", each)] == []
    with tarfile.open(f"{name}.tar.gz") as sdist:
        assert b"Unreleased" in sdist.extractfile(f"{name.name}/CHANGELOG.md").read()
        assert f"{name.name}/systemd/rmp.target" in sdist.getnames()
    assert whole.git("ls-remote", "origin") == ""  # nothing was pushed
    again = whole.release("--skip-tests")
    assert again.returncode == 1
    assert again.stderr == (
        f"release: {version} is tagged already: set the next version in rmp_milter/__init__.py\n"
        "release: CHANGELOG.md: no entry under Unreleased\n"
    )


def dirty(tree: Tree) -> None:
    (tree.folder / "notes.txt").write_text("not committed\n")


def elsewhere(tree: Tree) -> None:
    tree.git("switch", "--quiet", "--create", "idea")


def tagged(tree: Tree) -> None:
    tree.git("tag", f"v{version}")


def overtaken(tree: Tree) -> None:
    tree.git("tag", "v99.0.0")


def nothing_new(tree: Tree) -> None:
    tree.change("CHANGELOG.md", "## Unreleased\n", "## Unreleased\n\n## 0.0.1 (2026-01-01)\n")
    tree.commit("Say nothing")


def no_version(tree: Tree) -> None:
    tree.change("rmp_milter/__init__.py", version, "next")
    tree.commit("Have no version")


REFUSED = [
    (dirty, "the tree is not clean: notes.txt"),
    (elsewhere, "this is the branch idea: releases are made on main"),
    (tagged, f"{version} is tagged already"),
    (overtaken, f"{version} is older than the last release"),
    (nothing_new, "CHANGELOG.md: no entry under Unreleased"),
    (no_version, "rmp_milter/__init__.py: no version of three numbers"),
]


@pytest.mark.parametrize(
    ("spoil", "said"), REFUSED, ids=lambda each: getattr(each, "__name__", "")
)
def test_what_cannot_be_released_is_refused_and_left_as_it_is(
    tree: Tree, spoil: object, said: str
) -> None:
    assert callable(spoil)
    spoil(tree)
    before = tree.state()[:3]
    done = tree.release("--skip-tests")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"release: {said}")
    assert tree.state()[:3] == before


def test_without_its_tests_there_is_no_release(tree: Tree) -> None:
    tree.change("Makefile", "test: ready\n", "test:\n\tfalse\n\nwas-test: ready\n")
    tree.commit("Fail")
    before = tree.state()
    done = tree.release()
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, "release: make test fails")
    assert tree.state() == before


def test_what_is_forgotten_in_the_build_is_told_and_nothing_is_kept(built: Tree) -> None:
    built.change("pyproject.toml", '"rmp_milter.tlog",\n', "")
    (built.folder / "extra").mkdir()
    (built.folder / "extra" / "file").write_text("in git, and in no sdist\n")
    built.commit("Forget a package and a folder")
    before = built.state()[:3]
    done = built.release("--skip-tests")
    told = done.stderr.splitlines()
    assert done.returncode == 1
    assert "release: wheel: rmp_milter/tlog/__init__.py is missing" in told
    assert "release: sdist: extra/file is missing" in told
    assert built.state()[:3] == before


def test_no_heading_of_the_changelog_is_empty_or_stands_twice() -> None:
    """Two branches that are merged leave such ones."""
    text = (ROOT / "CHANGELOG.md").read_text()
    new = text[text.index("## Unreleased") :].split("\n## ")[0]
    parts = new.split("\n### ")[1:]
    heads = [part.splitlines()[0] for part in parts]
    assert sorted(set(heads)) == sorted(heads)
    assert [part.splitlines()[0] for part in parts if not part.partition("\n")[2].strip()] == []
