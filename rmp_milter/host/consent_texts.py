"""The texts to which patients consent: one file a version, in what is handed out, kept for ever.

Each dossier names the version under which its consent was given, so a text never changes: what
is another gets a version of its own. Beside each stands its digest, as sha256sum(1) reads it.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from rmp_milter.config import Config
from rmp_milter.disk.new_files import write_new, write_whole
from rmp_milter.postfix.facts import PostfixFinding, error, warning

NAMED = "consentement-"
MOST_BYTES = 64 * 1024
_VERSION = re.compile(rf"{NAMED}(.+)\.txt")
_OWN_VERSION = (
    "give what you wrote a version of its own (rmp consent add), and put this one back"
)
_MODE = 0o644

_TEXT = """\
CONSENTEMENT À L'OUVERTURE D'UN RÉSUMÉ MÉDICAL PARTAGÉ

Version {version}. Service : {name}, {address}

On m'a proposé d'ouvrir un résumé médical partagé. J'ai reçu la note
d'information des patients et j'ai pu poser mes questions.

J'ai compris :

- que mon médecin traitant y écrit un résumé de ma santé, et que
  d'autres professionnels peuvent y déposer leurs comptes rendus ;
- que ces documents restent chiffrés : l'hébergeur ne les lit pas ;
- que je reçois un code personnel, à ne donner qu'au professionnel à
  qui je permets de lire mon dossier ;
- qu'en cas d'urgence un médecin peut lire mon dossier sans mon code ;
  cet accès est inscrit, doit être justifié, et je peux le connaître ;
- que chaque lecture et chaque dépôt laissent une trace, dont je peux
  demander la liste ;
- que je peux à tout moment demander à masquer un document, m'opposer à
  un professionnel, changer de code, obtenir une copie, ou clore mon
  dossier ; le dossier clos est conservé {years} ans, puis effacé.

Je suis libre de refuser, et de revenir sur ma décision : mes soins
n'en dépendent pas.

J'accepte qu'un résumé médical partagé soit ouvert à mon nom.

Nom, prénom :

Date :                              Signature :
"""


class ConsentTextError(ValueError):
    """A text cannot be kept; says why in one line."""


def text_file(public: Path, version: str) -> Path:
    """Return where the text of a version lies, in what is handed out."""
    return public / f"{NAMED}{version}.txt"


def digest_file(public: Path, version: str) -> Path:
    """Return where the digest of a version's text lies."""
    return public / f"{NAMED}{version}.sha256"


def first_text(config: Config) -> bytes:
    """Return the text that a new service begins with."""
    service = config.service
    return _TEXT.format(
        version=config.consent.version,
        name=service.name,
        address=service.addresses[0],
        years=config.rules.retention_years,
    ).encode()


def keep_text(public: Path, version: str, text: bytes) -> None:
    """Keep the text of a version, for ever. Raises :class:`ConsentTextError`, ``OSError``.

    The same text again is kept already; another one under the same version is refused.
    """
    if not text.strip() or len(text) > MOST_BYTES:
        raise ConsentTextError(f"a text has 1 to {MOST_BYTES} bytes")
    try:
        text.decode()
    except UnicodeDecodeError as wrong:
        raise ConsentTextError("the text is not UTF-8") from wrong
    file, noted = text_file(public, version), digest_file(public, version)
    line = f"{hashlib.sha256(text).hexdigest()}  {file.name}\n".encode()
    if file.exists() or noted.exists():
        if fault_of(public, version) or file.read_bytes() != text:
            raise ConsentTextError(
                f"version {version} is of another text, which patients may have"
            )
        return
    write_new(noted, line, _MODE)
    write_whole(file, text, _MODE)


def kept_versions(public: Path) -> list[str]:
    """Return the versions whose text or digest is there."""
    files = (*public.glob(f"{NAMED}*.txt"), *public.glob(f"{NAMED}*.sha256"))
    found = (_VERSION.fullmatch(f"{file.stem}.txt") for file in files)
    return sorted({match[1] for match in found if match})


def fault_of(public: Path, version: str) -> str:
    """Return what is wrong with a kept text, or nothing. Raises ``OSError``."""
    file, noted = text_file(public, version), digest_file(public, version)
    if not file.exists():
        return "its text is gone"
    if not noted.exists():
        return "its digest is gone"
    said = noted.read_text().split()[:1]
    same = said == [hashlib.sha256(file.read_bytes()).hexdigest()]
    return "" if same else "its text is not the one that was kept"


def consent_findings(config: Config) -> Iterator[PostfixFinding]:
    """Yield texts that were changed, and that of today where there is none."""
    public, version = config.paths.public, config.consent.version
    try:
        kept = kept_versions(public)
        faults = {each: fault_of(public, each) for each in kept}
    except OSError as wrong:
        yield error(f"{wrong.filename}: {wrong.strerror}", "let this user read it")
        return
    for each, fault in faults.items():
        if fault:
            yield error(f"{text_file(public, each)}: {fault}", _OWN_VERSION)
    if public.is_dir() and version not in kept:
        line = f"no text is kept of version {version}, to which patients consent"
        yield warning(line, f"rmp consent add {version} FILE: what they are given to sign")
