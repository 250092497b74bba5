"""What a hostile team file may take: seconds of CPU and a bounded memory, whatever is in it."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("resource", reason="Windows has no limits of that kind")
MEMORY = 1 << 30  # bytes of address space, the interpreter and its libraries included
CPU_S = 60  # the slowest takes 4 s on a quiet machine
_CHECK = """
import resource, sys
from awsprof.errors import AwsprofError
resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
resource.setrlimit(resource.RLIMIT_CPU, ({cpu}, {cpu}))
from pathlib import Path
from awsprof.team.expansion import expand
from awsprof.team.reader import load
from awsprof.team.source import FolderSource
try:
    source = FolderSource(Path(sys.argv[1]))
    print("sections:", len(expand(load(source, source.name), {{}})))
except AwsprofError as exc:
    print("refused:", exc.message)
"""
_ACCOUNT = "[[accounts]]\nname = 'a'\nid = '111111111111'\n"
_MIB = 1 << 20


_LISTS = {
    "as many lists as fit": "version = 1\ninclude = [" + "[]," * 690_000 + "]\n",
    "1,000,000 roles": f"version = 1\n{_ACCOUNT}roles = [" + "1," * 1_000_000 + "]\nx.y = 1\n",
    "as many texts as fit": "version = 1\n[profile.p]\nregion = [" + "'a'," * 500_000 + "]\n",
}


def _lines(head: str, line: str, size: int = 2 * _MIB - 1000) -> str:
    """``head``, and numbered lines up to ``size``."""
    return head + "".join(line.format(n) for n in range(size // (len(line) + 4)))


def hostile(kind: str) -> str:
    """The text of a team file of that kind."""
    match kind:
        case "a file of 100 MB":
            return "version = 1\n#" + "x" * 100_000_000
        case "a long key of an account, many times in a value":
            loop = "[[for_each]]\nname = '{account.name}'\nprofile.output = '%s'\n"
            text = loop % ("{account.t}" * 20_000)
            return f"version = 1\n{_ACCOUNT}t = '{'x' * 1_000_000}'\n{text}"
        case "patterns of many wildcards":
            roles = ",".join(f"'{'a' * 100}{n}'" for n in range(9000))
            loop = f"[[for_each]]\nname = '{{role}}'\nroles = ['{'*a' * 60}b']\n"
            text = f"{loop}profile.region = 'eu-west-1'\n" * 4000
            return f"version = 1\n{_ACCOUNT}roles = [{roles}]\n{text}"
        case "many keys of an account, and many roles":
            roles = ",".join(f"'r{n}'" for n in range(20_000))
            keys = _lines("", "k{0} = 'x'\n", _MIB)
            loop = "[[for_each]]\nname = '{role}'\nprofile.region = 'eu-west-1'\n"
            return f"version = 1\n{_ACCOUNT}roles = [{roles}]\n{keys}{loop}"
        case "deep headers":
            return _lines("version = 1\n", "[a{0}.a.a.a.a.a.a.a]\n")
        case "lists in 100,000 levels":
            return "version = 1\nx = " + "[" * 100_000 + "]" * 100_000
        case "as many keys as fit":
            return _lines("version = 1\n[profile.p]\n", "a{0}=1\n")
        case "one line":
            return "version = 1\n[profile.p]\noutput = '" + "aB3/" * 500_000 + "'\n"
        case _:
            return _lines("version = 1\n", "[profile.p{0}]\nregion='eu-west-1'\n")


# Each takes seconds of CPU.
_SECONDS = (
    *("many keys of an account, and many roles", "as many keys as fit", "one line"),
    *("as many profiles as fit", "patterns of many wildcards", *_LISTS),
)


@pytest.mark.parametrize(
    "kind",
    [
        "a file of 100 MB",
        "a long key of an account, many times in a value",
        "deep headers",
        "lists in 100,000 levels",
        *(pytest.param(kind, marks=pytest.mark.long) for kind in _SECONDS),
    ],
)
def test_a_hostile_file_is_refused_within_bounds(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "team.toml"
    path.write_text(_LISTS.get(kind) or hostile(kind))
    check = _CHECK.format(memory=MEMORY, cpu=CPU_S)
    done = subprocess.run(
        [sys.executable, "-c", check, str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("refused: "), done.stdout
