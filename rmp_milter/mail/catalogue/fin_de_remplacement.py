"""A locum no more: answer, notice, refusal."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "locum-none": Text(
        "Aucun remplacement par ce médecin n'est en cours ni à venir. Rien n'a été changé. "
        "Vérifiez le nom sur la ligne Remplaçant.",
        "No locum of this name is declared for now or later. Nothing was changed. Check the "
        "name in the line Locum.",
    ),
}

LETTERS: Mapping[str, Text] = {
    "locum-ended": Text(
        """\
Le remplacement par {locum} est terminé, dès
maintenant.
""",
        "{locum} is your locum no more, from now on.\n",
    ),
    "locum-over": Text(
        """\
{doctor} a mis fin à votre remplacement, dès maintenant.

Pour lire les dossiers de ses patients, il vous faut de nouveau le
code du patient.
""",
        """\
{doctor} has ended your work as locum, from now on.

To read the dossiers of these patients you need the patient's code
again.
""",
    ),
}
