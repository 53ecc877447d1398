"""The index of a dossier and what stands around its documents."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "subject-dossier": Text("RMP : dossier de {patient}", "RMP: dossier of {patient}"),
    "index-head": Text(
        """\
Dossier de {patient}, né(e) le {birth_date}
Médecin traitant : {treating}
État au {date} : {entries} document(s), {documents} fichier(s)
""",
        """\
Dossier of {patient}, born {birth_date}
Treating doctor: {treating}
As of {date}: {entries} document(s), {documents} file(s)
""",
    ),
    "index-empty": Text(
        "Ce dossier ne contient encore aucun document.",
        "This dossier holds no document yet.",
    ),
    "index-table": Text(
        "Ces numéros sont ceux de la table {table}. Pour demander des\n"
        "documents par leur numéro, recopiez aussi ce nom, entre\n"
        "parenthèses derrière les numéros, ainsi\n"
        "« 5, 7 (table {table}) », car la table peut changer.\n",
        "These numbers are those of the table {table}. To ask for\n"
        "documents by number copy that name too, in brackets behind the\n"
        "numbers, like « 5, 7 (table {table}) », since the table may\n"
        "change.\n",
    ),
    "index-table-fixed": Text(
        "Ces numéros, ceux de la table {table}, restent les mêmes pour vous.\n",
        "These numbers, those of the table {table}, stay the same for you.\n",
    ),
    "index-mails": Text(
        "Les documents suivent dans {count} message(s), dans l'ordre de cet\n"
        "index, datés d'une seconde de plus chacun et numérotés comme lui.",
        "The documents follow in {count} mail(s), in the order of this\n"
        "index, each dated a second later and numbered as it is here.",
    ),
    "index-authors": Text(
        "Chacun garde l'objet et la signature de son auteur.",
        "Each keeps its author's subject and signature.",
    ),
    "index-authors-smime": Text(
        "Où un auteur a signé lui-même, votre logiciel peut dire que\n"
        "l'expéditeur n'est pas le signataire, ce qui est normal.",
        "Where an author has signed himself, your program may say that\n"
        "the sender is not the signer, which is as it should be.",
    ),
    "index-stapled": Text(
        "Où plusieurs documents voyagent ensemble, ouvrez d'un double clic\n"
        "chaque pièce jointe. Elle se lit comme un message et porte le\n"
        "numéro de cet index.",
        "Where several documents travel together, open each attachment\n"
        "with a double click. It reads as a mail and bears the number of\n"
        "this index.",
    ),
    "document-subject": Text("Document {number}", "Document {number}"),
    "documents": Text("documents {numbers}", "documents {numbers}"),
    "stapled": Text(
        "Ce message apporte les {numbers} de l'index.\n"
        "Chacun est chiffré et joint à part, un double clic sur la pièce\n"
        "jointe l'ouvre comme un message. Dans Thunderbird, le bouton\n"
        "« Déchiffrer et afficher » les ouvre tous.\n",
        "This mail brings {numbers} of the index.\n"
        "Each is encrypted and attached by itself, a double click on the\n"
        "attachment opens it as a mail. In Thunderbird the button\n"
        "« Decrypt and Show » opens them all.\n",
    ),
    "stapled-smime": Text(
        "Ce message apporte les {numbers} de l'index.\n"
        "Chacun est chiffré et joint à part, un double clic sur la pièce\n"
        "jointe « document-….eml » l'ouvre comme un message. Une pièce\n"
        "« smime.p7m » à côté est la même chose, fermée.\n",
        "This mail brings {numbers} of the index.\n"
        "Each is encrypted and attached by itself, a double click on the\n"
        "attachment « document-….eml » opens it as a mail. An attachment\n"
        "« smime.p7m » beside it is the same, closed.\n",
    ),
    "partitioned-open": Text(
        "Enregistrez tous les fichiers .pgp dans un dossier, puis\n"
        "sélectionnez-les tous. Clic droit, « Déchiffrer et vérifier »\n"
        "(Gpg4win), « Tout enregistrer », et ouvrez-les dans ce dossier.",
        "Save all the .pgp files to one folder, then select them all. Right\n"
        "click, « Decrypt and verify » (Gpg4win), « Save All », and open\n"
        "them in that folder.",
    ),
    "index-keys": Text(
        "LES SIGNATURES\n"
        "Chaque document est signé par son auteur, mais c'est le service\n"
        "qui vous l'envoie. À droite du mot « OpenPGP », Thunderbird montre\n"
        "donc un point d'interrogation bleu tant que vous n'avez pas la clé\n"
        "de l'auteur, un triangle rouge ensuite, et la mention « Signature\n"
        "numérique incertaine » (ou « douteuse »). C'est normal.\n\n"
        "Pour savoir qui a signé, importez une fois les clés des auteurs :\n"
        "clic droit sur la pièce jointe {name},\n"
        "« Importer une clé OpenPGP », « Acceptée (non vérifiée) », puis\n"
        "« Importer ».\n"
        "Ensuite, dans chaque document, cliquez sur « OpenPGP » en haut à\n"
        "droite, puis sur « Afficher la clé du signataire ».\n\n"
        "Sans ces clés, Thunderbird annonce à tort un échec du\n"
        "déchiffrement quand vous ouvrez une pièce jointe signée. S'il\n"
        "annonce une signature « non valide », prévenez l'hébergeur.",
        "THE SIGNATURES\n"
        "Each document is signed by its author, but sent to you by the\n"
        "service. So to the right of the word « OpenPGP » Thunderbird shows\n"
        "a blue question mark until you have the author's key, a red\n"
        "triangle after that, and « Uncertain Digital Signature ». This is\n"
        "normal.\n\n"
        "To know who signed, import the authors' keys once: right click on\n"
        "the attachment {name},\n"
        "« Import OpenPGP Key », « Accepted (unverified) », then\n"
        "« Import ».\n"
        "After that, in each document, click « OpenPGP » at the top right,\n"
        "then « View signer key ».\n\n"
        "Without these keys Thunderbird wrongly reports that decryption\n"
        "failed when you open a signed attachment. If it reports an\n"
        "invalid signature, tell the host.",
    ),
    "index-hprim": Text(
        "Les fichiers entete-NN.hpr sont pour votre logiciel : il y trouve\n"
        "de quoi ranger le document NN chez votre patient.",
        "The files entete-NN.hpr are for your software: they tell it where\n"
        "to file the document NN.",
    ),
    "hprim-body": Text(
        "Résumé médical partagé, document {number}, « {document} »\nOnglet « {onglet} »",
        "Shared medical summary, document {number}, « {document} »\nTab « {onglet} »",
    ),
    "index-masked": Text(
        "(masqué : vu de son auteur, du médecin traitant et du patient)",
        "(masked: seen by its author, the treating doctor, the patient)",
    ),
    "index-replaced": Text("VERSIONS REMPLACÉES", "REPLACED VERSIONS"),
    "index-replaced-by": Text(
        "(remplacé par le document {number})",
        "(replaced by document {number})",
    ),
    "index-unreadable": Text(
        "(pour une autre de vos clés : redemandez-le avec le code)",
        "(for another of your keys: ask again with the patient's code)",
    ),
    "enclosed": Text(
        """\
