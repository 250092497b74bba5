"""The AWS CLI writes the config file while we do, under no lock: we lose nothing of what it wrote.

It reads the file, and a moment later truncates and writes it. Where our change falls in between, it
overwrites ours: that no lock of ours can prevent, and it is told elsewhere. The reverse never is.
"""

import os
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from awsprof.configfile import storage
from awsprof.configfile.document import Document, FileKind, PutSection, SectionId
from tests.requirements import need

ROOT = Path(__file__).parents[2]
CLI = Path(os.environ.get("AWSPROF_TEST_AWSCLI") or ROOT / ".venv-awscli/bin/aws")
HAND = "# written by hand\n[profile hand]\nregion = eu-west-1\n  # indented\n\n"

# The writer of `aws configure set` itself, in one process: a new profile is appended, and to add a
# key to it the whole file is truncated and written; hundreds of times faster than the program.
WRITER = """
import sys, time
from awscli.customizations.configure.writer import ConfigFileWriter
path, many = sys.argv[1], int(sys.argv[2])
for i in range(many):
    for key, value in (("region", f"eu-north-{i}"), ("output", "json")):
        ConfigFileWriter().update_config({"__section__": f"profile cli-{i}", key: value}, path)
        time.sleep(0.002)
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    need(
        CLI.is_file(), "the AWS CLI: `make test` puts it into .venv-awscli, or AWSPROF_TEST_AWSCLI"
    )
    for name in [n for n in os.environ if n.startswith("AWS")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / ".aws" / "config"
    path.parent.mkdir(0o700)
    path.write_text(HAND)
    return path


Change = Callable[[str, bytes | None], bytes]


def edited(name: str, data: bytes | None) -> bytes:
    """As we change a file: through the document."""
    document = Document.parse(data or b"", FileKind.CONFIG)
    section = SectionId("profile", name)
    return document.edit(PutSection(section, (("region", "us-east-2"),))).render()


def appended(name: str, data: bytes | None) -> bytes:
    """A change that takes no time, so that we write as often as the disk lets us."""
    header = b"[profile %b]\n" % name.encode()
    data = data or b""
    return data if header in data else data + header


def write_while(running: Callable[[], bool], change: Change) -> tuple[list[str], list[str]]:
    """Add profiles until the other is done: their names, and what we were told."""
    added: list[str] = []
    told: list[str] = []
    while running():
        name = f"ours-{len(added)}"
        with storage.transaction() as editing:
            told += editing.rewrite(FileKind.CONFIG, partial(change, name)).notes
        added.append(name)
    return added, told


def judge(config: Path, many: int, added: list[str], told: list[str]) -> None:
    assert config.read_text().startswith(HAND)
    document = storage.read_config_file(FileKind.CONFIG).document
    # A program that writes again in the very milliseconds in which we merge what it wrote late can
    # undo that, or write a section twice: then it must have been said. Any other loss is ours.
    assert len(document.problems) <= len(told), document.problems
    losses = []
    for i in range(many):
        section = document.find(SectionId("profile", f"cli-{i}"))
        values = {entry.key: entry.value for entry in section.entries} if section else {}
        if values != {"region": f"eu-north-{i}", "output": "json"}:
            losses.append((i, values))
    assert len(losses) <= len(told), losses
    assert any(document.find(SectionId("profile", name)) for name in added)
    assert [p.name for p in config.parent.iterdir()] == ["config"]


def test_aws_configure_set_loses_nothing_by_us(config: Path) -> None:
    many = 4
    script = f"""for i in $(seq 0 {many - 1}); do
      "$0" configure set region eu-north-$i --profile cli-$i
      "$0" configure set output json --profile cli-$i
    done"""
    cli = subprocess.Popen(["sh", "-ec", script, CLI])
    added, told = write_while(lambda: cli.poll() is None, edited)
    assert cli.returncode == 0
    judge(config, many, added, told)


def test_its_writer_in_one_process_loses_nothing_by_us(config: Path) -> None:
    many = 300
    python = CLI.with_name("python")
    need(python.exists(), "the Python of the AWS CLI beside it")
    writer = subprocess.Popen([python, "-c", WRITER, config, str(many)])
    added, told = write_while(lambda: writer.poll() is None, appended)
    assert writer.returncode == 0
    judge(config, many, added, told)
