"""docs/proof.md: each claim names tests that exist, and the results are read from reports."""

import re
from pathlib import Path

import pytest

from tests import proof

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
    (tmp_path / "x.xml").write_text(REPORT)
    result = proof.read_report(tmp_path / "x.xml")
    with pytest.raises(SystemExit, match="No test of tests/"):
        proof.results([[result] * len(proof.LANES)])
