"""Keys that are sent in: why one is not taken, and what is to be said of one that is.

The reasons are those of :data:`rmp_milter.certificates.reading.Reason`, and ``wrong-purpose`` of
X.509 certificates (:mod:`rmp_milter.credentials.failure`).
"""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

_AGAIN = Text(
    "Joignez une autre clé publique, puis renvoyez le message.",
    "Attach another public key and send the mail again.",
)
_PROLONG = Text(
    "Prolongez-la avec un logiciel à jour, joignez-la de nouveau, puis renvoyez le message.",
    "Prolong it with a present program, attach it anew and send the mail again.",
)
_ALONE = Text(
    "Joignez un fichier .asc qui ne contient que cette clé, puis renvoyez le message.",
    "Attach a file .asc that holds this key only, and send the mail again.",
)

_WHY: Mapping[str, tuple[Text, Text]] = {
    "unreadable": (
        Text(
            "le fichier joint n'est pas une clé lisible", "the file attached is no readable key"
        ),
        _ALONE,
    ),
    "secret": (
        Text(
            "c'est une clé secrète, que son propriétaire doit garder pour lui",
            "it is a secret key, which its owner has to keep to himself",
        ),
        _ALONE,
    ),
    "several": (
        Text(
            "un fichier joint contient plusieurs clés, et rien ne dit laquelle compte",
            "a file attached holds several keys, and nothing says which one counts",
        ),
        _ALONE,
    ),
    "not-alone": (
        Text(
            "le fichier joint contient autre chose que la clé",
            "the file attached holds something else beside the key",
        ),
        _ALONE,
    ),
    "expired": (Text("elle est expirée", "it is expired"), _PROLONG),
    "revoked": (Text("elle est révoquée", "it is revoked"), _AGAIN),
    "no-encryption-key": (
        Text("elle ne permet pas de chiffrer", "nothing can be encrypted to it"),
        _AGAIN,
    ),
    "unsupported": (
        Text(
            "elle est d'un genre que le service n'emploie pas (il emploie RSA, Curve25519 et les "
            "courbes du NIST, ni Brainpool, ni la version 6, ni le post-quantique)",
            "it is of a kind that the service does not use (it uses RSA, Curve25519 and the curves "
            "of NIST, neither Brainpool nor version 6 nor post-quantum keys)",
        ),
        _AGAIN,
    ),
    "too-long": (
        Text(
            "elle est trop longue (RSA : 8192 bits au plus, DSA : 3072)",
            "it is too long (RSA: 8192 bits at most, DSA: 3072)",
        ),
        _AGAIN,
    ),
    "weak": (
        Text(
            "elle est trop courte (2048 bits au moins pour RSA et DSA)",
            "it is too short (2048 bits at least for RSA and DSA)",
        ),
        _AGAIN,
    ),
    "weak-hash": (
        Text(
            "elle n'est signée que par MD5 ou SHA-1, que l'on sait contrefaire",
            "it is signed by MD5 or SHA-1 only, which can be forged",
        ),
        _PROLONG,
    ),
    "not-yet-valid": (
        Text(
            "elle n'est valable que dans plus d'un jour : l'horloge de votre ordinateur, ou celle "
            "du service, n'est pas à l'heure",
            "it is valid only in more than a day: your computer's clock is wrong, or ours",
        ),
        _AGAIN,
    ),
    "wrong-purpose": (
        Text(
            "elle n'est pas faite pour le courriel (c'est celle d'une carte CPS qui sert à "
            "s'identifier, ou celle d'une autorité)",
            "it is not made for mail (it is the one of a CPS card for logging in, or an "
            "authority's)",
        ),
        _AGAIN,
    ),
    "no-self-signature": (
        Text(
            "elle ne porte aucune signature valable de son propriétaire",
            "it carries no valid signature of its owner",
        ),
        _AGAIN,
    ),
}


def _refused(why: Text, advice: Text) -> Text:
    return Text(
        f"La clé jointe n'a pas été enregistrée : {why.fr}. Rien n'a été changé. {advice.fr}",
        f"The key attached was not registered: {why.en}. Nothing was changed. {advice.en}",
    )


def _refused_patient(why: Text, advice: Text) -> Text:
    return Text(
        f"La clé du patient n'a pas été enregistrée : {why.fr}. Rien n'a été changé. {advice.fr}",
        f"The patient's key was not enrolled: {why.en}. Nothing was changed. {advice.en}",
    )


REFUSALS: Mapping[str, Text] = {
    "weak-key": Text(
        "Votre clé est trop faible : elle a moins de 2048 bits, ou n'est signée que par SHA-1. "
        "Rien n'a été fait. Prolongez-la avec un logiciel à jour, ou créez-en une autre, puis "
        "envoyez la clé publique à l'hébergeur. Vos demandes d'urgence restent reçues.",
        "Your key is too weak: it has fewer than 2048 bits, or is signed by SHA-1 only. Nothing "
        "was done. Prolong it with a present program or make another one, then send the public "
        "key to the host. Your emergency requests are still taken.",
    ),
    **{f"key-unusable-{reason}": _refused(*said) for reason, said in _WHY.items()},
    **{
        f"patient-key-unusable-{reason}": _refused_patient(*said)
        for reason, said in _WHY.items()
    },
}

LETTERS: Mapping[str, Text] = {
    "key-lacks-address": Text(
        """\
Cette clé ne nomme pas l'adresse {mail}.
Bien des messageries ne la trouveront pas pour cette adresse. Il
vaut mieux y ajouter l'adresse, puis l'envoyer à nouveau.
""",
        """\
This key does not name the address {mail}.
Many mail clients will not find it for that address. Better add
the address to it and send it again.
""",
    ),
    "key-expires": Text(
        """\
Cette clé expire le {day}. Le service ne pourra plus répondre
ensuite. Elle est à prolonger avant ce jour, puis à envoyer à
nouveau.
""",
        """\
This key expires on {day}. From then on the service cannot
answer. It has to be prolonged before that day, and sent again.
""",
    ),
}
