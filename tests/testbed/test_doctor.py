from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from testbed.doctor import Doctor
from testbed.gpg import CannotDecrypt, Keyring, Kind, Standing, Verdict
from testbed.reading import open_mail, parsed
from testbed.shapes import Files, Writer, pgp_mime
from testbed.waiting import wait_until

TEXT = "Patient : MÜLLER-L'HÉRITIER Zoé\n\nChère consœur, voici le compte rendu.\n"
FILES: Files = {"échographie.pdf": b"%PDF-1.7\n" + bytes(range(256)), "notes.txt": b"a\nb\r\nc"}
Compose = Callable[[Doctor], bytes]


@pytest.fixture(scope="module")
def service() -> Iterator[Keyring]:
    keyring = Keyring("RMP <rmp@rmp.test>", Kind.RSA)
    yield keyring
    keyring.close()


@pytest.fixture(scope="module")
def doctor(service: Keyring) -> Iterator[Doctor]:
    with Doctor("Dr Zoé Martin", "zoe.martin@cabinet.test") as someone:
        someone.import_key(service.export())
        service.import_key(someone.certificate)
        yield someone


WITH_FILES: dict[str, Compose] = {
    "pgp_mime": lambda doctor: doctor.pgp_mime(TEXT, FILES),
    "signed_inside": lambda doctor: doctor.signed_inside(TEXT, FILES),
    "mixed_up": lambda doctor: doctor.mixed_up(TEXT, FILES),
    "partitioned": lambda doctor: doctor.partitioned(TEXT, FILES),
    "layered": lambda doctor: doctor.layered(TEXT, FILES),
}
TEXT_ONLY: dict[str, Compose] = {
    "pgp_mime": lambda doctor: doctor.pgp_mime(TEXT),
    "inline": lambda doctor: doctor.inline(TEXT),
}


@pytest.mark.parametrize("shape", WITH_FILES)
def test_the_receiver_opens_text_and_files(
    shape: str, doctor: Doctor, service: Keyring
) -> None:
    raw = WITH_FILES[shape](doctor)
    if shape == "mixed_up":  # no client opens it: take its payload as the service does
        payload = list(parsed(raw).iter_parts())[2].get_payload(decode=True)
        assert isinstance(payload, bytes)
        raw = service.decrypt(payload).data
    opened = open_mail(raw, service)
    assert opened.text == TEXT
    assert opened.files == FILES


@pytest.mark.parametrize("shape", ["pgp_mime", "signed_inside", "partitioned", "layered"])
def test_every_signature_is_the_doctors(shape: str, doctor: Doctor, service: Keyring) -> None:
    opened = open_mail(WITH_FILES[shape](doctor), service)
    assert set(opened.verdicts) == {Verdict(Standing.GOOD, doctor.fingerprint)}


@pytest.mark.parametrize("shape", TEXT_ONLY)
def test_a_text_alone_opens(shape: str, doctor: Doctor, service: Keyring) -> None:
    opened = open_mail(TEXT_ONLY[shape](doctor), service)
    assert (opened.text, opened.files, opened.sealed) == (TEXT, {}, 1)


def test_pgp_mime_has_the_shape_of_rfc_3156(doctor: Doctor) -> None:
    mail = parsed(doctor.pgp_mime(TEXT, FILES, subject="Échographie de Zoé"))
    assert mail.get_content_type() == "multipart/encrypted"
    assert mail.get_param("protocol") == "application/pgp-encrypted"
    kinds = [part.get_content_type() for part in mail.iter_parts()]
    assert kinds == ["application/pgp-encrypted", "application/octet-stream"]
    assert mail["Subject"] == "..."


def test_the_subject_is_protected(doctor: Doctor, service: Keyring) -> None:
    opened = open_mail(doctor.pgp_mime(TEXT, subject="Échographie de Zoé"), service)
    assert (opened.outer_subject, opened.subject) == ("...", "Échographie de Zoé")
    assert b"BEGIN PGP PUBLIC KEY" in opened.keys[0]


def test_partitioned_files_carry_their_own_name_and_pgp(doctor: Doctor) -> None:
    body, *files = parsed(doctor.partitioned(TEXT, FILES)).iter_parts()
    assert body.get_content().startswith("-----BEGIN PGP MESSAGE-----")
    assert [part.get_filename() for part in files] == ["échographie.pdf.pgp", "notes.txt.pgp"]


def test_the_file_name_inside_is_the_real_one(doctor: Doctor, service: Keyring) -> None:
    part = list(parsed(doctor.partitioned(TEXT, FILES)).iter_parts())[1]
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert service.decrypt(payload).file_name == "échographie.pdf"


def test_html_hides_the_armor_as_outlook_does(doctor: Doctor) -> None:
    mail = parsed(doctor.inline_html(TEXT))
    assert mail.get_content_type() == "text/html"
    assert "<div>-----BEGIN&nbsp;PGP&nbsp;MESSAGE-----</div>" in mail.get_content()


def test_claws_leaves_the_files_open(doctor: Doctor, service: Keyring) -> None:
    raw = doctor.files_in_clear(TEXT, FILES)
    _text, *files = parsed(raw).iter_parts()
    assert [part.get_payload(decode=True) for part in files] == list(FILES.values())
    assert open_mail(raw, service).sealed == 1


def test_a_clear_mail_is_clear(doctor: Doctor, service: Keyring) -> None:
    opened = open_mail(doctor.clear(TEXT, FILES), service)
    assert (opened.text, opened.files, opened.sealed) == (TEXT, FILES, 0)


def test_a_mail_for_someone_else_does_not_open(doctor: Doctor) -> None:
    with (
        Doctor("Dr Autre", "autre@cabinet.test") as other,
        pytest.raises(CannotDecrypt),
    ):
        other.read(doctor.pgp_mime(TEXT))


