"""The index of a dossier and what stands around its documents."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "subject-dossier": Text("RMP : dossier de {patient}", "RMP: dossier of {patient}"),
    "index-head": Text(
        """\
Dossier de {patient}, né(e) le {birth_date}
Médecin traitant : {treating}
État au {date} : {entries} entrée(s), {documents} document(s)
""",
        """\
Dossier of {patient}, born {birth_date}
Treating doctor: {treating}
As of {date}: {entries} entries, {documents} documents
""",
    ),
    "index-empty": Text(
        "Ce dossier ne contient encore aucun document.", "This dossier is empty."
    ),
    "index-table": Text(
        "Ces numéros sont ceux de la table {table}. Pour demander des entrées par\n"
        "leur numéro, recopiez aussi ce nom, entre parenthèses derrière les\n"
        "numéros, ainsi « 5, 7 (table {table}) », car la table peut changer.\n",
        "These numbers are those of the table {table}. To ask for entries by\n"
        "number copy that name too, in brackets behind the numbers, like\n"
        "« 5, 7 (table {table}) », since the table may change.\n",
    ),
    "index-table-fixed": Text(
        "Ces numéros, ceux de la table {table}, restent les mêmes pour vous.\n",
        "These numbers, those of the table {table}, stay the same for you.\n",
    ),
    "index-mails": Text(
        "Les documents suivent dans {count} message(s), dans l'ordre de cette table,\n"
        "datés d'une seconde de plus chacun et numérotés comme elle. Chacun garde\n"
        "l'objet et la signature de son auteur : votre messagerie peut donc signaler que le\n"
        "signataire n'est pas l'expéditeur, ou que sa clé vous manque.",
        "The documents follow in {count} mail(s), in the order of this table, each\n"
        "dated a second later and numbered as it is here. Each keeps its\n"
        "author's subject and signature, so your mail client may point out that the signer is\n"
        "not the sender, or that you do not have the signer's key.",
    ),
    "index-keys": Text(
        "Les clés publiques des auteurs sont jointes ({name}). Importez-les\n"
        "pour vérifier leurs signatures : sans elles, Thunderbird annonce à tort un échec du\n"
        "déchiffrement quand vous ouvrez une pièce jointe signée.",
        "The authors' public keys are attached ({name}). Import them to\n"
        "check their signatures: without them Thunderbird wrongly reports that decryption failed\n"
        "when you open a signed attachment.",
    ),
    "index-hprim": Text(
        "Les fichiers entete-NN.hpr sont destinés à votre logiciel : ils portent l'en-tête HPRIM\n"
        "de l'entrée NN, pour la ranger dans le dossier de votre patient.",
        "The files entete-NN.hpr are for your software: they hold the HPRIM header of the entry\n"
        "NN, by which it files the entry itself.",
    ),
    "hprim-body": Text(
        "Résumé médical partagé, entrée {number} : {document}\nOnglet : {onglet}",
        "Shared medical summary, entry {number}: {document}\nTab: {onglet}",
    ),
    "index-masked": Text(
        "(masquée : visible de son auteur, du médecin traitant et du patient seulement)",
        "(masked: seen by its author, the treating doctor and the patient only)",
    ),
    "index-replaced": Text("VERSIONS REMPLACÉES", "REPLACED VERSIONS"),
    "index-replaced-by": Text(
        "(remplacée par l'entrée {number})", "(replaced by entry {number})"
    ),
    "index-unreadable": Text(
        "(déposé pour une autre de vos clés : redemandez le dossier avec le code du patient)",
        "(filed for another of your keys: ask again with the patient's code)",
    ),
    "enclosed": Text(
        "Entrée {number} : {title}\n\nLes pièces jointes sont chiffrées une par une : "
        "ouvrez-les avec votre clé.\n",
        "Entry {number}: {title}\n\nEach attachment is encrypted by itself: open it with "
        "your key.\n",
    ),
    "numbered": Text("\nPartie {index} sur {count}.\n", "\nPart {index} of {count}.\n"),
    "part": Text("partie {index} sur {count}", "part {index} of {count}"),
    "letter-part": Text("lettre", "letter"),
    "unnamed-part": Text("document sans nom", "unnamed document"),
}
