"""The wheel and the sdist: the same bytes each time, and nothing that does not belong there."""

import os
import re
import runpy
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.standins.cli_runner import ROOT
from tests.standins.every_command import every_command

TOP = {
    *("awsprof", "docs", "examples", "packaging", "tests"),
    *(
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE",
        "Makefile",
        "README.md",
        "README.ja.md",
        "SECURITY.md",
        "pyproject.toml",
    ),
    *("requirements-dev.lock", "requirements.lock", ".gitignore", "PKG-INFO"),
}
SUFFIXES = {".py", ".typed", ".css", ".html", ".js", ".json"}


def built(source: Path, out: Path, umask: int, **variables: str) -> Path:
    """The folder of a wheel and an sdist, built from ``source``."""
    command = f'umask {umask:o}; exec "$0" -m hatchling build -d "$1"'
    subprocess.run(
        ["/bin/sh", "-c", command, sys.executable, str(out)],
        cwd=source,
        env={**os.environ, **variables},
        check=True,
        capture_output=True,
        timeout=100,
    )
    return out


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(ROOT, tmp_path_factory.mktemp("dist"), 0o022)


@pytest.mark.long
def test_the_same_bytes_come_of_the_clone_and_of_the_sdist(dist: Path, tmp_path: Path) -> None:
    (sdist,) = dist.glob("*.tar.gz")
    subprocess.run(["tar", "-xzf", str(sdist), "-C", str(tmp_path)], check=True)
    source = tmp_path / sdist.name.removesuffix(".tar.gz")
    (source / "README.md").touch()
    again = built(source, tmp_path / "again", 0o077, TZ="Asia/Tokyo", PYTHONHASHSEED="7")
    names = sorted(path.name for path in dist.iterdir())
    assert names == sorted(path.name for path in again.iterdir())
    assert [name for name in names if name.endswith("-py3-none-any.whl")]
    for name in names:
        assert (dist / name).read_bytes() == (again / name).read_bytes(), name


@pytest.mark.long
def test_the_sdist_has_what_the_clone_has_and_no_more(dist: Path) -> None:
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        members = archive.getmembers()
    assert all(member.isfile() for member in members)
    names = {member.name.partition("/")[2] for member in members}
    assert {name.partition("/")[0] for name in names} == TOP
    if not (ROOT / ".git").exists():
        return
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    tracked = {name for name in listed.stdout.split("\0") if name and not name.startswith(".ci/")}
    assert names - tracked <= {"PKG-INFO", *_new()}
    assert tracked - names == set()


def _new() -> set[str]:
    """Files that are about to be committed."""
    command = ["git", "ls-files", "-z", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {name for name in done.stdout.split("\0") if name}


def test_the_readme_on_an_index_has_no_links_to_files(dist: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    name = "-".join(wheel.name.split("-")[:2])
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(f"{name}.dist-info/METADATA").decode()
    assert "awsprof sets up AWS profiles" in text
    assert re.findall(r"\]\((?!https?://|#)[^)]+\)", text) == []


def test_links_and_pictures_become_absolute_where_the_source_is_known() -> None:
    names: dict[str, Any] = runpy.run_path(str(ROOT / "packaging" / "readme_hook.py"))
    text = (ROOT / "README.md").read_text()
    made = names["with_absolute_links"](text, "https://git.example.com/a/awsprof/", "1.2")
    assert "](https://git.example.com/a/awsprof/raw/v1.2/docs/wizard.svg)" in made
    assert "](https://git.example.com/a/awsprof/blob/v1.2/docs/reference.md)" in made
    assert re.findall(r"\]\((?!https?://|#)[^)]+\)", made) == []


def test_the_wheel_has_the_package_the_launcher_and_its_metadata(dist: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    name = "-".join(wheel.name.split("-")[:2])
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        launcher = archive.read(f"{name}.data/data/share/awsprof/awsprof").decode()
        points = archive.read(f"{name}.dist-info/entry_points.txt").decode()
    package = {each for each in names if each.startswith("awsprof/")}
    assert {Path(each).suffix for each in package} == SUFFIXES
    documents = {each for each in names if "/share/doc/awsprof/" in each}
    pages = {each for each in names if "/share/man/man1/" in each}
    commands = {f"awsprof-{name.replace(' ', '-')}" for name in every_command()}
    assert {Path(each).stem for each in pages} >= {"awsprof", *commands}
    shown = {each.partition("/share/doc/awsprof/")[2] for each in documents}
    assert shown >= {"README.md", "docs/json.md", "docs/wizard.svg", "examples/inventory.py"}
    assert names - package - documents - pages == {
        f"{name}.data/data/share/awsprof/awsprof",
        *(f"{name}.dist-info/{each}" for each in ("METADATA", "RECORD", "WHEEL")),
        *(f"{name}.dist-info/{each}" for each in ("entry_points.txt", "licenses/LICENSE")),
    }
    assert launcher == (ROOT / "packaging" / "launcher.py").read_text()
    assert "awsprof = awsprof.__main__:main" in points
