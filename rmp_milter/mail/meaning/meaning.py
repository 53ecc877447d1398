"""What a mail's own words ask for (note on reading, "Own, foreign, doubtful").

Acts need the sender's own lines. An emergency acts on doubtful ones too, a deposit where
nobody else is named. A forward of one patient's document counts if its sender added no more
than a greeting. A plain answer to an emergency access is its justification. All else that is
not sure is asked back, and thanks do nothing.
"""

from collections.abc import Sequence

import msgspec

from rmp_milter.calls.protocol.opening import Doubt, Standing
from rmp_milter.dossier.model import Verb
from rmp_milter.mail.header.cutting import MASK, Cut, cut
from rmp_milter.mail.header.cutting_reason import bounded_reason
from rmp_milter.mail.header.patients import names_another
from rmp_milter.mail.header.routing import RoutingHeader, parse
from rmp_milter.mail.header.words import Field
from rmp_milter.mail.meaning.quoted import asks, bare, holds_secret, references
from rmp_milter.mail.whose.courtesy import Said, said
from rmp_milter.mail.whose.forwards import forwarded
from rmp_milter.mail.whose.words import Whose, Words

_STANDINGS = {
    Said.NOTHING: Standing.NOTHING,
    Said.COURTESY: Standing.COURTESY,
    Said.COVER: Standing.COURTESY,
    Said.WORDS: Standing.WORDS,
}
_NO_CUT = Cut("", code="", found=False)


class Meaning(msgspec.Struct, frozen=True):
    """What a text asks for.

    ``cut`` is the header and its secrets, as :func:`rmp_milter.mail.header.cutting.cut` gives
    them; ``doubts`` are why it is asked back all the same. ``keeps_text`` is False where the
    text must not be kept as it came, since a secret stands in it or in what it quotes.
    """

    cut: Cut = _NO_CUT
    standing: Standing = Standing.NOTHING
    doubts: tuple[Doubt, ...] = ()
    keeps_text: bool = True


def meaning(words: Words, this_year: int) -> Meaning:
    """Return what the words ask for. Never raises; the time is linear in their size."""
    read = _MeaningOf(words, this_year).meaning()
    secret = read.cut.has_secret or holds_secret(_above(words, Whose.OWN))
    return msgspec.structs.replace(read, keeps_text=not secret)


def asked(read: Meaning, this_year: int) -> RoutingHeader:
    """Return the meaning's header as the milter reads it."""
    return parse(read.cut.header, this_year)


def agreed(readings: Sequence[Meaning], this_year: int) -> Meaning:
    """Return what all readings of one text mean; the last is what its author saw.

    Where they do not say the same it is asked back, but for an emergency.
    """
    if not readings:
        return Meaning()
    last = readings[-1]
    keeps = all(read.keeps_text for read in readings)
    found = [read for read in readings if read.standing is Standing.HEADER]
    urgent = [read for read in found if asked(read, this_year).verb is Verb.URGENCE]
    if urgent:
        # Two that name different patients must not choose: the first whose reason is there.
        best = next((read for read in urgent if read.cut.reason), urgent[0])
    elif not found or all(_is_same(read, last, this_year) for read in readings):
        best = max(readings, key=lambda read: list(Standing).index(read.standing))
    elif found == [last]:
        best = last
    else:
        best = _doubted(found[-1], Doubt.ALTERNATIVES)
    return msgspec.structs.replace(best, keeps_text=keeps)


def _is_same(one: Meaning, other: Meaning, this_year: int) -> bool:
    secrets = (one.cut.code, one.cut.attestation) == (other.cut.code, other.cut.attestation)
    same = _without_prose(asked(one, this_year)) == _without_prose(asked(other, this_year))
    return secrets and same and one.standing is other.standing and one.doubts == other.doubts


def _without_prose(header: RoutingHeader) -> RoutingHeader:
    """Return the header without what clients wrap, of which nothing depends."""
    return msgspec.structs.replace(header, document="", prescriber="", reason="")


def _doubted(read: Meaning, *doubts: Doubt) -> Meaning:
    return msgspec.structs.replace(read, doubts=(*read.doubts, *doubts))


def _above(words: Words, whose: Whose) -> list[str]:
    return [line.text for line in words.lines if line.whose > whose]


