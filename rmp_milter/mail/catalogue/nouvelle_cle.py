"""A doctor's new key: answer, notice, refusals."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "key-missing": Text(
        "Ce message n'apporte pas de nouvelle clé utilisable. Rien n'a été changé. Joignez "
        "votre nouvelle clé publique (fichier .asc, .cer ou .p7b, ni expirée ni révoquée, "
        "prévue pour le chiffrement) et signez le message avec l'ancienne.",
        "This mail brings no new key that can be used. Nothing was changed. Attach your new "
        "public key (a file .asc, .cer or .p7b, neither expired nor revoked, "
        "able to encrypt) and sign the mail with the old one.",
    ),
    "key-differs": Text(
        "Aucune clé jointe ne porte l'empreinte que vous indiquez ({fingerprint}). Recopiez "
        "l'empreinte entière de votre nouvelle clé, ou joignez cette clé. Rien n'a été changé.",
        "No enclosed key has the fingerprint that you state ({fingerprint}). Copy the whole "
        "fingerprint of your new key, or attach that key. Nothing was changed.",
    ),
    "key-several": Text(
        "Ce message apporte deux versions différentes de la nouvelle clé. Rien n'a été changé. "
        "N'en joignez qu'une, puis renvoyez-le.",
        "This mail brings two versions of the new key that differ. Nothing was changed. Attach "
        "one only and send it again.",
    ),
    "key-taken": Text(
        "La clé jointe ne peut pas être enregistrée pour vous. Rien n'a été changé. Créez une "
        "clé neuve et renvoyez le message, ou adressez-vous à l'hébergeur.",
        "The key attached cannot be registered for you. Nothing was changed. Make a new one "
        "and send the mail again, or ask the host.",
    ),
    "key-untrusted": Text(
        "L'hébergeur ne peut pas se fier au certificat joint : son émetteur n'est pas de ceux "
        "qu'il reconnaît, il est révoqué ou n'est pas fait pour la messagerie, ou la liste qui le "
        "dirait est trop ancienne. Rien n'a été changé. Joignez un autre certificat, ou "
        "adressez-vous à l'hébergeur.",
        "The host cannot rely on the certificate attached: its issuer is none whom he trusts, it "
        "is revoked or not made for mail, or the list that would say so is too old. Nothing was "
        "changed. Attach another certificate, or ask the host.",
    ),
    "key-held": Text(
        "La clé jointe est déjà l'une des vôtres : ce que vous signez avec elle compte. Rien n'a "
        "été changé. Pour recevoir vos réponses par elle, adressez-vous à l'hébergeur.",
        "The key attached is one of yours already: what you sign with it counts. Nothing was "
        "changed. To have your answers by it, ask the host.",
    ),
    "key-much": Text(
        "Vos dossiers contiennent trop de documents pour changer de clé par message. Rien n'a "
        "été changé. Envoyez votre nouvelle clé publique à l'hébergeur, qui fera le "
        "changement.",
        "Your dossiers hold too many documents to change the key by mail. Nothing was "
        "changed. Send your new public key to the host, who will make the change.",
    ),
}

LETTERS: Mapping[str, Text] = {
    "subject-key": Text("RMP : votre nouvelle clé", "RMP: your new key"),
    "key-prolonged": Text(
        "Votre clé prolongée jusqu'au {until} a été reprise.",
        "Your prolonged key was taken up; it is valid until {until}.",
    ),
    "certificate-renewed": Text(
        "Votre certificat renouvelé, valable jusqu'au {until}, a été repris à la place du "
        "précédent.",
        "Your renewed certificate was taken up in the place of the one before; it is valid until "
        "{until}.",
    ),
    "certificate-renewed-much": Text(
        "Vos dossiers contiennent trop de documents pour les lui ouvrir par message : adressez-"
        "vous à l'hébergeur, qui le fera.",
        "Your dossiers hold too many documents to open them to it by mail: ask the host, who "
        "will do so.",
    ),
    "key-prolonged-for-good": Text(
        "Votre clé, désormais sans date de fin, a été reprise.",
        "Your key, which ends at no date any more, was taken up.",
    ),
    "key-changed": Text(
        """\
Votre nouvelle clé est enregistrée, et cette réponse est chiffrée
avec elle. Son empreinte :

    {fingerprint}

Elle ouvre {dossiers} dossier(s), soit {documents} document(s). Signez désormais
vos messages avec elle, et gardez l'ancienne pour relire les
messages déjà reçus.
""",
        """\
Your new key is registered, and this answer is encrypted to it.
Its fingerprint:

    {fingerprint}

It opens {dossiers} dossier(s), which are {documents} document(s). Sign your mails
with it from now on, and keep the old one to read what you
received before.
""",
    ),
    "own-key-replaced": Text(
        """\
Votre clé a été remplacée, sur une demande signée avec la
précédente. La nouvelle :

    {fingerprint}

Si cette demande ne vient pas de vous, prévenez tout de suite
l'hébergeur : téléphonez-lui.
""",
        """\
Your key was replaced, as a mail asked that was signed with the
one before. The new one:

    {fingerprint}

If this was not you, tell the host at once, by telephone.
""",
    ),
}
