"""A virtual machine of its own kernel and systemd, without a network, for tests of the package.

Debian is installed into a folder by mmdebstrap, once for each release, and packed into a disk
image; each machine writes into a copy that is thrown away. Commands go in, and what they print
comes out, by QEMU's guest agent over a serial line.
"""

import base64
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from testbed.command import run

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
MIRROR = "http://deb.debian.org/debian"
NEEDED = ("qemu-system-x86_64", "qemu-img", "mmdebstrap", "mke2fs")
PACKAGES = (
    *("systemd-sysv", "dbus", "udev", "linux-image-cloud-amd64", "initramfs-tools"),
    *("qemu-guest-agent", "iproute2", "procps", "ca-certificates", "man-db", "tzdata"),
    # A mail host, and what rmp-milter's package depends on: nothing is fetched later.
    *("postfix", "python3", "python3-milter", "openssl", "init-system-helpers"),
)
ACCELERATOR = "RMP_ACCELERATOR"
"""``kvm`` where that works; QEMU's own emulation works everywhere, and boots in half a minute."""

_LONGEST = 600
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.05, 1
_LINE = 65536


@dataclass(frozen=True)
class MachineImage:
    """A disk with a Debian on it, and its kernel."""

    disk: Path
    kernel: Path
    initrd: Path


def machine_image(codename: str, folder: Path, *more: str) -> MachineImage:
    """Return the image of a release, made on first use (root, some minutes, apt's mirror).

    ``more`` are packages that it has besides :data:`PACKAGES`.
    """
    name = "+".join((codename, *more))
    image = MachineImage(*(folder / f"{name}.{part}" for part in ("ext4", "kernel", "initrd")))
    if not image.disk.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _make_image(codename, folder / f"{name}.root", image, (*PACKAGES, *more))
    return image


def smallest_root(codename: str, folder: Path) -> Path:
    """Return the archive of a release with apt, Python and no more, made on first use."""
    archive = folder / f"{codename}.python.tar"
    if not archive.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = archive.with_suffix(".part.tar")
        _bootstrap(codename, part, ("python3", "tzdata", "libgcc-s1"))
        part.rename(archive)
    return archive


def _bootstrap(codename: str, place: Path, packages: Sequence[str]) -> None:
    """Install a release into a folder, or an archive (root, minutes, apt's mirror)."""
    command = ["mmdebstrap", "--quiet", "--mode=root", "--variant=apt", f"--keyring={KEYRING}"]
    run(
        [*command, f"--include={','.join(packages)}", codename, place, MIRROR], timeout=_LONGEST
    )


def _make_image(
    codename: str, root: Path, image: MachineImage, packages: Sequence[str]
) -> None:
    if root.exists():
        _remove(root)
    _bootstrap(codename, root, packages)
    (kernel,), (initrd,) = root.glob("boot/vmlinuz-*"), root.glob("boot/initrd.img-*")
    shutil.copyfile(kernel, image.kernel)
    shutil.copyfile(initrd, image.initrd)
    (root / "etc/hostname").write_text("mx\n")
    (root / "etc/hosts").write_text(
        "127.0.0.1 localhost\n127.0.1.1 mx.chu.example mx\n127.0.0.2 rmp.chu.example\n"
    )
    (root / "etc/apt/sources.list").write_text("")
    part = image.disk.with_suffix(".part")
    run(["mke2fs", "-q", "-t", "ext4", "-d", root, part, "3G"], timeout=_LONGEST)
    part.rename(image.disk)
    _remove(root)


def _remove(root: Path) -> None:
    """Remove the folder, and nothing that somebody has mounted there."""
    mounted = [
        line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()
    ]
    below = [place for place in mounted if Path(place).is_relative_to(root.resolve())]
    if below:
        raise RuntimeError(f"something is mounted below {root}: {below}")
    shutil.rmtree(root)


@dataclass(frozen=True)
class Done:
    """What a command on the machine came to."""

    status: int
    out: str
    err: str


