"""The French help of the commands around witnesses, by their name and their options' names."""

from collections.abc import Mapping

_TO = "Où garder les points de contrôle cosignés ; sinon, dans FOLDER/witnessed."
HELP_WITNESS: Mapping[str, str] = {
    "--policy": "Quels témoins doivent avoir cosigné (C2SP tlog-policy).",
    "--to": _TO,
    "witness": (
        "Les témoins cosignent les points de contrôle d'un journal, après avoir vu qu'il n'a fait"
        " que grandir."
    ),
    "witness key": "Faire et montrer les clés d'un témoin à vous.",
    "witness key new": (
        "Fait un témoin appelé NAME dans FOLDER, et montre ses clés de vérification.\n\nNAME est"
        " une adresse sans https://, comme ars.example/temoin : elle dit qui vous êtes. Remettez"
        " les clés à qui demande votre cosignature, par un chemin sûr. FOLDER reste sur un seul"
        " poste : une copie au travail est un second témoin qui ne sait rien du premier."
    ),
    "witness key show": (
        "Montre les clés de vérification du témoin de FOLDER, une par ligne : Ed25519, puis"
        " ML-DSA-44."
    ),
    "witness watch": (
        "Être désormais témoin d'un journal, par sa clé de vérification VKEY ou un fichier qui la"
        " contient.\n\nPour un journal déjà suivi, c'est une clé de plus. Sans VKEY : montre quels"
        " journaux sont suivis, et jusqu'à quelle entrée. Un témoin qui a perdu ce qu'il savait"
        " commence au dernier point de contrôle que lui, ou un autre, a gardé."
    ),
    "witness watch --checkpoint": "Le point de contrôle où commencer, que vous avez gardé.",
    "witness serve": (
        "Être témoin par HTTP jusqu'à l'arrêt (C2SP tlog-witness), avec ce qui est dans FOLDER."
        "\n\nPOST /add-checkpoint reçoit un point de contrôle, GET /SHA-256/checkpoint montre le"
        " dernier cosigné. N'écoute que ce poste, sauf avis contraire : mettez devant lui un"
        " serveur web qui a un certificat."
    ),
    "witness serve --address": "Où écouter.",
    "witness serve --port": "Le port ; 0 est n'importe quel port libre.",
    "witness mail": (
        "Répond à un message, lu sur l'entrée standard, qui demande une cosignature ; écrit la"
        " réponse.\n\nPour un serveur de messagerie : rmp-audit witness mail FOLDER --from"
        " moi@ars.example | sendmail -t. Statut 1 et pas de réponse si rien n'est demandé, ou"
        " par personne dont le journal soit suivi."
    ),
    "witness mail --from": "Votre adresse, d'où part la réponse.",
    "witness push": (
        "Fait cosigner le point de contrôle du journal exporté dans FOLDER par les témoins de la"
        " politique.\n\nChacun qui a une adresse HTTP est sollicité. Seuls partent le nom du"
        " journal, son nombre d'entrées, sa racine et sa signature, et une preuve. Statut 1 si"
        " l'un refuse, se tait depuis un jour, ou si la politique n'est pas satisfaite."
    ),
    "witness status": (
        "Montre ce que les témoins de la politique ont dit en dernier ; personne n'est sollicité."
        " Statut comme push."
    ),
    "witness take": (
        "Garde les cosignatures de FILE, un point de contrôle ou le message qui l'a apporté.\n\n"
        "Ce doit être celui du journal exporté dans FOLDER. Pour les témoins sollicités par"
        " messagerie."
    ),
    "witness ask": (
        "Écrit le message qui demande une cosignature à WITNESS, dont l'adresse dans la politique"
        " est mailto:.\n\nPour un serveur de messagerie : rmp-audit witness ask FOLDER ars"
        " --policy FILE --from moi@chu.example | sendmail -t. Ce qui revient est pour take."
    ),
    "witness ask --from": "L'adresse où va la réponse.",
}
