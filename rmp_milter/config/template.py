"""The text of ``rmp.toml``: one template for the shipped example and for ``rmp init``."""

import json
from collections.abc import Mapping

EXAMPLE: Mapping[str, str | tuple[str, ...]] = {
    "addresses": ("rmp@chu.example",),
    "name": "Résumé médical partagé",
    "keeper": "keeper",
    "milter": "milter",
    "store": "store",
    "courier": "courier",
    "public": "public",
    "outbox_key": "shared/outbox.key",
    "keeper_socket": "run/keeper.sock",
    "milter_socket": "run/milter.sock",
    "operator_socket": "keeper/operator.sock",
    "milter_group": "",
    "tunnel": "tunnel",
    "tunnel_sockets": "run/tunnel",
    "users": ("rmp-milter",),
}
"""What the shipped example has for the values that :func:`render` fills in."""

_TEXT = """\
# The configuration of rmp-milter: see rmp.toml(5). "rmp check" tells what is wrong with it.
# Every setting but [service] addresses may be left out; what stands here are the defaults.
# Relative paths start at the folder of this file.

# What this file is read as: a later version of rmp-milter may write another number here.
format = 1

[service]
# The addresses that the service takes mail for, and all others by which people write to it: a
# mail whose signed part names others only is refused. Answers come from the first one.
addresses = {addresses}
# What the doctors see beside that address.
name = {name}
# The language of answers: "fr" or "en".
language = "fr"
# The time zone in which days and hours are written for people, and begin: a locum's, a day's
# receipts. Logs and whatever else machines read are in universal time.
timezone = "Europe/Paris"

[paths]
# One folder for each part; each is read by its own user only.
keeper = {keeper:<10}  # its keys (*.key), trust/, log/, log.state
milter = {milter:<10}  # metadata.key, index.key
store = {store:<11}  # the dossiers and the outbox: shared by milter and courier
courier = {courier:<9}  # dkim.key
public = {public:<10}  # service.asc, service-smime.cer, dkim.txt: to hand out
# Seals the outbox: shared by milter and courier.
outbox_key = {outbox_key}

[sockets]
# Unix sockets, at most 107 bytes long as absolute paths.
keeper = {keeper_socket}
milter = {milter_socket}
# Where root's commands reach the keeper, for what the host does by himself. Nobody else may
# connect; left out it lies in the keeper's folder.
operator = {operator_socket}
# Who may connect: octal modes. The keeper also looks at who calls ([keeper] users).
keeper_mode = "0660"
milter_mode = "0660"
# The group that the milter's socket is given, so that Postfix may connect; "" leaves it.
milter_group = {milter_group}

[tunnel]
# Calls between hosts (docs/several-machines.md). Keepers on other hosts, by a name each, that
# "rmp tunnel connect" reaches; [milter] keepers names their sockets. An example:
# keepers = {{ a = "keeper-a.chu.example:7443" }}
keepers = {{}}
# Where "rmp tunnel listen" takes calls of milters on other hosts to this host's keeper:
# addresses of this host, with a port, such as "192.0.2.10:7443".
listen = []
# This host's own key and certificate, and those of the others that it trusts.
folder = {tunnel}
# Where the keepers of other hosts are called: NAME.sock.
sockets = {tunnel_sockets}

[limits]
# The largest mail taken, in bytes; Postfix's message_size_limit must be the same.
message_bytes = 52_428_800
# The most that a mail may decompress to, with the files that are encrypted by themselves.
plaintext_bytes = 67_108_864
# How many bytes of a mail's text are searched for the routing header.
header_bytes = 65_536
# An answer larger than this is split into numbered mails.
answer_bytes = 10_000_000
# How many readers an encrypted mail may be encrypted to.
key_packets = 64
# How many MIME parts a mail may have.
parts = 200

[keeper]
# Worker processes; as many as the machine has cores. Two more are started, one of them
# for emergencies alone, and one for root's commands.
workers = 2
# Users (names or numeric uids) that may call the keeper: the milter's.
users = {users}
# Where the custody key lies on a token (rmp key rotate custody --token): the PKCS#11 module that
# speaks with it, and where its PIN stands, a file that the keeper alone may read or
# "credential:NAME", one that systemd gives the keeper's unit.
token_module = ""
token_pin = ""
# Characters of a patient's code: of one that the service draws, and at least of one given.
# Less than 8 counts as 8.
code_length = 8
code_minimum = 8
# What keeps the access log, and what the keeper remembers by itself: files in its folder ("lmdb"),
# or a PostgreSQL server, under a role and in a schema of the keeper's own that the milter cannot
# read; then a second keeper can stand by (docs/several-machines.md). The rest is as in [store].
engine = "lmdb"
host = ""
port = 0
database = ""
schema = "rmp_keeper"
service = ""

[milter]
# How long the milter waits for Postfix, and for the keeper, in seconds.
timeout_seconds = 600
keeper_timeout_seconds = 120
# Where the milter calls keepers, in this order: a mail goes to the first that is there, and
# stays with it (docs/several-machines.md). None: [sockets] keeper.
keepers = []
# How long after its final dot a mail may begin anew with another keeper, or wait for one, in
# seconds; then it hears 451. Postfix must wait for longer (milter_content_timeout).
keeper_wait_seconds = 60
# How long a mail that was done is known again when it comes twice.
duplicate_days = 30
# How often it looks after waiting deposits and daily receipts, in seconds.
chores_seconds = 300

[rules]
# So many wrong codes for one dossier within the window let its code rest for as long.
wrong_codes = 5
# So many within 30 days let one rest that was made when codes could be short (store format 1).
old_wrong_codes = 30
# So many of one sender, and in all, end code requests.
sender_codes = 10
global_codes = 500
# So many lists may one doctor ask for within the window.
lists = 30
window_seconds = 3600
# How long an answer waits that must not be told from another by its time.
hold_seconds = 60
# How long a deposit waits for its patient's dossier.
waiting_days = 30
# How long a closed dossier is kept before it can be erased.
retention_years = 20
# How old a mail's signature may be, or the day that an unsigned one says it was written on.
signature_days = 7
# How long a change of médecin traitant can be contested, once; 0: not at all. Meanwhile the
# dossier is not closed, and the patient gets no other key.
contest_days = 15
# Whether the keeper opens a document, in memory, for a reader whose program cannot open it as
# its author encrypted it (OpenPGP for one, S/MIME for the other), and for the form "lisible".
# Without it such a reader is told that he cannot have the document.
translates = true

[policy]
# Rows of the table of rights (docs/rules.md) that this host has its own of, each a list of
# sets of proofs. An example that demands the card for a creation:
# creation_autre = ["signature+vitale"]
# And one that demands the professional's CPS card too, for a creation and to read:
# creation_autre = ["cps+vitale"]
# consultation_autre = ["cps+vitale"]

[onglets]
# Words of document types and file names that this host wants in an onglet; they are tried
# before the built-in ones. Accents and case do not matter, * stands for any letters. Examples:
# explorations = ["bilan urodynamique", "capillaroscop*"], courriers = ["lettre de sortie"]
synthese = []
traitements = []
comptes_rendus = []
hospitalisation = []
imagerie = []
biologie = []
explorations = []
prevention = []
courriers = []
administratif = []
divers = []

[answers]
# With how many mails one request is answered at most, the index among them. Documents travel
# together where that helps; the rest is listed and follows on request. An emergency gets all.
mails = 20

[store]
# Files in the store's folder ("lmdb"), or a PostgreSQL server that several machines share.
engine = "lmdb"
# LMDB: the most that the store may ever hold, address space, not disk.
map_bytes = 68_719_476_736
# PostgreSQL: where it is; what is empty or 0 is libpq's default. Never a password: each process
# is who its system user is (peer), or has a file of its own (docs/postgresql.md).
host = ""
port = 0
database = ""
schema = "rmp"
service = ""

[courier]
# Postfix's listener without milter, that takes the answers.
host = "127.0.0.1"
port = 10_026
# Connections at once.
senders = 2
# Waits before each further attempt; the last one is repeated until hours have passed.
retry_seconds = [60, 300, 900, 3600, 14_400]
give_up_hours = 120

[dkim]
# Signs the answers. An empty domain is that of the first address.
domain = ""
selector = "rmp"

[audit]
# Who is sent the access log's checkpoints, every day: at least two, out of the host's reach.
addresses = []
# At which hour, in universal time.
hour = 5
# Who is told of emergency accesses that are overdue: a reference, nobody's name.
alerts = []
# Within how many hours an emergency is to be justified, and reviewed; the doctor is reminded
# so many hours after it.
justify_hours = 24
review_hours = 72
remind_hours = [12, 20]
# From which score on those named here are told that a doctor's emergencies stand out (a day's
# rmp access alert): 6 is one chance in a million, 0 is never.
unusual = 6.0
# Which witnesses must cosign the access log: a policy file (C2SP tlog-policy), by its absolute
# path; empty is none. And where rmp access witness push keeps what they cosigned.
witness_policy = ""
witnessed = "/var/lib/rmp-witness"

[consent]
# The version of the text to which patients consent, written into each new dossier. Its words:
# rmp consent show. Another text is kept under another version first (rmp consent add).
version = "2026-1"

[log]
# "debug", "info", "warning" or "error"; lines go to stderr, without any identity.
level = "info"
"""


def render(values: Mapping[str, str | tuple[str, ...]]) -> str:
    """Return the file's text; ``values`` has the keys of :data:`EXAMPLE`."""
    return _TEXT.format_map({name: _toml(value) for name, value in values.items()})


def _toml(value: str | tuple[str, ...]) -> str:
    """Return TOML for a string or strings; JSON's escapes are TOML's (TOML 1.0, String)."""
    return json.dumps(value, ensure_ascii=False)
