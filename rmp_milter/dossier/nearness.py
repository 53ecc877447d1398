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
