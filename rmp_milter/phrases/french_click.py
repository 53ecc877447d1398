"""The French of what click says about a command line: its lines come filled, in English."""

import re
from collections.abc import Mapping

_LINES: Mapping[str, str] = {
    r"No such option '?(.+?)'?\.": "option inconnue {0}",
    r"No such option '?(.+?)'?\. Did you mean (.+)\?": "option inconnue {0} ; vouliez-vous {1} ?",
    r"No such option '?(.+?)'?\. \(Did you mean one of: (.+)\?\)": (
        "option inconnue {0} ; vouliez-vous l'une de : {1} ?"
    ),
    r"No such command '(.+?)'\.": "commande inconnue {0}",
    r"No such command '(.+?)'\. Did you mean (.+)\?": (
        "commande inconnue {0} ; vouliez-vous {1} ?"
    ),
    r"No such command '(.+?)'\. \(Did you mean one of: (.+)\?\)": (
        "commande inconnue {0} ; vouliez-vous l'une de : {1} ?"
    ),
    r"Missing command\.": "il manque une commande",
    r"Missing argument (.+?)\.": "il manque l'argument {0}",
    r"Missing option (.+?)\.": "il manque l'option {0}",
    r"Missing option (.+?)\. Choose from:\s(.+)": ("il manque l'option {0} ; au choix : {1}"),
    r"Got unexpected extra arguments? \((.+)\)": "argument en trop : {0}",
    r"Option (.+) requires an argument\.": "l'option {0} demande une valeur",
    r"Option (.+) does not take a value\.": "l'option {0} ne prend pas de valeur",
    r"'(.*)' is not a valid integer( range)?\.": "{0} n'est pas un nombre entier",
    r"'(.*)' is not a valid float( range)?\.": "{0} n'est pas un nombre",
    r"(\S+) is not in the range (.+)\.": "{0} n'est pas dans l'intervalle {1}",
    r"'(.*)' is not one of (.+)\.": "{0} n'est pas l'un de {1}",
    r"'(.*)' is not ('.+')\.": "{0} n'est pas {1}",
    r"(?:File|Path|Directory) '(.+)' does not exist\.": "{0} n'existe pas",
    r"(?:File|Path|Directory) '(.+)' is a file\.": "{0} est un fichier",
    r"(?:File|Path|Directory) '(.+)' is a directory\.": "{0} est un dossier",
    r"(?:File|Path|Directory) '(.+)' is not readable\.": "{0} ne peut pas être lu",
}
_KNOWN = tuple((re.compile(line, re.DOTALL), french) for line, french in _LINES.items())


def in_french(line: str) -> str:
    """Return click's line in French; one that is not known stays as it is."""
    for known, french in _KNOWN:
        if found := known.fullmatch(line):
            return french.format(*found.groups())
    return line


_METAVARS: Mapping[str, str] = {
    "ACTION": "ACTE",
    "COMMAND": "COMMANDE",
    "DAY": "JOUR",
    "DIR": "DOSSIER",
    "FILE": "FICHIER",
    "FOLDER": "DOSSIER",
    "INTEGER": "NOMBRE",
    "KEY": "CLÉ",
    "NAME": "NOM",
    "PROOF": "REÇU",
    "TEXT": "TEXTE",
    "TIME": "HEURE",
    "WITNESS": "TÉMOIN",
    "YYYY-MM": "AAAA-MM",
}
_METAVAR = re.compile(rf"(?<![\w-])({'|'.join(_METAVARS)})(?![\w-])")


def metavars_in_french(line: str) -> str:
    """Return a line of help with the words that stand for an argument in French."""
    return _METAVAR.sub(lambda found: _METAVARS[found[1]], line)
