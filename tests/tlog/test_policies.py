"""Policies of witnesses: the file to the letter of C2SP tlog-policy, and what it asks."""

from itertools import combinations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.tlog.checkpoints import TreeHead, sign_head
from rmp_milter.tlog.cosignatures import ED25519_COSIGNER, CosignerKey, cosign
from rmp_milter.tlog.notes import NoteError, NoteSignature, VerifierKey, parse, with_signatures
from rmp_milter.tlog.policies import PolicyError, WitnessPolicy, parse_policy

LOG = "chu.example/rmp"
SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(32))
KEY = VerifierKey(LOG, SIGNER.public_key().public_bytes_raw())
NOTE = parse(sign_head(TreeHead(LOG, 3, bytes(32)), KEY, SIGNER.sign))
AT = 1_795_996_800
PRIVATE = [Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in range(1, 7)]
WITNESSES = [
    CosignerKey(f"w{n}.example", ED25519_COSIGNER, each.public_key().public_bytes_raw())
    for n, each in enumerate(PRIVATE, 1)
]
LABELS = ["X1", "X2", "X3", "Y1", "Y2", "Y3"]
NAMED = "".join(
    f"witness {label} {key}\n" for label, key in zip(LABELS, WITNESSES, strict=True)
)
BOTH = (
    f"log {KEY} https://chu.example/journal\n{NAMED}"
    "group X-witnesses 2 X1 X2 X3\ngroup Y-witnesses any Y1 Y2 Y3\n"
    "group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n"
)


def policy(text: str) -> WitnessPolicy:
    return parse_policy(text.encode())


def signed_by(*numbers: int) -> list[NoteSignature]:
    return [cosign(NOTE.text, WITNESSES[n], AT + n, PRIVATE[n].sign) for n in numbers]


def test_the_quorum_of_two_levels_is_met_by_exactly_those_that_are_enough() -> None:
    read = policy(BOTH)
    for count in range(7):
        for some in combinations(LABELS, count):
            enough = sum(each[0] == "X" for each in some) >= 2 and any(
                each[0] == "Y" for each in some
            )
            assert read.is_met_by(some) is enough, some


def test_a_note_is_judged_by_the_signatures_that_hold() -> None:
    read = policy(BOTH)
    judged = read.judge(with_signatures(NOTE, signed_by(0, 2, 4)))
    assert judged.fulfilled
    assert judged.cosigned == {"X1": AT, "X3": AT + 2, "Y2": AT + 4}
    assert not read.judge(with_signatures(NOTE, signed_by(0, 4))).fulfilled
    assert read.judge(NOTE).cosigned == {}


def test_one_false_line_of_a_witness_spoils_the_note() -> None:
    *good, last = signed_by(0, 2, 4, 5)
    false = NoteSignature(last.name, last.key_id, bytes(72))
    judged = policy(BOTH).judge(with_signatures(NOTE, [*good, false]))
    assert (judged.fulfilled, judged.wrong) == (False, ("Y3",))
    assert judged.cosigned.keys() == {"X1", "X3", "Y2"}


def test_lines_of_whom_the_policy_does_not_know_say_nothing() -> None:
    stranger = Ed25519PrivateKey.generate()
    key = CosignerKey("w9.example", ED25519_COSIGNER, stranger.public_key().public_bytes_raw())
    line = cosign(NOTE.text, key, AT, stranger.sign)
    read = policy(f"{NAMED}group all-of-them 1 X1 X2\nquorum all-of-them\n")
    assert not read.judge(with_signatures(NOTE, [line])).fulfilled
    # Neither does a group's or a log's name count as a witness.
    assert not read.is_met_by({"all-of-them", LOG, "none"})


@pytest.mark.parametrize("quorum", ["none", "X1"])
def test_a_quorum_is_none_a_witness_or_a_group(quorum: str) -> None:
    read = policy(f"{NAMED}quorum {quorum}\n")
    assert read.is_met_by([]) is (quorum == "none")
    assert read.is_met_by(["X1"])


def test_what_the_format_allows_is_read() -> None:
    text = (
        "# rmp witness policy 1\n\n \t # à commenter\n"
        f"\tlog\t{KEY}  \nwitness  témoin \t{WITNESSES[0]}  https://t.example/w \n"
        "group g any témoin\nquorum g"
    )
    read = policy(text)
    assert read.log_key(LOG) == KEY
    with pytest.raises(NoteError, match=r"no key of the log other\.example"):
        read.log_key("other.example")
    assert policy("quorum none\n").log_key(LOG) is None
    (witness,) = read.witnesses
    assert (witness.label, witness.url) == ("témoin", "https://t.example/w")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no line that begins with quorum"),
        (NAMED, "no line that begins with quorum"),
        (f"{NAMED}quorum X9\n", "line 7: X9 is defined on no line above"),
        (f"quorum X1\n{NAMED}", "line 1: X1 is defined on no line above"),
        (f"{NAMED}quorum X1\nquorum X1\n", "line 8: a second quorum"),
        (f"{NAMED}{NAMED}quorum none\n", "line 7: the name X1 is taken"),
        (f"witness none {WITNESSES[0]}\nquorum none\n", "line 1: the name none is taken"),
        (f"{NAMED}witness Z {WITNESSES[0]}\nquorum Z\n", "line 7: the same key twice"),
        (f"log {KEY}\nlog {KEY}\nquorum none\n", "line 2: the same key twice"),
        (f"log {WITNESSES[0]}\nquorum none\n", "line 1: not an Ed25519 verifier key"),
        (f"witness A {KEY}\nquorum A\n", "line 1: not the verifier key of a witness"),
        (f"{NAMED}group g 3 X1 X2\nquorum g\n", "line 7: 3 is not all, any, or a number"),
        (f"{NAMED}group g 0 X1 X2\nquorum g\n", "line 7: 0 is not all, any, or a number"),
        (f"{NAMED}group g 02 X1 X2\nquorum g\n", "line 7: 02 is not"),
        (f"{NAMED}group g any\nquorum g\n", "line 7: not a line of a policy"),
        (f"{NAMED}group g any none\nquorum g\n", "line 7: none is defined on no line above"),
        (f"{NAMED}group g any X1 X1\nquorum g\n", "a member already"),
        (
            f"{NAMED}group g any X1\ngroup h any X1\nquorum h\n",
            "line 8: X1 is defined on no line above, or a member already",
        ),
        (f"{NAMED}group g any g\nquorum g\n", "line 7: g is defined on no line above"),
        (f"{NAMED}groups g any X1\nquorum g\n", "line 7: not a line of a policy"),
        (f"{NAMED}quorum X1 X2\n", "line 7: not a line of a policy"),
        ("# rmp witness policy 2\nquorum none\n", "is of format 2; this version"),
        ("quorum none\r\n", "control characters"),
        ("quorum none\x00\n", "control characters"),
        ("# " + "x" * (1 << 20) + "\nquorum none\n", "too long"),
    ],
)
def test_what_the_format_forbids_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(PolicyError) as refused:
        policy(text)
    assert said in str(refused.value)


def test_what_is_no_utf_8_is_refused() -> None:
    with pytest.raises(PolicyError, match="UTF-8"):
        parse_policy(b"# \xff\nquorum none\n")


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_whatever_is_in_the_file_it_is_a_policy_or_refused(data: bytes) -> None:
    try:
        read = parse_policy(data + b"\nquorum none\n")
    except PolicyError:
        return
    assert read.quorum == "none"
