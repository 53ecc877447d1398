"""A locum no more: answer, notice, refusal."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "locum-none": Text(
        "Aucun remplacement par ce médecin n'est en cours ni à venir. Rien n'a été changé.",
        "No locum of this name is declared for now or later. Nothing was changed.",
    ),
}

LETTERS: Mapping[str, Text] = {
    "locum-ended": Text(
        "Le remplacement par {locum} est terminé, avec effet immédiat.\n",
        "{locum} is your locum no more, from now on.\n",
    ),
    "locum-over": Text(
        """\
{doctor} a mis fin à votre remplacement. Vous n'avez plus accès aux dossiers de ses patients sans
leur code.
""",
        """\
{doctor} has ended your work as locum. You cannot read the dossiers of these patients any more
without their code.
""",
    ),
}
