"""SMIMECapabilities (RFC 8551, 2.5.2): what somebody can open, by which clients choose ciphers.

The same DER stands in signed mails and, as an extension, in certificates (RFC 4262).
"""

from collections.abc import Iterable

from rmp_milter.cms.ciphers import Mode, aes, algorithm_of, cipher
from rmp_milter.cms.errors import unreadable
from rmp_milter.cms.small import node, nodes
from rmp_milter.cms.tlv import SEQUENCE
from rmp_milter.keeper.cms.algorithms import OAEP
from rmp_milter.keeper.cms.encoding import algorithm, sequence

OID = "1.2.840.113549.1.9.15"
"""The attribute and the extension of a certificate."""
OURS = tuple(
    aes(size, mode).oid
    for mode, sizes in ((Mode.CBC, (32, 24, 16)), (Mode.GCM, (32, 16)))
    for size in sizes
)
"""What we say of ourselves: CBC first, as every client has it."""
MAX_CAPABILITIES = 64
_NAMES = {OAEP: "RSA-OAEP"}


def capabilities(oids: Iterable[str] = OURS) -> bytes:
    """Return SMIMECapabilities (DER), the most wanted first."""
    return sequence(*(algorithm(each) for each in oids))


def read_capabilities(der: bytes) -> tuple[str, ...]:
    """Return the names of :class:`.Cipher`, ``RSA-OAEP``, else identifiers, in their order.

    ``der`` went through :func:`.small.definite`. Raises :class:`CmsError` (``UNREADABLE``).
    """
    whole = node(der)
    if whole.tag != SEQUENCE:
        raise unreadable("no capabilities")
    found = [algorithm_of(each)[0] for each in nodes(whole.content)[:MAX_CAPABILITIES]]
    return tuple(_NAMES.get(each, cipher(each).name) for each in found)
