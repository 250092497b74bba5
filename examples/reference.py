"""docs/reference.md, rendered from the docstrings of what ``awsprof`` shows (`make reference`)."""

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import awsprof
import awsprof.aio
from awsprof.factory.options import SessionArguments
from awsprof.factory.profile_selection import SelectionArguments

PAGE = Path(__file__).parents[1] / "docs" / "reference.md"
INTRODUCTION = """\
# awsprof in a script

What `import awsprof` gives. Importing it costs nothing; a name is loaded when it is first used.
This page is rendered from the docstrings (`make reference`); each snippet is run by a test.

Durations and timeouts are in seconds; times are `datetime` in UTC; an account is a string of 12
digits; a region is its code, such as `eu-west-1`. Functions check their arguments at once
(UsageError), and call AWS on first use.

## Recipes

### Code that uses `boto3.client(…)` itself

```python
import awsprof, boto3

boto3.DEFAULT_SESSION = awsprof.session("admin-role")
print(boto3.client("sts").get_caller_identity()["Arn"])  # libraries that do so get it too
```

pandas, awswrangler and others take a session: `wr.s3.read_parquet(path, boto3_session=session)`.

### Errors

```python
import awsprof
from botocore.exceptions import NoCredentialsError

try:
    awsprof.whoami("admin-role", account="999999999999")
except awsprof.WrongAccount as exc:
    print(exc.message, exc.fix)
except (awsprof.AwsprofError, NoCredentialsError) as exc:  # the botocore errors of today work too
    raise SystemExit(str(exc))
```

### Threads, processes, fork

Clients and their credentials are safe to use in threads, but give each thread a session of its
own, or create clients in one thread at a time, as boto3 asks; `awsprof.map` does that for you.
After `os.fork` (multiprocessing, gunicorn, Celery), locks are free in the child, and both processes
go on with the sessions that they have; the cache is shared, so nobody asks for a second code. Call
`awsprof.whoami(session)` before the fork: you are asked before it, and no thread is in the middle
of an import then (an import lock of Python that another thread holds stays locked in the child).

### Tests

awsprof caches nothing that a mock answers. With moto, set dummy keys as moto's documents say; with
a Stubber, stub the client. Point `AWS_CONFIG_FILE`, `AWS_SHARED_CREDENTIALS_FILE` and
`AWSPROF_HOME` at files of the test, so that it does not read your own.

```python
import awsprof
from botocore.stub import Stubber

sts = awsprof.session(aws_access_key_id="testing", aws_secret_access_key="testing").client("sts")
with Stubber(sts) as stub:
    stub.add_response("get_caller_identity", {"Account": "123456789012"})
    print(sts.get_caller_identity()["Account"])
```

### asyncio, s3fs

`awsprof.aio` has sessions of aiobotocore ([below](#asyncio)); s3fs takes one:
`s3fs.S3FileSystem(session=awsprof.aio.session("admin-role"))`. For an `AioSession` that another
library created, call `awsprof.install(session)`.

### Every option by name

`awsprof.whoami`, `credentials`, `sessions` and `map` pass these on to `awsprof.session`, which
describes them: OPTIONS.
`sessions` and `map` also take SELECTION.
"""
ASYNCIO = """\
needs aiobotocore: `pip install '.[aio]'` in the folder of the repository.
What blocks (a prompt, a lock, the vault, STS) runs in threads, so the event loop goes on.
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
    options = ", ".join(f"`{name}`" for name in SessionArguments.__annotations__)
    *names, last = (f"`{name}`" for name in SelectionArguments.__annotations__)
    selection = f"{', '.join(names)} and {last}"
    introduction = INTRODUCTION.replace("OPTIONS", options).replace("SELECTION", selection)
    return introduction + "".join(_parts())


def _parts() -> Iterator[str]:
    shown = sorted([*awsprof.__all__, "map"])  # importing everything leaves that one out
    errors = [name for name in shown if _is_a(name, Exception)]
    returned = [name for name in shown if _is_a(name, object) and name not in errors]
    yield "\n## Functions\n"
    for name in (name for name in shown if not _is_a(name, object)):
        yield f"\n### awsprof.{name}\n\n```\n{_signature(getattr(awsprof, name))}\n```\n"
        yield _text(getattr(awsprof, name))
    yield "\n## asyncio\n\n"
    yield f"`import awsprof.aio` {ASYNCIO}"
    for name in ("map", "session", "sessions"):
        function = getattr(awsprof.aio, name)
        yield f"\n### awsprof.aio.{name}\n\n```\n{_signature(function)}\n```\n{_text(function)}"
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
    word = "async " if inspect.iscoroutinefunction(function) else ""
    name, returns = word + function.__name__, signature.return_annotation
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
