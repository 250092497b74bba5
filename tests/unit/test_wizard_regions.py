"""The wizard's regions: known where the person's own config cannot be read."""

from pathlib import Path

from awsprof.wizard.choices import regions


def test_regions_are_known_over_a_config_that_botocore_cannot_parse(home: Path) -> None:
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text("[profile a\nthis is no line\n[[[\n")
    found = regions()
    assert {"eu-west-1", "us-east-1", "cn-north-1", "us-gov-west-1"} <= set(found)
