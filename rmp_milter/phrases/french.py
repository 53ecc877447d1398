"""The French of what auditors' commands say, by the English line in the code."""

from collections.abc import Mapping

from rmp_milter.phrases.french_commands import COMMANDS
from rmp_milter.phrases.french_report import REPORT
from rmp_milter.phrases.french_witness import WITNESSES

_FORMATS: Mapping[str, str] = {
    # Notes, checkpoints, proofs.
    "a checkpoint of the log {origin}, not of {name}": (
        "un point de contrôle du journal {origin}, non de {name}"
    ),
    "a signature line of a wrong form": "une ligne de signature mal formée",
    "a signature line without a signature": "une ligne de signature sans signature",
    "base64 with bits that say nothing": "base64 avec des bits qui ne disent rien",
    "control characters (line ends must be LF alone)": (
        "caractères de commande (les fins de ligne doivent être LF seul)"
    ),
    "garbled behind {whole} entries": "illisible après {whole} entrées",
    "its checkpoint: {error}": "son point de contrôle : {error}",
    "no signature lines behind an empty line": "pas de ligne de signature après une ligne vide",
    "not UTF-8": "n'est pas de l'UTF-8",
    "not a checkpoint: the root is no hash": (
        "pas un point de contrôle : la racine n'est pas une empreinte"
    ),
    "not a checkpoint: three lines of name, size and root are wanted": (
        "pas un point de contrôle : il faut trois lignes, nom, nombre et racine"
    ),
    "not a proof that holds its entry": "pas un reçu qui contient son entrée",
    "not an Ed25519 verifier key": "pas une clé de vérification Ed25519",
    "not base64": "n'est pas du base64",
    "not signed by the expected key": "pas signé par la clé attendue",
    "note too long": "note trop longue",
    "proof too long": "reçu trop long",
    "the proof does not lead from entry {index} to the checkpoint's root": (
        "la preuve ne mène pas de l'entrée {index} à la racine du point de contrôle"
    ),
    "the signature of {name} is wrong": "la signature de {name} est fausse",
    "the verifier key's id is not that of its name and key": (
        "l'identifiant de la clé de vérification n'est pas celui de son nom et de sa clé"
    ),
    "{name!r}: not a key's name (empty, or with a space or a plus)": (
        "{name!r} : pas un nom de clé (vide, ou avec une espace ou un plus)"
    ),
    "entry {index} is not the one that the tree was built over": (
        "l'entrée {index} n'est pas celle sur laquelle l'arbre a été bâti"
    ),
    # The exported folder.
    "entry {index} is not an event": "l'entrée {index} n'est pas un événement",
    "entry {index} is of version {found}, not of {known}: another version of rmp-milter reads it": (
        "l'entrée {index} est de la version {found}, non de {known} : une autre version de"
        " rmp-milter la lit"
    ),
    "entry {index} has no reason": "l'entrée {index} n'a pas de motif",
    "holds {other}, wanted is {label}": "contient {other}, il faut {label}",
    "no auditors' key": "pas de clé d'auditeur",
    "no entry {index}: the log has {size}": "pas d'entrée {index} : le journal en a {size}",
    "the reason does not open with this key": "le motif ne s'ouvre pas avec cette clé",
    "{folder}: holds another log, or more of it: {origin}": (
        "{folder} : contient un autre journal, ou davantage de celui-ci : {origin}"
    ),
    "{folder}: holds another log: this one does not extend it": (
        "{folder} : contient un autre journal, que celui-ci ne prolonge pas"
    ),
    "{name!r}: a month as 2026-11": "{name!r} : un mois s'écrit 2026-11",
    "{path}: missing or cut": "{path} : manque, ou est coupé",
    "{path}: missing, or of a wrong length": "{path} : manque, ou n'a pas la bonne longueur",
    "{path}: too large for what it should be": "{path} : trop grand pour ce que ce doit être",
    "{path}: {error}": "{path} : {error}",
    "{which}: {error}": "{which} : {error}",
    # What the system says of a file.
    "No such file or directory": "fichier ou dossier absent",
    "Permission denied": "accès refusé",
    "Is a directory": "est un dossier",
    "Not a directory": "n'est pas un dossier",
    "File exists": "existe déjà",
    "No space left on device": "plus de place sur le disque",
    "Read-only file system": "système de fichiers en lecture seule",
}

