"""The page of the patient's rights."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "subject-rights": Text("RMP : les droits du patient", "RMP: the patient's rights"),
    "rights": Text(
        """\
Les droits du patient sur son résumé médical partagé

C'est le patient qui décide. S'il a sa propre clé, il écrit
lui-même. Sinon, son médecin traitant écrit pour lui (ou le
remplaçant, sauf pour changer de code), par un message signé.
Sinon, tout professionnel inscrit le peut, en ajoutant une ligne
« Code » avec le code du patient.

Chaque demande commence par ces lignes, où l'on remplace tout ce
qui est entre crochets :

{example_wishes}

Le mot de la liste est l'un de ceux-ci :

  - « accès » pour savoir qui a consulté ou modifié le dossier ;
  - « copie » pour recevoir une copie de tout le dossier ;
  - « rectification » pour faire corriger un document (joindre la
    nouvelle version ; l'ancienne reste, marquée) ;
  - « masquage » pour masquer des documents à tous, sauf à leur
    auteur, au médecin traitant et au patient ;
  - « démasquage » pour les montrer de nouveau ;
  - « opposition » pour refuser un médecin (nom ou RPPS) ;
  - « levée d'opposition » pour l'admettre de nouveau ;
  - « nouveau code » pour remplacer l'actuel,
  - « révocation du code » pour n'en avoir plus aucun ;
  - « contestation » pour que le médecin traitant précédent le
    redevienne, une fois, peu après un changement (lui ou patient
    avec sa clé) ;
  - « clôture » pour clore le dossier (médecin traitant avec le
    code, ou patient avec sa clé).

Pour des documents, ajoutez une ligne « Numéros » (ceux de la
table que donne la demande « index » ; qui n'est ni le patient ni
son médecin traitant recopie derrière eux le nom de cette table) ;
pour un médecin, une ligne « Médecin ».

BON À SAVOIR

On ne peut pas refuser son médecin traitant : on en change. Seuls
l'auteur d'un document masqué, le médecin traitant et le patient
peuvent le montrer de nouveau. En urgence, un professionnel
inscrit peut lire le dossier sans code, et cet accès est inscrit au
journal et signalé au patient. Ce qui a déjà été lu ne peut pas
être repris.
""",
        """\
The patient's rights over the shared medical summary

It is the patient who decides. With a key of his own he writes
himself. Otherwise his treating doctor writes for him (or the
locum, but for another code), in a signed mail. Otherwise any
enrolled professional can, who adds a line « Code » with the
patient's code.

Each request begins with these lines, in which all that stands in
brackets is replaced:

{example_wishes}

The word of the list is one of these:

  - « accesses » to know who read or changed the dossier;
  - « copy » to receive a copy of the whole dossier;
  - « correction » to have a document corrected (enclose the new
    version; the old one stays, marked);
  - « mask » to mask documents from all but their author, the
    treating doctor and the patient;
  - « unmask » to show them again;
  - « opposition » to refuse a doctor (name or RPPS);
  - « admit » to admit him again;
  - « new code » for another than the present one,
  - « revoke code » to have none any more;
  - « contest » to have the former treating doctor back, once, soon
    after a change (he, or patient with his key);
  - « close » to have the dossier closed (treating doctor with the
    code, or patient with his key).

For documents add a line « Numbers » (those of the table that the
request « index » brings; whoever is neither the patient nor his
treating doctor copies that table's name behind them); for a
doctor a line « Doctor ».

GOOD TO KNOW

The treating doctor cannot be refused: change him. A masked
document is shown again only by its author, the treating doctor or
the patient. In an emergency an enrolled professional may read the
dossier without the code, and that access is noted and the patient
told. What was read before cannot be taken back.
""",
    ),
}