Document {number}, « {title} »

Les fichiers joints sont chiffrés un par un. Thunderbird : clic
droit sur le fichier, « Déchiffrer et ouvrir ». Outlook :
enregistrez-le, puis double-cliquez dessus.
""",
        """\
Document {number}, « {title} »

The files attached are encrypted one by one. Thunderbird: right
click on the file, « Decrypt and Open ». Outlook: save it, then
double-click it.
""",
    ),
    "enclosed-several": Text(
        """\
Ce message apporte les {numbers} de l'index.

Les fichiers joints sont chiffrés un par un. Thunderbird : clic
droit sur le fichier, « Déchiffrer et ouvrir ». Outlook :
enregistrez-le, puis double-cliquez dessus.
""",
        """\
This mail brings {numbers} of the index.

The files attached are encrypted one by one. Thunderbird: right
click on the file, « Decrypt and Open ». Outlook: save it, then
double-click it.
""",
    ),
    "numbered": Text("\nPartie {index} sur {count}.\n", "\nPart {index} of {count}.\n"),
    "part": Text("partie {index} sur {count}", "part {index} of {count}"),
    "file-part": Text("fichier « {name} »", "file « {name} »"),
    "letter-part": Text("lettre", "letter"),
    "unnamed-part": Text("document sans nom", "unnamed document"),
}
