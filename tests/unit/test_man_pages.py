"""The man pages: one for each command, of its own help, and roff that groff takes."""

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.requirements import need
from tests.standins.every_command import every_command

SCRIPT = Path(__file__).parents[2] / "packaging" / "man_pages.py"
REQUEST = re.compile(r"\.(TH|nh|ad|SH|PP|TP|B|BR|nf|fi)\b")


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    spec = importlib.util.spec_from_file_location("man_pages", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return dict(module.pages())


def test_each_command_has_a_page_with_its_help(pages: dict[str, str]) -> None:
    for name, command in every_command().items():
        page = pages[f"awsprof-{name.replace(' ', '-')}.1"]
        assert ".SH EXAMPLES" in page, name
        for option in (p for p in command.params if getattr(p, "help", None)):
            assert option.opts[0].replace("-", r"\-") in page, (name, option.opts)
    assert "awsprof whoami" in pages["awsprof.1"]


def test_no_text_is_taken_for_a_request(pages: dict[str, str]) -> None:
    lines = [line for page in pages.values() for line in page.splitlines()]
    assert [x for x in lines if x[:1] in {".", "'"} and not REQUEST.match(x)] == []
    need(shutil.which("groff") is not None, "groff")
    words = ["groff", "-man", "-ww", "-z", "-Tascii"]
    done = subprocess.run(
        words, input="".join(pages.values()), capture_output=True, text=True, check=False
    )
    assert done.stderr == ""


def test_no_word_is_broken_in_a_narrow_window(pages: dict[str, str]) -> None:
    need(shutil.which("groff") is not None, "groff")
    words = ["groff", "-man", "-rLL=60n", "-rLT=60n", "-Tutf8", "-P-cbou"]
    done = subprocess.run(
        words, input=pages["awsprof-whoami.1"], capture_output=True, text=True, check=True
    )
    assert "AWS_SECRET_ACCESS_KEY" in done.stdout
    assert "\N{HYPHEN}\n" not in done.stdout
