"""What a reader is told in front of a translated document: of its author, of what was done."""

from rmp_milter.calls.protocol.opening import Trust
from rmp_milter.dossier.days import Clock
from rmp_milter.dossier.rules import Proof
from rmp_milter.keeper.desk.noted import NotedAuthor, noted
from rmp_milter.mail.catalogue.inert import inert
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.wording import day

_WORDS = {
    Trust.GOOD: "translated-signed",
    Trust.FUTURE: "translated-signed",
    Trust.WEAK: "translated-weak",
}


def statement(packed: bytes, spoken: str, clock: Clock, *, with_original: bool) -> str:
    """Return the words, by what the keeper ``packed`` of the author when the document came.

    ``with_original`` says that what he signed is enclosed.
    """
    language: Language = "en" if spoken == "en" else "fr"
    said = [text("translated", language), _of_author(noted(packed), language, clock)]
    if with_original:
        said.append(text("translated-original", language))
    return "\n".join(said)


def _of_author(author: NotedAuthor | None, language: Language, clock: Clock) -> str:
    if author is None:
        return text("translated-unknown", language)
    by_account = author.proof is Proof.ACCOUNT
    words = (
        "translated-account" if by_account else _WORDS.get(author.trust, "translated-doubtful")
    )
    name = f"{author.name} (RPPS {author.rpps})" if author.rpps else author.name
    return text(words, language, author=inert(name), day=day(author.at, clock))
