"""What is encrypted beside a mail's text: refused, or left aside and said."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "second-body": Text(
        "Ce message contient plus d'un texte chiffré : le service n'en lit qu'un, et ne sait pas "
        "lequel vous vouliez. Rien n'a été conservé. Envoyez un message par demande et par "
        "patient, sans y joindre de message chiffré.",
        "This mail holds more than one encrypted text: the service reads one only, and does not "
        "know which you meant. Nothing was kept. Send one mail for each request and patient, and "
        "attach no encrypted mail to it.",
    ),
    "sealed-beside": Text(
        "Un fichier chiffré à part accompagne ce message, lui-même chiffré en entier : il a pu "
        "être ajouté en route. Rien n'a été conservé. Joignez le fichier d'origine, non chiffré : "
        "votre messagerie le chiffre avec le message.",
        "A file encrypted by itself stands beside this mail, which is encrypted as a whole: it "
        "may have been added on the way. Nothing was kept. Attach the original file, not "
        "encrypted: your mail client encrypts it with the mail.",
    ),
    "file-unreadable": Text(
        "Une pièce jointe, chiffrée à part, n'a pas pu être déchiffrée : elle n'est pas chiffrée "
        "avec la clé actuelle du service, ou elle a été abîmée en route. Rien n'a été conservé. "
        "Joignez de nouveau le fichier d'origine, puis renvoyez le message.",
        "An attachment, encrypted by itself, could not be decrypted: it is not encrypted to the "
        "service's present key, or was damaged on its way. Nothing was kept. Attach the original "
        "file anew and send the mail again.",
    ),
    "file-signature": Text(
        "Une pièce jointe, chiffrée à part, n'est pas signée de votre main : la signature est "
        "d'un autre, ne tient pas, ou manque alors que d'autres pièces en ont une. Rien n'a été "
        "conservé. Joignez le fichier d'origine, non chiffré, ou signez toutes les pièces.",
        "An attachment, encrypted by itself, is not signed by you: the signature is somebody "
        "else's, does not hold, or is missing where other attachments have one. Nothing was kept. "
        "Attach the original file, not encrypted, or sign all of them.",
    ),
    "file-mail": Text(
        "Une pièce jointe, chiffrée à part, est un message et non un document. Rien n'a été "
        "conservé. Envoyez un message par demande ; pour joindre une lettre, enregistrez-la en "
        "PDF.",
        "An attachment, encrypted by itself, is a mail and no document. Nothing was kept. Send "
        "one mail for each request; to attach a letter, save it as a PDF file.",
    ),
    "file-known": Text(
        "Une pièce jointe, chiffrée à part, est déjà parvenue au service dans un autre message. "
        "Rien n'a été conservé. Joignez le fichier d'origine, non chiffré : votre messagerie le "
        "chiffre de nouveau.",
        "An attachment, encrypted by itself, came to the service before in another mail. Nothing "
        "was kept. Attach the original file, not encrypted: your mail client encrypts it anew.",
    ),
}

LETTERS: Mapping[str, Text] = {
    "files-unsigned": Text(
        "Les pièces jointes chiffrées à part ne sont pas signées ; vérifiez dans la liste qu'elles "
        "sont toutes de vous.",
        "The attachments encrypted by themselves are not signed; check in the list that all of "
        "them are yours.",
    ),
    "left-aside": Text(
        "Les autres parties chiffrées de votre message n'ont pas été lues.",
        "The other encrypted parts of your mail were not read.",
    ),
}
