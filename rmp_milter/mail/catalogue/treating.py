"""Change of médecin traitant, locums, a doctor's new key: answers, notices, refusals."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

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
    "subject-locum": Text("RMP : vos remplacements", "RMP: your locums"),
    "locum-declared": Text(
        "Le remplacement par {locum} est enregistré.\n", "{locum} is declared as your locum.\n"
    ),
    "locum-ended": Text(
        "Le remplacement par {locum} est terminé, avec effet immédiat.\n",
        "{locum} is your locum no more, from now on.\n",
    ),
    "locum-list": Text("Remplacements en cours ou à venir :", "Locums now and later:"),
    "locum-line": Text(
        "{locum}, du {first} au {last} inclus", "{locum}, from {first} to {last} included"
    ),
    "locum-line-none": Text("  aucun", "  none"),
    "locum-told": Text(
        """\
{doctor} vous a déclaré(e) comme remplaçant(e), du {first} au {last} inclus.

Pendant ces jours, un message signé de votre clé suffit pour lire les dossiers dont {doctor} est
le médecin traitant, pour chercher parmi ses patients et pour y déposer des documents. Le service
indique chaque fois « remplaçant de {doctor} », aussi dans la liste des accès que le patient
peut demander.
""",
        """\
{doctor} has declared you as locum, from {first} to {last} included.

In these days a mail signed with your key is enough to read the dossiers of which {doctor} is the
treating doctor, to search among these patients and to add documents. Each time the service says
« locum of {doctor} », also in the list of accesses that the patient may ask for.
""",
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
    "author-locum": Text("{locum} (remplaçant de {doctor})", "{locum} (locum of {doctor})"),
    "subject-key": Text("RMP : votre nouvelle clé", "RMP: your new key"),
    "key-changed": Text(
        """\
Votre nouvelle clé est enregistrée. Cette réponse est déjà chiffrée avec elle :

    {fingerprint}

Dossiers qu'elle ouvre avec votre seule signature : {dossiers}, soit {documents} document(s).
Signez désormais vos messages avec cette clé. Gardez l'ancienne pour relire les messages que vous
avez déjà reçus.
""",
        """\
Your new key is registered. This answer is encrypted to it already:

    {fingerprint}

Dossiers that it opens by your signature alone: {dossiers}, which are {documents} document(s).
Sign your mails with this key from now on. Keep the old one to read what you received before.
""",
    ),
    "own-key-replaced": Text(
        """\
Votre clé a été remplacée auprès du service, sur une demande signée avec la clé précédente.
La nouvelle clé :

    {fingerprint}

Si cette demande ne vient pas de vous, prévenez tout de suite l'hébergeur.
""",
        """\
Your key with the service was replaced, as a mail asked that was signed with the key before. The
new key:

    {fingerprint}

If this was not you, tell the host at once.
""",
    ),
}

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
    "locum-doctors-only": Text(
        "Seul un médecin inscrit peut déclarer un remplaçant. Rien n'a été changé.",
        "Only an enrolled doctor can declare a locum. Nothing was changed.",
    ),
    "locum-unknown": Text(
        "Le remplaçant n'a pas été trouvé avec certitude parmi les médecins inscrits. Indiquez "
        "son numéro RPPS, son adresse de messagerie ou son nom exact (ligne « Remplaçant : »). "
        "S'il n'est pas inscrit, il doit d'abord s'adresser à l'hébergeur. Rien n'a été changé.",
        "The locum was not found with certainty among the enrolled doctors. Give the RPPS number, "
        "the mail address or the exact name (line « Locum : »). Who is not enrolled must first ask "
        "the host. Nothing was changed.",
    ),
    "locum-unfit": Text(
        "Un remplaçant doit être un autre médecin inscrit. Rien n'a été changé.",
        "A locum must be another enrolled doctor. Nothing was changed.",
    ),
    "locum-days": Text(
        "Les dates du remplacement ne conviennent pas : la fin (« Au : ») ne doit ni précéder le "
        "début (« Du : ») ni être déjà passée, et un remplacement dure un an au plus. Pour y "
        "mettre fin, écrivez « Demande : fin de remplacement ». Rien n'a été changé.",
        "The days do not fit: the end (« Until : ») must not come before the beginning (« From : »)"
        " nor be over already, and a locum is declared for a year at most. To end it, write "
        "« Request : end of locum ». Nothing was changed.",
    ),
    "locum-many": Text(
        "Vous avez déjà déclaré {most} remplacements, c'est le maximum. Mettez fin à l'un d'eux "
        "(« Demande : fin de remplacement »). Rien n'a été changé.",
        "You have declared {most} locums already, which is the most. End one of them (« Request : "
        "end of locum »). Nothing was changed.",
    ),
    "locum-none": Text(
        "Aucun remplacement par ce médecin n'est en cours ni à venir. Rien n'a été changé.",
        "No locum of this name is declared for now or later. Nothing was changed.",
    ),
    "key-missing": Text(
        "Le message n'apporte pas de nouvelle clé utilisable. Joignez votre nouvelle clé publique "
        "(fichier .asc), qui doit pouvoir chiffrer et n'être ni expirée ni révoquée, et signez le "
        "message avec la clé actuelle. Rien n'a été changé.",
        "The mail brings no new key that can be used. Attach your new public key (a file .asc), "
        "which must be able to encrypt and be neither expired nor revoked, and sign the mail with "
        "your present key. Nothing was changed.",
    ),
    "key-several": Text(
        "Le message apporte plusieurs nouvelles clés. Joignez seulement celle que le service doit "
        "utiliser. Rien n'a été changé.",
        "The mail brings several new keys. Attach only the one that the service shall use. Nothing "
        "was changed.",
    ),
    "key-taken": Text(
        "La clé jointe ne peut pas être enregistrée pour vous. Créez une clé nouvelle, ou "
        "adressez-vous à l'hébergeur. Rien n'a été changé.",
        "The enclosed key cannot be registered for you. Make a new one, or ask the host. Nothing "
        "was changed.",
    ),
    "key-much": Text(
        "Vos dossiers contiennent trop de documents pour que ce changement se fasse par message. "
        "Adressez votre nouvelle clé publique à l'hébergeur, qui fera le changement. Rien n'a été "
        "changé.",
        "Your dossiers hold too many documents for this change to be made by mail. Send your new "
        "public key to the host, who makes the change. Nothing was changed.",
    ),
}
