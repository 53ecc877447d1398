"""The sender's certificate out of an Autocrypt header field (Autocrypt level 1, 2.1).

Nobody vouches for the field: what it brings must prove itself.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Sequence

MOST = 96 << 10
"""Characters of a field; keys of mail clients have a few thousand."""
_KEY_DATA = re.compile(r"(?:^|;)\s*keydata\s*=([A-Za-z0-9+/=\s]+)$")


def certificates_of(fields: Sequence[str]) -> tuple[bytes, ...]:
    """Return the binary certificate of the one field; nothing for several, or for another form.

    ``fields`` are the values as they came, folded or not.
    """
    if len(fields) != 1 or len(fields[0]) > MOST:
        return ()
    found = _KEY_DATA.search(fields[0].strip())
    if not found:
        return ()
    try:
        return (b64decode("".join(found[1].split()), validate=True),)
    except binascii.Error:
        return ()
