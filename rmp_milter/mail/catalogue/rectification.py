"""A new version of an entry: answers and refusals."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "one-number": Text(
        "Une rectification porte sur un seul document. Rien n'a été fait. Donnez un seul "
        "numéro sur la ligne Numéros et joignez la nouvelle version.",
        "A correction is about one document. Nothing was done. Give one number in the line "
        "Numbers and attach the new version.",
    ),
    "already-replaced": Text(
        "Le document {number} est déjà remplacé par le document {newer}. Rien n'a été fait. "
        "Rectifiez plutôt le document {newer}.",
        "Document {number} is replaced by document {newer} already. Nothing was done. Correct "
        "document {newer} instead.",
    ),
}

LETTERS: Mapping[str, Text] = {
    "subject-rectified": Text(
        "RMP : rectification, dossier de {patient}", "RMP: correction, {patient}"
    ),
    "rectified": Text(
        """\
Dans le dossier de {patient}, le document

  {old}

est remplacé par (onglet « {onglet} ») :

{documents}

L'ancienne version reste au dossier, marquée comme remplacée.
Seuls le médecin traitant et le patient la voient encore.
""",
        """\
In the dossier of {patient}, the document

  {old}

is replaced by (tab « {onglet} »):

{documents}

The old version stays in the dossier, marked as replaced. Only the
treating doctor and the patient still see it.
""",
    ),
    "rectified-masked": Text(
        "L'ancienne version était masquée : la nouvelle l'est aussi.\n",
        "The old version was masked: so is the new one.\n",
    ),
    "rectified-own": Text(
        """\
Vous avez donné le numéro {number} sans le code du patient. Le service
compte alors vos seuls dépôts pour ce patient, dans leur ordre. Si
vous en avez un de ce numéro, le nouveau document le remplace.
Sinon, c'est un dépôt de plus.
Pour rectifier le document d'un confrère, ajoutez le code du
patient.
""",
        """\
You gave number {number} without the patient's code. The service then
counts only your own deposits for this patient, in their order. If
you have one of this number, the new document takes its place.
Otherwise it is one more deposit.
To correct a colleague's document, add the patient's code.
""",
    ),
    "rectified-notice": Text(
        """\
Dans le dossier de {patient}, né(e) le {birth_date},
{sender} a remplacé le document {number}, avec le code
ou la carte du patient. L'ancienne version reste, marquée.

Si le patient ne l'a pas voulu, envoyez pour lui la demande
« rectification » avec le numéro de la nouvelle version, et
l'ancienne jointe.
""",
        """\
In the dossier of {patient}, born {birth_date},
{sender} has replaced document {number}, with the code
or card of the patient. The old version stays, marked.

If this was not the patient's wish, send the request « correct »
for him, with the number of the new version, and the old one
attached.
""",
    ),
}
