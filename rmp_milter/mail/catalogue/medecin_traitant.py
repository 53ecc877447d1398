"""A change of médecin traitant: answers, notice, refusals."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "treating-doctors-only": Text(
        "Le médecin traitant n'a pas été changé : seul un médecin inscrit peut le devenir. "
        "Rien n'a été fait.",
        "The treating doctor was not changed: only an enrolled doctor can become one. Nothing "
        "was done.",
    ),
    "treating-consent": Text(
        "Le médecin traitant n'a pas été changé : l'accord du patient n'est pas indiqué. Si "
        "le patient est d'accord, ajoutez une ligne Consentement avec le mot « oui », puis "
        "renvoyez le message.",
        "The treating doctor was not changed: the patient's consent is not stated. If the "
        "patient agrees, add a line Consent with the word « yes » and send the mail again.",
    ),
}

LETTERS: Mapping[str, Text] = {
    "subject-treating": Text(
        "RMP : médecin traitant de {patient}", "RMP: treating doctor of {patient}"
    ),
    "treating-taken": Text(
        """\
Vous êtes désormais le médecin traitant de {patient},
né(e) le {birth_date}.

Les {documents} document(s) du dossier s'ouvrent avec votre clé. Pour les
recevoir, un message signé suffit, sans code. Ne répondez pas à ce
message : écrivez-en un nouveau, avec ces lignes.

{example_own_dossier}
""",
        """\
You are now the treating doctor of {patient},
born {birth_date}.

The {documents} document(s) of the dossier open with your key. To receive
them, a signed mail is enough, without a code. Do not answer this
mail: write a new one, with these lines.

{example_own_dossier}
""",
    ),
    "treating-former": Text(
        """\
{former}, médecin traitant jusqu'ici, en est informé(e)
et ne recevra plus les nouveaux documents. Ce qui lui a déjà été
envoyé ne peut pas lui être repris.
""",
        """\
{former}, the treating doctor until now, is told and
will not be sent new documents any more. What was sent already
cannot be taken back.
""",
    ),
    "treating-former-gone": Text(
        """\
Le médecin traitant précédent n'est plus inscrit. Ce qui lui a
déjà été envoyé ne peut pas lui être repris.
""",
        """\
The former treating doctor is not enrolled any more. What was sent
already cannot be taken back.
""",
    ),
    "treating-renewed": Text(
        """\
Vous restez le médecin traitant de {patient},
né(e) le {birth_date}.

Les {documents} document(s) du dossier s'ouvrent de nouveau avec votre
clé actuelle, sans le code du patient.
""",
        """\
You are, as before, the treating doctor
of {patient},
born {birth_date}.

The {documents} document(s) of the dossier open again with your
present key, without the patient's code.
""",
    ),
    "treating-lost": Text(
        """\
Votre patient {patient}, né(e) le {birth_date}, a
choisi un autre médecin traitant, {doctor}.

Vous ne recevrez plus ses nouveaux documents, et il vous faut
désormais son code pour lire son dossier. Ce que vous avez déjà
reçu reste chez vous.
""",
        """\
Your patient {patient}, born {birth_date}, has
chosen another treating doctor, {doctor}.

You will not be sent new documents any more, and from now on you
need the patient's code to read the dossier. What you received
already stays with you.
""",
    ),
}
