"""X.509 certificates and their revocation lists (RFC 5280): read, and judged at a given time.

Public keys only, no clock, no files. In the order of the modules: tlv, bounds, pem, names, cps,
points, reading, signatures, comparing, verdicts, lists, compiling, candidates, walking, paths.
What walks a path (50 ms to import) is imported when the first one is.
"""

from rmp_milter.x509.compiling import compile_list
from rmp_milter.x509.cps import CardHolder, CardUse, Register
from rmp_milter.x509.lists import ListError, RevocationList, read_compiled
from rmp_milter.x509.paths import Judged, World, judge
from rmp_milter.x509.reading import X509, X509Error, read_several, read_x509
from rmp_milter.x509.verdicts import Answer, KeyUse, PathVerdict, Purpose, Use, allowed

__all__ = [
    "X509",
    "Answer",
    "CardHolder",
    "CardUse",
    "Judged",
    "KeyUse",
    "ListError",
    "PathVerdict",
    "Purpose",
    "Register",
    "RevocationList",
    "Use",
    "World",
    "X509Error",
    "allowed",
    "compile_list",
    "judge",
    "read_compiled",
    "read_several",
    "read_x509",
]
