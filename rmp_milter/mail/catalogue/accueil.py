"""The signed mail that a doctor is sent who was enrolled with a certificate for S/MIME."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {}

LETTERS: Mapping[str, Text] = {
    "subject-smime-welcome": Text(
        "RMP : ajoutez le service à vos contacts", "RMP: add the service to your contacts"
    ),
    "smime-welcome": Text(
        """\
Bonjour,

Vous êtes inscrit avec un certificat auprès du résumé médical
partagé, {service}. Ce message est signé par le service :
il apprend à votre messagerie le certificat avec lequel lui
écrire.

Trois gestes, une fois pour toutes :

1. Ouvrez ce message dans Outlook et cliquez sur le ruban de la
   signature : elle doit être valide, et {service} son adresse.

2. Faites un clic droit sur l'expéditeur, choisissez « Ajouter aux
   contacts Outlook », puis « Enregistrer » : le certificat est
   enregistré avec le contact.

3. Écrivez à ce contact : onglet « Options », activez « Chiffrer »
   et « Signer » (S/MIME), tapez « Demande : aide », puis envoyez.
   La réponse, chiffrée pour vous, montre que tout est en place.

Ce message ne contient rien de secret et n'attend pas de réponse.
Si la signature n'est pas valide, téléphonez à l'hébergeur avant
d'écrire.
""",
        """\
Hello,

You are enrolled with a certificate at the shared medical summary,
{service}. This mail is signed by the service: it
teaches your mail program the certificate to write to it by.

Three steps, once and for all:

1. Open this mail in Outlook and click on the ribbon of the
   signature: it must be valid, with {service} as its address.

2. Right-click on the sender, choose "Add to Outlook Contacts",
   then "Save": the certificate is kept with the contact.

3. Write to this contact: tab "Options", turn on "Encrypt" and
   "Sign" (S/MIME), type "Demande : aide" and send. The answer,
   encrypted to you, shows that all is in place.

This mail holds nothing secret and expects no answer. If the
signature is not valid, telephone the host before you write.
""",
    ),
}
