"""The page of measurements: each row has a goal, and one that is missed is marked."""

from pathlib import Path

import pytest

from tests.bench import page
from tests.bench.measuring import Row

ROWS = [
    Row("a kept session", 0.009, "python -ISE -c pass", 0.007, 15),
    Row("awsprof undo of that", 1.9, "botocore reads 10,000 profiles", 0.5, 3),
    Row("awsprof list, 10,000 profiles", 0.8, "aws configure list-profiles", 1.1, 5),
    Row("awsprof set, 10,000 profiles", 0.8, "aws configure set", 1.1, 5),
]


def test_a_goal_is_a_ratio_or_seconds() -> None:
    assert page.is_missed(ROWS[0])
    assert not page.is_missed(ROWS[0]._replace(ours=0.0087))
    assert not page.is_missed(ROWS[1])
    assert page.is_missed(ROWS[1]._replace(ours=2.1))


def test_the_page_names_what_it_misses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = "<!-- bench -->\nformer\n<!-- /bench -->\n"
    for name in ("README.md", "README.ja.md"):
        (tmp_path / name).write_text(table)
    monkeypatch.setattr(page, "ROOT", tmp_path)
    monkeypatch.setattr(page, "PAGE", tmp_path / "performance.md")
    page.write_page(ROWS)
    text = (tmp_path / "performance.md").read_text()
    assert "Goals missed in this run: a kept session.\n" in text
    assert "| **1.25, missed** |" in text
    assert "| 2 s |" in text
    assert "former" not in (tmp_path / "README.md").read_text()
    assert "| 9.0 ms |" in (tmp_path / "README.md").read_text()


def test_each_row_of_the_page_has_a_goal() -> None:
    rows = [line for line in page.PAGE.read_text().splitlines() if line.startswith("| a")]
    names = [line.split("|")[1].strip() for line in rows]
    names = [name for name in names if not name.startswith("aws-vault")]  # not ours
    assert names
    assert [name for name in names if not page.GOALS[name][0]] == []
    assert all(goal for goal, _ in page.GOALS.values())
