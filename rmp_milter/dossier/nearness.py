"""How near two words are: slips of the hand between what is known and what was typed."""


def is_near(one: str, other: str, slips: int) -> bool:
    """Whether at most ``slips`` signs were added, left out, changed or swapped with the next.

    The distance of optimal string alignment: no stretch is touched twice. Words that
    cannot be near are told apart without it, so that it may be asked of very many.
    """
    if abs(len(one) - len(other)) > slips or len(set(one) ^ set(other)) > 2 * slips:
        return False
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, sign in enumerate(one, 1):
        older, before = before, row
        row = [at]
        for place, wanted in enumerate(other, 1):
            steps = min(
                before[place] + 1,
                row[place - 1] + 1,
                before[place - 1] + (sign != wanted),
            )
            swapped = at > 1 and place > 1 and (one[at - 2], sign) == (wanted, other[place - 2])
            row.append(min(steps, older[place - 2] + 1) if swapped else steps)
        if min(row) > slips:
            return False
    return row[-1] <= slips


def one_slip_away(word: str, alphabet: str) -> frozenset[str]:
    """Return all words that are one slip away from ``word``, by signs of ``alphabet``.

    Some fifty for each letter of a name: few enough to look every one of them up.
    """
    found = {word[:at] + word[at + 1 :] for at in range(len(word))}
    for at in range(len(word) + 1):
        before, rest = word[:at], word[at:]
        found.update(before + sign + rest for sign in alphabet)
        found.update(before + sign + rest[1:] for sign in alphabet if rest)
        found.add(before + rest[1:2] + rest[:1] + rest[2:])
    return frozenset(found - {word})
