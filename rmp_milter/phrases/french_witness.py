"""The French of what is said of witnesses, their cosignatures and policies."""

from collections.abc import Mapping

_COSIGNATURES: Mapping[str, str] = {
    "not the verifier key of a witness (Ed25519 or ML-DSA-44)": (
        "pas la clé de vérification d'un témoin (Ed25519 ou ML-DSA-44)"
    ),
    "the name of a witness is too long": "le nom d'un témoin est trop long",
    "a name of more than 255 octets cannot be cosigned": (
        "un nom de plus de 255 octets ne peut être cosigné"
    ),
    "more signatures by {name} than it would make": (
        "plus de signatures de {name} qu'il n'en ferait"
    ),
    (
        "the signature of {name} cannot be verified here: this program's cryptography has no"
        " ML-DSA-44"
    ): (
        "la signature de {name} ne peut être vérifiée ici : la cryptographie de ce programme n'a"
        " pas ML-DSA-44"
    ),
}

_POLICIES: Mapping[str, str] = {
    "policy too long": "politique trop longue",
    "control characters in the policy (lines must end with LF alone)": (
        "caractères de commande dans la politique (les fins de ligne doivent être LF seul)"
    ),
    "the policy is not UTF-8": "la politique n'est pas de l'UTF-8",
    "line {number}: {error}": "ligne {number} : {error}",
    "the policy is of format {found}; this version of rmp-milter reads {known}": (
        "la politique est au format {found} ; cette version de rmp-milter lit {known}"
    ),
    "the policy has no line that begins with quorum": (
        "la politique n'a pas de ligne qui commence par quorum"
    ),
    "not a line of a policy (log, witness, group, quorum)": (
        "pas une ligne de politique (log, witness, group, quorum)"
    ),
    "the name {name} is taken": "le nom {name} est pris",
    "too many of a kind": "trop d'éléments d'une même sorte",
    "{name} is defined on no line above, or a member already": (
        "{name} n'est défini sur aucune ligne plus haut, ou est déjà membre"
    ),
    "{name} is defined on no line above": "{name} n'est défini sur aucune ligne plus haut",
    "{word} is not all, any, or a number from 1 to {most}": (
        "{word} n'est ni all, ni any, ni un nombre de 1 à {most}"
    ),
    "a second quorum": "un second quorum",
    "the same key twice": "deux fois la même clé",
}

_RULINGS: Mapping[str, str] = {
    "request too long": "demande trop longue",
    "no size and proof before an empty line": (
        "pas de nombre et de preuve avant une ligne vide"
    ),
    "a log that is not witnessed here": "un journal qui n'a pas ce témoin",
    "the old size is larger than the checkpoint's": (
        "l'ancien nombre est plus grand que celui du point de contrôle"
    ),
    "the log signed two trees of {size} entries": (
        "le journal a signé deux arbres de {size} entrées"
    ),
    "the checkpoint that was cosigned last has {size} entries": (
        "le dernier point de contrôle cosigné a {size} entrées"
    ),
    "not proved to extend the checkpoint of {size} entries that was cosigned last": (
        "rien ne prouve qu'il prolonge le dernier point de contrôle cosigné, de {size} entrées"
    ),
    "cosigned": "cosigné",
    "a checkpoint of another log, {origin}": "un point de contrôle d'un autre journal, {origin}",
}

_STATION: Mapping[str, str] = {
    "the clock is behind the last cosignature by {seconds} seconds": (
        "l'horloge est en retard de {seconds} secondes sur la dernière cosignature"
    ),
    "witness: listens on {address} port {port}": "témoin : écoute sur {address}, port {port}",
    "witness: {status} {origin}: {why}": "témoin : {status} {origin} : {why}",
    "{origin} has too many keys": "{origin} a trop de clés",
    "{origin} is witnessed from now on": "{origin} a désormais ce témoin",
    "{origin} is witnessed here already": "{origin} a déjà ce témoin",
    "{path}: another process serves it already": "{path} : un autre processus le sert déjà",
    "{path}: cannot be used: {error}": "{path} : inutilisable : {error}",
    "{path}: has a key of ML-DSA-44, which this program's cryptography does not know": (
        "{path} : a une clé ML-DSA-44, que la cryptographie de ce programme ne connaît pas"
    ),
    "{path}: is of another format": "{path} : est d'un autre format",
    "{path}: is of another log": "{path} : est d'un autre journal",
    "{path}: not the folder of a witness": "{path} : pas le dossier d'un témoin",
    "of which log is the checkpoint? name its key as well": (
        "de quel journal est le point de contrôle ? nommez aussi sa clé"
    ),
    "{path}: another tree of {size} entries was cosigned: two histories": (
        "{path} : un autre arbre de {size} entrées a été cosigné : deux histoires"
    ),
    "{path}: not the key of a witness": "{path} : pas la clé d'un témoin",
    # By mail.
    "A checkpoint of {origin} to be cosigned (add-checkpoint).": (
        "Un point de contrôle de {origin} à cosigner (add-checkpoint)."
    ),
    "Cosigned: {origin}. The file has the signature.": (
        "Cosigné : {origin}. La signature est dans le fichier."
    ),
    (
        "NOT cosigned ({status}): {origin}: {why}. The file is the checkpoint that was cosigned"
        " last."
    ): (
        "NON cosigné ({status}) : {origin} : {why}. Le fichier est le dernier point de contrôle"
        " cosigné."
    ),
    "the mail has no checkpoint with it": "le message n'apporte pas de point de contrôle",
    "the mail is an answer itself": "le message est lui-même une réponse",
    "the mail is too long": "le message est trop long",
    "the mail says no address to answer to": "le message ne dit pas à qui répondre",
}

