"""The page: whole, the same each time, and nothing but text where a name holds markup."""

import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from awsprof.doctor.html_report import render_page
from awsprof.doctor.report import Health, Report
from tests.standins.doctor_reports import ERROR, INFO, WARNING, finding, profile, report

ROOT = Path(__file__).parents[3]
MARKUP = "</script><script>evil()</script><img src=x onerror=\"evil()\" a='b'>"
VOID = {"meta", "input", "use", "rect", "circle", "path", "link", "br"}


class Page(HTMLParser):
    """What a browser would make of it: elements and attributes, and whether each one ends."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] not in (["script"], ["style"]):
            self.words.append(data)

    @property
    def text(self) -> str:
        """What is read, blanks made one."""
        return " ".join(" ".join(self.words).split())

    @property
    def shape(self) -> list[tuple[str, list[str]]]:
        """The elements and the names of their attributes."""
        return [(tag, sorted(attrs)) for tag, attrs in self.elements]

    def having(self, name: str) -> list[str | None]:
        """The values of an attribute, wherever it stands."""
        return [attrs[name] for _, attrs in self.elements if name in attrs]


def told_by(name: str) -> Report:
    """``name`` wherever text comes from outside."""
    bad = finding(ERROR, name, name, id="identity", profile=name, line=3)
    made = profile(name, bad, source=name + "2", account=name, role=name)
    on_session = profile(name + "3", session=name)
    return report([made, on_session], finding(WARNING, name, name))


def test_markup_is_text() -> None:
    hostile, harmless = Page(render_page(told_by(MARKUP))), Page(render_page(told_by("name")))
    assert hostile.shape == harmless.shape
    assert hostile.text.count(MARKUP) == harmless.text.count("name")


def test_it_leads_nowhere_else_and_lets_only_its_own_script_run() -> None:
    page = Page(render_page(told_by(MARKUP)))
    assert all(str(link).startswith("#") for link in page.having("href"))
    policy = next(str(text) for text in page.having("content") if "default-src" in str(text))
    assert policy.startswith("default-src 'none';")
    assert policy.count("'sha256-") == 2
    assert "unsafe" not in policy
    assert "http" not in render_page(report([profile("a")])).replace("http-equiv", "")


def test_hidden_characters_do_not_reorder_what_is_read() -> None:
    text = render_page(report([profile("a\u202eb\x1b[2J\u2066", account="1\u200f2")]))
    assert not set(text) & set("\u202e\x1b\u2066\u200f")


def test_everything_of_the_report_stands_in_it() -> None:
    bad = finding(
        ERROR,
        "The key is gone.",
        "make one, then awsprof add keys old; or awsprof remove old; awsprof show old shows where",
        id="identity",
        profile="old",
        line=44,
        repairable=True,
    )
    what = report(
        [profile("old", bad), profile("late", health=Health.WAITING), profile("admin", source="b")],
        finding(INFO, "Copies lie about.", id="aws-cli-cache"),
        complete=False,
    )
    text = render_page(what, at=datetime(2026, 11, 26, 8, 5, tzinfo=UTC))
    page = Page(text)
    for told in (
        "2026-11-26 08:05 UTC",
        "1 error, 1 note in 3 profiles; awsprof doctor --fix fixes 1",
        "Interrupted: 3 of 3 profiles checked.",
        "identity /home/alice/.aws/config:44",
        "The key is gone.",
        "--fix does it",
        "awsprof login late",
        "arn:aws:sts::210987654321:assumed-role/Admin/alice",
        "b not in this report",
        "General",
        "Copies lie about.",
    ):
        assert told in page.text, told
    assert "<code>awsprof add keys old</code>; or <code>awsprof remove old</code>" in text
    assert "<code>awsprof show old</code> shows where" in text
    links = [link for link in page.having("href") if str(link).startswith("#p-")]
    assert {str(link)[1:] for link in links} <= set(page.having("id"))
    assert render_page(what) == render_page(what)


@pytest.mark.parametrize("count", [0, 3, 300])
def test_each_profile_has_a_node_and_a_card(count: int) -> None:
    names = [f"role-{number}" for number in range(count)]
    page = Page(render_page(report([profile(name, source="base") for name in names])))
    classes = [str(c).split()[0] for c in page.having("class") if c]
    assert classes.count("card") == count
    assert [f"#p-{n}" in page.having("href") for n in range(count)] == [True] * count
    ids = page.having("id")
    assert len(ids) == len(set(ids))


@pytest.mark.long
def test_the_wheel_has_all_of_the_page(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
    assert {f"awsprof/doctor/page.{kind}" for kind in ("html", "css", "js")} <= names
