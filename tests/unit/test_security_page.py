"""SECURITY.md: each promise names tests, and they are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_each_promise_names_tests_that_exist() -> None:
    text = (ROOT / "SECURITY.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| ") and "Promise" not in line]
    assert len(rows) > 10
    for row in rows:
        named = re.findall(r"`(tests/[^`]+)`", row)
        assert named, row
        for each in named:
            path, _, name = each.partition("::")
            assert (ROOT / path).exists(), row
            functions = (ROOT / path).read_text() if name else ""
            assert not name or re.search(rf"^def {name}\(", functions, re.MULTILINE), each