_FINDINGS: Mapping[str, str] = {
    "access log: {finding}": "journal des accès : {finding}",
    "and {count} more are altered, up to entry {last}": (
        "et {count} autres sont modifiées, jusqu'à l'entrée {last}"
    ),
    "and {count} more like that, up to {last}": "et {count} autres semblables, jusqu'à {last}",
    (
        "entries and checkpoint are not of the same log: the root over the entries is not the"
        " one that was signed"
    ): (
        "les entrées et le point de contrôle ne sont pas du même journal : la racine des entrées"
        " n'est pas celle qui a été signée"
    ),
    (
        "entries that are dated before their predecessor: {count}, the first is entry {index},"
        " by {seconds} seconds"
    ): (
        "entrées datées d'avant la précédente : {count}, la première est l'entrée {index}, de"
        " {seconds} secondes"
    ),
    "entries {first} and {last} are swapped": "les entrées {first} et {last} sont échangées",
    "entries {first} to {last} are altered": "les entrées {first} à {last} sont modifiées",
    "entries {first} to {last} are in another order": (
        "les entrées {first} à {last} sont dans un autre ordre"
    ),
    "entries {first} to {last} are inserted: the log never had what stands there": (
        "les entrées {first} à {last} sont ajoutées : le journal n'a jamais eu ce qui est là"
    ),
    "entries {first} to {last} are missing": "les entrées {first} à {last} manquent",
    "entries {first} to {last} are missing at the end": (
        "les entrées {first} à {last} manquent à la fin"
    ),
    "entries {first} to {last} are replaced by {others} other(s)": (
        "les entrées {first} à {last} sont remplacées par {others} autre(s)"
    ),
    "entry {first} is altered": "l'entrée {first} est modifiée",
    "entry {first} is in another order": "l'entrée {first} est dans un autre ordre",
    "entry {first} is inserted: the log never had what stands there": (
        "l'entrée {first} est ajoutée : le journal n'a jamais eu ce qui est là"
    ),
    "entry {first} is missing": "l'entrée {first} manque",
    "entry {first} is missing at the end": "l'entrée {first} manque à la fin",
    "entry {first} is replaced by {others} other(s)": (
        "l'entrée {first} est remplacée par {others} autre(s)"
    ),
    "no old checkpoint given: whether the log only grew is not verified": (
        "sans ancien point de contrôle, que le journal n'ait fait que grandir n'est pas vérifié"
    ),
    "no verifier key given: who signed is not verified": (
        "sans clé de vérification, qui a signé n'est pas vérifié"
    ),
    "only {count} of the {old} entries of the old checkpoint are here": (
        "des {old} entrées de l'ancien point de contrôle, {count} seulement sont là"
    ),
    "the checkpoint": "le point de contrôle",
    "the checkpoint cannot be read: {error}": "le point de contrôle est illisible : {error}",
    "the checkpoint counts {size} entries, {count} are there": (
        "le point de contrôle compte {size} entrées, {count} sont là"
    ),
    (
        "the first {old} entries are not those of the old checkpoint: at least one was altered,"
        " removed or inserted"
    ): (
        "les {old} premières entrées ne sont pas celles de l'ancien point de contrôle : une au"
        " moins a été modifiée, retirée ou ajoutée"
    ),
    "the first {old} entries are those of the old checkpoint: what is wrong came after": (
        "les {old} premières entrées sont celles de l'ancien point de contrôle : ce qui ne va pas"
        " est venu après"
    ),
    "the log is what its checkpoint says": "le journal est ce que dit son point de contrôle",
    "the old checkpoint": "l'ancien point de contrôle",
    "the old checkpoint cannot be read: {error}": (
        "l'ancien point de contrôle est illisible : {error}"
    ),
    (
        "the old checkpoint counts {old} entries, this log {size}: it was cut or rebuilt shorter"
        " (or this is an export from before that checkpoint)"
    ): (
        "l'ancien point de contrôle compte {old} entrées, ce journal {size} : il a été coupé ou"
        " refait plus court (ou l'export date d'avant ce point de contrôle)"
    ),
    "the old checkpoint is of another log, {origin}": (
        "l'ancien point de contrôle est d'un autre journal, {origin}"
    ),
    "the sealed reason of entry {index} is altered": (
        "le motif scellé de l'entrée {index} est modifié"
    ),
    "the sealed reason of entry {index} is altered: {path}": (
        "le motif scellé de l'entrée {index} est modifié : {path}"
    ),
    "the sealed reason of entry {index} is missing: {path}": (
        "le motif scellé de l'entrée {index} manque : {path}"
    ),
    "truncated: the checkpoint counts {size} entries, {count} are there": (
        "coupé : le point de contrôle compte {size} entrées, {count} sont là"
    ),
    "{count} findings": "{count} constat(s)",
    "{path} is cut or garbled from entry {first} on": (
        "{path} est coupé ou illisible à partir de l'entrée {first}"
    ),
    "{path}: is not what entries {first} to {last} hash to": (
        "{path} : n'est pas l'empreinte des entrées {first} à {last}"
    ),
    "{path}: no entry has such a reason": "{path} : aucune entrée n'a un tel motif",
}

