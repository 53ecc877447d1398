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
Reçu le {date} pour {patient},
né(e) le {birth_date} :

{documents}

Onglet « {onglet} » ({reason}).
""",
        """\
Received on {date} for {patient},
born {birth_date}:

{documents}

Tab « {onglet} » ({reason}).
""",
    ),
    "filed-apart": Text(
        """\
Le message concernait plusieurs patients : chaque résultat a été
détaché et gardé pour le sien. Le texte du message et sa signature
ne sont pas gardés.
""",
        """\
The mail was about several patients: each result was taken out and
kept for the right one. The text of the mail and its signature are
not kept.
""",
    ),
    "prescriber-copy": Text(
        "Une copie chiffrée est envoyée au prescripteur, {name},\n"
        "sauf si le patient s'y oppose.",
        "An encrypted copy is sent to the prescriber, {name},\nunless the patient opposes it.",
    ),
    "prescriber-self": Text(
        "Vous êtes vous-même le prescripteur : aucune copie n'est envoyée.",
        "You are the prescriber yourself: no copy is sent.",
    ),
    "prescriber-no-key": Text(
        "Aucune copie n'est envoyée au prescripteur, {name},\ncar sa clé n'est plus valable.",
        "No copy is sent to the prescriber, {name},\nas his key is no longer valid.",
    ),
    "prescriber-unknown": Text(
        "Aucune copie n'est envoyée. Le prescripteur « {said} »\n"
        "n'a pas été trouvé avec certitude parmi les inscrits. Donnez son\n"
        "numéro RPPS, son adresse de messagerie ou son nom complet.",
        "No copy is sent. The prescriber « {said} »\n"
        "was not surely found among those enrolled. Give his RPPS number,\n"
        "his mail address or his full name.",
    ),
    "subject-prescriber": Text(
        "RMP : copie au prescripteur pour {patient}", "RMP: prescriber's copy for {patient}"
    ),
    "prescriber-letter": Text(
        """\
{author} a déposé ces documents le {date},
pour {patient}, né(e) le {birth_date},
et vous nomme comme prescripteur :

{documents}

Cette copie vous est envoyée une seule fois. Elle ne donne pas
accès au dossier du patient.
""",
        """\
{author} filed these documents on {date},
for {patient}, born {birth_date},
and names you as the prescriber:

{documents}

This copy is sent to you once only. It gives no access to the
patient's dossier.
""",
    ),
    "receipt-line": Text(
        "{patient}, né(e) le {birth_date}, « {onglet} » :\n{documents}",
        "{patient}, born {birth_date}, « {onglet} »:\n{documents}",
    ),
    "subject-digest": Text("RMP : vos reçus de dépôt", "RMP: your receipts"),
    "digest": Text(
        "{count} dépôt(s) reçu(s) de votre part depuis le dernier relevé.\n",
        "{count} deposit(s) received from you since the last digest.\n",
    ),
    "subject-expired": Text(
        "RMP : dépôt non gardé pour {patient}",
        "RMP: deposit not kept: {patient}",
    ),
    "expired": Text(
        """\
Vos documents du {date} pour {patient},
né(e) le {birth_date}, n'ont trouvé aucun dossier.
Le service ne les garde plus :

{documents}

S'ils ne peuvent attendre, envoyez-les directement au médecin
traitant.

Sinon, vérifiez avec le patient son nom de naissance, son premier
prénom, sa date de naissance, et qu'il a bien un dossier. Puis
renvoyez-les ; ajoutez si possible une ligne NIR.
""",
        """\
Your documents of {date} for {patient},
born {birth_date}, found no dossier.
The service keeps them no longer:

{documents}

If they cannot wait, send them straight to the treating doctor.

Otherwise check with the patient the birth name, the first given
name, the birth date, and that there is a dossier. Then send them
again; add a line NIR if you can.
""",
    ),
}
