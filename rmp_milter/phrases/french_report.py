"""The French of the month's report as a printed document."""

from collections.abc import Mapping

REPORT: Mapping[str, str] = {
    "Access log: monthly report, {month}": "Journal des accès : rapport mensuel, {month}",
    # The first page.
    (
        "What the access log recorded in {month}, as it stood on {at}. No patient, doctor or"
        " reason is named; an emergency is known by its reference."
    ): (
        "Ce que le journal des accès a enregistré en {month}, dans son état du {at}. Aucun patient,"
        " aucun médecin et aucun motif n'est nommé ; une urgence se désigne par sa référence."
    ),
    (
        "What the access log recorded in {month}, as it stood on {at}; issued by {author}. No"
        " patient, doctor or reason is named; an emergency is known by its reference."
    ): (
        "Ce que le journal des accès a enregistré en {month}, dans son état du {at} ; rapport émis"
        " par {author}. Aucun patient, aucun médecin et aucun motif n'est nommé ; une urgence se"
        " désigne par sa référence."
    ),
    (
        "The log is not what its checkpoint says. Findings: {count}, listed under The log. The"
        " figures of this report cannot be relied on."
    ): (
        "Le journal n'est pas ce que dit son point de contrôle. Constats : {count}, au chapitre Le"
        " journal. On ne peut se fier aux chiffres de ce rapport."
    ),
    "The month was not over then: its figures are those of a part of it.": (
        "Le mois n'était pas fini alors : ses chiffres sont ceux d'une partie."
    ),
    "In short": "En bref",
    "The log": "Le journal",
    "verified, nothing found": "vérifié, aucun constat",
    "none": "aucun",
    "Emergency accesses": "Accès en urgence",
    "of these justified within {hours} hours": "dont justifiés en {hours} heures au plus",
    "of these reviewed within {hours} hours": "dont contrôlés en {hours} heures au plus",
    "{done} of {all}, {percent}": "{done} sur {all}, {percent}",
    "Overdue, of this month and of earlier ones": "En retard, de ce mois et d'avant",
    "What stands out": "Ce qui sort de l'ordinaire",
    "Deposits": "Dépôts",
    "Consultations": "Consultations",
    "Refusals": "Refus",
    "Entries that raise a question": "Entrées qui appellent une question",
    # The log.
    "Name": "Nom",
    "Entries in all": "Entrées en tout",
    "Root (base64)": "Racine (base64)",
    "Root (hexadecimal)": "Racine (hexadécimal)",
    "{count}, from number {first} to {last}": "{count}, du numéro {first} au {last}",
    "Entries of the month": "Entrées du mois",
    "no entry": "aucune entrée",
    "Signed by": "Signé par",
    "not verified: no key was given": "non vérifié : aucune clé n'a été donnée",
    "of {size} entries": "de {size} entrées",
    "none was given": "aucun n'a été donné",
    "Kept checkpoint": "Point de contrôle gardé",
    (
        "All of it was counted anew from the entries: they are what the checkpoint says. The"
        " checkpoint is three lines that stand for all entries; whoever keeps one can prove later"
        " that none of them was changed."
    ): (
        "Tout a été recalculé à partir des entrées : elles sont ce que dit le point de contrôle."
        " Celui-ci tient en trois lignes qui valent pour toutes les entrées ; qui en garde un peut"
        " prouver plus tard qu'aucune n'a été changée."
    ),
    "and {count} more": "et {count} autres",
    "Checkpoint": "Point de contrôle",
    "Entries": "Entrées",
    "of this export": "de cet export",
    "the first of the month": "le premier du mois",
    "the last of the month": "le dernier du mois",
    "of the month: none": "du mois : aucun",
    (
        "The first and the last are the trees behind the month's first and last entry of presence,"
        " counted from the entries: a checkpoint of that day that somebody kept has this root."
    ): (
        "Le premier et le dernier sont l'arbre après la première et la dernière entrée de présence"
        " du mois, recalculé à partir des entrées : un point de contrôle gardé ce jour-là a cette"
        " racine."
    ),
    (
        "Days without an entry of presence: {count} ({days}). On such a day the log was not signed"
        " as it should be daily."
    ): (
        "Jours sans entrée de présence : {count} ({days}). Ces jours-là, le journal n'a pas été"
        " signé comme il doit l'être chaque jour."
    ),
    "Each day that is over has an entry of presence.": (
        "Chaque jour écoulé a son entrée de présence."
    ),
    "Witnesses": "Témoins",
    (
        "No witness: nobody but the service is known to have signed a checkpoint of this export."
        " That the same history is shown to everybody is then known only by comparing checkpoints"
        " with other auditors."
    ): (
        "Aucun témoin : on ne sait de personne d'autre que le service qu'il ait signé un point de"
        " contrôle de cet export. Que la même histoire soit montrée à tous ne se sait alors qu'en"
        " comparant des points de contrôle entre auditeurs."
    ),
    (
        "So many others signed that this history of {size} entries extends all that they had signed"
        " before: {count}. Nobody can have been shown another one up to there."
    ): (
        "D'autres ont signé que cette histoire de {size} entrées prolonge tout ce qu'ils avaient"
        " signé auparavant : {count}. Personne ne peut en avoir vu une autre jusque-là."
    ),
    "Their signatures (UTC): {named}.": "Leurs signatures (UTC) : {named}.",
    # Emergencies.
    "not justified yet": "pas encore justifiés",
    "justified, waiting for their review": "justifiés, à contrôler",
    "review begun": "contrôle commencé",
    "review ended: admitted": "contrôle terminé : admis",
    "review ended: contested": "contrôle terminé : contestés",
    "not justified": "non justifié",
    "justified": "justifié",
    "in review": "en contrôle",
    "the justification": "la justification",
    "the review's end": "la fin du contrôle",
    "justification and review": "justification et contrôle",
    (
        "In an emergency a doctor is given the dossier at once, without card or code; he says why"
        " within {justify} hours, and each access is reviewed within {review}. Accesses of the"
        " month: {count}; doctors: {doctors}; services (domains of their addresses): {services}."
    ): (
        "En urgence, un médecin reçoit le dossier aussitôt, sans carte ni code ; il dit pourquoi"
        " sous {justify} heures, et chaque accès est contrôlé sous {review}. Accès du mois :"
        " {count} ; médecins : {doctors} ; services (domaines de leurs adresses) : {services}."
    ),
    "Emergency accesses by day": "Accès en urgence par jour",
    "accesses": "accès",
    "State on the day of this report": "État au jour de ce rapport",
    "Number": "Nombre",
    "Total": "Total",
    "Time allowed": "Délai",
    "in time": "tenu",
    "too late, or due": "dépassé",
    "not due yet": "en cours",
    "share in time": "part tenue",
    "Justified within {hours} hours": "Justifier sous {hours} heures",
    "Reviewed within {hours} hours": "Contrôler sous {hours} heures",
    "{title}: none.": "{title} : aucun.",
    "{title}: {total} in all; the most, {most}, on day {day}.": (
        "{title} : {total} en tout ; le plus, {most}, le {day}."
    ),
    "Day of the month (UTC)": "Jour du mois (UTC)",
    # What is overdue, what stands out.
    "What is overdue": "Ce qui est en retard",
    "Nothing: no emergency of this log waits beyond its time.": (
        "Rien : aucune urgence de ce journal n'attend au-delà de son délai."
    ),
    "Emergencies of this month or of earlier ones that wait beyond their time: {count}.": (
        "Urgences de ce mois ou d'avant qui attendent au-delà de leur délai : {count}."
    ),
    "Reference": "Référence",
    "Access (UTC)": "Accès (UTC)",
    "State": "État",
    "Awaited": "Attendu",
    "and {count} more; rmp-audit overdue names them all.": (
        "et {count} autres ; rmp-audit overdue les nomme toutes."
    ),
    "Nothing stands out among colleagues, this month or in all months.": (
        "Rien ne sort de l'ordinaire entre confrères, ni ce mois ni sur toute la durée."
    ),
    (
        "Figures of a doctor so far from his colleagues' that chance explains them once in a"
        " million at most: {count}. That is a question to ask, and proves nothing."
    ): (
        "Chiffres d'un médecin si éloignés de ceux de ses confrères que le hasard ne les explique"
        " qu'une fois sur un million au plus : {count}. C'est une question à poser, jamais une"
        " preuve."
    ),
    "Period": "Période",
    "What": "Quoi",
    "References": "Références",
    "{shown} and {count} more": "{shown} et {count} autres",
    "and {count} more; rmp-audit unusual names them all.": (
        "et {count} autres ; rmp-audit unusual les nomme tous."
    ),
    (
        "Whether emergencies of one doctor are for patients of one name is not known here: the"
        " host's file of namesakes was not given."
    ): (
        "Si des urgences d'un même médecin sont pour des patients d'un même nom, on ne le sait pas"
        " ici : le fichier des homonymes, que fait l'hébergeur, n'a pas été donné."
    ),
    (
        "Namesakes: {count} emergencies of the month are of {groups} groups, each of one doctor and"
        " of patients of one name, by the host's own word."
    ): (
        "Homonymes : urgences du mois, {count} ; groupes, chacun d'un médecin et de patients d'un"
        " même nom, {groups} ; c'est la parole de l'hébergeur."
    ),
    # All entries.
    "Deposits, consultations, refusals": "Dépôts, consultations, refus",
    "Deposits by day": "Dépôts par jour",
    "Consultations by day": "Consultations par jour",
    "Refusals by day": "Refus par jour",
    "entries": "entrées",
    "All entries of the month": "Toutes les entrées du mois",
    "Dossiers created": "Dossiers créés",
    "Lists of documents, patients or accesses": "Listes de documents, de patients ou d'accès",
    "Emergency accesses (entries)": "Accès en urgence (entrées)",
    "Justifications of emergencies": "Justifications d'urgences",
    "Reviews of emergencies": "Contrôles d'urgences",
    "Changes of the directory by the host": "Changements de l'annuaire par l'hébergeur",
    "Changes of keys": "Changements de clés",
    "Presence, once a day": "Présence, une fois par jour",
    "Refusals, of whatever was asked for": "Refus, quoi qu'on ait demandé",
    "Rights, patients' wishes and all else": "Droits, souhaits des patients et tout le reste",
    (
        "Entries of this log dated more than a day from their own writing, or not at all: {count},"
        " the first is entry {first}. They are counted where their date says, if anywhere: ask why."
    ): (
        "Entrées de ce journal datées à plus d'un jour de leur propre écriture, ou sans date :"
        " {count}, la première est l'entrée {first}. Elles sont comptées là où leur date le dit, si"
        " elle le dit : demandez pourquoi."
    ),
    "Directory, keys, questions": "Annuaire, clés, questions",
    "doctors enrolled": "médecins inscrits",
    "doctors changed": "médecins modifiés",
    "doctors removed": "médecins radiés",
    "doctors' new keys, by themselves": "nouvelles clés de médecins, par eux-mêmes",
    "the auditors' key": "la clé des auditeurs",
    "the custody key (entries, up to a hundred dossiers each)": (
        "la clé de garde (entrées, de cent dossiers au plus)"
    ),
    "the key that signs the log": "la clé qui signe le journal",
    "the pepper (entries, up to a hundred cards each)": (
        "le poivre (entrées, de cent fiches au plus)"
    ),
    "the key for documents that wait to be translated": (
        "la clé des documents qui attendent d'être traduits"
    ),
    "something was asked of the keeper without any right, and refused": (
        "on a demandé au gardien ce qu'aucun droit ne permettait ; il a refusé"
    ),
    "the host had records vouched for": (
        "l'hébergeur a fait reprendre par le gardien ce qui était enregistré"
    ),
    "an older copy was put back": "une copie plus ancienne a été remise en place",
    "No change of the directory, none of keys, nothing to ask.": (
        "Aucun changement de l'annuaire ni de clé, rien à demander."
    ),
    # How it was made.
    "How this report was made": "Comment ce rapport a été fait",
    (
        "From the export whose checkpoint has {size} entries, on {at}, by {author}. The date is"
        " that of the log's last entry, or was given; no clock was asked. Days and months are in"
        " universal time, but for what stands out, which goes by the host's clock."
    ): (
        "D'après l'export dont le point de contrôle a {size} entrées, le {at}, par {author}. La"
        " date est celle de la dernière entrée du journal, ou a été donnée ; aucune horloge n'a été"
        " consultée. Jours et mois sont en temps universel, sauf pour ce qui sort de l'ordinaire,"
        " qui suit l'horloge de l'hébergeur."
    ),
    "(not named)": "(non nommé)",
    "The same export and the same options give the same file, octet by octet, by {programs}:": (
        "Le même export et les mêmes options donnent le même fichier, octet pour octet, par"
        " {programs} :"
    ),
    "page {page} of {pages}": "page {page} sur {pages}",
    # What the command says.
    "--by, --checkpoint, --vkey, --policy, --namesakes: for --pdf only": (
        "--by, --checkpoint, --vkey, --policy, --namesakes : pour --pdf seulement"
    ),
    "{file}: {pages} pages, as of {at}": "{file} : {pages} pages, état du {at}",
    "a name of one line, {most} characters at most": (
        "un nom d'une ligne, de {most} caractères au plus"
    ),
    "the last entry has no date: say when the report is issued": (
        "la dernière entrée n'a pas de date : dites quand le rapport est émis"
    ),
    "the report would be issued before the log's last entry was written": (
        "le rapport serait émis avant que la dernière entrée du journal ne soit écrite"
    ),
}
