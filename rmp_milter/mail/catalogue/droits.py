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
la ligne « Code : » avec le code du patient. Chaque demande commence par :

    Demande : (voir ci-dessous)
    Patient : DUPONT Jean
    Né le : 30/01/1959

Les numéros sont ceux de la table reçue par « Demande : index » ; qui n'est ni le patient ni son
médecin traitant recopie derrière eux le nom de cette table.

  - Savoir qui a consulté ou modifié le dossier :     Demande : accès
  - Recevoir une copie de tout le dossier :           Demande : copie
  - Faire corriger une entrée (joindre la nouvelle
    version ; l'ancienne reste, marquée) :            Demande : rectification, Numéros : 3
  - Masquer des entrées à tous, sauf à leur auteur,
    au médecin traitant et au patient :               Demande : masquage, Numéros : 2, 5
    et les montrer de nouveau :                       Demande : démasquage, Numéros : 2
  - Refuser un médecin (RPPS, adresse ou nom) :       Demande : opposition, Médecin : Dr X
    et l'admettre de nouveau :                        Demande : levée d'opposition
  - Changer de code :                                 Demande : nouveau code
    ou n'en avoir plus aucun :                        Demande : révocation du code
  - Faire clore le dossier (médecin traitant avec le
    code, ou patient avec sa clé) :                   Demande : clôture

Chaque mot suivant « Demande » se met sur sa propre ligne (« Numéros : », « Médecin : »). Le
médecin traitant ne peut pas être refusé : on en change. Une entrée masquée n'est démasquée que
par son auteur, le médecin traitant ou le patient. En urgence, un médecin inscrit peut accéder au
dossier sans code ; cet accès est tracé et signalé. Ce qui a déjà été lu ne peut pas être repris.
""",
        """\
The patient's rights over the shared medical summary

The patient decides. He writes himself if he has a key of his own; otherwise his treating doctor
(or the locum) writes for him, in a signed mail; otherwise any enrolled professional, who adds a
line « Code : » with the patient's code. Each request begins with:

    Request : (see below)
    Patient : DUPONT Jean
    Born : 30/01/1959

The numbers are those of the table that « Request : index » brings; whoever is neither the
patient nor his treating doctor copies that table's name behind them.

  - Know who read or changed the dossier:             Request : accesses
  - Receive a copy of the whole dossier:              Request : copy
  - Have an entry corrected (enclose the new version;
    the old one stays, marked):                       Request : correction, Numbers : 3
  - Mask entries from all but their author, the
    treating doctor and the patient:                  Request : mask, Numbers : 2, 5
    and show them again:                              Request : unmask, Numbers : 2
  - Refuse a doctor (RPPS, address or name):          Request : opposition, Doctor : Dr X
    and admit him again:                              Request : admit
  - Change the code:                                  Request : new code
    or have none any more:                            Request : revoke code
  - Have the dossier closed (treating doctor with the
    code, or patient with his key):                   Request : close

Each further word stands on a line of its own (« Numbers : », « Doctor : »). The treating doctor
cannot be refused: change him. A masked entry is shown again only by its author, the treating
doctor or the patient. In an emergency an enrolled doctor may read the dossier without the code;
that access is traced and reported. What was read before cannot be taken back.
""",
    ),
}
