"""A doctor whom the patient refuses: answers and refusals."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

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
}

LETTERS: Mapping[str, Text] = {
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
}
