"""The page of the patient's rights."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "subject-rights": Text("RMP : les droits du patient", "RMP: the patient's rights"),
    "rights": Text(
        """\
Les droits du patient sur son résumé médical partagé

Le patient décide. Il écrit lui-même s'il a sa propre clé ; sinon son médecin traitant (ou le
remplaçant) écrit pour lui, par un message signé ; sinon tout professionnel inscrit, en ajoutant
une ligne « Code » avec le code du patient. Chaque demande commence par ces lignes, où l'on
remplace ce qui est entre crochets :

{example_wishes}

Les numéros sont ceux de la table reçue par « Demande : index » ; qui n'est ni le patient ni son
médecin traitant recopie derrière eux le nom de cette table.

Le mot de la liste est l'un de ceux-ci :

  - « accès » pour savoir qui a consulté ou modifié le dossier ;
  - « copie » pour recevoir une copie de tout le dossier ;
  - « rectification » pour faire corriger une entrée (joindre la
    nouvelle version ; l'ancienne reste, marquée) ;
  - « masquage » pour masquer des entrées à tous, sauf à leur auteur,
    au médecin traitant et au patient ;
  - « démasquage » pour les montrer de nouveau ;
  - « opposition » pour refuser un médecin (RPPS, adresse ou nom) ;
  - « levée d'opposition » pour l'admettre de nouveau ;
  - « nouveau code » pour changer de code ;
  - « révocation du code » pour n'en avoir plus aucun ;
  - « clôture » pour faire clore le dossier (médecin traitant avec le
    code, ou patient avec sa clé).

Ceux qui visent des entrées ou un médecin veulent une ligne de plus, « Numéros » ou
« Médecin ». Les numéros sont ceux de la table que l'on reçoit en demandant « index ». Le
médecin traitant ne peut pas être refusé : on en change. Une entrée masquée n'est démasquée que
par son auteur, le médecin traitant ou le patient. En urgence, un médecin inscrit peut accéder au
dossier sans code ; cet accès est tracé et signalé. Ce qui a déjà été lu ne peut pas être repris.
""",
        """\
The patient's rights over the shared medical summary

The patient decides. He writes himself if he has a key of his own; otherwise his treating doctor
(or the locum) writes for him, in a signed mail; otherwise any enrolled professional, who adds a
line « Code » with the patient's code. Each request begins with these lines, in which what
stands in brackets is replaced:

{example_wishes}

The numbers are those of the table that « Request : index » brings; whoever is neither the
patient nor his treating doctor copies that table's name behind them.

The word of the list is one of these:

  - « accesses » to know who read or changed the dossier;
  - « copy » to receive a copy of the whole dossier;
  - « correction » to have an entry corrected (enclose the new
    version; the old one stays, marked);
  - « mask » to mask entries from all but their author, the treating
    doctor and the patient;
  - « unmask » to show them again;
  - « opposition » to refuse a doctor (RPPS, address or name);
  - « admit » to admit him again;
  - « new code » to change the code;
  - « revoke code » to have none any more;
  - « close » to have the dossier closed (treating doctor with the
    code, or patient with his key).

Those about entries or a doctor want one more line, « Numbers » or « Doctor ». The numbers are
those of the table that comes when « index » is requested. The treating doctor
cannot be refused: change him. A masked entry is shown again only by its author, the treating
doctor or the patient. In an emergency an enrolled doctor may read the dossier without the code;
that access is traced and reported. What was read before cannot be taken back.
""",
    ),
}
