"""A doctor whom the patient refuses: answers and refusals."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "no-such-doctor": Text(
        "« {doctor} » ne désigne pas un seul professionnel inscrit. Rien n'a été fait. "
        "Écrivez sur la ligne Médecin son numéro RPPS ou son adresse de messagerie, puis "
        "renvoyez le message.",
        "« {doctor} » does not name one enrolled professional alone. Nothing was done. Give "
        "his RPPS number or mail address in the line Doctor and send the mail again.",
    ),
    "treating-not-opposed": Text(
        "Ce médecin est le médecin traitant : on ne peut pas s'y opposer, on en change. Rien "
        "n'a été fait. Le nouveau médecin traitant envoie la demande « médecin traitant » "
        "avec le code du patient ; l'opposition à l'ancien est possible ensuite.",
        "This is the treating doctor, who cannot be refused, but changed. Nothing was done. "
        "The new one sends the request « treating doctor » with the patient's code. Then the "
        "former one can be refused.",
    ),
}

LETTERS: Mapping[str, Text] = {
    "subject-opposition": Text(
        "RMP : opposition, dossier de {patient}", "RMP: opposition, {patient}"
    ),
    "opposed-now": Text(
        """\
L'opposition de {patient} est enregistrée, contre :

  - {doctor}, RPPS {rpps}

Même avec le code, ce médecin ne peut plus lire le dossier, sauf
en urgence. Il n'en est pas averti, et il peut encore déposer des
documents. Ce qu'il a déjà lu ne peut pas être repris.

Pour l'admettre de nouveau, envoyez la demande « levée
d'opposition ».
""",
        """\
The opposition of {patient} is noted, against:

  - {doctor}, RPPS {rpps}

Even with the code this doctor can no longer read the dossier,
except in an emergency. He is not told, and he can still file
documents. What he has read cannot be taken back.

To admit him again, send the request « admit ».
""",
    ),
    "opposed-before": Text(
        """\
{patient} s'oppose déjà à {doctor}
(RPPS {rpps}). Rien n'a été changé.
""",
        """\
{patient} refuses {doctor} already
(RPPS {rpps}). Nothing was changed.
""",
    ),
    "opposed-notice": Text(
        """\
Dans le dossier de {patient}, né(e) le {birth_date},
{sender} a enregistré, avec le code ou la carte du
patient, une opposition à {doctor}, qui n'en est pas
averti.

Si le patient ne l'a pas voulu, envoyez pour lui la demande
« levée d'opposition » avec le nom de ce médecin.
""",
        """\
In the dossier of {patient}, born {birth_date},
{sender} has noted, with the code or card of the
patient, an opposition to {doctor}, who is not told.

If this was not the patient's wish, send the request « admit » for
him, with the name of that doctor.
""",
    ),
}
