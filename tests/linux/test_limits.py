"""What a process forbids itself, and whether its memory can be swapped out."""

import subprocess
import sys
from pathlib import Path

import pytest

from rmp_milter.linux.limits import group_of, may_not_swap, swap_areas
from testbed.service import SEPARATE, Part, Service
from testbed.waiting import wait_until

SWAPS = """Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority
/dev/dm-1                               partition\t999420\t\t0\t\t-2
/swap\\040file                           file\t\t1024\t\t0\t\t-3
"""


def test_swap_areas_are_listed() -> None:
    assert swap_areas(SWAPS) == ["/dev/dm-1", "/swap\\040file"]
    assert swap_areas(SWAPS.splitlines()[0]) == []
    assert swap_areas("") == []


def test_the_group_of_version_two_is_found() -> None:
    assert group_of("0::/system.slice/rmp.service\n") == Path("system.slice/rmp.service")
    assert group_of("4:memory:/x\n0::/\n") == Path()
    assert group_of("4:memory:/x\n") is None


@pytest.mark.parametrize(
    ("limited", "value", "expected"),
    [
        ("system.slice/rmp.service", "0\n", True),
        ("system.slice", "0\n", True),
        ("system.slice/rmp.service", "max\n", False),
        ("other.slice", "0\n", False),
    ],
)
def test_a_group_without_swap_or_inside_of_one_does_not_swap(
    tmp_path: Path, limited: str, value: str, *, expected: bool
) -> None:
    (tmp_path / "system.slice/rmp.service").mkdir(parents=True)
    (tmp_path / limited).mkdir(exist_ok=True)
    (tmp_path / limited / "memory.swap.max").write_text(value)
    assert may_not_swap(tmp_path, Path("system.slice/rmp.service")) is expected


def test_a_process_that_limits_itself_leaves_no_core_and_opens_many_files() -> None:
    program = (
        "import ctypes, resource as r\n"
        "r.setrlimit(r.RLIMIT_NOFILE, (64, r.getrlimit(r.RLIMIT_NOFILE)[1]))\n"
        "from rmp_milter.linux.limits import limit_itself\n"
        "limit_itself(with_memory=False)\n"
        "files = r.getrlimit(r.RLIMIT_NOFILE)\n"
        "print(r.getrlimit(r.RLIMIT_CORE), files[0] == min(files[1], 65536),"
        " ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))\n"  # PR_GET_DUMPABLE
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "(0, 0) True 0"


@pytest.mark.integration
@pytest.mark.parametrize("parts", [(Part.KEEPER, Part.MILTER, Part.COURIER), (Part.SERVE,)])
def test_every_part_of_a_running_service_writes_no_core(parts: tuple[Part, ...]) -> None:
    with Service(reinject_port=1) as service:
        service.start(*parts)
        service.wait_ready()

        def running() -> list[int]:
            return [pid for part in parts for pid in service.pids_of(part)]

        wait_until(lambda: len(running()) > len(SEPARATE), 60, "the keeper's workers")
        wait_until(lambda: all(map(writes_no_core, running())), 60, "no core of any part")


def writes_no_core(pid: int) -> bool:
    limits = Path(f"/proc/{pid}/limits").read_text().splitlines()
    core = next(line for line in limits if line.startswith("Max core file size"))
    return core.split()[4:6] == ["0", "0"]
