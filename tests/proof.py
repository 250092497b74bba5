"""docs/proof.md: what README and docs claim, the tests that hold it, and the results of the lanes.

``make proof`` runs the lanes twice and writes the page from pytest's JUnit reports in build/proof,
a folder for each commit. It stops if a test failed, or if the tests of a claim are missing or did
not run.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple
from xml.etree import ElementTree

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs" / "proof.md"
LANES: Final = ("test", "test-all-examples", "windows", "test-long", "interop", "load")
_MARK: Final = "<!-- results -->"


class Result(NamedTuple):
    """What one run of a lane gave; ``cases`` has the outcome of each test by file and name."""

    cases: dict[tuple[str, str], str]
    seconds: float

    @property
    def failed(self) -> list[tuple[str, str]]:
        """The file and name of each test that failed."""
        return [case for case, outcome in self.cases.items() if outcome == "failed"]

    def count(self, outcome: str) -> int:
        """How many tests ended so: passed, failed or skipped."""
        return list(self.cases.values()).count(outcome)


def claims() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yields each claim of the page with the tests that it names, as ``path`` or ``path::name``."""
    for line in PAGE.read_text().partition(_MARK)[0].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        named = tuple(re.findall(r"`(tests/[^`]+)`", line))
        if line.startswith("| ") and named:
            yield cells[0], named


def read_report(path: Path) -> Result:
    """Reads a report that ``pytest --junit-xml`` wrote. Raises OSError if it is missing."""
    cases: dict[tuple[str, str], str] = {}
    suite = ElementTree.parse(path).getroot()  # noqa: S314  # pytest wrote it
    for case in suite.iter("testcase"):
        ended = {child.tag for child in case}
        outcome = "failed" if ended & {"failure", "error"} else "passed"
        file = f"{case.get('classname', '').replace('.', '/')}.py"
        cases[file, case.get("name", "")] = "skipped" if "skipped" in ended else outcome
    seconds = sum(float(s.get("time", 0)) for s in suite.iter("testsuite"))
    return Result(cases, seconds)


def holding(named: str, runs: Sequence[Sequence[Result]]) -> list[tuple[int, int]]:
    """How many of the tests that a claim names passed in each run, and how many there are."""
    path, _, name = named.partition("::")
    found = []
    for run in runs:
        outcomes = [
            outcome
            for result in run
            for (file, test), outcome in result.cases.items()
            if (file == path or file.startswith(f"{path}/")) and test.startswith(name)
        ]
        found.append((outcomes.count("passed"), len(outcomes)))
    return found


def _lane_row(lane: str, runs: Sequence[Sequence[Result]]) -> str:
    index = LANES.index(lane)
    cells = []
    for run in runs:
        result = run[index]
        told = [f"{result.count('passed')} passed"]
        told += [f"{many} {word}" for word in ("failed", "skipped") if (many := result.count(word))]
        cells.append(f"{', '.join(told)}; {result.seconds:.0f} s")
    return f"| `make {lane}` | {' | '.join(cells)} |"


def results(runs: Sequence[Sequence[Result]]) -> str:
    """The part of the page below the mark.

    Raises SystemExit if a claim has no test that passed, or if a test failed.
    """
    head = " | ".join(f"run {number}" for number in range(1, len(runs) + 1))
    failed = {f"{file}::{name}" for run in runs for lane in run for (file, name) in lane.failed}
    if failed:
        raise SystemExit(f"Failed: {', '.join(sorted(failed))}")
    lines = ["## The lanes", "", f"| command | {head} |", "|---|" + "---|" * len(runs)]
    lines += [_lane_row(lane, runs) for lane in LANES]
    lines += ["", "## The tests of each claim", ""]
    lines += [f"| tests | {head} |", "|---|" + "---|" * len(runs)]
    for named in dict.fromkeys(each for _, tests in claims() for each in tests):
        counts = holding(named, runs)
        if any(passed == 0 for passed, _ in counts):
            raise SystemExit(f"No test of {named} passed.")
        cells = " | ".join(f"{passed} of {total} passed" for passed, total in counts)
        lines.append(f"| `{named}` | {cells} |")
    return "\n".join(lines) + "\n"


def main(folder: Path) -> None:
    """Writes the results of the runs in ``folder`` (``1/test.xml``, ``2/test.xml``, …)."""
    numbered = sorted(path for path in folder.iterdir() if path.is_dir())
    missing = [
        f"{run}/{x}.xml" for run in numbered for x in LANES if not (run / f"{x}.xml").exists()
    ]
    if missing or not numbered:
        raise SystemExit(f"Run first: {', '.join(missing) or 'make proof'}")
    runs = [[read_report(run / f"{lane}.xml") for lane in LANES] for run in numbered]
    above = PAGE.read_text().partition(_MARK)[0]
    PAGE.write_text(f"{above}{_MARK}\n\n{results(runs)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
