"""The page that says how to write to the service."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "subject-help": Text("RMP : mode d'emploi", "RMP: how to use it"),
    "help": Text(
        """\
Service de résumé médical partagé : mode d'emploi

Écrivez un message chiffré et signé au service. Les premières lignes du texte disent ce que
vous demandez ; une ligne vide les sépare de votre lettre.

Déposer un document (il suffit de le joindre) :

    Patient : DUPONT Jean
    Né le : 30/01/1959
    Document : Compte-rendu radiologie

Créer le dossier d'un patient qui y consent (sans ligne « Code », le service fabrique le code) :

    Demande : création
    Patient : DUPONT Jean
    Né le : 30/01/1959
    Consentement : oui

(facultatif : Nom d'usage, Sexe, Adresse, NIR, Régime, Mutuelle ; vos Téléphone, Fax, Portable,
Courriel. Pour les changer plus tard : « Demande : fiche ».)

Enregistrer la clé publique du patient, jointe au message, pour qu'il lise son dossier lui-même :

    Demande : clé du patient
    Patient : DUPONT Jean
    Né le : 30/01/1959
    Courriel : jean.dupont@exemple.fr

Recevoir un dossier (médecin traitant : message signé, sans code ; autre praticien : avec le
code que donne le patient) :

    Demande : dossier
    Patient : DUPONT Jean
    Né le : 30/01/1959
    Code : ........

(ou, au lieu du code, « Vitale : » et l'attestation de votre lecteur de carte.)

Chercher parmi vos patients, par les premières lettres du nom :

    Demande : liste
    Nom : DU

Corriger l'entrée 3 d'un dossier en joignant la nouvelle version, ou en masquer les entrées :

    Demande : rectification        ou        Demande : masquage
    Patient : DUPONT Jean                    Patient : DUPONT Jean
    Né le : 30/01/1959                       Né le : 30/01/1959
    Numéros : 3                              Numéros : 2, 5

De même, pour le patient : démasquage, opposition et levée d'opposition (ligne « Médecin : »),
nouveau code, révocation du code, accès, copie, clôture. La page de ses droits :

    Demande : droits

Recevoir cette page :

    Demande : aide
""",
        """\
Shared medical summary: how to use it

Send an encrypted and signed mail to the service. The first lines of the text say what you ask
for; an empty line parts them from your letter.

File a document (just attach it):

    Patient : DUPONT Jean
    Born : 30/01/1959
    Document : Compte-rendu radiologie

Create the dossier of a consenting patient (without a line « Code » the service makes the code):

    Request : creation
    Patient : DUPONT Jean
    Born : 30/01/1959
    Consent : yes

(optional: Used name, Sex, Address, NIR, Insurance, Mutual insurance; your Phone, Fax, Mobile,
Email. To change them later: « Request : sheet ».)

Enrol the patient's public key, attached to the mail, for reading the dossier without you:

    Request : patient key
    Patient : DUPONT Jean
    Born : 30/01/1959
    Email : jean.dupont@exemple.fr

Receive a dossier (treating doctor: signed mail, no code; anybody else: with the code that the
patient gives):

    Request : dossier
    Patient : DUPONT Jean
    Born : 30/01/1959
    Code : ........

(or, in the code's place, « Vitale : » and the attestation of your card reader.)

Search among your patients by the first letters of the name:

    Request : list
    Name : DU

Correct entry 3 of a dossier by enclosing the new version, or mask entries:

    Request : correction           or        Request : mask
    Patient : DUPONT Jean                    Patient : DUPONT Jean
    Born : 30/01/1959                        Born : 30/01/1959
    Numbers : 3                              Numbers : 2, 5

Likewise for the patient: unmask, opposition and admit (line « Doctor : »), new code, revoke
code, accesses, copy, close. The page of the patient's rights:

    Request : rights

Receive this page:

    Request : help
""",
    ),
}
