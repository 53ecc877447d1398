"""Bodies put together packet by packet: every order that somebody may try, and its verdict."""

import bz2
import zlib
from hashlib import sha1
from typing import NamedTuple

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from keeper_gpg import Gpg, packets_of
from openpgp.util import encrypt_session_key_to_recipient

from rmp_milter.certificates import encryption_keys
from rmp_milter.keeper.openpgp.packets import frame
from rmp_milter.keeper.openpgp.sessionkey import SessionKey

TEXT = b"Patient : DUPONT Jean\r\n\r\nLettre.\r\n"
KEY = SessionKey(9, bytes(range(32)))


class Order(NamedTuple):
    """Packets inside a body; ``opens`` is what this service says of them.

    ``gpg`` and ``sqop`` say whether those open them, where that is another answer; ``why`` the
    reason of a difference from both, or from the one that opens it.
    """

    packets: bytes
    opens: bool
    gpg: bool | None = None
    sqop: bool | None = None
    why: str = ""


def sealed(packets: bytes) -> bytes:
    """Encrypt packets as SEIPD version 1, by hand."""
    clear = b"0123456789abcdef" + b"ef" + packets + b"\xd3\x14"
    clear += sha1(clear, usedforsecurity=False).digest()
    cipher = Cipher(algorithms.AES(KEY.key), CFB(bytes(16))).encryptor()
    return frame(18, b"\x01" + cipher.update(clear))


def for_reader(packets: bytes, certificate: bytes, now: int) -> bytes:
    """Return a whole message around the packets, to the certificate's owner."""
    (reader,) = encryption_keys(certificate, now)
    packet = encrypt_session_key_to_recipient(
        KEY.key, reader, version="seipd-v1", symmetric_algorithm="aes256"
    )
    return packet.to_bytes() + sealed(packets)


def literal(data: bytes, name: bytes = b"", form: bytes = b"b") -> bytes:
    """Return a literal data packet."""
    return frame(11, form + bytes((len(name),)) + name + bytes(4) + data)


def zipped(packets: bytes, behind: bytes = b"") -> bytes:
    """Return a compressed data packet (zlib)."""
    return frame(8, b"\x02" + zlib.compress(packets) + behind)


def stored(packets: bytes) -> bytes:
    """Return a compressed data packet that is not compressed (algorithm 0)."""
    return frame(8, b"\x00" + packets)


def orders(gpg: Gpg) -> dict[str, Order]:
    """Return the table; what is signed is alice's, and bob's second."""
    one = gpg.run("--sign", "-u", "alice@x.fr", "-z0", data=TEXT)
    both = gpg.run("--sign", "-u", "alice@x.fr", "-u", "bob@x.fr", "-z0", data=TEXT)
    ops, lit, sig = (packet for _, packet in packets_of(one))
    ops_1, ops_2, _, sig_1, sig_2 = (packet for _, packet in packets_of(both))
    front = gpg.run("-b", "-u", "alice@x.fr", data=TEXT)
    marker, other = frame(10, b"PGP"), literal(b"another")
    nothing = zipped(b"")
    lost = "its signature is seen by no other reader"
    new = "RFC 9580, 4.3.1: who does not know it has to pass over it"
    two = "which of the two is the mail?"
    return {
        "literal": Order(lit, opens=True),
        "one-pass signed": Order(ops + lit + sig, opens=True),
        "signed in front": Order(front + lit, opens=True),
        "signed twice": Order(ops_1 + ops_2 + lit + sig_1 + sig_2, opens=True),
        "signed twice, the other way": Order(ops_1 + ops_2 + lit + sig_2 + sig_1, opens=True),
        "compressed": Order(zipped(lit), opens=True),
        "compressed, bzip2": Order(frame(8, b"\x03" + bz2.compress(lit)), opens=True),
        "compressed, signed": Order(zipped(ops + lit + sig), opens=True),
        "compressed, signed in front": Order(zipped(front + lit), opens=True),
        "compressed three times": Order(zipped(zipped(zipped(lit))), opens=True),
        "compressed, more behind it": Order(zipped(lit, b"junk"), opens=True),
        "not compressed": Order(stored(lit), opens=True),
        "not compressed, signed": Order(stored(ops + lit + sig), opens=True),
        "not compressed, to the end": Order(b"\xa3\x00" + lit, opens=True),
        "literal to the end": Order(b"\xafb\x00" + bytes(4) + TEXT, opens=True),
        "marker": Order(marker + lit, opens=True),
        "marker, signed": Order(marker + ops + lit + sig, opens=True),
        "marker behind": Order(lit + marker, opens=True),
        "marker in the compressed": Order(marker + zipped(marker + lit), opens=True),
        "padding": Order(frame(21, b"xyz") + lit, opens=True, sqop=False, why=new),
        "type 40": Order(frame(40, b"x") + lit, opens=True, sqop=False, why=new),
        "type 60 behind": Order(lit + frame(60, b"x"), opens=True, sqop=False, why=new),
        "a marker that is none": Order(
            frame(10, b"XYZ") + lit, opens=False, sqop=True, why="Thunderbird stops there too"
        ),
        "GnuPG's control packet": Order(frame(63, b"") + lit, opens=False),
        "nothing compressed, then a literal": Order(nothing + lit, opens=False),
        "a literal, then nothing compressed": Order(lit + nothing, opens=False),
        "nothing compressed": Order(nothing, opens=False),
        "nothing stored, then a literal": Order(stored(b"") + lit, opens=False, gpg=True, why=two),
        "two literals": Order(lit + other, opens=False),
        "a literal behind the compressed": Order(
            zipped(lit) + other, opens=False, gpg=True, why=two
        ),
        "a signature behind": Order(lit + front, opens=False),
        "a signature behind the compressed": Order(
            zipped(lit) + front, opens=False, gpg=True, why=lost
        ),
        "announced, none follows": Order(ops + lit, opens=False, gpg=True, why=lost),
        "two announced, one follows": Order(ops + ops + lit + sig, opens=False),
        "one announced, two follow": Order(ops + lit + sig + sig, opens=False),
        "in front and announced": Order(front + ops + lit + sig, opens=False, sqop=True, why=lost),
        "announced and in front": Order(ops + front + lit + sig, opens=False, sqop=True, why=lost),
        "announced inside, following outside": Order(
            zipped(ops + lit) + sig, opens=False, gpg=True, why=lost
        ),
        "announced outside, following inside": Order(ops + zipped(lit + sig), opens=False),
        "a signature around the compressed": Order(
            ops + zipped(lit) + sig, opens=False, gpg=True, sqop=True, why=lost
        ),
        "in front of the compressed": Order(front + zipped(lit), opens=False, sqop=True, why=lost),
        "a one-pass packet that is none": Order(frame(4, b"x") + lit + sig, opens=False),
        "a user id": Order(frame(13, b"x") + lit, opens=False),
        "an unknown critical packet": Order(
            frame(39, b"x") + lit, opens=False, gpg=True, why="RFC 9580, 4.3.1"
        ),
        "octets behind": Order(lit + b"\r\n", opens=False),
        "octets behind, compressed": Order(zipped(lit + b"\0"), opens=False),
    }  # fmt: skip
