"""A change of médecin traitant: answers, notice, refusals."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "treating-doctors-only": Text(
        "Seul un médecin inscrit peut devenir médecin traitant. Rien n'a été changé.",
        "Only an enrolled doctor can become the treating doctor. Nothing was changed.",
    ),
    "treating-consent": Text(
        "Le médecin traitant n'a pas été changé : le consentement du patient doit être indiqué. "
        "Ajoutez la ligne « Consentement : oui » si le patient est d'accord.",
        "The treating doctor was not changed: the patient's consent must be stated. Add the line "
        "« Consent : yes » if the patient agrees.",
    ),
}

LETTERS: Mapping[str, Text] = {
    "subject-treating": Text(
        "RMP : médecin traitant de {patient}", "RMP: treating doctor of {patient}"
    ),
    "treating-taken": Text(
        """\
Vous êtes désormais le médecin traitant de {patient}, né(e) le {birth_date}.

Le dossier compte {documents} document(s) ; tous s'ouvrent avec votre clé. Pour le recevoir,
un message signé suffit, sans code :

    Demande : dossier
    Patient : {patient}
    Né le : {birth_date}
""",
        """\
You are now the treating doctor of {patient}, born {birth_date}.

The dossier holds {documents} document(s); all of them open with your key. To receive it, a
signed mail is enough, without a code:

    Request : dossier
    Patient : {patient}
    Born : {birth_date}
""",
    ),
    "treating-former": Text(
        """\
{former}, jusqu'ici médecin traitant, en est informé(e) et ne recevra plus les nouveaux
documents. Ce qui lui a déjà été envoyé ne peut pas lui être repris.
""",
        """\
{former}, the treating doctor until now, is told, and is sent no new documents any more.
What was sent already cannot be taken back.
""",
    ),
    "treating-former-gone": Text(
        """\
Le médecin traitant précédent n'est plus inscrit auprès du service. Ce qui lui a déjà été envoyé
ne peut pas lui être repris.
""",
        """\
The former treating doctor is not enrolled any more. What was sent already cannot be taken back.
""",
    ),
    "treating-renewed": Text(
        """\
Vous êtes, comme auparavant, le médecin traitant de {patient}, né(e) le {birth_date}.

Les {documents} document(s) du dossier s'ouvrent de nouveau tous avec votre clé actuelle, sans le
code du patient.
""",
        """\
You are, as before, the treating doctor of {patient}, born {birth_date}.

All {documents} document(s) of the dossier open again with your present key, without the
patient's code.
""",
    ),
    "treating-lost": Text(
        """\
{patient}, né(e) le {birth_date}, a choisi un autre médecin traitant : {doctor}.

Vous ne recevrez plus les nouveaux documents de son dossier, et votre signature seule ne vous
permet plus de le lire. Ce que vous avez déjà reçu reste chez vous.

Si cela vous paraît être une erreur, parlez-en au patient et prévenez l'hébergeur.
""",
        """\
{patient}, born {birth_date}, has chosen another treating doctor: {doctor}.

You are sent no new documents of this dossier any more, and your signature alone does not open it
any longer. What you received already stays with you.

If you think that this is a mistake, talk to the patient and tell the host.
""",
    ),
}
