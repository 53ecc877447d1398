"""Every mail of the corpora through ``rmp inspect``, with the verdict that a look at it gives.

A line says: the shape, the verdict (``taken`` is status 0, all else 1), the signature's
worth, and the names of the files inside. What is encrypted opens with the key that the
corpora's README names.
"""

from pathlib import Path

import pytest
from inspect_case import Inspect, Said

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
KDE_KEY = "kde-mimetreeparser/test-key.secret.asc"
RMP_KEY = "clients-2026/keys/rmp.sec.asc"
OLD_KEY = "gpgol/testkey-hagelin.asc"
ALICE_KEY = "thunderbird/alice@openpgp.example-0xf231550c4f47e38e-secret.asc"
BOB_KEY = "thunderbird/bob@openpgp.example-0xfbfcc82a015e7330-secret.asc"

EXPECTED = """
8bitencoded.mbox                                                 clear       not-encrypted
alice-broken-exchange.eml                                        mixed-up    taken            none
applehtmlwithattachments.mbox                                    clear       not-encrypted
applehtmlwithattachmentsmixed.mbox                               clear       not-encrypted
bob-enc-html-nbsp.eml                                            inline-html taken            none
bob-enc-inline-nbsp-qp.eml                                       inline      taken            none
claws-4.1.1-pgpinline.eml                                        inline      clear-attachment none
claws-4.1.1-pgpmime.eml                                          pgp-mime    taken            unknown report.pdf Übersicht_déjà-vu.txt
combined.mbox                                                    clear       not-encrypted
crlf-encrypted-with-signature-multipart.mbox                     pgp-mime    taken            none
crlf-encrypted-with-signature.mbox                               inline      taken            none
encapsulated-with-attachment.mbox                                clear       not-encrypted
encrypted-and-signed-alice-to-bob-nonascii.eml                   pgp-mime    taken            unknown
encrypted-to-alice-as-hidden-recipient.eml                       pgp-mime    taken            none
forward-openpgp-signed-encrypted-no-from.mbox                    pgp-mime    taken            unknown
forward-openpgp-signed-encrypted.mbox                            pgp-mime    taken            unknown
fwd-unsigned-encrypted.eml                                       pgp-mime    taken            none
html.mbox                                                        clear       not-encrypted
htmlonly.mbox                                                    clear       not-encrypted
htmlonlyexternal.mbox                                            clear       not-encrypted
inlinepgpencrypted-appendix.mbox                                 inline      taken            none
inlinepgpencrypted-error.mbox                                    inline      unreadable
inlinepgpencrypted.mbox                                          inline      taken            none
inlinepgpgencrypted-error.mbox                                   inline      unreadable
internal-pgpencrypted-mime.mbox                                  mixed-up    taken            unknown file.txt
multipart-mixed-alternative-inline-pgp.mbox                      inline      taken            none
mutt-classic.eml                                                 pgp-mime    taken            unknown report.pdf Übersicht_déjà-vu.txt
mutt-gpgme.eml                                                   pgp-mime    taken            unknown report.pdf Übersicht_déjà-vu.txt
neomutt-classic.eml                                              pgp-mime    taken            unknown report.pdf Übersicht_déjà-vu.txt
neomutt-gpgme.eml                                                pgp-mime    taken            unknown report.pdf Übersicht_déjà-vu.txt
no-content-type.mbox                                             clear       not-encrypted
openpgp-encoded.mbox                                             clear       not-encrypted
openpgp-encrypted+signed.mbox                                    pgp-mime    taken            unknown
openpgp-encrypted-ambiguous-mime.mbox                            mixed-up    taken            none    attachment1.txt attachment2.txt
openpgp-encrypted-applemail.mbox                                 mixed-up    taken            none
openpgp-encrypted-attachment-and-non-encrypted-attachment.mbox   pgp-mime    clear-attachment unknown file.txt
openpgp-encrypted-attachment-gpgol.mbox                          inline      taken            unknown Däß_üst_äin_Töst.txt
openpgp-encrypted-attachment-no-headers.mbox                     inline      taken            unknown file.txt
openpgp-encrypted-attachment.mbox                                pgp-mime    taken            unknown file.txt
openpgp-encrypted-enigmail1.6.mbox                               pgp-mime    taken            none
openpgp-encrypted-memoryhole.mbox                                pgp-mime    taken            none
openpgp-encrypted-memoryhole2.mbox                               pgp-mime    taken            none
openpgp-encrypted-noData.mbox                                    clear       not-encrypted
openpgp-encrypted-non-encrypted-attachment.mbox                  pgp-mime    clear-attachment unknown
openpgp-encrypted-partially-signed-attachments.mbox              pgp-mime    second-body      unknown attachment1.txt
openpgp-encrypted-signed-thunderbird.mbox                        pgp-mime    taken            unknown
openpgp-encrypted-two-attachments.mbox                           pgp-mime    taken            none    attachment1.txt attachment2.txt
openpgp-encrypted.mbox                                           pgp-mime    taken            none
openpgp-inline-charset-encrypted.mbox                            inline      taken            unknown
openpgp-inline-encrypted+nonenc.mbox                             inline      second-body      none
openpgp-inline-signed-broken.mbox                                clear       not-encrypted
openpgp-inline-signed-broken2.mbox                               clear       not-encrypted
openpgp-inline-signed.mbox                                       clear       not-encrypted
openpgp-inline-wrong-charset-encrypted.mbox                      inline      taken            unknown
openpgp-multipart-embedded-signed.mbox                           pgp-mime    taken            unknown document.rfc822-headers
openpgp-multipart-embedded.mbox                                  pgp-mime    taken            none    document.rfc822-headers
openpgp-signed-and-unsigned-attachments-and-parts.mbox           clear       not-encrypted
openpgp-signed-apple.mbox                                        clear       not-encrypted
openpgp-signed-base64-mailman-footer.mbox                        clear       automatic
openpgp-signed-encrypted-two-attachments.mbox                    pgp-mime    taken            unknown attachment1.txt attachment2.txt
openpgp-signed-encrypted.mbox                                    pgp-mime    taken            unknown
openpgp-signed-mailinglist+additional-children.mbox              clear       automatic
openpgp-signed-mailinglist+old.mbox                              clear       automatic
openpgp-signed-mailinglist.mbox                                  clear       automatic
openpgp-signed-no-protocol.mbox                                  clear       not-encrypted
openpgp-signed-rfc2231-attachments.mbox                          clear       not-encrypted
openpgp-signed-sender-mismatch.mbox                              clear       not-encrypted
openpgp-signed-two-attachments.mbox                              clear       not-encrypted
outer-pgp-sig-inner-pgp-enc.eml                                  pgp-mime    taken            none
outlook.mbox                                                     clear       not-encrypted
partial-encrypt-for-alice-html.eml                               inline-html taken            none
partial-encrypt-for-alice-plaintext.eml                          inline      taken            none
plaintext.mbox                                                   clear       not-encrypted
plaintextattachment.mbox                                         clear       not-encrypted
signed-by-0xfbfcc82a015e7330-encrypted-to-0xf231550c4f47e38e.eml pgp-mime    taken            unknown
signed-forward-openpgp-signed-encrypted.mbox                     pgp-mime    taken            unknown
smime-cert.mbox                                                  clear       not-encrypted
smime-encrypted-ambiguous-mime.mbox                              smime       smime
smime-encrypted-not-so-ambiguous-mime.mbox                       smime       clear-attachment
smime-encrypted-octet-stream.mbox                                smime       smime
smime-encrypted.mbox                                             smime       smime
smime-opaque-enc+sign.mbox                                       smime       smime
smime-opaque-sign.mbox                                           clear       not-encrypted
smime-opaque-signed-encrypted-attachment.mbox                    smime       smime
smime-signed-apple.mbox                                          clear       not-encrypted
smime-signed-charset.mbox                                        clear       not-encrypted
smime-signed-encrypted.mbox                                      smime       smime
testmails-1.mbox                                                 inline      taken            none
text+html-maillinglist.mbox                                      clear       automatic
thunderbird-153.eml                                              pgp-mime    taken            unknown report.pdf Übersicht_déjà-vu.txt
"""  # noqa: E501 -- a table: one mail a line
TABLE = {line.split()[0]: line.split()[1:] for line in EXPECTED.strip().splitlines()}

