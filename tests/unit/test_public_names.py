"""One word for one thing: a public name is defined in one module, and has one meaning."""

import ast
from collections import defaultdict
from collections.abc import Iterator

from tests.standins.sources import modules

# The same on purpose: what these do is the same, in each of the modules that define them.
SAME_MEANING = {
    "map": {"awsprof.aio", "awsprof.factory.fanout"},
    "session": {"awsprof.aio", "awsprof.factory.session"},
    "sessions": {"awsprof.aio", "awsprof.factory.fanout"},
    # The reader of each other tool: `awsprof import` calls it by the name of the tool.
    "read": {
        f"awsprof.importing.{tool}"
        for tool in (
            "aws_mfa",
            "aws_sso_cli",
            "aws_vault",
            "awsume",
            "granted",
            "leapp",
            "saml2aws",
        )
    },
}


def public_names(module: ast.Module) -> Iterator[str]:
    """What a module defines for others at its top level, under TYPE_CHECKING and ``if`` too."""
    todo: list[ast.stmt] = list(module.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (each.id for each in node.targets if isinstance(each, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
        elif isinstance(node, ast.If):
            todo += [*node.body, *node.orelse]
        elif isinstance(node, ast.Try):
            todo += [*node.body, *node.orelse, *(each for h in node.handlers for each in h.body)]


def defining_modules() -> dict[str, set[str]]:
    """Each public name, and the modules that define it."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for file, tree in modules():
        dotted = ".".join(("awsprof", *file.with_suffix("").parts))
        for name in public_names(tree):
            # The modules that start fast define TYPE_CHECKING themselves, to import no typing.
            if not name.startswith("_") and name != "TYPE_CHECKING":
                found[name].add(dotted.removesuffix(".__init__"))
    return found


def test_a_public_name_has_one_meaning() -> None:
    several = {name: where for name, where in defining_modules().items() if len(where) > 1}
    assert several == SAME_MEANING
