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

WITNESSES: Mapping[str, str] = {**_COSIGNATURES, **_POLICIES, **_RULINGS}
