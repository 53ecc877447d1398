"""What an answer had no room for, and how to ask for it."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "index-left": Text(
        "(non joint : voir à la fin de cette table)",
        "(not sent: see the end of this table)",
    ),
    "index-more": Text(
        """\
CE QUI N'EST PAS JOINT

Une réponse compte au plus {mails} messages. Restent à recevoir les
entrées
{numbers}

Pour les demander, recopiez et complétez ces lignes (avec celle du
code, si votre demande en portait une) :

    Demande : renvoi
    Patient : [NOM Prénom]
    Né le : [jj/mm/aaaa]
    Numéros : [numéros] (table [nom de la table])
""",
        """\
WHAT IS NOT SENT

An answer is {mails} mails at most. These entries remain to be sent
{numbers}

To ask for them, copy these lines and fill them in (with that of the
code, if your request had one):

    Request : resend
    Patient : [NAME First name]
    Born : [dd/mm/yyyy]
    Numbers : [numbers] (table [name of the table])
""",
    ),
    "index-rest": Text(
        "Sans la ligne des numéros, vous recevez tout ce qui reste.",
        "Without the line of numbers you are sent all that remains.",
    ),
}
