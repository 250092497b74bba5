"""What docs/team.md shows is valid, and the numbers in it are the ones that apply."""

import re

import pytest

from awsprof.team import limits
from awsprof.team.expansion import expand
from awsprof.team.reader import load
from tests.standins.cli_runner import ROOT
from tests.standins.team_source import ANSWERS, MemorySource

PAGE = (ROOT / "docs" / "team.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_example_is_a_team_file(example: str) -> None:
    others = re.findall(r'"([\w/]+\.toml)"', example)
    files: dict[str, str | bytes] = {"team.toml": example, **dict.fromkeys(others, "version = 1\n")}
    sections = expand(load(MemorySource(files)), ANSWERS)
    assert sections or others


def test_the_accounts_make_the_profiles_that_the_page_is_about() -> None:
    example = next(each for each in EXAMPLES if "[[for_each]]" in each)
    names = [each.name for each in expand(load(MemorySource(example)), {})]
    assert names[1:] == [
        *("shop-prod-Admin", "shop-prod-Billing", "shop-prod-ReadOnly", "shop-test-Admin"),
        "shop-prod-deploy",
    ]


def test_the_limits_are_those_that_apply() -> None:
    text = PAGE.split("## Limits")[1].replace(",", "")
    numbers = [int(each) for each in re.findall(r"\d+", text)]
    mebibyte = 1 << 20
    assert numbers == [
        limits.MAX_FILES,
        limits.MAX_FILE_BYTES // mebibyte,
        limits.MAX_TOTAL_BYTES // mebibyte,
        limits.MAX_INCLUDE_DEPTH,
        limits.MAX_TEMPLATE_DEPTH,
        limits.MAX_VARIABLES,
        limits.MAX_ACCOUNT_KEYS,
        limits.MAX_SECTIONS,
        limits.MAX_EXPANDED_CHARACTERS // mebibyte,
        limits.MAX_VALUE_CHARACTERS,
        limits.MAX_NAME_CHARACTERS,
        limits.MAX_COMPARISONS,
    ]
