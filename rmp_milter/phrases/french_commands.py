"""The French of the lines that are the commands' own: lists, reports, what they ask back."""

from collections.abc import Mapping

_COMPARING: Mapping[str, str] = {
    "By which keys the log was signed.": "Par quelles clés le journal a été signé.",
    "Make a key for the reasons of emergencies.": "Faire une clé pour les motifs des urgences.",
    "FROM ENTRY": "DEPUIS",
    "KEY": "CLÉ",
    "no hand-over is there: the log has one key, the one that you were given": (
        "aucune remise : le journal a une seule clé, celle que vous avez reçue"
    ),
    "Whether checkpoints belong to one history.": (
        "Si des points de contrôle sont d'une même histoire."
    ),
    "PARTY": "PARTIE",
    "LOG": "JOURNAL",
    "ENTRIES": "ENTRÉES",
    "ROOT": "RACINE",
    "two are needed at least": "il en faut deux au moins",
    "note: {note}": "note : {note}",
    "{first} and {second} belong to one history: the first {size} entries are the same": (
        "{first} et {second} sont d'une même histoire : les {size} premières entrées sont les mêmes"
    ),
    "{first} and {second} do not belong to one history: two were signed under one name": (
        "{first} et {second} ne sont pas d'une même histoire : deux ont été signées sous un même"
        " nom"
    ),
    "{first} and {second}: not to be told without an export of {larger} entries or more": (
        "{first} et {second} : impossible à dire sans un export de {larger} entrées ou plus"
    ),
    "{first} and {second}: not to be told, {large} does not lead to its own root": (
        "{first} et {second} : impossible à dire, {large} ne mène pas à sa propre racine"
    ),
    "{first} and {second} are of logs of different names": (
        "{first} et {second} sont de journaux de noms différents"
    ),
    "the first entry that differs: {index}": "la première entrée qui diffère : {index}",
    "root of {size} entries by {name}: {root}": "racine de {size} entrées selon {name} : {root}",
    "proof from {small} to {large} entries (RFC 6962), by {name}:": (
        "preuve de {small} à {large} entrées (RFC 6962), par {name} :"
    ),
}

_FIGURES: Mapping[str, str] = {
    "Doctors whose emergencies stand out, and why.": (
        "Les médecins dont les urgences sortent de l'ordinaire, et pourquoi."
    ),
    "Emergencies in figures, by doctor or service.": (
        "Les urgences en chiffres, par médecin ou service."
    ),
    "MONTH": "MOIS",
    "TOTAL": "TOTAL",
    "UNKNOWN": "INCONNUS",
    "NIGHT": "NUIT",
    "UNJUST.": "INJUST.",
    "NAME": "NOM",
    "PATIENT": "PATIENT",
    "{count} emergencies; nine in ten of {colleagues} colleagues have {usual} at most": (
        "{count} urgences ; neuf sur dix des {colleagues} confrères en ont {usual} au plus"
    ),
    "Which emergencies are for patients of one name.": (
        "Quelles urgences sont pour des patients d'un même nom."
    ),
    "Mail what stands out to those who audit.": (
        "Envoyer aux auditeurs ce qui sort de l'ordinaire."
    ),
    "{file}: {count} groups": "{file} : {count} groupes",
    "[audit] unusual, or alerts and addresses: nobody is to be told": (
        "[audit] unusual, ou alerts et addresses : personne n'est à prévenir"
    ),
    "somebody else told them meanwhile": "quelqu'un d'autre les a prévenus entre-temps",
    "{count} new of {all} that stand out": "{count} nouveaux, de {all} qui sortent de l'ordinaire",
    "all months": "toute durée",
    "nothing stands out": "rien ne sort de l'ordinaire",
    (
        "{count} emergencies; usual are {usual} at most (nine in ten of {colleagues} colleagues,"
        " and the doctor's other months)"
    ): (
        "{count} urgences ; d'ordinaire {usual} au plus (neuf sur dix des {colleagues} confrères,"
        " et les autres mois de ce médecin)"
    ),
    (
        "other patients of one name on {count} days; nine in ten of {colleagues} colleagues have"
        " {usual} at most"
    ): (
        "d'autres patients d'un même nom, {count} jours différents ; neuf sur dix des {colleagues}"
        " confrères en ont {usual} au plus"
    ),
    (
        "one and the same patient on {count} days; nine in ten of {colleagues} colleagues have"
        " {usual} at most"
    ): (
        "un seul et même patient, {count} jours différents ; neuf sur dix des {colleagues}"
        " confrères en ont {usual} au plus"
    ),
    (
        "{part} of {whole} for patients not known before; nine in ten of {colleagues} colleagues"
        " have {percent} % at most"
    ): (
        "{part} sur {whole} pour des patients inconnus de lui jusque-là ; neuf sur dix des"
        " {colleagues} confrères sont à {percent} % au plus"
    ),
    "{part} of {whole} at night; nine in ten of {colleagues} colleagues have {percent} % at most": (
        "{part} sur {whole} la nuit ; neuf sur dix des {colleagues} confrères sont à {percent} % au"
        " plus"
    ),
    (
        "{part} of {whole} never justified; nine in ten of {colleagues} colleagues have"
        " {percent} % at most"
    ): (
        "{part} sur {whole} sans justification ; neuf sur dix des {colleagues} confrères sont à"
        " {percent} % au plus"
    ),
    "Entries {named}": "Entrées {named}",
    "Entries {named} and {more} more": "Entrées {named} et {more} autres",
    "{path}: is {found}, not {wanted}": "{path} : est {found}, non {wanted}",
    "{path}: is of the log {origin}": "{path} : est du journal {origin}",
    "{zone!r}: no time zone": "{zone!r} : pas un fuseau horaire",
}

