"""What decoding an entry can raise: in an exported folder it may be anything at all."""

import msgspec

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""No JSON or not what is wanted of it; text that is no UTF-8; lists within lists without end."""
