"""The current profile is the same in boto3 and awsprof, whatever the two variables say."""

import itertools
from pathlib import Path

import boto3
import botocore.session
import pytest
from botocore.exceptions import ProfileNotFound as BotocoreProfileNotFound

import awsprof
from awsprof import paths
from awsprof.cli.app_context import AppContext
from awsprof.errors import UnknownProfile
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.current import VARIABLES, other_profile, profile_in_use, variable_in_use

VALUES = (None, "", "a", "b", "nobody")
CONFIG = "".join(
    f"[{head}]\nregion = eu-west-1\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
    for head in ("default", "profile a", "profile b")
)


@pytest.fixture(autouse=True)
def config(home: Path) -> None:
    """Three profiles with keys."""
    paths.config_file().parent.mkdir(mode=0o700)
    paths.config_file().write_text(CONFIG)


@pytest.mark.parametrize(("default", "named"), list(itertools.product(VALUES, repeat=2)))
def test_it_is_boto3_s_own(
    default: str | None, named: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in zip(VARIABLES, (default, named), strict=True):
        if value is not None:
            monkeypatch.setenv(variable, value)
    theirs = botocore.session.Session().get_config_variable("profile")
    assert profile_in_use() == ("default" if theirs is None else theirs)
    try:
        expected = boto3.Session().profile_name
    except BotocoreProfileNotFound:
        with pytest.raises(UnknownProfile) as told:
            AppContext().named(None, Catalog.load())
        assert f"unset {variable_in_use()}" in told.value.fix
        with pytest.raises(awsprof.ProfileNotFound, match=profile_in_use() or "''"):
            awsprof.session()
    else:
        assert AppContext().named(None, Catalog.load()) == expected
        assert awsprof.session().profile_name == expected


def test_a_name_comes_before_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "a")
    assert AppContext().named("b", Catalog.load()) == "b"


def test_where_they_disagree_it_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "a")
    assert other_profile() is None
    monkeypatch.setenv("AWS_DEFAULT_PROFILE", "b")
    assert other_profile() == "a"
    assert AppContext().named(None, Catalog.load()) == "b"
    said = capsys.readouterr().err
    assert "Using AWS_DEFAULT_PROFILE=b" in said
    assert "AWS_PROFILE=a" in said
