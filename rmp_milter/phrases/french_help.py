"""The French help of auditors' commands, by their name and their options' names."""

from collections.abc import Mapping

from rmp_milter.phrases.french_help_witness import HELP_WITNESS

HEADS: Mapping[str, str] = {
    "Commands": "Commandes",
    "Show this message and exit.": "Montrer ce message.",
    "[default: ": "[par défaut : ",
    "required]": "obligatoire]",
}
"""Click's own words in a page of help."""

_NEW_KEY = (
    "Fait une clé d'auditeur, sur leur propre poste : FILE à garder, FILE.pub pour l'hébergeur."
    "\n\nFILE ouvre les motifs de toutes les urgences à partir du jour où l'hébergeur installe"
    " FILE.pub. Rien n'est jamais remplacé."
)
HELP: Mapping[str, str] = {
    **HELP_WITNESS,
    "key new": _NEW_KEY,
    "new-key": _NEW_KEY,
    "--json": "Écrire du JSON, pour un programme.",
    "--version": "Montrer la version.",
    "--lang": "Parler cette langue, et non celle du système.",
    "--wide": "Ne rien raccourcir, si étroit que soit le terminal.",
    "--config": "Le fichier de configuration.",
    "--vkey": "La clé de vérification du journal.",
    "--justify-hours": "En combien d'heures une justification est attendue.",
    "verify": (
        "Vérifie hors ligne un journal exporté, ou un seul reçu ; statut 1 si quelque chose ne va"
        " pas.\n\nTout est recalculé à partir des entrées. Avec --checkpoint : que le journal de"
        " ce jour-là est encore là, inchangé, et n'a fait que grandir ; avec --vkey : que son"
        " gardien l'a signé. Si la clé du journal a changé, --vkey peut être n'importe laquelle de"
        " ses clés : l'export a les remises de l'une à l'autre ; pour un seul reçu, ou un export"
        " plus ancien, nommez-les par --handover. Avec --policy : que ses témoins ont cosigné cette"
        " histoire-là."
    ),
    "--handover": (
        "Une remise de la clé du journal que vous avez gardée, ou un export qui en a."
    ),
    "verify --checkpoint": "Un point de contrôle que vous avez gardé.",
    "list": (
        "Liste les entrées du journal exporté dans FOLDER ; vérifiez-le d'abord.\n\nLes heures"
        " sont celles de l'arrivée du message, en temps universel. Sans --csv ni --json, c'est un"
        " tableau. --unjustified et --state valent --emergency : une ligne par accès, non par"
        " entrée. D'un médecin sont listés ce qu'il a fait, ce qui l'a concerné, et ce qui a été"
        " fait en son nom."
    ),
    "list --since": "À partir de ce jour ou de cette heure.",
    "list --until": "Jusqu'à ce jour ou cette heure.",
    "list --doctor": "Seulement ce qui concerne ce médecin.",
    "list --kind": "Seulement cette sorte, comme dossier.",
    "list --emergency": "Les accès en urgence, chacun avec son état.",
    "list --unjustified": "Ceux qui attendent une justification.",
    "list --state": "Ceux qui sont dans cet état.",
    "list --csv": "Écrire du CSV, avec tous les champs.",
    "show": (
        "Montre l'entrée N du journal exporté dans FOLDER, et si sa preuve tient.\n\nSans --key, un"
        " motif scellé n'est que son empreinte."
    ),
    "show --key": "La clé privée des auditeurs : montrer le motif en clair.",
    "prove": (
        "Écrit le reçu de l'entrée N du journal exporté dans FOLDER (C2SP tlog-proof).\n\nIl"
        " contient l'entrée, sa preuve et le point de contrôle, et se vérifie sans le journal. Avec"
        " --policy, le dernier point de contrôle que ses témoins ont cosigné, signatures comprises."
    ),
    "receipt": (
        "Dit ce que prouve un reçu, tel qu'un patient le reçoit avec la liste des accès à son"
        " dossier.\n\nFILE suffit. Avec --vkey, la clé du journal : qui l'a signé ; avec --policy :"
        " que ses témoins l'ont vu. Statut 1 s'il ne prouve rien."
    ),
    "prove --output": "Le fichier à écrire, au lieu de l'afficher.",
    "overdue": (
        "Liste les urgences du journal exporté dans FOLDER dont le délai est passé.\n\nStatut"
        " 1 s'il"
        " y en a : ni justifiée, ni close ou contestée à temps."
    ),
    "overdue --review-hours": "En combien d'heures le contrôle devrait être terminé.",
    "report": (
        "Compte les urgences d'un mois (temps universel) de FOLDER par état, médecin et"
        " service.\n\n"
        "Un service est le domaine de l'adresse : le journal n'en sait pas plus. Le PDF en dit"
        " bien plus du mois, et ne nomme aucun médecin : l'export est vérifié comme par verify, et"
        " ce qui ne va pas y est dit, avec le statut 1. Le même export et les mêmes options donnent"
        " le même PDF, octet pour octet."
    ),
    "report --month": "Le mois.",
    "report --pdf": "L'écrire dans ce fichier, pour un conseil qui le lira.",
    "report --by": "Qui l'émet.",
    "report --issued": (
        "Le jour ou l'heure dont il est ; un PDF est sinon de l'heure de la dernière entrée."
    ),
    "report --checkpoint": "Un point de contrôle que vous avez gardé.",
    "report --review-hours": "En combien d'heures le contrôle devrait être terminé.",
    "--namesakes": (
        "Le fichier de l'hébergeur : quelles urgences sont pour des patients d'un même nom."
    ),
    "--zone": "Le fuseau horaire de l'hébergeur, pour ses nuits et ses mois.",
    "unusual": (
        "Nomme les médecins dont les urgences, dans FOLDER, sortent de l'ordinaire, et pourquoi ;"
        " statut 1 s'il y en a.\n\nChaque mois, et tous ensemble, sont comparés à ce que neuf"
        " confrères du service sur dix ne dépassent pas : combien d'urgences, combien pour des"
        " patients inconnus du médecin, la nuit, sans justification, pour des patients d'un même"
        " nom ou un même patient. Le score est la puissance de dix de la chance contraire. C'est"
        " une question à poser, et ne prouve rien."
    ),
    "unusual --threshold": "À partir de quel score : 6 est une chance sur un million.",
    "figures": (
        "Compte les urgences de FOLDER par médecin ou service, et par mois.\n\nCombien ; combien"
        " pour des patients que le médecin n'avait pas connus, entre 22 et 6 heures, encore sans"
        " une justification qui est due ; combien de jours d'autres patients d'un même nom sont"
        " venus, ou un seul et même."
    ),
    "figures --by": "Une ligne par médecin, ou par service : le domaine de l'adresse.",
    "figures --month": "Seulement ce mois.",
    "figures --csv": "Écrire du CSV, avec tous les champs.",
    "namesakes": (
        "Écrit dans FILE, pour les auditeurs, quelles urgences de FOLDER sont pour des patients"
        " d'un même nom.\n\nDes groupes d'entrées d'un même médecin, sans aucun nom : pour"
        " rmp access unusual --namesakes. FILE n'est pas remplacé."
    ),
    "alert": (
        "Envoie à [audit] alerts et addresses ce qui sort de l'ordinaire dans FOLDER, chaque chose"
        " une fois.\n\nÀ partir de [audit] unusual, un score comme celui de rmp access unusual ; 0"
        " est jamais. Les messages nomment des urgences par leur référence, et personne."
    ),
    "compare": (
        "Dit si les points de contrôle de deux parties ou plus sont d'une même histoire ; statut 1"
        " sinon.\n\nChacun est un point de contrôle, le message qui l'a apporté, un reçu ou un"
        " dossier exporté. Si les nombres d'entrées diffèrent, l'un doit être un export qui en a"
        " autant que le plus grand. La preuve est montrée, ou la fourche : deux racines signées"
        " toutes deux pour les mêmes entrées. Avec --policy, ceux qui ont cosigné chacun sont"
        " comptés, et doivent suffire."
    ),
    "review": (
        "Note où en est le contrôle de l'urgence REFERENCE : une entrée du"
        " journal.\n\nL'entrée nomme"
        " qui a contrôlé, et l'état ; la note est à côté, scellée."
    ),
    "review --state": "Son état désormais.",
    "review --note": "Pourquoi, en mots : scellés pour les auditeurs.",
    "review --reviewer": "Qui a contrôlé, si ce n'est pas l'utilisateur de cette commande.",
    "letters": (
        "Imprime les lettres aux patients que l'hébergeur doit poster, une par page.\n\nElles"
        " nomment"
        " les patients et leur adresse : donnez-les à qui les poste, et à personne d'autre. Avec"
        " --posted, celles qui viennent d'être imprimées quittent le registre."
    ),
    "letters --out": "Écrire chaque lettre dans un fichier de ce dossier, au lieu de l'afficher.",
    "letters --posted": "Elles sont parties : oublier ces lettres.",
    "export": (
        "Signe le journal et l'écrit dans DIR ; dans le même dossier, seulement ce qui est nouveau."
        "\n\nLes motifs scellés des urgences sont à côté, dans DIR/reasons, et dans DIR/witnessed"
        " ce que des témoins ont cosigné en dernier.\n\nDIR est fait au"
        " besoin, au nom du gardien. Tout programme qui connaît C2SP tlog-tiles le vérifie. Il"
        " nomme"
        " des médecins, leurs adresses et leurs heures : remettez-le chiffré."
    ),
    "checkpoint": (
        "Signe le journal tel qu'il est et affiche le point de contrôle : ce que gardent les"
        " auditeurs.\n\nRemettez-le octet pour octet : une autre fin de ligne casse sa signature."
        " Avec --mail le gardien en service le signe, après une entrée de présence."
    ),
    "checkpoint --heartbeat": "Écrire d'abord une entrée qui dit : toujours là.",
    "checkpoint --mail": "L'envoyer à tous ceux qui les gardent ([audit]).",
    "begin": (
        "Commence un journal vide appelé NAME, là où l'ancien est perdu pour de bon.\n\nLe nom doit"
        " être nouveau, comme chu.example/rmp-2 : pour les auditeurs c'est un autre journal. Rien"
        " n'est remplacé : ce qui reste de l'ancien doit avoir été déplacé."
    ),
    "move": (
        "Reprend le journal de l'autre moteur ; tous ses gardiens doivent être arrêtés.\n\nrmp.toml"
        " nomme le moteur où il va. Tout est copié et comparé, chaque entrée recalculée et tout ce"
        " qui fut signé vérifié avant que le journal y soit ; un appel interrompu se redonne."
        " Ensuite celui de l'autre moteur n'est plus un journal : un fichier reste, sous un autre"
        " nom, jusqu'à ce que l'hébergeur l'enlève."
    ),
    "tables": (
        "Affiche ce que l'administrateur du serveur donne à psql : schéma, tables et rôle du"
        " journal.\n\nLe rôle s'appelle comme l'utilisateur du gardien. Personne d'autre n'y lit"
        " rien, le rôle du milter non plus ; et de ce qui fut inscrit il ne change ni n'enlève"
        " rien."
    ),
    "key": (
        "Affiche la clé de vérification du journal ; les auditeurs la reçoivent une fois, par un"
        " chemin sûr."
    ),
    "keys": (
        "Montre par quelles clés le journal exporté dans FOLDER a été signé, et depuis quelle"
        " entrée.\n\nAvec --vkey, celle que vous avez, les remises doivent mener aux autres ; sans"
        " elle, ce n'est que ce que dit FOLDER. Statut 1 si elles se contredisent, ou cette clé."
    ),
    "key install": (
        "Fait sceller les motifs à la clé des auditeurs du fichier PUBLIC dès le prochain"
        " démarrage."
        "\n\nUne entrée du journal le dit. Ce qui a été scellé avant s'ouvre avec l'ancienne clé"
        " seule."
    ),
}
