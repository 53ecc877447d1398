"""A new version of an entry: answers and refusals."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "one-number": Text(
        "Une rectification porte sur une seule entrée : donnez un seul numéro et joignez la "
        "nouvelle version. Rien n'a été fait.",
        "A correction is about one entry: give one number and enclose the new version. "
        "Nothing was done.",
    ),
    "already-replaced": Text(
        "L'entrée {number} a déjà été remplacée par l'entrée {newer} : c'est celle-ci qui "
        "peut être rectifiée. Rien n'a été fait.",
        "Entry {number} was replaced by entry {newer}: that one can be corrected. Nothing "
        "was done.",
    ),
}

LETTERS: Mapping[str, Text] = {
    "subject-rectified": Text(
        "RMP : rectification, dossier de {patient}", "RMP: correction, {patient}"
    ),
    "rectified": Text(
        """\
Dans le dossier de {patient}, l'entrée

  {old}

est remplacée par (onglet « {onglet} ») :

{documents}

L'ancienne version reste au dossier, marquée comme remplacée ; seuls le médecin traitant et le
patient la voient encore.
""",
        """\
In the dossier of {patient} the entry

  {old}

is replaced by (tab « {onglet} »):

{documents}

The old version stays in the dossier, marked as replaced; only the treating doctor and the
patient still see it.
""",
    ),
    "rectified-masked": Text(
        "L'entrée était masquée : la nouvelle version l'est aussi.\n",
        "The entry was masked: so is the new version.\n",
    ),
    "rectified-own": Text(
        "Rectification : si le numéro {number} désigne, dans l'ordre, un de vos propres dépôts\n"
        "pour ce patient, ce document le remplace ; sinon, il est traité comme un nouveau dépôt.\n"
        "Pour rectifier une entrée d'un confrère, il faut le code du patient.\n",
        "Correction: if number {number} is, in their order, one of your own deposits for this\n"
        "patient, this document takes its place; otherwise it is treated as a new deposit. To\n"
        "correct a colleague's entry the patient's code is needed.\n",
    ),
}
