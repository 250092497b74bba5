"""Both dialects on many files: botocore, and the JavaScript SDK's own parser, beside ours."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from awsprof.configfile.dialects import Reading, as_sdk
from awsprof.configfile.document import Document, FileKind
from tests.budgets import examples
from tests.requirements import need
from tests.standins.botocore_files import botocore_reads, we_say_it_reads
from tests.standins.fuzz_files import hostile_files

FOREIGN = Path(__file__).parents[2] / "foreign"
MANY = examples(1000)
CONFIG, CREDENTIALS = FileKind.CONFIG, FileKind.CREDENTIALS
NAME = re.compile(r"[A-Za-z0-9_\-/.%@:+]+")


@pytest.mark.parametrize("kind", FileKind)
def test_botocore_itself_reads_many_files_as_we_say(kind: FileKind) -> None:
    readable = 0
    for text in hostile_files(MANY):
        seen = botocore_reads(text.encode(), kind)
        assert we_say_it_reads(text.encode(), kind) == seen, text
        readable += seen is not None
        if not Document.parse(text.encode(), kind).problems:  # on which the catalog relies
            assert seen is not None, text
    assert MANY / 2 < readable < MANY * 0.95  # neither kind of file is only said to be tested


# Where the JavaScript parser is known to leave the specification that the other SDKs share, so
# that it is no witness: each class is left out, and all else must be the same.
ODD_TEXT = {
    "white space beyond blanks and tabs, which it trims": re.compile(r"[\f\x85\xa0\u2028]"),
    "a comment at once behind a header, after which it sees no header": re.compile(r"\][#;]"),
    "quotes in a header, which it takes off": re.compile(r"^\[.*[\"']", re.M),
    "white space in a header, of which it wants one": re.compile(r"^\[(\s|.*\s\]|\S+\s{2})", re.M),
    "no closing bracket": re.compile(r"^\[[^\]]*$", re.M),
    "something between the bracket and the end": re.compile(r"^\[[^\]]*\]\s*[^\s#;]", re.M),
    "capital letters in a key, which it keeps": re.compile(r"^[a-z_]*[A-Z].*=", re.M),
    "an indented comment, which it takes for one": re.compile(r"^[ \t]+[#;]", re.M),
}


def is_witness(text: str, reading: Reading) -> bool:
    """Whether the JavaScript parser follows the specification on this file."""
    if reading.error:  # it reads on where others give the file up
        return False
    if any(pattern.search(text.replace("\r\n", "\n")) for pattern in ODD_TEXT.values()):
        return False
    for values in reading.sections.values():
        for value in values.values():
            if isinstance(value, str):
                if "\n" in value:  # it does not join continuation lines
                    return False
            elif not all(value.values()):  # it nests once more below an empty line
                return False
    headers = re.findall(r"^\[[^\]]*\]", text, re.M)
    return len(headers) == len(set(headers))  # it merges nested blocks line by line


def test_the_javascript_sdk_reads_as_we_say_the_others_do(tmp_path: Path) -> None:
    node = shutil.which("node")
    need(node is not None and (FOREIGN / "node_modules").exists(), "nodejs, and make test run once")
    texts = [
        text
        for text in hostile_files(1500)
        if all(is_witness(text, as_sdk(text.encode(), kind)) for kind in FileKind)
    ]
    assert len(texts) > 300
    for number, text in enumerate(texts):
        for kind in FileKind:
            (tmp_path / f"{kind}.{number}").write_bytes(text.encode())
    words = [str(node), str(FOREIGN / "readini.mjs")]
    places = [str(tmp_path / kind) for kind in FileKind]
    done = subprocess.run(
        [*words, *places, str(len(texts))], capture_output=True, text=True, timeout=60, check=True
    )
    for text, read in zip(texts, json.loads(done.stdout), strict=True):
        for kind, seen in ((CONFIG, read["configFile"]), (CREDENTIALS, read["credentialsFile"])):
            assert portable(seen, kind) == flat(as_sdk(text.encode(), kind)), text


def portable(seen: dict[str, Any], kind: FileKind) -> dict[str, Any]:
    """Without the names that it hands out and nobody can ask for."""
    prefixed = ("profile.", "sso-session.", "services.") if kind is CREDENTIALS else ()
    return {
        name: values
        for name, values in seen.items()
        if NAME.fullmatch(name) and not name.startswith(prefixed)
    }


def flat(reading: Reading) -> dict[str, dict[str, str]]:
    """A reading in the form of the JavaScript SDK: no empty values, nested keys by their path."""
    result: dict[str, dict[str, str]] = {}
    for section, values in reading.sections.items():
        found: dict[str, str] = {}
        for key, value in values.items():
            nested = {"": value} if isinstance(value, str) else value
            found |= {f"{key}.{sub}" if sub else key: text for sub, text in nested.items() if text}
        if found:
            plain = section.type == "profile"
            result[section.name if plain else f"{section.type}.{section.name}"] = found
    return result