class VirtualMachine:
    """A machine that runs; commands are run by root there."""

    def __init__(self, process: subprocess.Popen[bytes], agent: Path) -> None:
        self._process = process
        self._agent = agent

    def run(self, command: str, *, check: bool = True, given: bytes = b"") -> Done:
        """Run a line of shell; raises :class:`AssertionError` where its status is not 0."""
        shell = {"path": "/bin/sh", "arg": ["-c", command], "capture-output": True}
        if given:
            shell["input-data"] = base64.b64encode(given).decode()
        pid = self._ask("guest-exec", shell)["pid"]
        began = time.monotonic()
        while not (state := self._ask("guest-exec-status", {"pid": pid}))["exited"]:
            time.sleep(_pause(time.monotonic() - began))
        done = Done(
            int(str(state.get("exitcode", -1))),
            *(_decoded(state.get(name)) for name in ("out-data", "err-data")),
        )
        if check and done.status != 0:
            raise AssertionError(f"{command}: status {done.status}\n{done.out}\n{done.err}")
        return done

    def put(self, place: str, content: bytes) -> None:
        """Write a small file."""
        self.run(f"cat >'{place}'", given=content)

    def wait_for(self, command: str, *, within: int = 60) -> Done:
        """Run a line until it succeeds."""
        began = time.monotonic()
        while True:
            done = self.run(command, check=False)
            if done.status == 0:
                return done
            waited = time.monotonic() - began
            if waited > within:
                raise AssertionError(f"never so: {command}\n{done.out}\n{done.err}")
            time.sleep(max(0.5, _pause(waited)))

    def boot_id(self) -> str:
        """Return what differs after each boot."""
        return self.run("cat /proc/sys/kernel/random/boot_id").out

    def reboot(self) -> None:
        """Start the machine anew, in order, and wait until it is up."""
        before = self.boot_id()
        with suppress(OSError, AssertionError):
            self.run("systemctl reboot")
        end = time.monotonic() + _LONGEST
        while time.monotonic() < end:
            with suppress(OSError, AssertionError, KeyError):
                if self.boot_id() != before:
                    break
            time.sleep(0.5)
        self.settle()

    def settle(self) -> str:
        """Wait until systemd has done what a boot asks for; return what it says of itself."""
        return self.run("systemctl is-system-running --wait", check=False).out.strip()

    def await_agent(self) -> None:
        """Wait until commands can be given."""
        end = time.monotonic() + _LONGEST
        while time.monotonic() < end and self._process.poll() is None:
            with suppress(OSError):
                self._ask("guest-ping", {})
                return
            time.sleep(0.3)
        raise AssertionError("the machine does not come up")

    def _ask(self, what: str, arguments: object) -> dict[str, object]:
        """Ask the agent one thing: each time anew, so that no answer of before is taken for it."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(20)
            line.connect(str(self._agent))
            mark = time.monotonic_ns() % (1 << 50)
            _say(line, {"execute": "guest-sync", "arguments": {"id": mark}})
            answers = _answers(line)
            while next(answers).get("return") != mark:
                pass
            _say(line, {"execute": what, "arguments": arguments})
            answer = next(answers)
        if "return" not in answer:
            raise AssertionError(f"{what}: {answer}")
        returned = answer["return"]
        return returned if isinstance(returned, dict) else {}


def _pause(waited: float) -> float:
    """Return how long to ask nothing, in seconds: less often, the longer a command takes.

    Each question costs the machine a line of its journal besides: what is asked every 50 ms is, by
    emulation, nine lines a second, for as long as a package is installed.
    """
    return min(max(_SHORTEST_PAUSE, waited / 10), _LONGEST_PAUSE)


def _say(line: socket.socket, value: object) -> None:
    line.sendall(json.dumps(value).encode() + b"\n")


def _answers(line: socket.socket) -> Iterator[dict[str, object]]:
    waiting = b""
    while True:
        head, newline, rest = waiting.partition(b"\n")
        if newline:
            waiting = rest
            with suppress(ValueError):  # what was cut off by the one who asked before
                yield json.loads(head)
            continue
        more = line.recv(_LINE)
        if not more:
            raise ConnectionError("the agent's line is closed")
        waiting += more


def _decoded(data: object) -> str:
    return base64.b64decode(str(data or "")).decode(errors="replace")


@contextmanager
def virtual_machine(
    image: MachineImage, folder: Path, disks: Sequence[Path] = ()
) -> Iterator[VirtualMachine]:
    """Start a machine with a copy of ``image``, and further disks to be read (/dev/vdb...)."""
    copy, agent = folder / "disk.qcow2", folder / "agent.sock"
    backing = ["-f", "qcow2", "-F", "raw", "-b", str(image.disk.resolve())]
    run(["qemu-img", "create", "-q", *backing, copy])
    drives = [f"file={copy},if=virtio,cache=unsafe"]
    drives += [f"file={disk},if=virtio,format=raw,readonly=on" for disk in disks]
    command = [
        *("qemu-system-x86_64", "-nodefaults", "-display", "none", "-nic", "none"),
        *(
            "-accel",
            os.environ.get(ACCELERATOR, "tcg"),
            "-cpu",
            "max",
            "-smp",
            "2",
            "-m",
            "1536",
        ),
        *("-kernel", str(image.kernel), "-initrd", str(image.initrd)),
        *("-append", "root=/dev/vda rw console=ttyS0 quiet"),
        *(word for drive in drives for word in ("-drive", drive)),
        *("-device", "virtio-serial", "-device", "virtio-rng-pci"),
        *("-chardev", f"socket,id=agent,path={agent},server=on,wait=off"),
        *("-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0"),
        *("-serial", f"file:{folder / 'console.log'}"),
    ]
    process = subprocess.Popen(command)  # noqa: S603 -- a command of ours
    try:
        machine = VirtualMachine(process, agent)
        machine.await_agent()
        machine.settle()
        yield machine
    finally:
        process.kill()
        process.wait()
