"""Which mails are one answer, told by their Message-IDs alone.

The first mail's is ``<token@domain>``, that of the third ``<token.3@domain>``: so the
courier keeps an answer's mails in order without a look at what is in them.
"""


def followers_id(first: str, place: int) -> str:
    """Return the Message-ID of an answer's mail number ``place``, from 2 on."""
    token, at, domain = first.partition("@")
    return f"{token}.{place}{at}{domain}"


def same_answer(one: str, other: str) -> bool:
    """Whether two Message-IDs are of mails of one answer."""
    return _answer(one) == _answer(other)


def _answer(message_id: str) -> tuple[str, str]:
    token, _, domain = message_id.partition("@")
    return token.partition(".")[0], domain
