"""A team file of 5,000 profiles in 101 files, applied to a config file of 10,000 profiles."""

from collections.abc import Callable
from itertools import cycle
from pathlib import Path

from tests.bench.many_profiles import COUNTS, READING, reading_words, with_profiles
from tests.bench.measuring import Row, cpu_of, rows_beside
from tests.standins.cli_runner import AWSPROF

INCLUDES, EACH = 100, 50
_HEAD = """\
version = 1
include = [{}]
[sso-session.corp]
sso_start_url = "https://example.awsapps.com/start"
sso_region = "eu-west-1"
"""
_PROFILE = """\
[profile.team{0}]
sso_session = "corp"
sso_account_id = "{1}"
sso_role_name = "Dev"
region = "{2}"
"""


def team_file(folder: Path) -> list[Row]:
    """Each command of awsprof team that reads all of it, beside botocore's own reading."""
    source = folder / "source"
    source.mkdir(parents=True)
    with with_profiles(folder / "home", COUNTS[-1]) as config:
        words = [AWSPROF, "team", "apply", str(source), "--yes"]
        regions = cycle(("eu-west-2", "eu-west-3"))
        before = config.read_bytes()

        def write_new() -> None:
            config.write_bytes(before)
            (folder / "home" / ".local" / "share" / "awsprof" / "team.json").unlink(missing_ok=True)
            _write(source, "eu-west-1")

        rows = _rows("5,000 profiles added", config, words, write_new)
        again = [*words, "--back"]  # the third version is the first once more
        rows += _rows(
            "5,000 profiles changed", config, again, lambda: _write(source, next(regions))
        )
        differ = [AWSPROF, "team", "diff", str(source)]
        rows += _rows("nothing differs", config, differ, lambda: None, "diff")
        return rows + _removed(source, config, words)


def _removed(source: Path, config: Path, words: list[str]) -> list[Row]:
    state = config.parents[1] / ".local" / "share" / "awsprof" / "team.json"
    applied, remembered = config.read_bytes(), state.read_bytes()

    def take_out() -> None:
        """The team drops half of its profiles, from a file that has all of them."""
        config.write_bytes(applied)
        state.write_bytes(remembered)
        for part in source.glob("part[5-9]?.toml"):
            part.write_text("version = 1\n")

    return _rows("2,500 profiles removed", config, [*words, "--prune"], take_out)


def _rows(
    what: str,
    config: Path,
    words: list[str],
    before: Callable[[], object],
    command: str = "apply",
) -> list[Row]:
    ways = {
        READING: (reading_words(config), lambda: None),
        f"awsprof team {command}, {what}": (words, before),
    }
    return rows_beside(cpu_of(ways, 3), READING)


def _write(source: Path, region: str) -> None:
    names = [f"part{number:02}.toml" for number in range(INCLUDES)]
    (source / "team.toml").write_text(_HEAD.format(", ".join(f'"{name}"' for name in names)))
    for number, name in enumerate(names):
        profiles = (
            _PROFILE.format(at, 2 * 10**11 + at, region)
            for at in range(number * EACH, (number + 1) * EACH)
        )
        (source / name).write_text("version = 1\n" + "".join(profiles))