class _MeaningOf:
    """One text being read."""

    def __init__(self, words: Words, this_year: int) -> None:
        self.words = words
        self.this_year = this_year
        self.own_lines = [line.text for line in words.lines if line.whose is Whose.OWN]
        self.doubtful = [line.text for line in words.lines if line.whose is Whose.DOUBTFUL]
        self.own = cut(words.text())
        self.wide = cut(words.text(Whose.DOUBTFUL)) if self.doubtful else self.own

    def meaning(self) -> Meaning:
        if urgent := self._emergency():
            return Meaning(urgent, Standing.HEADER)
        if self.own.found:
            return self._by_own_header()
        if self.wide.found:
            return self._by_doubtful_header()
        return (
            self._forward()
            or self._justification()
            or self._emergency_quoted()
            or self._without_header()
        )

    def _verb(self, read: Cut) -> Verb:
        return parse(read.header, self.this_year).verb

    def _emergency(self) -> Cut | None:
        """Return the emergency that is asked for in own words, else in doubtful ones."""
        found = [
            read
            for read in dict.fromkeys((self.own, self.wide))
            if read.found and self._verb(read) is Verb.URGENCE
        ]
        return next((read for read in found if read.reason), found[0] if found else None)

    def _by_own_header(self) -> Meaning:
        letter = self.own.letter or self._is_letter_below()
        read = Meaning(msgspec.structs.replace(self.own, letter=letter), Standing.HEADER)
        doubts = [Doubt.QUOTED] if asks(self.doubtful) else []
        if self._verb(self.own) is Verb.DEPOT and self._names_another(self.own):
            doubts.append(Doubt.OTHER_PATIENT)
        return _doubted(read, *doubts)

    def _is_letter_below(self) -> bool:
        """Return whether a letter may stand behind the own words: one in doubt, or a forward.

        It is kept with the whole text, whoever wrote it; a quotation alone is no letter.
        """
        if any(map(str.strip, self.doubtful)):
            return True
        found = forwarded(self.words)
        return found is not None and found.sure

    def _by_doubtful_header(self) -> Meaning:
        """Take a deposit whose lines are in doubt; ask back whatever else they ask for."""
        if self._verb(self.wide) is Verb.DEPOT and not self.wide.has_secret:
            doubts = [Doubt.OTHER_PATIENT] if self._names_another(self.wide) else []
            return _doubted(Meaning(self.wide, Standing.HEADER), *doubts)
        shown = msgspec.structs.replace(self.wide, code="", attestation="", reason="")
        return Meaning(shown, Standing.HEADER, (Doubt.QUOTED,))

    def _names_another(self, read: Cut) -> bool:
        """Return whether the text names in header form somebody else than its header does."""
        lines = [line.text for line in self.words.lines]
        return names_another(lines, read.header, self.this_year)

    def _forward(self) -> Meaning | None:
        """Return the deposit that was forwarded without a word of the sender's own."""
        if said(self.own_lines) is Said.WORDS or said(self.doubtful) is Said.WORDS:
            return None
        found = forwarded(self.words)
        if found is None or not found.sure:
            return None
        read = cut("\n".join(found.lines))
        is_deposit = read.found and self._verb(read) is Verb.DEPOT and not read.has_secret
        if not is_deposit or self._names_another(read):
            return None
        return Meaning(read, Standing.HEADER)

    def _justification(self) -> Meaning | None:
        """Return the justification that a plain answer to an emergency access is.

        Its reason is own words only. Where the only words stand directly below the quotation,
        as Thunderbird has them for whoever answers there, they may be a piece of it that was
        wrapped: it is asked back.
        """
        named = references(
            line.text for line in self.words.lines if line.shown and line.whose is not Whose.OWN
        )
        own = said(self.own_lines)
        is_below = own is Said.NOTHING and said(self.doubtful) is Said.WORDS
        if not named or not (own is Said.WORDS or is_below):
            return None
        if len(named) > 1:
            return Meaning(standing=Standing.HEADER, doubts=(Doubt.TWO_REFERENCES,))
        header = (
            f"{Field.REQUEST} : {Verb.JUSTIFICATION.value}",
            f"{Field.REFERENCE} : {named[0]}",
            f"{Field.REASON} : {MASK}",
        )
        if is_below:
            shown = Cut("\n".join(header[:2]), code="", found=True)
            return Meaning(shown, Standing.HEADER, (Doubt.QUOTED,))
        reason = bounded_reason("\n".join(self.own_lines).strip())
        return Meaning(
            Cut("\n".join(header), code="", found=True, reason=reason), Standing.HEADER
        )

    def _emergency_quoted(self) -> Meaning | None:
        """Return an emergency without a reason where words stand above, or in, a quoted one.

        It gives nothing, and its answer is the form to send: who writes the reason above the
        form that asks for it, or into it, is not told that he asked for nothing.
        """
        if self._said() is Said.COURTESY:
            return None
        quoted = [bare(line.text) for line in self.words.lines if line.shown]
        read = cut("\n".join(quoted))
        if not read.found or self._verb(read) is not Verb.URGENCE:
            return None
        lines = [line for line in read.header.splitlines() if MASK not in line]
        return Meaning(Cut("\n".join(lines), code="", found=True), Standing.HEADER)

    def _without_header(self) -> Meaning:
        read = msgspec.structs.replace(_NO_CUT, letter=self.words.are_shown)
        return Meaning(read, _STANDINGS[self._said()])

    def _said(self) -> Said:
        """Return what the own words come to; thanks directly below a quotation are thanks."""
        own = said(self.own_lines)
        if own is Said.NOTHING and said(self.doubtful) is Said.COURTESY:
            return Said.COURTESY
        return own
