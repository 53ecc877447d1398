"""Real mails of many clients: what their senders wrote is own, what they quote is not."""

from pathlib import Path

import pytest
from quoting import owners

from rmp_milter.mail.incoming.charsets import decode
from rmp_milter.mail.incoming.mimetree import Part, content, scan, walk
from rmp_milter.mail.whose.reading import read_html, read_plain
from rmp_milter.mail.whose.words import Whose, Words

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
MAILS = sorted([*CORPORA.glob("kde-mimetreeparser/*.mbox"), *CORPORA.glob("thunderbird/*.eml")])
# The only ones in which something is quoted, set in or not shown.
QUOTED = {
    "8bitencoded.mbox": {"text/html": "HO"},
    "applehtmlwithattachments.mbox": {"text/html": "ODO"},
    "combined.mbox": {"text/plain": "OF"},
    "outlook.mbox": {"text/plain": "OF", "text/html": "OF"},
}


def texts(path: Path) -> dict[str, list[Words]]:
    data = path.read_bytes()
    found: dict[str, list[Words]] = {}
    for part in walk(scan(data)):
        if part.media_type in {"text/plain", "text/html"} and not part.filename:
            found.setdefault(part.media_type, []).append(read(data, part))
    return found


def read(data: bytes, part: Part) -> Words:
    text = decode(b"".join(content(data, part)), part.params.get("charset", ""))
    if part.media_type == "text/html":
        return read_html(text)
    return read_plain(text, flowed=part.params.get("format", "").lower() == "flowed")


def runs(words: Words) -> str:
    """Return the owners of the lines, of each run the first."""
    letters = owners(words)
    return "".join(
        letter for at, letter in enumerate(letters) if at == 0 or letter != letters[at - 1]
    )


@pytest.mark.skipif(not MAILS, reason="the mails of other clients are not here")
def test_what_people_wrote_is_own_in_every_mail_of_the_corpora() -> None:
    seen = {path.name: texts(path) for path in MAILS}
    assert len(seen) > 60
    others = {
        name: {kind: runs(words[0]) for kind, words in found.items() if words}
        for name, found in seen.items()
    }
    expected = {
        name: {kind: QUOTED.get(name, {}).get(kind, "O") for kind in found}
        for name, found in others.items()
    }
    assert others == expected


@pytest.mark.skipif(not MAILS, reason="the mails of other clients are not here")
def test_outlook_quotes_all_below_its_header_block() -> None:
    (plain,) = texts(CORPORA / "kde-mimetreeparser" / "outlook.mbox")["text/plain"]
    foreign = [line.text for line in plain.lines if line.whose is Whose.FOREIGN]
    assert foreign[0].startswith("Von: Test Test")
    assert "Program Manager" in foreign
