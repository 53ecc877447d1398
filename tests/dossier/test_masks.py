"""Which documents a mask hides: those of the entry, and of what took its place."""

import pytest

from rmp_milter.dossier.cards import Masked
from rmp_milter.dossier.masks import masked_documents, masked_numbers
from rmp_milter.dossier.model import (
    Consent,
    Container,
    Document,
    Dossier,
    Entry,
    Mask,
    NumberedEntry,
    Onglet,
    Patient,
    Slots,
)

LAB, PAUL = b"L" * 16, b"P" * 16


def filed(*said: tuple[bytes, int]) -> tuple[NumberedEntry, ...]:
    """Return entries of two documents each, by author and what they replace."""
    return tuple(
        NumberedEntry(
            number,
            Entry(
                received_at=1,
                author=author,
                author_name="",
                document_type="",
                onglet=Onglet.DIVERS,
                onglet_reason="",
                documents=tuple(map(document, (number + 100, number))),
                replaces=replaces,
            ),
        )
        for number, (author, replaces) in enumerate(said, 1)
    )


def document(number: int) -> Document:
    return Document(number.to_bytes(16), Container.FILE, b"", 0, b"")


def masking(*numbers: int) -> Dossier:
    return Dossier(
        dossier_id=b"d" * 16,
        public_key=b"",
        patient=Patient("", "", ""),
        treating=PAUL,
        slots=Slots(None, b""),
        consent=Consent(PAUL, 1, ""),
        created_at=1,
        masks=tuple(Mask(number, PAUL, 1) for number in numbers),
    )


@pytest.mark.parametrize(
    ("masks", "masked"),
    [((), set()), ((2,), {2}), ((1,), {1, 3, 4}), ((3,), {3, 4}), ((1, 2), {1, 2, 3, 4})],
)
def test_what_took_the_place_of_a_masked_entry_is_masked(
    masks: tuple[int, ...], masked: set[int]
) -> None:
    entries = filed((LAB, 0), (PAUL, 0), (LAB, 1), (PAUL, 3))
    assert masked_numbers(masking(*masks), entries) == masked


def test_masked_documents_stand_by_their_ids_with_their_authors() -> None:
    entries = filed((LAB, 0), (PAUL, 0), (PAUL, 1))
    assert masked_documents(masking(1), entries) == tuple(
        Masked(number.to_bytes(16), author)
        for number, author in ((1, LAB), (3, PAUL), (101, LAB), (103, PAUL))
    )
    assert masked_documents(masking(), entries) == ()