_HANDOVERS: Mapping[str, str] = {
    "key since": "clé depuis",
    "entry {index}: {key}": "l'entrée {index} : {key}",
    "key before": "clé d'avant",
    "key that it names": "clé qu'elle nomme",
    "entry {index} hands the log over to no key": (
        "l'entrée {index} ne remet le journal à aucune clé"
    ),
    "entry {index} hands the log over to the same key": (
        "l'entrée {index} remet le journal à la même clé"
    ),
    "its checkpoint does not end with entry {index}": (
        "son point de contrôle ne finit pas avec l'entrée {index}"
    ),
    "its checkpoint, by the {which} ({key}): {error}": (
        "son point de contrôle, par la {which} ({key}) : {error}"
    ),
    "{path}: no hand-over is there ({files})": "{path} : aucune remise de clé ({files})",
    "{path}: is of another entry, or of another log": (
        "{path} : est d'une autre entrée, ou d'un autre journal"
    ),
    "entry {index} hands the log over, without a checkpoint by both keys: {path}": (
        "l'entrée {index} remet le journal, sans un point de contrôle des deux clés : {path}"
    ),
    "{path}: entry {index} hands nothing over, or to another key": (
        "{path} : l'entrée {index} ne remet rien, ou à une autre clé"
    ),
    "the hand-over that was kept": "la remise qui a été gardée",
    "{which}: the first {size} entries are not those that it was signed over": (
        "{which} : les {size} premières entrées ne sont pas celles sur lesquelles elle a été signée"
    ),
    (
        "the hand-over of entry {index} came after this export: that it extends this log is"
        " not verified"
    ): (
        "la remise de l'entrée {index} est venue après cet export : qu'elle prolonge ce journal"
        " n'est pas vérifié"
    ),
    (
        "signed over {size} entries by the key {key}, which was handed over at entry {index}:"
        " what it signs behind that is worth nothing"
    ): (
        "signé sur {size} entrées par la clé {key}, remise à l'entrée {index} : ce qu'elle signe"
        " après ne vaut rien"
    ),
    "signed by the key {key}, which signs from entry {index} on only": (
        "signé par la clé {key}, qui ne signe qu'à partir de l'entrée {index}"
    ),
    "{error}; no other one that the hand-overs lead to did either": (
        "{error} ; ni par une autre à laquelle mènent les remises"
    ),
    (
        "entry {index} hands the log over from the key {former} to {present}, which does not"
        " lead from or to the key that is known"
    ): (
        "l'entrée {index} remet le journal de la clé {former} à {present}, ce qui ne mène ni à la"
        " clé connue ni à partir d'elle"
    ),
    (
        "the key {key} handed the log over twice: at entry {one} to {first}, at entry {other}"
        " to {second}: two histories, one of them by who has that key"
    ): (
        "la clé {key} a remis le journal deux fois : à l'entrée {one} à {first}, à l'entrée {other}"
        " à {second} : deux histoires, l'une de qui a cette clé"
    ),
}

FRENCH: Mapping[str, str] = {
    **_FORMATS,
    **_HANDOVERS,
    **_FINDINGS,
    **WITNESSES,
    **COMMANDS,
    **REPORT,
}
