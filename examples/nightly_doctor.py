"""Which profiles broke over night: python -m examples.nightly_doctor [PROFILE...]

For cron or CI, where nobody sits: a line for each thing that fails, and exit code 1. A profile that
waits for an MFA code has not failed. With HEALTH_JSON set, the whole report goes to that file.
"""

import json
import os
import sys
from pathlib import Path

import awsprof


def main(names: list[str]) -> int:
    """Print what fails; 1 where anything does."""
    report = awsprof.check(names or None, timeout=300)
    if "HEALTH_JSON" in os.environ:
        Path(os.environ["HEALTH_JSON"]).write_text(json.dumps(report.as_json(), indent=2))
    for finding in report.findings:
        if finding.severity == "error":
            print(f"{finding.profile or 'in general'}: {finding.message} Mend: {finding.fix}")
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
