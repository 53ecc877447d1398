from rmp_milter.dossier.short_references import short_reference, spoken_references
from rmp_milter.dossier.spoken import ALPHABET, spoken


def test_a_reference_is_short_and_no_identifier() -> None:
    reference = short_reference(b"a" * 16)
    kind, *groups = reference.split("-")
    assert (kind, [len(group) for group in groups]) == ("D", [4, 4])
    assert set("".join(groups)) <= set(ALPHABET)
    assert b"a".hex() * 4 not in reference


def test_it_is_known_as_it_is_said_and_as_the_first_lists_said_it() -> None:
    assert spoken_references(b"a" * 16) == (spoken(short_reference(b"a" * 16)), "DBQF6VTXY")