def test_an_unknown_signer_is_told_from_a_known_one(doctor: Doctor) -> None:
    with Doctor("Dr Autre", "autre@cabinet.test") as other:
        doctor.import_key(other.certificate)
        writer = Writer(doctor.keyring, doctor.mail, other.mail)
        raw = pgp_mime(writer, TEXT, {}, "RMP", sign=True)
        assert [one.standing for one in other.read(raw).verdicts] == [Standing.UNKNOWN]


def test_a_text_changed_after_signing_shows(doctor: Doctor, service: Keyring) -> None:
    raw = doctor.signed_inside(TEXT, forged=TEXT.replace("Zoé", "Zoë"))
    opened = open_mail(raw, service)
    assert [one.standing for one in opened.verdicts] == [Standing.BAD]
    assert "Zoë" in opened.text


def test_every_line_ends_as_mail_requires(doctor: Doctor) -> None:
    for compose in (*WITH_FILES.values(), *TEXT_ONLY.values()):
        assert compose(doctor).replace(b"\r\n", b"").count(b"\n") == 0


@pytest.fixture(scope="module")
def modern(service: Keyring) -> Iterator[Doctor]:
    """A doctor who works by the library."""
    with Doctor("Dr Libre", "libre@cabinet.test", by_library=True) as someone:
        someone.import_key(service.export())
        service.import_key(someone.certificate)
        yield someone


@pytest.mark.parametrize("shape", ["pgp_mime", "signed_inside", "partitioned", "layered"])
def test_what_the_library_writes_gpg_reads(
    shape: str, modern: Doctor, service: Keyring
) -> None:
    opened = open_mail(WITH_FILES[shape](modern), service)
    assert (opened.text, opened.files) == (TEXT, FILES)
    assert set(opened.verdicts) == {Verdict(Standing.GOOD, modern.fingerprint)}


@pytest.mark.parametrize("shape", ["pgp_mime", "signed_inside", "partitioned", "layered"])
def test_what_gpg_writes_the_library_reads(
    shape: str, modern: Doctor, doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    doctor.import_key(modern.certificate)
    modern.import_key(doctor.certificate)
    monkeypatch.setattr(doctor, "service", modern.mail)
    opened = modern.read(WITH_FILES[shape](doctor))
    assert (opened.text, opened.files) == (TEXT, FILES)
    assert set(opened.verdicts) == {Verdict(Standing.GOOD, doctor.fingerprint)}


def test_no_gpg_runs_for_who_works_by_the_library(service: Keyring) -> None:
    with Doctor("Dr Sans GPG", "sans@cabinet.test", by_library=True) as someone:
        someone.import_key(service.export())
        service.import_key(someone.certificate)
        sealed = service.encrypt(b"Voici.", [someone.mail], sign=True, armor=True)
        assert someone.keyring.decrypt(sealed).data == b"Voici."
        assert someone.pgp_mime(TEXT)
        assert not [*someone.keyring.home.iterdir()]
        assert set(someone.keyring.fingerprints()) == {someone.fingerprint, service.fingerprint}


def test_what_does_not_open_or_has_an_unknown_signer_is_judged_by_gpg(modern: Doctor) -> None:
    with Doctor("Dr Autre", "autre@cabinet.test") as other:
        other.import_key(modern.certificate)
        for_him = other.keyring.encrypt(b"a", [other.fingerprint], sign=True, armor=True)
        with pytest.raises(CannotDecrypt):
            modern.keyring.decrypt(for_him)
        sealed = other.keyring.encrypt(b"a", [modern.mail], sign=True, armor=False)
        done = modern.keyring.decrypt(sealed)
        assert (done.data, done.verdicts[0].standing) == (b"a", Standing.UNKNOWN)


def test_those_who_are_there_at_a_time_have_keys_of_their_own(service: Keyring) -> None:
    with (
        Doctor("Dr Double", "double@cabinet.test") as one,
        Doctor("Dr Double", "double@cabinet.test") as other,
    ):
        assert one.fingerprint != other.fingerprint
        with pytest.raises(CannotDecrypt):
            one.keyring.decrypt(
                other.keyring.encrypt(b"a", [other.fingerprint], sign=False, armor=True)
            )
        first = one.fingerprint
    with Doctor("Dr Double", "double@cabinet.test") as again:
        assert again.fingerprint == first
        assert again.certificate.startswith(b"-----BEGIN PGP PUBLIC KEY BLOCK-----")
        assert set(again.keyring.fingerprints()) == {first}  # nobody whom he had imported
        again.import_key(service.export())
        assert set(again.keyring.fingerprints()) == {first, service.fingerprint}


def test_a_certificate_that_changed_is_exported_as_it_is() -> None:
    with Doctor("Dr Muable", "muable@cabinet.test") as someone:
        before = someone.certificate
        assert someone.certificate == before
        someone.keyring._gpg("--quick-set-expire", someone.fingerprint, "30d")
        assert someone.certificate != before


def test_the_keys_are_gone_at_the_end() -> None:
    with Doctor("Dr Bref", "bref@cabinet.test") as someone:
        home = someone.keyring.home
        assert someone.keyring.clear_sign(b"Bref.\n")
        assert home.is_dir()
        assert agent_of(home)
    assert not home.exists()
    wait_until(lambda: not agent_of(home), 10, "the agent's end")


def agent_of(home: Path) -> list[str]:
    """Return the ids of the agents that serve a home."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            words = file.read_bytes().decode(errors="replace").split("\0")
            found += [file.parent.name] * ("gpg-agent" in words[0] and str(home) in words)
    return found