# The six mails of the gpgol mbox: verdict, signature, octets that gpg decrypts the text to.
OLD_MAILS = [
    ("taken", "none", 68),
    ("taken", "none", 71),
    ("taken", "unknown", 70),
    ("not-encrypted", "", 0),
    ("not-encrypted", "", 0),
    ("taken", "unknown", 46934),
]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora are not here"),
]


def _mails() -> list[Path]:
    found = (path for path in CORPORA.rglob("*") if path.suffix in {".eml", ".mbox"})
    return sorted(path for path in found if path.is_file())


def _keys(path: Path) -> list[str]:
    folder = path.relative_to(CORPORA).parts[0]
    if path.name == "testmails-1.mbox":
        return [OLD_KEY]
    by_folder = {"clients-2026": [RMP_KEY], "thunderbird": [ALICE_KEY, BOB_KEY]}
    return by_folder.get(folder, [KDE_KEY])


def _opened_with(inspect: Inspect, path: Path, key: str) -> Said:
    word = inspect.file("word", b"abc\n")
    options = ["--passphrase-file", word] if key == OLD_KEY else []
    return inspect.run(str(path), "--json", "--secret-key", str(CORPORA / key), *options)


def _verdict(said: Said) -> str:
    verdict = said.at("verdict")
    assert isinstance(verdict, dict)
    return str(verdict.get("text", verdict["outcome"]))


