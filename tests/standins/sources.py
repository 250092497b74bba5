"""The package's own source, parsed once for all tests that read it."""

import ast
import gc
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import awsprof

PACKAGE = Path(awsprof.__file__).parent

# What may begin with a docstring.
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def modules() -> tuple[tuple[Path, ast.Module], ...]:
    """Each module's path below the package, and its tree.

    Garbage collections would look through the trees again and again, which takes longer.
    """
    gc.disable()
    try:
        return tuple(
            (file.relative_to(PACKAGE), ast.parse(file.read_text()))
            for file in sorted(PACKAGE.rglob("*.py"))
        )
    finally:
        gc.enable()


@cache
def nodes() -> tuple[tuple[Path, tuple[ast.AST, ...]], ...]:
    """Each module's path below the package, and all nodes of its tree."""
    return tuple((path, tuple(ast.walk(tree))) for path, tree in modules())


def docstrings(nodes: Iterable[ast.AST]) -> set[int]:
    """The ids of those nodes of a module that are docstrings."""
    return {
        id(node.body[0].value)
        for node in nodes
        if isinstance(node, _DOCUMENTED) and node.body and isinstance(node.body[0], ast.Expr)
    }
