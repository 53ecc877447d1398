"""How many examples a property is tried on: a share in every run, all of them in the campaigns."""

from hypothesis import settings

CAMPAIGN = "campaign"
"""The profile of ``make soak``; whatever else is loaded has shares."""

USUAL, SHARE, FEWEST = 100, 4, 8


def some(many: int = USUAL) -> int:
    """Return the share of so many examples that this run tries: all of them in a campaign."""
    whole = settings.get_current_profile_name() == CAMPAIGN
    return many if whole else max(min(many, FEWEST), many // SHARE)


def register() -> None:
    """Register the profiles, and load that of every run; pytest's own option chooses another."""
    # How long an example takes says how busy the machine is, not whether the code is right.
    settings.register_profile(CAMPAIGN, deadline=None, max_examples=USUAL)
    settings.register_profile("rmp", deadline=None, max_examples=some())
    settings.load_profile("rmp")
