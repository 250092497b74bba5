"""docs/reference.md, rendered from the docstrings of what ``awsprof`` shows (`make reference`)."""

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import awsprof

PAGE = Path(__file__).parents[1] / "docs" / "reference.md"
INTRODUCTION = """\
# awsprof in a script

What `import awsprof` gives. Importing it costs nothing; a name is loaded when it is first used.
This page is rendered from the docstrings (`make reference`); each snippet is run by a test.
"""
ERRORS = """\
`message` says what failed, `fix` what to type; `code` is the check of `awsprof doctor` that finds
it, `aws_code` AWS's own code. All of them are `awsprof.AwsprofError`.
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(rendered())


def rendered() -> str:
    """The whole page: functions, what they return, and errors."""
    return INTRODUCTION + "".join(_parts())


def _parts() -> Iterator[str]:
    shown = sorted([*awsprof.__all__, "map"])  # importing everything leaves that one out
    errors = [name for name in shown if _is_a(name, Exception)]
    returned = [name for name in shown if _is_a(name, object) and name not in errors]
    yield "\n## Functions\n"
    for name in (name for name in shown if not _is_a(name, object)):
        yield f"\n### awsprof.{name}\n\n```\n{_signature(getattr(awsprof, name))}\n```\n"
        yield _text(getattr(awsprof, name))
    yield "\n## What they return\n"
    for name in returned:
        yield f"\n### awsprof.{name}\n{_text(getattr(awsprof, name))}"
    yield "\nA Session's own method, beside boto3's:\n\n"
    yield f"```\n{_signature(awsprof.Session.assume)}\n```\n{_text(awsprof.Session.assume)}"
    yield "\n## Errors\n\n"
    yield ERRORS
    for name in sorted(errors, key=lambda name: (name != "AwsprofError", name)):
        yield f"\n### awsprof.{name}\n{_text(getattr(awsprof, name))}"


def _is_a(name: str, kind: type) -> bool:
    found = getattr(awsprof, name)
    return isinstance(found, type) and issubclass(found, kind)


def _text(documented: Any) -> str:
    """Its docstring as Markdown, an empty line before it."""
    text = inspect.getdoc(documented) or ""
    return "\n" + re.sub(r"(?<!`)``(?!`)", "`", text) + "\n"


def _signature(function: Callable[..., Any]) -> str:
    """As a person would write it, an argument a line where there are many."""
    signature = inspect.signature(function)
    arguments: list[str] = []
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in arguments:
            arguments.append("*")
        arguments.append(_argument(parameter))
    name, returns = function.__name__, signature.return_annotation
    line = f"{name}({', '.join(arguments)}) -> {returns}"
    if len(line) <= 88:
        return line
    listed = "".join(f"    {argument},\n" for argument in arguments)
    return f"{name}(\n{listed}) -> {returns}"


def _argument(parameter: inspect.Parameter) -> str:
    if parameter.kind is parameter.VAR_KEYWORD:
        return f"**{parameter.name}"
    if parameter.annotation is parameter.empty:
        return parameter.name
    text = f"{parameter.name}: {parameter.annotation}"
    return text if parameter.default is parameter.empty else f"{text} = {parameter.default!r}"


if __name__ == "__main__":
    main()
