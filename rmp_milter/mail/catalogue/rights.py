"""The answers to the patient's wishes: masks, oppositions, corrections, closure."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "subject-mask": Text("RMP : masquage, dossier de {patient}", "RMP: masks, {patient}"),
    "masked-now": Text("Entrée(s) masquée(s) :\n\n{entries}\n", "Masked:\n\n{entries}\n"),
    "masked-before": Text(
        "Déjà masquée(s), rien n'a été changé :\n\n{entries}\n",
        "Masked before, nothing was changed:\n\n{entries}\n",
    ),
    "masked-means": Text(
        "Une entrée masquée n'est visible que de son auteur, du médecin traitant (ou de son\n"
        "remplaçant) et du patient ; rien ne signale son existence aux autres. Ce qui a déjà été\n"
        "lu ne peut pas être repris.\n",
        "A masked entry is seen by its author, the treating doctor (or his locum) and the patient\n"
        "only; nothing tells others that it is there. What was read before cannot be taken back.\n",
    ),
    "unmasked-now": Text(
        "Entrée(s) de nouveau visible(s) :\n\n{entries}\n", "Shown again:\n\n{entries}\n"
    ),
    "unmasked-before": Text(
        "Non masquée(s), rien n'a été changé :\n\n{entries}\n",
        "Not masked, nothing was changed:\n\n{entries}\n",
    ),
    "subject-opposition": Text(
        "RMP : opposition, dossier de {patient}", "RMP: opposition, {patient}"
    ),
    "opposed-now": Text(
        """\
L'opposition de {patient} est enregistrée :

  - {doctor}, RPPS {rpps}

Même avec le code, ce médecin recevra désormais la réponse d'un accès non accordé ; il n'est pas
averti de l'opposition. Il peut encore déposer des documents. Ce qu'il a déjà lu ne peut pas être
repris. Pour revenir en arrière : « Demande : levée d'opposition ».
""",
        """\
The opposition of {patient} is noted:

  - {doctor}, RPPS {rpps}

Even with the code this doctor now gets the answer of an access that is not granted; he is not
told of the opposition. He can still file documents. What he has read cannot be taken back.
To undo it: « Request : admit ».
""",
    ),
    "opposed-before": Text(
        "{patient} s'oppose déjà à {doctor}, RPPS {rpps}. Rien n'a été changé.\n",
        "{patient} refuses {doctor}, RPPS {rpps}, already. Nothing was changed.\n",
    ),
    "lifted-now": Text(
        "L'opposition de {patient} à {doctor}, RPPS {rpps}, est levée : avec le code, ce médecin\n"
        "peut de nouveau lire le dossier.\n",
        "{patient} admits {doctor}, RPPS {rpps}, again: with the code he can read the dossier.\n",
    ),
    "lifted-before": Text(
        "{patient} ne s'oppose pas à {doctor}, RPPS {rpps}. Rien n'a été changé.\n",
        "{patient} does not refuse {doctor}, RPPS {rpps}. Nothing was changed.\n",
    ),
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
    "subject-closed": Text("RMP : dossier de {patient} clos", "RMP: dossier closed, {patient}"),
    "closed": Text(
        """\
Le dossier de {patient}, né(e) le {birth_date}, est clos. Plus rien n'y est ajouté ni lu.

Au terme de la conservation légale, à partir du {erase}, toutes ses clés seront détruites et les
documents effacés : ils ne pourront plus être lus par personne. Si la clôture est une erreur,
l'hébergeur peut rouvrir le dossier avant cette date.
""",
        """\
The dossier of {patient}, born {birth_date}, is closed. Nothing is added or read any more.

Once the legal period is over, from {erase} on, all its keys are destroyed and the documents
erased: nobody will be able to read them. If the closure is a mistake, the host can reopen the
dossier before that date.
""",
    ),
    "closed-notice": Text(
        """\
Le dossier de {patient}, né(e) le {birth_date}, a été clos à la demande de
{sender}. Plus rien n'y est ajouté ni lu. Il sera effacé à partir du {erase}.
Si c'est une erreur, adressez-vous à l'hébergeur avant cette date.
""",
        """\
The dossier of {patient}, born {birth_date}, was closed at the wish of
{sender}. Nothing is added or read any more. It will be erased from {erase} on.
If this is a mistake, ask the host before that date.
""",
    ),
}

REFUSALS: Mapping[str, Text] = {
    "no-such-doctor": Text(
        "« {doctor} » ne désigne pas un seul professionnel inscrit. Indiquez sur la ligne « "
        "Médecin : » son numéro RPPS ou son adresse de messagerie. Rien n'a été fait.",
        "« {doctor} » is not one enrolled professional alone. Give his RPPS number or mail "
        "address on the line « Doctor : ». Nothing was done.",
    ),
    "treating-not-opposed": Text(
        "Ce médecin est le médecin traitant : on ne peut pas s'y opposer. Le patient peut "
        "choisir un autre médecin traitant, qui écrit « Demande : médecin traitant » avec le "
        "code ; l'opposition est possible ensuite. Rien n'a été fait.",
        "This is the treating doctor: he cannot be refused. The patient may choose another "
        "one, who writes « Request : treating doctor » with the code; then the former one "
        "can be refused. Nothing was done.",
    ),
    "weak-new-code": Text(
        "Le code n'a pas été changé : celui que vous proposez est trop court. Choisissez-en "
        "un plus long, ou retirez la ligne « Code : » pour que le service en fabrique un.",
        "The code was not changed: the one you give is too short. Choose a longer one, or "
        "leave the line « Code : » out and the service makes one.",
    ),
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
    "close-by-whom": Text(
        "Un dossier est clos à la demande du médecin traitant, qui signe et ajoute le code "
        "du patient (ligne « Code : »), ou du patient par sa propre clé. Rien n'a été fait.",
        "A dossier is closed at the wish of the treating doctor, who signs and adds the "
        "patient's code (line « Code : »), or of the patient with a key of his own. Nothing "
        "was done.",
    ),
}
