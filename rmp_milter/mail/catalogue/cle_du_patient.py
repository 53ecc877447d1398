"""The patient's own key: answer, welcome, notice, refusals."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "patient-key-needed": Text(
        "La clé du patient n'a pas été enregistrée : joignez sa clé publique OpenPGP, et elle "
        "seule (fichier .asc exporté par le patient), et vérifiez qu'elle permet le chiffrement et "
        "n'est pas expirée.",
        "The patient's key was not enrolled: attach the patient's OpenPGP public key and no other "
        "(the .asc file that the patient exported), and check that it can encrypt and is not "
        "expired.",
    ),
    "patient-mail-needed": Text(
        "La clé du patient n'a pas été enregistrée : ajoutez la ligne « Courriel : » avec "
        "l'adresse électronique du patient.",
        "The patient's key was not enrolled: add a line « Email : » with the patient's mail "
        "address.",
    ),
    "patient-key-taken": Text(
        "La clé du patient n'a pas été enregistrée : cette adresse ou cette clé sert déjà auprès "
        "du service. Chaque personne inscrite a une adresse et une clé à elle seule.",
        "The patient's key was not enrolled: this address or this key is in use with the service "
        "already. Everybody enrolled has an address and a key of his own.",
    ),
}

LETTERS: Mapping[str, Text] = {
    "subject-patient-key": Text(
        "RMP : clé enregistrée pour {patient}", "RMP: key enrolled for {patient}"
    ),
    "patient-key": Text(
        """\
La clé de {patient}, né(e) le {birth_date}, est enregistrée, à l'adresse {mail} :

    {fingerprint}

Comparez cette empreinte avec celle que le patient lit sur son appareil. Avec cette clé, il peut
désormais consulter son dossier ({count} document(s) à ce jour) et exercer ses droits par ses
propres messages. Un message d'accueil chiffré lui est envoyé. Remettez-lui la clé publique du
service. Une nouvelle demande « clé du patient » remplace cette clé ; ce qu'elle a déjà permis de
lire ne peut pas être repris.
""",
        """\
The key of {patient}, born {birth_date}, is enrolled under the address {mail}:

    {fingerprint}

Compare this fingerprint with the one on the patient's device. With this key the patient can now
read the dossier ({count} documents to this day) and exercise all rights by mails of his or her
own. A welcome letter was sent, encrypted. Hand out the service's public key. Another request
« patient key » replaces this key; what it gave to read cannot be taken back.
""",
    ),
    "subject-welcome": Text(
        "RMP : votre résumé médical partagé", "RMP: your shared medical summary"
    ),
    "welcome": Text(
        """\
Bonjour,

{treating}, votre médecin traitant, a enregistré votre clé : vous pouvez lire votre
résumé médical partagé et exercer vos droits vous-même, par messages signés et chiffrés avec la
clé publique du service, que votre médecin vous remet. Écrivez à l'adresse d'où vient ce
message ; la première ligne du texte dit ce que vous demandez :

    Demande : dossier       votre dossier entier
    Demande : résumé        le dernier résumé médical
    Demande : accès         qui a lu ou complété votre dossier, et quand
    Demande : droits        tous vos droits, et comment les exercer

Il n'est pas nécessaire d'indiquer votre nom ni votre code. Gardez votre clé secrète pour vous :
qui la possède lit votre dossier. Si vous la perdez, ou si vous n'avez rien demandé de tel,
prévenez votre médecin traitant.
""",
        """\
Hello,

{treating}, your treating doctor, has enrolled your key: you can read your shared
medical summary and exercise your rights yourself, by mails signed and encrypted to the service's
public key, which your doctor hands you. Write to the address that this mail came from; the first
line of the text says what you ask for:

    Request : dossier       your whole dossier
    Request : summary       the newest summary
    Request : accesses      who read or added to your dossier, and when
    Request : rights        all your rights, and how to exercise them

You need not give your name or your code. Keep your secret key to yourself: whoever has it reads
your dossier. If you lose it, or asked for no such thing, tell your treating doctor.
""",
    ),
    "key-replaced": Text(
        """\
{treating}, votre médecin traitant, a enregistré une autre clé à votre nom : celle-ci
ne donne plus accès à votre dossier. Si vous n'êtes pas au courant, prévenez-le.
""",
        """\
{treating}, your treating doctor, has enrolled another key in your name: this one gives
no access to your dossier any more. If you do not know of this, tell your doctor.
""",
    ),
}
