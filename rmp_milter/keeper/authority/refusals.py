"""Why a call is not done: nothing allows it, its ground has moved, or it was done before."""


class Unentitled(Exception):  # noqa: N818 -- reads as what it is where it is raised
    """Nothing in the ticket or the cards allows it; ``str`` is for the host's log."""


class Untrusted(Unentitled):
    """Nobody whom the host trusts answers for an X.509 certificate: the owner's to mend."""


class Moved(Exception):  # noqa: N818 -- the same
    """A card is not the one in force: the mail is to be decided again."""


class Replayed(Exception):  # noqa: N818 -- the same
    """The same act has made its change before."""
