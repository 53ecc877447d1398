"""Python source as its syntax tree, read once however many tests look at it."""

import ast
from functools import cache
from pathlib import Path


@cache
def parsed(path: Path) -> ast.Module:
    """Return the tree of a file; it is everybody's, so that nobody changes it."""
    return ast.parse(path.read_text())
