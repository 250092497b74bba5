"""Each claim beside what it is compared with, in one run, as a ratio (`make bench`).

The machines that this runs on are noisy: no figure here fails anything, and seconds mean little.
With names of parts (`make bench ARGS="credentials"`) only those are measured, and nothing is
written.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench.credentials import credentials
from tests.bench.far_away import far_away
from tests.bench.many_profiles import many_profiles
from tests.bench.measuring import Row
from tests.bench.page import write_page
from tests.bench.team import team_file
from tests.standins.aws import Aws, serving

PARTS: dict[str, Callable[[Path, Aws], list[Row]]] = {
    "credentials": credentials,
    "many_profiles": lambda home, _: many_profiles(home),
    "team": lambda home, _: team_file(home / "team"),
    "far_away": lambda home, _: far_away(home),
}


def main() -> None:
    """Measure all of it in a HOME of its own, against the stand-in."""
    chosen = sys.argv[1:] or list(PARTS)
    with tempfile.TemporaryDirectory() as folder, serving(Aws()) as aws:
        for name in [name for name in os.environ if name.startswith(("AWS_", "XDG_", "DBUS_"))]:
            del os.environ[name]
        # Else each process that is measured would compile what it imports.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ.update(
            aws.environment,
            HOME=folder,
            AWSPROF_PASSPHRASE="only for the bench",
            AWS_EC2_METADATA_DISABLED="true",
        )
        home = Path(folder)
        (home / ".aws").mkdir(mode=0o700)
        rows = [row for part in chosen for row in PARTS[part](home, aws)]
    if set(chosen) == set(PARTS):
        write_page(rows)


if __name__ == "__main__":
    main()
