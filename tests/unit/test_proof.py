"""docs/proof.md: each claim names tests that exist, and the results are read from reports."""

import re
from pathlib import Path

import pytest

from tests import proof

PAGES = sorted([*proof.ROOT.glob("*.md"), *(proof.ROOT / "docs").glob("*.md")])
REPORT = """<testsuites><testsuite time="2.5">
<testcase classname="tests.unit.test_arn" name="test_one[a]"/>
<testcase classname="tests.unit.test_arn" name="test_one[b]"><failure/></testcase>
<testcase classname="tests.e2e.test_x" name="test_two"><skipped/></testcase>
</testsuite></testsuites>"""


def test_each_claim_names_tests_that_exist() -> None:
    found = list(proof.claims())
    assert len(found) > 20
    for claim, tests in found:
        for named in tests:
            path, _, name = named.partition("::")
            assert (proof.ROOT / path).exists(), claim
            functions = (proof.ROOT / path).read_text() if name else ""
            assert not name or re.search(rf"^def {name}\(", functions, re.MULTILINE), named


def test_a_report_is_counted_by_test(tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text(REPORT)
    result = proof.read_report(tmp_path / "x.xml")
    counted = [result.count(word) for word in ("passed", "failed", "skipped")]
    assert (counted, result.seconds) == ([1, 1, 1], 2.5)
    assert proof.holding("tests/unit/test_arn.py::test_one", [[result]]) == [(1, 2)]
    assert proof.holding("tests/e2e", [[result], [result]]) == [(0, 1), (0, 1)]


def test_a_claim_whose_tests_did_not_run_stops_it(tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text(REPORT.replace("<failure/>", ""))
    result = proof.read_report(tmp_path / "x.xml")
    with pytest.raises(SystemExit, match="No test of tests/"):
        proof.results([[result] * len(proof.LANES)])


def test_a_test_that_failed_stops_it(tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text(REPORT)
    result = proof.read_report(tmp_path / "x.xml")
    with pytest.raises(SystemExit, match=r"Failed: tests/unit/test_arn.py::test_one\[b\]"):
        proof.results([[result] * len(proof.LANES)])


def test_a_lane_without_a_report_is_named(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "test.xml").write_text(REPORT)
    with pytest.raises(SystemExit, match=r"Run first: .*1/test-all-examples\.xml"):
        proof.main(tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_that_a_page_names_exists(page: Path) -> None:
    for path, name in re.findall(r"\b(tests/[\w/.]+\.py)(?:::(\w+))?", page.read_text()):
        assert (proof.ROOT / path).exists(), path
        assert not name or f"def {name}(" in (proof.ROOT / path).read_text(), name
