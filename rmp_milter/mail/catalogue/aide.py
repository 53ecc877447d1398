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

Déposer un document (il suffit de le joindre ; la dernière ligne, facultative, adresse une copie
au confrère nommé ; un résultat HPRIM se passe de ces lignes) :

    Patient : DUPONT Jean
    Né le : 30/01/1959
    Document : Compte-rendu radiologie
    Prescripteur : Dr Anne MOREL

Créer le dossier d'un patient qui y consent (sans ligne « Code », le service fabrique le code) :

    Demande : création
    Patient : DUPONT Jean
    Né le : 30/01/1959
    Consentement : oui

Recevoir un dossier (médecin traitant : message signé, sans code ; autre praticien : avec le
code que donne le patient) :

    Demande : dossier
    Patient : DUPONT Jean
    Né le : 30/01/1959
    Code : ........

Changer des documents d'onglet (médecin traitant) :

    Demande : reclassement
    Patient : DUPONT Jean
    Né le : 30/01/1959
    Numéros : 3, 5-7
    Onglet : Imagerie

Chercher parmi vos patients, par les premières lettres du nom :

    Demande : liste
    Nom : DU

Recevoir cette page :

    Demande : aide
""",
        """\
Shared medical summary: how to use it

Send an encrypted and signed mail to the service. The first lines of the text say what you ask
for; an empty line parts them from your letter.

File a document (just attach it; the last line, if you want, sends a copy to this colleague; an
HPRIM result needs none of these lines):

    Patient : DUPONT Jean
    Born : 30/01/1959
    Document : Compte-rendu radiologie
    Prescriber : Dr Anne MOREL

Create the dossier of a consenting patient (without a line « Code » the service makes the code):

    Request : creation
    Patient : DUPONT Jean
    Born : 30/01/1959
    Consent : yes

Receive a dossier (treating doctor: signed mail, no code; anybody else: with the code that the
patient gives):

    Request : dossier
    Patient : DUPONT Jean
    Born : 30/01/1959
    Code : ........

Move documents to another tab (treating doctor):

    Request : refile
    Patient : DUPONT Jean
    Born : 30/01/1959
    Numbers : 3, 5-7
    Tab : Imagerie

Search among your patients by the first letters of the name:

    Request : list
    Name : DU

Receive this page:

    Request : help
""",
    ),
}
