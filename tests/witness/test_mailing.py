"""A witness by mail: asked by a mail, answers with one; nobody else hears of it."""

import email
import io
import sys
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from witness_case import AT, FORK, LOG, made_station, policy_text, submission

from rmp_milter.audit.cosigned import CosignedCheckpoint
from rmp_milter.audit.folder import ExportedLog
from rmp_milter.cli import audit_main
from rmp_milter.tlog.notes import parse
from rmp_milter.tlog.policies import parse_policy
from rmp_milter.tlog.witnessing import Submission
from rmp_milter.witness.mailing import NoAnswerError, answer_mail, asking_mail
from rmp_milter.witness.own_keys import read_keys
from rmp_milter.witness.pushing import by_mail, mail_witnesses
from rmp_milter.witness.station import Station, origin_hash
from testbed.made_log import KEY, ORIGIN

ME, HOST = "temoin@ars.example", "dsi@chu.example"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "witness"
    made_station(place)
    return place


def asking(body: bytes, **headers: str) -> bytes:
    mail = email.message_from_bytes(asking_mail(Submission.parse(body), HOST, ME, AT))
    for name, value in headers.items():
        del mail[name.replace("_", "-")]
        mail[name.replace("_", "-")] = value
    return mail.as_bytes()


def answered(folder: Path, mail: bytes, now: int = AT) -> EmailMessage:
    with Station(folder) as station:
        return email.message_from_bytes(answer_mail(mail, station, ME, now), policy=default)


def attached(mail: EmailMessage) -> CosignedCheckpoint:
    (part,) = mail.iter_attachments()
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return CosignedCheckpoint.parse(content)


def words(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def known(folder: Path) -> int:
    with Station(folder) as station:
        note = station.cosigned(origin_hash(ORIGIN))
    return CosignedCheckpoint.parse(note).head.size if note else 0


def test_a_checkpoint_comes_back_cosigned(folder: Path) -> None:
    policy = parse_policy(policy_text([("ars", read_keys(folder), "")]).encode())
    for old, size in ((0, 25), (25, 60)):
        answer = answered(folder, asking(submission(LOG, old, size)), AT + size)
        assert (answer["To"], answer["From"], answer["Auto-Submitted"]) == (
            HOST,
            ME,
            "auto-replied",
        )
        cosigned = attached(answer)
        assert cosigned.head == LOG.head(size)
        assert policy.judge(cosigned.note).cosigned == {"ars": AT + size}
        assert "Cosigné : chu.example/rmp" in words(answer)
        assert "Cosigned: chu.example/rmp" in words(answer)


@pytest.mark.promise(number=13)
def test_a_fork_and_a_rollback_come_back_with_what_is_known(folder: Path) -> None:
    answered(folder, asking(submission(LOG, 0, 25)))
    for body, status in (
        (submission(FORK, 25, 60), "422"),
        (submission(FORK, 25, 25), "422"),
        (submission(LOG, 10, 20), "409"),
    ):
        answer = answered(folder, asking(body))
        assert f"NON cosigné ({status})" in words(answer)
        assert attached(answer).head == LOG.head(25)
    assert known(folder) == 25


def test_a_checkpoint_alone_is_cosigned_where_no_proof_is_needed(folder: Path) -> None:
    def mail(size: int) -> bytes:
        made = EmailMessage()
        made["From"], made["To"] = "rmp@chu.example", ME
        made["Auto-Submitted"] = "auto-generated"
        made["Reply-To"] = HOST
        made.set_content("Enregistrez la pièce jointe.")
        made.add_attachment(
            LOG.checkpoint(size), maintype="application", subtype="octet-stream"
        )
        return made.as_bytes()

    first = answered(folder, mail(25))
    assert (first["To"], attached(first).head.size) == (HOST, 25)
    assert "NON cosigné (409)" in words(answered(folder, mail(60)))
    assert known(folder) == 25


@pytest.mark.parametrize(
    "mail",
    [
        b"",
        b"From: a@b.example\r\n\r\nno checkpoint",
        asking(submission(LOG, 0, 25), Auto_Submitted="auto-replied"),
        asking(submission(LOG, 0, 25), From="nobody"),
        asking(submission(LOG, 0, 25), From=""),
        asking(submission(LOG, 0, 25).replace(b"chu.example", b"chv.example")),
        asking(submission(LOG, 0, 25).replace(b"\n25\n", b"\n24\n")),
        b"x" * ((4 << 20) + 1),
    ],
)
def test_nobody_else_is_answered(folder: Path, mail: bytes) -> None:
    with pytest.raises(NoAnswerError):
        answered(folder, mail)
    assert known(folder) == 0


def test_no_header_of_the_mail_is_carried_on_as_one(folder: Path) -> None:
    mail = asking(submission(LOG, 0, 25)).replace(
        b"Subject: ", b"Subject: =?utf-8?q?a=0D=0ABcc=3A_x=40evil=2Eexample?= "
    )
    answer = answered(folder, mail)
    assert answer["Bcc"] is None
    assert answer["Subject"].startswith("Re: a")


def test_from_ask_to_take_by_commands(
    folder: Path,
    tmp_path: Path,
    capsysbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    policy = tmp_path / "policy"
    policy.write_text(policy_text([("ars", read_keys(folder), f"mailto:{ME}")]))
    options = ["--policy", str(policy), "--to", str(tmp_path / "kept")]
    for size in (25, 60):
        export = str(LOG.until(size).export(tmp_path / f"{size}", size))
        command = ["witness", "ask", export, "ars", "--from", HOST, *options]
        assert audit_main.run(command) == 0
        asked = io.BytesIO(capsysbinary.readouterr().out)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(asked))
        assert audit_main.run(["witness", "mail", str(folder), "--from", ME]) == 0
        answer = tmp_path / f"{size}.eml"
        answer.write_bytes(capsysbinary.readouterr().out)
        assert audit_main.run(["witness", "take", export, str(answer), *options]) == 0
        assert b"cosigned by ars" in capsysbinary.readouterr().out
        assert audit_main.run(["witness", "status", export, *options]) == 0
        assert f"cosigned {size} entries".encode() in capsysbinary.readouterr().out
    # Of another export the answer is no good, nor one that the witness did not cosign.
    first = str(tmp_path / "25")
    assert audit_main.run(["witness", "take", first, str(answer), *options]) == 1
    assert audit_main.run(["witness", "take", export, f"{export}/checkpoint", *options]) == 1
    assert audit_main.run(["witness", "ask", export, "ordre", "--from", HOST, *options]) == 1


def test_what_was_answered_last_is_where_the_next_proof_begins(
    folder: Path, tmp_path: Path
) -> None:
    text = policy_text([("ars", read_keys(folder), f"mailto:{ME}")])
    policy = parse_policy(text.encode())
    (who,) = mail_witnesses(policy)
    kept = tmp_path / "kept"
    kept.mkdir()
    log = ExportedLog(LOG.export(tmp_path / "export"))
    assert by_mail(log, policy, kept, who, AT).old == 0
    cosigned = read_keys(folder).cosign(parse(LOG.checkpoint(25)).text, AT)
    lines = "".join(f"{line}\n" for line in cosigned)
    (kept / "25.checkpoint").write_bytes(LOG.checkpoint(25) + lines.encode())
    assert by_mail(log, policy, kept, who, AT).old == 25


def test_the_log_of_the_case_is_watched(folder: Path) -> None:
    with Station(folder) as station:
        assert [log.keys for log in station.all_watched()] == [(KEY,)]