_LINES: Mapping[str, str] = {
    "The tamper-evident log of who read and wrote what.": (
        "Le journal infalsifiable de qui a lu et écrit quoi."
    ),
    "A month in figures, or as a PDF for a board.": (
        "Un mois en chiffres, ou en PDF pour un conseil."
    ),
    "Move the log to a server, or back to a file.": (
        "Déplacer le journal vers un serveur, ou le ramener dans un fichier."
    ),
    "Print the log's tables and role for psql.": (
        "Afficher pour psql les tables et le rôle du journal."
    ),
    "Begin a new log where the old one is lost.": "Commencer un journal là où l'ancien est perdu.",
    "Emergencies whose time is over.": "Les urgences dont le délai est passé.",
    "List the events of an exported log.": "Lister les entrées d'un journal exporté.",
    "Note how far an emergency's review is.": "Noter où en est le contrôle d'une urgence.",
    "Print the letters that must be posted.": "Imprimer les lettres à poster.",
    "Show one event of an exported log.": "Montrer une entrée d'un journal exporté.",
    "Sign the log as it is, for auditors.": "Signer le journal tel qu'il est, pour les auditeurs.",
    "The keys of auditors.": "Les clés des auditeurs.",
    "Verify an exported log, or a proof, offline.": (
        "Vérifier un journal exporté, ou un reçu, hors ligne."
    ),
    "Write the log into a folder for auditors.": (
        "Écrire le journal dans un dossier, pour les auditeurs."
    ),
    "Write the proof of one event.": "Écrire le reçu d'une entrée.",
    # Tables.
    "ENTRY": "ENTRÉE",
    "AT": "DATE",
    "ACTION": "ACTE",
    "OUTCOME": "ISSUE",
    "SUBJECT": "CONCERNE",
    "SENDER": "ADRESSE",
    "REFERENCE": "RÉFÉRENCE",
    "STATE": "ÉTAT",
    "JUSTIFIED": "JUSTIFIÉE",
    "REVIEWED": "CONTRÔLÉE",
    "OVERDUE": "EN RETARD",
    "justification": "justification",
    "review": "contrôle",
    "justification, review": "justification, contrôle",
    "entry": "entrée",
    "proved": "prouvé",
    "words": "motif",
    "log": "journal",
    "entries": "entrées",
    "root": "racine",
    "old checkpoint": "ancien point de contrôle",
    "note": "note",
    "files written": "fichiers écrits",
    "next": "ensuite",
    "hint": "conseil",
    "reading": "lecture",
    "writing": "écriture",
    "{what}: {done} of {total}": "{what} : {done} sur {total}",
    "{size} entries": "{size} entrées",
    "in the log {origin} of {size} entries": "dans le journal {origin} de {size} entrées",
    "{proved}; who signed it is for verify to say": "{proved} ; qui l'a signé, verify le dit",
    "{proved}; who signed it is not verified without --vkey": (
        "{proved} ; sans --vkey, qui l'a signé n'est pas vérifié"
    ),
    "note: nothing in this log is so": "note : rien de tel dans ce journal",
    "note: entry {index} is dated {seconds} seconds before its predecessor": (
        "note : l'entrée {index} est datée {seconds} secondes avant la précédente"
    ),
    "note: {count} entries are dated before their predecessor": (
        "note : {count} entrées sont datées d'avant la précédente"
    ),
    "no entry names the doctor {doctor!r}; in this log are: {there}": (
        "aucune entrée ne nomme le médecin {doctor!r} ; ce journal connaît : {there}"
    ),
    "no kind of entry is called {kind!r}; in this log are: {there}": (
        "aucune sorte d'entrée ne s'appelle {kind!r} ; ce journal connaît : {there}"
    ),
    "give either --csv or --json": "donnez soit --csv, soit --json",
    "give either --kind or emergencies": "donnez soit --kind, soit les urgences",
    "give either --unjustified or --state": "donnez soit --unjustified, soit --state",
    "{value!r}: a day as 2026-11-24, or a time": (
        "{value!r} : un jour s'écrit 2026-11-24 ; ou une heure"
    ),
    # A month's report.
    "By doctor (RPPS)": "Par médecin (RPPS)",
    "By service (domain of the address)": "Par service (domaine de l'adresse)",
    "By state": "Par état",
    "Emergency accesses (breaking the glass): {month}": (
        "Accès en urgence (bris de glace) : {month}"
    ),
    "Log {origin}, {size} entries": "Journal {origin}, {size} entrées",
    "without a justification": "sans justification",
    "justified, to be reviewed": "justifiés, à contrôler",
    "under review": "en cours de contrôle",
    "closed": "clos",
    "contested": "contestés",
    "{count:>6}  emergency accesses": "{count:>6}  accès en urgence",
    "{count:>6}  justified too late, or not yet and due": (
        "{count:>6}  justifiés hors délai, ou dont le délai est passé"
    ),
    "{hours:>6}  half of them were justified within": (
        "{hours:>6}  délai médian de justification"
    ),
    "{count:>6}  {name}": "{count:>6}  {name}",
    # The host's side.
    "[audit] addresses: nobody is named there": "[audit] addresses : personne n'y est nommé",
    "a new, empty log {name}; tell the auditors, and send them rmp access key": (
        "un journal nouveau et vide, {name} ; dites-le aux auditeurs, et donnez-leur rmp access key"
    ),
    "moved to {engine}: {origin}, {size} entries, root {root}; start the keeper": (
        "déplacé vers {engine} : {origin}, {size} entrées, racine {root} ; démarrez le gardien"
    ),
    "rmp.toml names no server for the access log": (
        "rmp.toml ne nomme aucun serveur pour le journal des accès"
    ),
    "host and database in [keeper] say where it is": (
        "host et database, dans [keeper], disent où il est"
    ),
    "a note of 1 to {most} characters": "une note de 1 à {most} caractères",
    "installed: {fingerprint}; start the keeper anew": (
        "installée : {fingerprint} ; redémarrez le gardien"
    ),
    "is the keeper running? it listens at {socket}": (
        "le gardien tourne-t-il ? il écoute sur {socket}"
    ),
    "it changed meanwhile: look at it and review it again": (
        "elle a changé entre-temps : regardez-la et contrôlez-la à nouveau"
    ),
    "move {folder} and {folder}.state away, and keep them": (
        "déplacez {folder} et {folder}.state, et gardez-les"
    ),
    "run it as root, or as the user that owns the keeper's folder": (
        "à lancer comme root, ou comme le propriétaire du dossier du gardien"
    ),
    "no emergency has the reference {reference}": (
        "aucune urgence n'a la référence {reference}"
    ),
    "rmp access list --emergency EXPORT shows the references": (
        "rmp access list --emergency EXPORT montre les références"
    ),
    "somebody else posted them meanwhile": "quelqu'un d'autre les a postées entre-temps",
    "{count} letters posted": "{count} lettres postées",
    "{count} letters to post": "{count} lettres à poster",
    "{reference} is {state} already": "{reference} : état {state} déjà noté",
    "{reference}: {state} (entry {index})": "{reference} : {state} (entrée {index})",
}

COMMANDS = {**_LINES, **_FIGURES, **_COMPARING}
