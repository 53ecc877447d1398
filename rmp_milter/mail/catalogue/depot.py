"""Receipts, a prescriber's copy, the end of a wait."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "subject-filed": Text("RMP : reçu pour {patient}", "RMP: receipt for {patient}"),
    "subject-filed-several": Text(
        "RMP : reçu pour {count} patients ou documents",
        "RMP: receipt for {count} patients or documents",
    ),
    "filed": Text(
        """\
Reçu le {date} pour {patient}, né(e) le {birth_date} :

{documents}

Classé dans l'onglet « {onglet} » ({reason}).
""",
        """\
Received on {date} for {patient}, born {birth_date}:

{documents}

Filed under the tab « {onglet} » ({reason}).
""",
    ),
    "filed-apart": Text(
        """\
Le message désignait plusieurs patients : chaque résultat a été détaché et gardé à part. Le texte
du message lui-même et sa signature ne sont pas conservés.
""",
        """\
The mail named several patients: each result was taken out and kept by itself. The text of the mail
itself and its signature are not kept.
""",
    ),
    "prescriber-copy": Text(
        "Prescripteur : {name}. Une copie chiffrée lui est adressée, sauf opposition du patient.",
        "Prescriber: {name}. An encrypted copy is sent to him unless the patient opposed it.",
    ),
    "prescriber-self": Text(
        "Prescripteur : vous-même. Aucune copie n'est nécessaire.",
        "Prescriber: yourself. No copy is needed.",
    ),
    "prescriber-no-key": Text(
        "Prescripteur : {name}. Sa clé n'est plus valable : aucune copie ne lui est adressée.",
        "Prescriber: {name}. His key is no longer valid: no copy is sent to him.",
    ),
    "prescriber-unknown": Text(
        "Prescripteur : « {said} » ne désigne avec certitude aucun inscrit, aucune copie n'est\n"
        "adressée. Indiquez son numéro RPPS, son adresse ou son nom complet.",
        "Prescriber: « {said} » does not surely name anybody enrolled; no copy is sent.\n"
        "Give his RPPS number, his mail address or his full name.",
    ),
    "subject-prescriber": Text(
        "RMP : copie au prescripteur pour {patient}", "RMP: prescriber's copy for {patient}"
    ),
    "prescriber-letter": Text(
        """\
{author} a déposé le {date}, pour {patient}, né(e) le {birth_date},
et vous désigne comme prescripteur :

{documents}

Cette copie vous est adressée une fois. Elle ne donne pas accès au dossier du patient.
""",
        """\
{author} deposited on {date} for {patient}, born {birth_date},
and names you as the prescriber:

{documents}

This copy is sent to you once. It gives no access to the patient's dossier.
""",
    ),
    "receipt-line": Text(
        "{patient}, né(e) le {birth_date} ; onglet « {onglet} » :\n{documents}",
        "{patient}, born {birth_date}; tab « {onglet} »:\n{documents}",
    ),
    "subject-digest": Text("RMP : vos reçus de dépôt", "RMP: your receipts"),
    "digest": Text(
        """\
Documents reçus de votre part depuis le dernier relevé : {count} dépôt(s).
""",
        """\
Documents received from you since the last digest: {count} deposit(s).
""",
    ),
    "subject-expired": Text(
        "RMP : dépôt non rattaché pour {patient}", "RMP: deposit not attached: {patient}"
    ),
    "expired": Text(
        """\
Le dépôt que vous avez envoyé le {date} pour {patient}, né(e) le {birth_date},
n'a pas pu être rattaché à un dossier. Il n'est plus conservé :

{documents}

Vérifiez avec le patient son nom de naissance, son premier prénom, sa date de naissance et s'il a
un dossier, puis renvoyez les documents. Ajoutez si possible une ligne « NIR : ». S'ils doivent lui
parvenir sans attendre, adressez-les directement à son médecin traitant.
""",
        """\
The deposit that you sent on {date} for {patient}, born {birth_date},
could not be attached to a dossier. It is no longer kept:

{documents}

Check birth name, first given name and birth date with the patient and whether he has a dossier,
then send the documents again, with a line « NIR : » if you can. If they must not wait, send them
straight to his treating doctor.
""",
    ),
}