_ASKED: Mapping[str, str] = {
    "WITNESS": "TÉMOIN",
    "LAST COSIGNED": "DERNIÈRE COSIGNATURE",
    "SAID": "A DIT",
    "Witnesses: to be one, and to ask others.": "Les témoins : en être un, en solliciter.",
    "a checkpoint of {size} entries, and not the one of this export": (
        "un point de contrôle de {size} entrées, qui n'est pas celui de cet export"
    ),
    "answered without a signature of its own that holds": (
        "a répondu sans une signature à lui qui tienne"
    ),
    "[audit] witness_policy: no policy is named there": (
        "[audit] witness_policy : aucune politique n'y est nommée"
    ),
    "is not asked: another tree of as many entries was cosigned before": (
        "n'est pas sollicité : un autre arbre d'autant d'entrées a été cosigné avant"
    ),
    "answers {status}": "répond {status}",
    "cosigned by {names}": "cosigné par {names}",
    "cosigned {size} entries": "a cosigné {size} entrées",
    "did not answer": "n'a pas répondu",
    "does not witness this log (404)": "n'est pas témoin de ce journal (404)",
    "knows the log by another key (403)": "connaît le journal par une autre clé (403)",
    "name the policy: --policy FILE": "nommez la politique : --policy FICHIER",
    "no checkpoint of the last day is cosigned as the policy asks (quorum {quorum})": (
        "aucun point de contrôle du dernier jour n'est cosigné comme le veut la politique (quorum"
        " {quorum})"
    ),
    "no witness of the policy has cosigned it": "aucun témoin de la politique ne l'a cosigné",
    "refuses (409): it has cosigned another tree of this log, of as many entries": (
        "refuse (409) : il a cosigné un autre arbre de ce journal, d'autant d'entrées"
    ),
    (
        "refuses (409): it has cosigned {known} entries, {size} are submitted: the log was cut,"
        " or this export is an old one"
    ): (
        "refuse (409) : il a cosigné {known} entrées, on lui en soumet {size} : le journal a été"
        " coupé, ou cet export est ancien"
    ),
    "refuses (422): this is not the history that it has cosigned": (
        "refuse (422) : ce n'est pas l'histoire qu'il a cosignée"
    ),
    "the policy has no witness {name} with mailto:": (
        "la politique n'a pas de témoin {name} avec mailto:"
    ),
    "the policy is met (quorum {quorum})": "la politique est satisfaite (quorum {quorum})",
    "the witness {name} has cosigned nothing for {hours} hours": (
        "le témoin {name} n'a rien cosigné depuis {hours} heures"
    ),
    "the witness {name} {said}": "le témoin {name} {said}",
    "{size} entries: the signature of the witness {name} is wrong": (
        "{size} entrées : la signature du témoin {name} est fausse"
    ),
}

