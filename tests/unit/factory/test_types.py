"""What importing costs, and what type checkers see: nothing is hidden that boto3-stubs tells."""

import os
import re
import subprocess
import sys
from inspect import getattr_static
from pathlib import Path

import pytest

import awsprof
from tests.standins.subprocess_helpers import run as child

ROOT = Path(awsprof.__file__).parents[1]
IMPORTED = """
import sys
before = set(sys.modules)
import awsprof
print(*sorted(set(sys.modules) - before))
import boto3
before = set(sys.modules)
awsprof.session
print(*sorted(set(sys.modules) - before))
"""
# What awsprof.session may import beyond boto3.
FACTORY = {
    "awsprof.text",
    "awsprof.errors",
    "awsprof.factory",
    "awsprof.factory.exceptions",
    "awsprof.factory.session",
    "awsprof.factory.botocore_plugin",
    "awsprof.factory.options",
    "awsprof.factory.shared_source",
    "awsprof.fork_safety",
    "awsprof.auth",
    "awsprof.auth.session_options",
    "awsprof.paths",
    "awsprof.profiles",
    "awsprof.profiles.current",
    "difflib",
    "unicodedata",
}


def test_importing_costs_nothing_and_a_session_what_boto3_costs() -> None:
    alone, beside_boto3 = child(IMPORTED).splitlines()
    assert alone == "awsprof"
    assert set(beside_boto3.split()) <= FACTORY


def test_the_types_that_public_functions_return_are_public() -> None:
    functions = [getattr(awsprof, name) for name in [*awsprof.__all__, "map"] if name.islower()]
    annotations = [str(function.__annotations__["return"]) for function in functions]
    annotations += map(str, awsprof.Outcome.__annotations__.values())  # what the returned hold
    annotations.append(
        str(getattr_static(awsprof.Report, "findings").fget.__annotations__["return"])
    )
    names = set(re.findall(r"\b[A-Z]\w+", " ".join(annotations))) - {"Iterator", "None"}
    assert names <= set(awsprof.__all__)
    expected = {"Identity", "Credentials", "Finding", "ProfileSummary", "Result", "Failure"}
    assert expected <= names


def test_every_public_name_is_there_and_says_what_it_is() -> None:
    for name in awsprof.__all__:
        assert getattr(awsprof, name).__doc__, name
    assert {*awsprof.__all__, "aio"} <= set(dir(awsprof))
    assert not hasattr(awsprof, "no_such_name")
    assert (ROOT / "awsprof" / "py.typed").exists()


# In the shape of boto3-stubs: client and resource are overloads by the service's name.
STUBS = {
    "boto3/__init__.pyi": "from boto3.session import Session as Session\n",
    "boto3/session.pyi": """
from typing import Any, Literal, overload

class S3Client:
    def list_buckets(self) -> dict[str, Any]: ...

class STSClient: ...

class Session:
    def __init__(self, aws_access_key_id: str | None = ..., **kwargs: Any) -> None: ...
    @property
    def region_name(self) -> str: ...
    @overload
    def client(self, service_name: Literal["s3"], region_name: str | None = ...) -> S3Client: ...
    @overload
    def client(self, service_name: Literal["sts"], region_name: str | None = ...) -> STSClient: ...
""",
}
SCRIPT = """
import awsprof

s = awsprof.session("prod")
reveal_type(s.client("s3"))
reveal_type(s.assume("arn:aws:iam::210987654321:role/Admin").client("sts"))
for name, each in awsprof.sessions("prod-*"):
    reveal_type(each.client("s3"))
outcome = awsprof.map(lambda each: len(each.client("s3").list_buckets()), "prod-*")
reveal_type(outcome.results[0].value)
s.clinet("s3")
awsprof.sesion("prod")
"""


@pytest.mark.long
def test_the_overloads_of_boto3_stubs_are_seen_through(tmp_path: Path) -> None:
    for name, text in STUBS.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "script.py"],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    told = done.stdout.splitlines()
    revealed = [line.split('"')[1] for line in told if "note: Revealed" in line]
    seen = [name.rsplit(".", 1)[-1] for name in revealed]
    assert seen == ["S3Client", "STSClient", "S3Client", "int"], done.stdout
    errors = [line for line in told if ": error:" in line]
    assert ["clinet" in errors[0], "sesion" in errors[1], len(errors)] == [True, True, 2]


def test_aio_is_found_without_an_import_of_its_own() -> None:
    program = "import awsprof; print(awsprof.aio.session.__module__)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "awsprof.aio\n"
