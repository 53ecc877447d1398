"""The patient's own key: answer, welcome, notice, refusals."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "patient-key-needed": Text(
        "La clé du patient n'a pas été enregistrée : il faut joindre sa clé publique, et elle "
        "seule. Rien n'a été changé. Demandez-lui le fichier .asc de sa clé, non expirée et "
        "prévue pour le chiffrement, joignez-le et renvoyez le message.",
        "The patient's key was not enrolled: attach the patient's public key, and no other. "
        "Nothing was changed. Ask the patient for the .asc file of the key, which must not be "
        "expired and must be able to encrypt, attach it and send the mail again.",
    ),
    "patient-key-frozen": Text(
        "La clé du patient n'a pas été enregistrée. Rien n'a été changé. Le médecin traitant a "
        "changé depuis peu : jusqu'au {at}, seule la clé qui était là peut être confirmée, à la "
        "même adresse.",
        "The patient's key was not enrolled. Nothing was changed. The treating doctor has changed "
        "of late: until {at} only the key that was there can be confirmed, under the same address.",
    ),
    "patient-key-suspended": Text(
        "Votre clé est suspendue, car votre médecin traitant a changé. Rien n'a été fait. Il doit "
        "la confirmer : montrez-lui l'empreinte de votre clé et remettez-lui votre clé publique, "
        "et il envoie la demande « clé du patient ».",
        "Your key is suspended, since your treating doctor has changed. Nothing was done. He must "
        "confirm it: show him the fingerprint of your key and hand him your public key, and he "
        "sends the request « patient key ».",
    ),
    "patient-key-contestable": Text(
        "Votre clé est suspendue, car votre médecin traitant a changé. Rien n'a été fait. Il doit "
        "la confirmer : remettez-lui votre clé publique, et il envoie la demande « clé du "
        "patient ». Si vous n'avez pas voulu ce changement, envoyez la demande « contestation » "
        "avant le {at}.",
        "Your key is suspended, since your treating doctor has changed. Nothing was done. He must "
        "confirm it: hand him your public key, and he sends the request « patient key ». If you "
        "did not want this change, send the request « contest » before {at}.",
    ),
    "patient-mail-needed": Text(
        "La clé du patient n'a pas été enregistrée : son adresse électronique manque. Rien "
        "n'a été changé. Ajoutez une ligne Courriel avec cette adresse, puis renvoyez le "
        "message.",
        "The patient's key was not enrolled: the patient's mail address is missing. Nothing "
        "was changed. Add a line Email with that address and send the mail again.",
    ),
    "patient-key-taken": Text(
        "La clé du patient n'a pas été enregistrée : cette adresse ou cette clé est déjà "
        "celle d'une personne inscrite. Rien n'a été changé. Chacun doit avoir une adresse et "
        "une clé à lui seul.",
        "The patient's key was not enrolled: this address or this key is already that of "
        "somebody enrolled. Nothing was changed. Everybody must have an address and a key of "
        "his own.",
    ),
}

LETTERS: Mapping[str, Text] = {
    "subject-patient-key": Text(
        "RMP : clé enregistrée pour {patient}", "RMP: key enrolled for {patient}"
    ),
    "patient-key": Text(
        """\
La clé de {patient}, né(e) le {birth_date},
est enregistrée, à l'adresse {mail} :

    {fingerprint}

Comparez cette empreinte avec celle que le patient lit sur son
appareil. Si elle diffère, refaites la demande avec la bonne clé.

Remettez au patient la clé publique du service. Il peut désormais
lire son dossier ({count} document(s) à ce jour) et exercer ses
droits par ses propres messages. Un message d'accueil chiffré lui
est envoyé.

Une nouvelle demande remplace cette clé, mais ce qu'elle a déjà
permis de lire ne peut pas être repris.
""",
        """\
The key of {patient}, born {birth_date},
is enrolled under the address {mail}:

    {fingerprint}

Compare this fingerprint with the one on the patient's device. If
they differ, ask again with the right key.

Hand the service's public key to the patient, who can now read
the dossier ({count} documents to this day) and exercise all
rights by mails of his or her own. A welcome letter was sent,
encrypted.

A new request replaces this key, but what it gave to read cannot
be taken back.
""",
    ),
    "patient-key-confirmed": Text(
        """\
Elle était suspendue depuis le changement de médecin traitant.
Votre demande la confirme, et elle compte de nouveau.
""",
        """\
It was suspended since the change of treating doctor. Your request
confirms it, and it counts again.
""",
    ),
    "subject-welcome": Text(
        "RMP : votre résumé médical partagé", "RMP: your shared medical summary"
    ),
    "welcome": Text(
        """\
Bonjour,

{treating}, votre médecin traitant, a enregistré
votre clé. Vous pouvez maintenant lire votre résumé médical
partagé et exercer vos droits vous-même.

Écrivez à l'adresse d'où vient ce message. Signez et chiffrez vos
messages avec la clé publique du service, que votre médecin vous
remet. Les premières lignes du texte disent ce que vous demandez.
Remplacez ce qui est entre crochets, crochets compris.

{example_by_the_patient}

Le mot de la liste est l'un de ceux-ci.

  - « dossier » pour recevoir votre dossier entier
  - « résumé » pour le dernier résumé médical
  - « accès » pour savoir qui a lu ou complété votre dossier
  - « droits » pour connaître vos droits et comment les exercer

Vous n'avez à donner ni votre nom ni votre code.

Gardez votre clé secrète pour vous : qui la possède lit votre
dossier. Si vous la perdez, ou si vous n'avez rien demandé de tel,
prévenez votre médecin traitant.
""",
        """\
Hello,

{treating}, your treating doctor, has enrolled your
key. You can now read your shared medical summary and exercise
your rights yourself.

Write to the address that this mail came from. Sign your mails and
encrypt them to the service's public key, which your doctor hands
you. The first lines of the text say what you ask for. Replace
what stands in brackets, and the brackets.

{example_by_the_patient}

The word of the list is one of these.

  - « dossier » to receive your whole dossier
  - « summary » for the newest summary
  - « accesses » to know who read or added to your dossier
  - « rights » to know your rights and how to exercise them

You need give neither your name nor your code.

Keep your secret key to yourself: whoever has it reads your
dossier. If you lose it, or asked for no such thing, tell your
treating doctor.
""",
    ),
    "key-replaced": Text(
        """\
{treating}, votre médecin traitant, a enregistré une
autre clé à votre nom. Celle-ci n'ouvre plus votre dossier.

Si vous n'êtes pas au courant, prévenez-le tout de suite.
""",
        """\
{treating}, your treating doctor, has enrolled another
key in your name. This one opens your dossier no longer.

If you do not know of this, tell your doctor at once.
""",
    ),
}
