import pytest

from rmp_milter.mail.incoming.automatic import automatic, perhaps_automatic
from rmp_milter.mail.incoming.mimetree import scan


def why(header: str, sender: str = "doctor@example.test") -> str | None:
    return automatic(sender, scan(f"Subject: x\r\n{header}\r\n\r\nbody".encode()))


@pytest.mark.parametrize(
    "sender", ["", "<>", " ", "MAILER-DAEMON@example.test", "<mailer-daemon@a>"]
)
def test_bounces_are_known_by_their_sender(sender: str) -> None:
    assert why("X: y", sender) is not None


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-replied (vacation); owner-email=a@example.test",
        "AUTO-SUBMITTED: (why) Auto-Notified",
        "Precedence: junk",
        "Precedence: (sorry) auto_reply",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        "X-Autoreply: yes",
        "X-Autorespond: back soon",
    ],
)
def test_automatic_mail_is_known_by_its_header(header: str) -> None:
    assert why(header) is not None


@pytest.mark.parametrize(
    "header",
    [
        "X: y",
        "Auto-Submitted: no",
        "Auto-Submitted: No (really)",
        "Auto-Submitted: auto-generated",
        "Auto-Submitted:",
        "X-Auto-Response-Suppress: All",
        "List-Id: <doctors.example.test>",
        "Precedence: first-class",
        "Subject: Auto-Submitted: auto-replied",
    ],
)
def test_what_a_person_or_a_laboratorys_software_wrote_is_not_automatic(header: str) -> None:
    assert why(header) is None


@pytest.mark.parametrize(
    "header", ["Precedence: bulk", "Precedence: List", "precedence: (x) list"]
)
def test_a_lists_precedence_alone_leaves_a_doubt(header: str) -> None:
    assert why(header) is None
    assert perhaps_automatic(scan(f"{header}\r\n\r\nbody".encode())) == "Precedence"
    assert why(f"{header}\r\nAuto-Submitted: auto-replied") == "Auto-Submitted"
    assert why(header, "<>") == "null sender"


@pytest.mark.parametrize("header", ["Precedence: junk", "Precedence: first-class", "X: y"])
def test_nothing_else_leaves_a_doubt(header: str) -> None:
    assert perhaps_automatic(scan(f"{header}\r\n\r\nbody".encode())) is None
