import base64
import os
import subprocess
from pathlib import Path

import pytest

from testbed.pdf import one_page
from testbed.traces import Trace, in_files, in_processes
from testbed.waiting import wait_until

WORD = "Müller-Hélène"


@pytest.mark.parametrize(
    "hidden",
    [
        WORD.encode(),
        WORD.encode("cp1252"),
        WORD.encode("utf-16-le"),
        WORD.upper().encode(),
        b"muller-helene",
        *(base64.b64encode(b"x" * offset + WORD.encode() + b"yz") for offset in range(3)),
    ],
)
def test_a_word_is_found_in_every_form(hidden: bytes, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    file = tmp_path / "deep" / "data.mdb"
    file.write_bytes(os.urandom(5000) + hidden + os.urandom(5000))
    assert in_files([tmp_path], [WORD]) == [Trace(str(file), WORD)]


def test_bytes_are_found_as_they_are_and_in_base64(tmp_path: Path) -> None:
    data = bytes(range(100, 140))
    (tmp_path / "raw").write_bytes(b"abc" + data)
    (tmp_path / "mail").write_bytes(base64.b64encode(b"ab" + data))
    assert len(in_files([tmp_path], [data])) == 2


def test_noise_holds_no_word(tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(os.urandom(1 << 20))
    (tmp_path / "empty").touch()
    assert in_files([tmp_path], [WORD, "1959-01-30"]) == []


def test_a_word_that_is_too_short_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="too short"):
        in_files([tmp_path], ["JzbV"])


def test_arguments_and_environment_are_read() -> None:
    process = subprocess.Popen(["sleep", "30"], env={"PATIENT": WORD})
    try:
        wait_until(lambda: bool(in_processes([process.pid], ["sleep\x0030"])), 5, "its start")
        places = [trace.place for trace in in_processes([process.pid], [WORD])]
    finally:
        process.kill()
        process.wait()
    assert places == [f"/proc/{process.pid}/environ"]


def test_the_pdf_is_one() -> None:
    data = one_page(["Échographie (thyroïde)", "sans particularité"])
    start = int(data.split(b"startxref\n")[1].split(b"\n")[0])
    assert data[start:].startswith(b"xref\n0 6\n")
    assert "Échographie \\(thyroïde\\)".encode("cp1252") in data
    assert data.startswith(b"%PDF-1.7")