_RECEIPTS: Mapping[str, str] = {
    "Say what a receipt proves, in words.": "Dire ce que prouve un reçu, avec des mots.",
    "{path} proves nothing: {error}": "{path} ne prouve rien : {error}",
    "Entry {index} of the access log {origin} is this one, and no other:": (
        "L'entrée {index} du journal des accès {origin} est celle-ci, et aucune autre :"
    ),
    "  at": "  date",
    "  action": "  acte",
    "  outcome": "  issue",
    "  rpps": "  médecin (RPPS)",
    "  acting_for": "  à la place de",
    "  sender": "  adresse",
    "  reference": "  référence",
    "  documents": "  documents",
    "This file says that entry {index} of the access log {origin} is this one:": (
        "Ce fichier dit que l'entrée {index} du journal des accès {origin} est celle-ci :"
    ),
    (
        "NOT verified: who signed it; anybody could have made this file. Ask the host, or an"
        " auditor, for the log's key, and name it: --vkey KEY."
    ): (
        "NON vérifié : qui l'a signé ; n'importe qui peut avoir fait ce fichier. Demandez la clé du"
        " journal à l'hébergeur, ou à un auditeur, et nommez-la : --vkey CLE."
    ),
    (
        "Signed by the log, with the key {key}, to which hand-overs lead from the one that you"
        " named ({named}), when it counted {size} entries. Whoever changes this entry, or takes it"
        " away, contradicts this file: keep it."
    ): (
        "Signé par le journal, avec la clé {key}, à laquelle des relais mènent depuis celle que"
        " vous avez nommée ({named}), quand il comptait {size} entrées. Qui modifie cette entrée,"
        " ou la retire, contredit ce fichier : gardez-le."
    ),
    (
        "Signed by the log, with the key that you named ({key}), when it counted {size} entries."
        " Whoever changes this entry, or takes it away, contradicts this file: keep it."
    ): (
        "Signé par le journal, avec la clé que vous avez nommée ({key}), quand il comptait {size}"
        " entrées. Qui modifie cette entrée, ou la retire, contredit ce fichier : gardez-le."
    ),
    (
        "Whether others are shown the same log, this file alone does not say: an auditor can"
        " compare it with theirs, or witnesses have cosigned it (--policy FILE)."
    ): (
        "Si d'autres voient le même journal, ce fichier seul ne le dit pas : un auditeur peut le"
        " comparer au sien, ou des témoins l'ont cosigné (--policy FICHIER)."
    ),
    "the policy asks for no witness": "la politique ne demande pas de témoin",
    "The policy asks for no witness.": "La politique ne demande pas de témoin.",
    (
        "Cosigned by {count} witnesses: {names}. Each saw that this log only grew: nobody was"
        " shown another one."
    ): (
        "Cosigné par {count} témoin(s) : {names}. Chacun a vu que ce journal n'a fait que grandir :"
        " personne n'en a vu un autre."
    ),
}

_VERIFIED: Mapping[str, str] = {
    "witnesses": "témoins",
    (
        "cosigned by {names} are {old} entries, this log has {size}: it was cut or rebuilt shorter"
        " (or this is an export from before)"
    ): (
        "{names} ont cosigné {old} entrées, ce journal en a {size} : il a été coupé ou refait plus"
        " court (ou l'export est d'avant)"
    ),
    "cosigned by {names} at {size} entries: {error}": (
        "cosigné par {names} à {size} entrées : {error}"
    ),
    "entries {first} to {last} came after what the witnesses cosigned": (
        "les entrées {first} à {last} sont venues après ce que les témoins ont cosigné"
    ),
    "its checkpoint is not cosigned as the policy asks (quorum {quorum})": (
        "son point de contrôle n'est pas cosigné comme le veut la politique (quorum {quorum})"
    ),
    "no checkpoint here is cosigned as the policy asks (quorum {quorum})": (
        "aucun point de contrôle ici n'est cosigné comme le veut la politique (quorum {quorum})"
    ),
    (
        "the first {size} entries are not those that {names} cosigned: another history, or at least"
        " one was altered, removed or inserted"
    ): (
        "les {size} premières entrées ne sont pas celles que {names} ont cosignées : une autre"
        " histoire, ou une au moins a été modifiée, retirée ou ajoutée"
    ),
    "the policy has no key of the log {origin}": (
        "la politique n'a pas de clé du journal {origin}"
    ),
    "the tiles do not lead to the root of the checkpoint": (
        "les fichiers intermédiaires ne mènent pas à la racine du point de contrôle"
    ),
    "the witnesses cosigned {size} entries: entry {index} came after": (
        "les témoins ont cosigné {size} entrées : l'entrée {index} est venue après"
    ),
    "{path}: not cosigned as the policy asks (quorum {quorum})": (
        "{path} : n'est pas cosigné comme le veut la politique (quorum {quorum})"
    ),
    "{path}: {count} cosignatures, {said}": "{path} : {count} cosignature(s), {said}",
    "{proved}; cosigned: {said}": "{proved} ; cosigné : {said}",
    "{size} entries: {names}": "{size} entrées : {names}",
}

WITNESSES: Mapping[str, str] = {
    **_COSIGNATURES,
    **_POLICIES,
    **_RULINGS,
    **_STATION,
    **_ASKED,
    **_VERIFIED,
    **_RECEIPTS,
}
