"""The end of the key that somebody is written to by, told before it comes."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "subject-key-ends": Text(
        "RMP : votre clé expire le {day}", "RMP: your key expires on {day}"
    ),
    "key-ends": Text(
        """\
La clé avec laquelle le service vous écrit expire le {day} :

    {fingerprint}

Après ce jour, vous ne pourrez plus lire ni ses réponses ni les
documents qui arrivent. Avant, en deux gestes :

1. Dans votre messagerie, prolongez cette clé (Thunderbird :
   gestionnaire de clés OpenPGP, date d'expiration).

2. Écrivez au service un message chiffré et signé, par exemple
   pour demander l'aide, en joignant votre clé publique. La date
   compte aussitôt, et la réponse vous le confirme.

Si vous n'avez plus cette clé, téléphonez à l'hébergeur.
""",
        """\
The key by which the service writes to you expires on {day}:

    {fingerprint}

After that day you can read neither its answers nor the documents
that come in. Before it, in two steps:

1. In your mail program, prolong this key (Thunderbird: OpenPGP
   key manager, expiration date).

2. Write an encrypted and signed mail to the service with your
   public key attached, such as one that asks for help. The day
   counts at once, and the answer says so.

If you do not have this key any more, telephone the host.
""",
    ),
    "certificate-ends": Text(
        """\
Le certificat avec lequel le service vous écrit expire
le {day}.

Après ce jour, vous ne pourrez plus lire ni ses réponses ni les
documents qui arrivent. Avant, en deux gestes :

1. Faites renouveler ce certificat par qui vous l'a remis, et
   installez le nouveau dans votre messagerie. Gardez l'ancien :
   il ouvre vos anciens messages.

2. Écrivez au service un message chiffré, signé avec le nouveau,
   par exemple pour demander l'aide. S'il vient de la même
   autorité, il compte aussitôt, et la réponse vous le confirme.

S'il vient d'une autre autorité, téléphonez à l'hébergeur.
""",
        """\
The certificate by which the service writes to you expires
on {day}.

After that day you can read neither its answers nor the
documents that come in. Before it, in two steps:

1. Have this certificate renewed by whom you have it from, and
   install the new one in your mail program. Keep the old one:
   it opens your old mail.

2. Write an encrypted mail to the service, signed by the new
   one, such as one that asks for help. If it is of the same
   authority it counts at once, and the answer says so.

If it is of another authority, telephone the host.
""",
    ),
    "subject-service-replaced": Text(
        "RMP : la clé du service est remplacée", "RMP: the service's key is replaced"
    ),
    "service-replaced": Text(
        """\
Le service a remplacé sa clé : l'ancienne ne vaut plus rien.
Un message signé par elle n'est pas du service. Ceux que vous
chiffrez encore à l'ancienne seront bientôt refusés.

La nouvelle clé a une autre empreinte :

    {fingerprint}

1. Téléphonez à l'hébergeur, au numéro que vous connaissez, et
   comparez cette empreinte. N'importez rien avant.

2. Supprimez l'ancienne clé de votre messagerie, puis importez
   le fichier joint (Thunderbird : clic droit sur service.asc,
   puis « Importer »).
""",
        """\
The service has replaced its key: the old one is worth nothing
any more. A mail that it signed is not the service's. Those that
you still encrypt to the old one will be refused before long.

The new key has another fingerprint:

    {fingerprint}

1. Telephone the host, by the number that you know, and compare
   this fingerprint. Import nothing before.

2. Remove the old key from your mail program, then import the
   file attached (Thunderbird: right-click on service.asc, then
   "Import").
""",
    ),
    "subject-service-key": Text(
        "RMP : importez la clé renouvelée du service", "RMP: import the service's renewed key"
    ),
    "service-key": Text(
        """\
Le service a renouvelé la clé à laquelle vous chiffrez. C'est
toujours la sienne, de la même empreinte :

    {fingerprint}

Importez le fichier joint dans votre messagerie (Thunderbird :
clic droit sur service.asc, puis « Importer »). Vos messages
suivants seront chiffrés à la nouvelle.

Ceux que vous chiffrez encore à l'ancienne restent reçus. Si
l'empreinte est une autre, n'importez rien et téléphonez à
l'hébergeur.
""",
        """\
The service has renewed the key that you encrypt to. It is the
service's as before, of the same fingerprint:

    {fingerprint}

Import the file attached into your mail program (Thunderbird:
right-click on service.asc, then "Import"). Your next mails will
be encrypted to the new one.

Those that you still encrypt to the old one are taken. If the
fingerprint is another one, import nothing and telephone the
host.
""",
    ),
}
