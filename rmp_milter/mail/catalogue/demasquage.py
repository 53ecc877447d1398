"""Entries that are shown again."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "unmasked-now": Text(
        """\
Ces documents sont de nouveau visibles :

{entries}
""",
        """\
These documents are shown again:

{entries}
""",
    ),
    "unmasked-before": Text(
        """\
Ceux-ci n'étaient pas masqués, rien n'a été changé :

{entries}
""",
        """\
These were not masked, nothing was changed:

{entries}
""",
    ),
}
