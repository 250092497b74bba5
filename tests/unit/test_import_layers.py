"""Layers: a package imports only from the layers below it, and some libraries in one package."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.standins.sources import PACKAGE, nodes

# Packages and single modules, from the bottom. Those of one layer may not import each other.
LAYERS: tuple[tuple[str, ...], ...] = (
    (
        *("errors", "logs", "paths", "secret", "arn", "regions", "key_ids", "session_margins"),
        *("text", "near_names"),
    ),
    ("signals",),
    ("shells", "masking", "qr_code"),
    (
        "prompting",
        "fork_safety",
        "locks",
        "notices",
        "parsing",
        "fast_read",
        "recent_profiles",
        "failure_sharing",
        "std_streams",
        "trust",
    ),
    ("atomic",),
    ("settings", "diff"),
    ("configfile", "terminal", "tty"),
    ("profiles",),
    ("vault",),
    ("awsapi",),
    ("auth",),
    ("editing",),
    ("accesskeys",),
    ("importing",),
    ("team",),
    ("doctor",),
    ("factory",),
    ("aio",),
    ("wizard",),
    ("cli",),
    ("__main__",),
)
LAYER = {name: height for height, names in enumerate(LAYERS) for name in names}
# One package wraps each of these libraries, so that its errors are translated in one place.
ONLY_IN = {
    "click": {"cli"},
    "questionary": {"wizard"},
    "keyring": {"vault"},
    "yaml": {"importing"},
    "rich": {"terminal"},
    "segno": {"qr_code"},
}


@cache
def imports() -> tuple[tuple[str, Path, str], ...]:
    """Each import in the package: the package it is in, its file, and the imported module."""
    return tuple(_imports())


def _imports() -> Iterator[tuple[str, Path, str]]:
    for inside, every in nodes(ast.Import, ast.ImportFrom):
        package = inside.parts[0].removesuffix(".py")
        for node in every:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield package, inside, alias.name
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{inside} imports relatively"
                yield package, inside, node.module or ""
                for alias in node.names:
                    yield package, inside, f"{node.module}.{alias.name}"


def test_every_package_has_a_layer() -> None:
    names = {p.stem for p in PACKAGE.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
    assert names - {"__init__"} <= set(LAYER)


def test_a_package_imports_only_from_layers_below() -> None:
    wrong = []
    for package, file, module in imports():
        parts = module.split(".")
        if parts[0] != "awsprof" or len(parts) < 2 or parts[1] not in LAYER:
            continue
        if package == "__init__" or parts[1] == package:
            continue
        if LAYER[parts[1]] >= LAYER[package]:
            wrong.append(f"{file} imports {module}")
    assert not wrong


def test_a_library_is_imported_in_its_package_alone() -> None:
    wrong = [
        f"{file} imports {module}"
        for package, file, module in imports()
        if package not in ONLY_IN.get(module.split(".")[0], {package})
    ]
    assert not wrong


def test_errors_import_nothing() -> None:
    assert not [module for _, file, module in imports() if file == Path("errors.py")]


def module_graph() -> dict[str, set[str]]:
    """Each module and those that it imports, for types alone or in a function too."""
    files = {_dotted(file): every for file, every in nodes(ast.Import, ast.ImportFrom)}
    graph: dict[str, set[str]] = {}
    for module, every in files.items():
        graph[module] = set()
        for node in every:
            if isinstance(node, ast.Import):
                graph[module] |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                # `from package import module` imports that module, any other name the package.
                for alias in node.names:
                    inside = f"{node.module}.{alias.name}"
                    graph[module].add(inside if inside in files else f"{node.module}")
        graph[module] &= files.keys()
    return graph


def _dotted(file: Path) -> str:
    return ".".join(("awsprof", *file.with_suffix("").parts)).removesuffix(".__init__")


def test_no_imports_form_a_cycle() -> None:
    graph = module_graph()
    # What imports nothing that is left, or is imported by nothing that is left, is in no cycle.
    while loose := {m for m, imported in graph.items() if not imported} | (
        graph.keys() - set().union(*graph.values())
    ):
        graph = {m: imported - loose for m, imported in graph.items() if m not in loose}
    assert not graph
