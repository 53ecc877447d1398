"""Whose each line is: the rules over lines, whatever they were read from.

A line is foreign if it bears a mark, stands in a client's quotation, or below words with
which a client opens one. Where that leaves a doubt it is doubtful; own is the rest.
"""

from rmp_milter.mail.whose.courtesy import is_salutation
from rmp_milter.mail.whose.marks import Mark, is_empty, marks_of
from rmp_milter.mail.whose.openings import Kind, QuoteOpening, is_rule, openings
from rmp_milter.mail.whose.seen import Page, Place, SeenLine
from rmp_milter.mail.whose.words import SaidLine, Whose, Words

_MARKS_BELOW = 3  # empty lines between an attribution and its quotation
_SHOWN = frozenset({Place.OPEN, Place.UNSURE})


def judged(page: Page) -> Words:
    """Return the page's lines, each with its owner; beyond the bounds nothing is own."""
    judge = _Judge(page.lines)
    owners = judge.owners()
    if page.broken:
        owners = _none_own_below(owners, judge.first_quoted)
    lines = [
        SaidLine(seen.text, whose, shown=seen.place is not Place.HIDDEN)
        for seen, whose in zip(page.lines, owners, strict=True)
    ]
    if page.rest:
        lines.append(SaidLine(page.rest, max(Whose.DOUBTFUL, judge.sunk)))
    return Words(tuple(lines), whole=not page.rest)


def _none_own_below(owners: list[Whose], first: int) -> list[Whose]:
    """Leave nothing own below the first quotation of a page whose quotations are broken."""
    return owners[:first] + [max(Whose.DOUBTFUL, whose) for whose in owners[first:]]


class _Judge:
    """Goes down the lines and remembers what stands above.

    ``sunk`` is what all lines to the end are at least, ``sunk_here`` those to the end of
    the frame; ``glued`` says that no empty line has come since a mark; ``below`` is what
    follows a quotation; ``has_spoken`` that the sender said more than a greeting. ``loose``
    says that an empty line stood between an attribution and its marks: they may be part of
    what a client quotes that marks nothing itself.
    """

    def __init__(self, lines: list[SeenLine]) -> None:
        self.lines = lines
        self.marks = marks_of([seen.text if seen.place in _SHOWN else "" for seen in lines])
        self.openings = self._openings()
        self.sunk = self.sunk_here = self.below = Whose.OWN
        self.frame, self.frame_whose = 0, Whose.OWN
        self.glued = self.has_spoken = self.introduced = self.loose = False
        self.first_quoted = len(lines)

    def owners(self) -> list[Whose]:
        """Return the owner of each line."""
        owners: list[Whose] = []
        while len(owners) < len(self.lines):
            owners += self._next(len(owners), owners[-1] if owners else Whose.OWN)
        return owners

    def _openings(self) -> dict[int, QuoteOpening]:
        open_lines = [
            seen.text if seen.place in _SHOWN and mark is not Mark.SURE else ""
            for seen, mark in zip(self.lines, self.marks, strict=True)
        ]
        ruled = [at for at, seen in enumerate(self.lines) if seen.ruled and open_lines[at]]
        return openings(open_lines, ruled)

    def _next(self, at: int, above: Whose) -> list[Whose]:
        """Return the owners of the line ``at``, or of the lines of an opening there."""
        seen = self.lines[at]
        if seen.place is Place.HIDDEN:
            return [Whose.FOREIGN]
        if seen.frame != self.frame:
            self._enter(at)
        if self._is_quoted(at):
            return [self._quoted(at)]
        if seen.is_blank:
            return [self._blank(seen, above)]
        opening = self.openings.get(at)
        if opening is not None and (self._marks_follow(opening) or not opening.only_marks):
            return self._opened(at, opening)
        return [self._words(at)]

    def _enter(self, at: int) -> None:
        """Enter a frame, or leave one: it is foreign if its first words are a client's."""
        self.frame = self.lines[at].frame
        self.sunk_here = self.frame_whose = Whose.OWN
        if self.frame:
            self.first_quoted = min(self.first_quoted, at)
            foreign = self.introduced or self._begins_with_opening(at)
            self.frame_whose = Whose.FOREIGN if foreign else Whose.DOUBTFUL
            self.introduced = False

    def _begins_with_opening(self, at: int) -> bool:
        """Return whether the first words in the frame, which begins at ``at``, open a quotation."""
        while at < len(self.lines) and self.lines[at].frame == self.frame:
            seen = self.lines[at]
            if not seen.is_blank and not is_rule(seen.text) and seen.place in _SHOWN:
                opening = self.openings.get(at)
                return opening is not None and opening.below is Whose.FOREIGN
            at += 1
        return False

    def _is_quoted(self, at: int) -> bool:
        marked = self.marks[at] is Mark.SURE or self.lines[at].place is Place.QUOTED
        return marked or self.frame_whose is Whose.FOREIGN

    def _quoted(self, at: int) -> Whose:
        """Take a line of a quotation; where marks make it one, a client may have wrapped it."""
        self.first_quoted = min(self.first_quoted, at)
        self.glued = self.marks[at] is Mark.SURE and not is_empty(self.lines[at].text)
        self.below = Whose.DOUBTFUL if self.has_spoken or self.loose else Whose.OWN
        return Whose.FOREIGN

    def _blank(self, seen: SeenLine, above: Whose) -> Whose:
        self.glued = self.glued and seen.soft
        return max(above, self.sunk, self.sunk_here, self.frame_whose)

    def _marks_follow(self, opening: QuoteOpening) -> bool:
        """Return whether the lines below an attribution are marked: then only they are quoted."""
        at = opening.end
        while at < min(opening.end + _MARKS_BELOW, len(self.lines)):
            if not self.lines[at].is_blank:
                break
            at += 1
        if at >= len(self.lines):
            return False
        seen = self.lines[at]
        in_new_frame = seen.frame not in {0, self.frame}
        return self.marks[at] is Mark.SURE or seen.place is Place.QUOTED or in_new_frame

    def _opened(self, at: int, opening: QuoteOpening) -> list[Whose]:
        """Take the lines of an opening; what follows without marks sinks with it."""
        self.first_quoted = min(self.first_quoted, at)
        marks_follow = opening.kind is Kind.REPLY and self._marks_follow(opening)
        whose = Whose.FOREIGN if marks_follow and opening.closed else opening.below
        if marks_follow:
            self.introduced = True
            self.loose = self.loose or self._is_loose(opening.end)
        elif self.frame:
            self.sunk_here = max(self.sunk_here, opening.below)
        else:
            self.sunk = max(self.sunk, opening.below)
        whose = max(whose, self.sunk, self.sunk_here)
        return [whose] * (opening.end - at)

    def _is_loose(self, at: int) -> bool:
        """Return whether marks that are text follow ``at`` behind an empty line."""
        while at < len(self.lines) and self.lines[at].is_blank:
            at += 1
            if at < len(self.lines) and self.marks[at] is Mark.SURE:
                return True
        return False

    def _words(self, at: int) -> Whose:
        """Take a line that somebody wrote."""
        seen = self.lines[at]
        self.introduced = False
        unsure = seen.place is Place.UNSURE or self.marks[at] is Mark.PERHAPS or self.glued
        if not (self.glued or is_salutation(seen.text)):
            self.has_spoken = True
        least = Whose.DOUBTFUL if unsure else Whose.OWN
        return max(least, self.below, self.sunk, self.sunk_here, self.frame_whose)
