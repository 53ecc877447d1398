"""The structure of a tagged PDF (14.7): which marks on which page each element has."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rmp_milter.pdf.marks import ARTIFACT, LaidOut, PageMark, PrintedElement
from rmp_milter.pdf.objects import PdfObjects, array, dictionary, reference, text


def add_structure(objects: PdfObjects, laid: LaidOut, pages: Sequence[int]) -> int:
    """Add the tree of elements, and return the number of its root.

    ``pages`` are the pages' objects.
    """
    root = objects.add()
    numbers = [objects.add() for _ in laid.elements]
    kids: list[list[str]] = [[] for _ in laid.elements]
    for number, element in enumerate(laid.elements):
        if element.parent != ARTIFACT:
            kids[element.parent].append(reference(numbers[number]))
    parents = []
    for page, marks in zip(pages, laid.pages, strict=True):
        owners = [*_owners(marks)]
        for known, of in enumerate(owners):
            entries = {"Type": "/MCR", "Pg": reference(page), "MCID": str(known)}
            kids[of].append(dictionary(entries))
        parents.append(objects.add(array([reference(numbers[of]) for of in owners])))
    for number, element in enumerate(laid.elements):
        above = root if element.parent == ARTIFACT else numbers[element.parent]
        objects.put(numbers[number], _element(element, above, kids[number]))
    leading = [f"{at} {reference(number)}" for at, number in enumerate(parents)]
    entries = {
        "Type": "/StructTreeRoot",
        "K": array([reference(numbers[0])]),
        "ParentTree": dictionary({"Nums": array(leading)}),
        "ParentTreeNextKey": str(len(parents)),
    }
    objects.put(root, dictionary(entries))
    return root


def _owners(marks: Sequence[PageMark]) -> Iterator[int]:
    """Yield whose each stretch of marks is, as the page's content numbers them."""
    for of, _ in groupby(marks, key=lambda mark: mark.of):
        if of != ARTIFACT:
            yield of


def _element(element: PrintedElement, above: int, kids: Sequence[str]) -> str:
    entries = {
        "Type": "/StructElem",
        "S": f"/{element.kind}",
        "P": reference(above),
        "K": array(kids),
    }
    if element.instead:
        entries["Alt"] = text(element.instead)
    if element.scope:
        entries["A"] = f"<< /O /Table /Scope /{element.scope} >>"
    return dictionary(entries)
