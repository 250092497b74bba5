"""The package's own source, parsed once for all tests that read it."""

import ast
import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import awsprof

PACKAGE = Path(awsprof.__file__).parent

# What may begin with a docstring.
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def modules() -> tuple[tuple[Path, ast.Module], ...]:
    """Each module's path below the package, and its tree."""
    with _no_collections():
        return tuple(
            (file.relative_to(PACKAGE), ast.parse(file.read_text()))
            for file in sorted(PACKAGE.rglob("*.py"))
        )


@contextmanager
def _no_collections() -> Iterator[None]:
    """Garbage collections would look through the trees again and again, which takes longer."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def nodes(*types: type[ast.AST]) -> Iterator[tuple[Path, list[ast.AST]]]:
    """Each module's path below the package, and those nodes of its tree that are of these types."""
    for path, found in _nodes_by_type():
        yield path, [node for each in types for node in found[each]]


@cache
def _nodes_by_type() -> tuple[tuple[Path, dict[type[ast.AST], list[ast.AST]]], ...]:
    with _no_collections():
        return tuple((path, _by_type(tree)) for path, tree in modules())


def _by_type(tree: ast.AST) -> dict[type[ast.AST], list[ast.AST]]:
    """What ast.walk yields, in half of its time."""
    found: dict[type[ast.AST], list[ast.AST]] = defaultdict(list)
    todo = [tree]
    for node in todo:  # which grows meanwhile
        found[type(node)].append(node)
        for value in vars(node).values():
            if isinstance(value, ast.AST):
                todo.append(value)
            elif isinstance(value, list):
                todo += [each for each in value if isinstance(each, ast.AST)]
    return found


def docstrings(nodes: Iterable[ast.AST]) -> set[int]:
    """The ids of those nodes of a module that are docstrings."""
    return {
        id(node.body[0].value)
        for node in nodes
        if isinstance(node, DOCUMENTED) and node.body and isinstance(node.body[0], ast.Expr)
    }
