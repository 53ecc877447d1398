"""For which Debian a package is made: its Python, its name, and the machines it runs on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DebianRelease:
    """A release of Debian; ``python`` is the one version that it has."""

    number: str
    codename: str
    python: str

    @property
    def next_python(self) -> str:
        """The first version that wheels of this release do not fit."""
        major, minor = map(int, self.python.split("."))
        return f"{major}.{minor + 1}"


RELEASES = (
    DebianRelease("13", "trixie", "3.13"),
    DebianRelease("12", "bookworm", "3.11"),
)

MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
"""Debian's names, and those of wheels."""

NEWEST_GLIBC = 36
"""Debian 12 has glibc 2.36: wheels made for a newer one are not taken."""


@dataclass(frozen=True)
class PackageTarget:
    """What one package is made for; the first argument of almost everything here."""

    release: DebianRelease
    architecture: str

    @property
    def machine(self) -> str:
        """The machine as wheels name it."""
        return MACHINES[self.architecture]

    def __str__(self) -> str:
        return f"debian {self.release.number} {self.architecture}"


TARGETS = tuple(
    PackageTarget(release, architecture) for release in RELEASES for architecture in MACHINES
)