def _line(said: Said) -> list[str]:
    """Return what the table says of a mail."""
    line = [str(said.at("shape")), _verdict(said)]
    if said.at("opened") is None:
        return line
    parts = said.at("opened", "parts")
    assert isinstance(parts, list)
    names = [part["name"].replace(" ", "_") for part in parts if part["name"]]
    return [*line, str(said.at("opened", "signature", "trust")), *names]


def test_no_mail_of_the_corpora_is_left_out() -> None:
    assert {path.name for path in _mails()} == set(TABLE)


@pytest.mark.parametrize("path", _mails(), ids=lambda path: path.name)
def test_the_verdict_is_the_expected_one(inspect: Inspect, path: Path) -> None:
    tried = [_opened_with(inspect, path, key) for key in _keys(path)]
    said = next((said for said in tried if said.at("opened") is not None), tried[0])
    assert _line(said) == TABLE[path.name]
    assert said.status == (0 if _verdict(said) == "taken" else 1)
    assert said.err == ""


@pytest.mark.parametrize("path", _mails(), ids=lambda path: path.name)
def test_the_shape_alone_gives_a_verdict_for_people_too(inspect: Inspect, path: Path) -> None:
    said = inspect.run(str(path))
    shape, *_ = TABLE[path.name]
    assert said.out.splitlines()[0].split()[:2] == ["shape", shape.rstrip(",")] or (
        f"{shape}, inside a signature" in said.out
    )
    assert (said.status, said.err) in {(0, ""), (1, "")}


# gpg-agent measures for a second how fast it is, for each: here one mail of each verdict and trust.
@pytest.mark.parametrize(
    "at", [0, 3, 5, *(pytest.param(each, marks=pytest.mark.soak) for each in (1, 2, 4))]
)
def test_the_mails_of_2005_open_with_the_elgamal_key(inspect: Inspect, at: int) -> None:
    whole = (CORPORA / "gpgol" / "testmails-1.mbox").read_bytes()
    mail = b"From wk" + whole.split(b"From wk")[at + 1]
    verdict, trust, size = OLD_MAILS[at]
    said = _opened_with(inspect, Path(inspect.file("one.mbox", mail)), OLD_KEY)
    assert (_verdict(said), said.status) == (verdict, 0 if verdict == "taken" else 1)
    if said.at("opened") is not None:
        assert said.at("opened", "signature", "trust") == trust
        assert said.at("opened", "parts", 0, "size") == size
    assert (said.at("opened") is None) == (not trust)


@pytest.mark.parametrize(
    "path", sorted(CORPORA.rglob("sent/*.eml")), ids=lambda path: path.name
)
def test_no_letter_of_a_real_client_is_shown(inspect: Inspect, path: Path) -> None:
    said = inspect.run(str(path), "--secret-key", str(CORPORA / RMP_KEY))
    letter = ("Hello RMP", "find two files", "Grüße", "zweite", "%PDF", "Hello H7")
    assert "report.pdf" in said.out
    assert [words for words in letter if words in said.out + said.err] == []
