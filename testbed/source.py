"""Python source as its syntax tree, read once however many tests look at it."""

import ast
from functools import cache
from pathlib import Path


@cache
def parsed(path: Path) -> ast.Module:
    """Return the tree of a file; it is everybody's, so that nobody changes it."""
    return ast.parse(path.read_text())


def says(path: Path, word: str) -> bool:
    """Whether a file has the word at all: its tree takes a hundred times as long."""
    return word in path.read_text()
