"""What an answer had no room for, and how to ask for it."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "index-left": Text(
        "(non joint, voir à la fin de cet index)",
        "(not sent, see the end of this index)",
    ),
    "index-more": Text(
        """\
CE QUI N'EST PAS JOINT
Une réponse compte au plus {mails} messages. Restent à
recevoir les documents
{lines}

Pour les demander, recopiez et complétez ces lignes (le code, si
votre demande en portait un).

{example_renvoi}
""",
        """\
WHAT IS NOT SENT
An answer is {mails} mails at most. These documents remain to
be sent
{lines}

To ask for them, copy these lines and fill them in (the code, if
your request had one).

{example_renvoi}
""",
    ),
    "index-rest": Text(
        "Sans les numéros, vous recevez tout ce qui reste.",
        "Without the numbers you are sent all that remains.",
    ),
}
