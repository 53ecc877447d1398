"""A doctor's new key: answer, notice, refusals."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "key-missing": Text(
        "Le message n'apporte pas de nouvelle clé utilisable. Joignez votre nouvelle clé publique "
        "(fichier .asc), qui doit pouvoir chiffrer et n'être ni expirée ni révoquée, et signez le "
        "message avec la clé actuelle. Rien n'a été changé.",
        "The mail brings no new key that can be used. Attach your new public key (a file .asc), "
        "which must be able to encrypt and be neither expired nor revoked, and sign the mail with "
        "your present key. Nothing was changed.",
    ),
    "key-differs": Text(
        "Aucune clé jointe ne porte l'empreinte que vous indiquez ({fingerprint}). Recopiez "
        "l'empreinte entière de votre nouvelle clé, ou joignez cette clé. Rien n'a été changé.",
        "No enclosed key has the fingerprint that you state ({fingerprint}). Copy the whole "
        "fingerprint of your new key, or attach that key. Nothing was changed.",
    ),
    "key-several": Text(
        "Le message apporte deux versions différentes de la nouvelle clé. N'en joignez qu'une. "
        "Rien n'a été changé.",
        "The mail brings two versions of the new key that differ. Attach one only. Nothing was "
        "changed.",
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

LETTERS: Mapping[str, Text] = {
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
