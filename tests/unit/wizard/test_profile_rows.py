"""Profiles in the wizard's lists, in a narrow terminal: what identifies them is never cut."""

from pathlib import Path

import pytest

from awsprof.errors import UsageError
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.provider_order import access_key
from awsprof.wizard import profile_picker, prompts
from awsprof.wizard.choices import session_or_profile_options
from awsprof.wizard.prompt_loop import fit

CONFIG = """\
[sso-session corp]
sso_start_url = https://example.awsapps.com/start
sso_region = ap-northeast-1
[profile prod-administratoraccess]
sso_session = corp
sso_account_id = 700000000000
sso_role_name = AdministratorAccessForTheWholeOrganisation
region = ap-northeast-1
"""


@pytest.fixture
def catalog(home: Path) -> Catalog:
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text(CONFIG)
    return Catalog.load()


def test_account_and_region_stay_where_the_role_is_cut(catalog: Catalog) -> None:
    profile, session = session_or_profile_options(catalog)
    assert fit(profile.title, 76).split()[:3] == [
        *("prod-administratoraccess", "700000000000", "ap-northeast-1")
    ]
    assert "ap-northeast-1   Identity Center" in fit(session.title, 76)


def test_the_picker_shows_account_and_region_first(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles: list[str] = []

    def first(question: str, options: list[prompts.Option], **_: object) -> str:
        titles.extend(option.title for option in options)
        return options[0].value

    monkeypatch.setattr(profile_picker, "select", first)
    profile_picker.pick_profile(catalog, ())
    assert fit(titles[0], 76).split()[1:3] == ["700000000000", "ap-northeast-1"]
    assert "AdministratorAccessForTheWholeOrganisation" in titles[0]
    assert "arn:" not in titles[0]


def test_the_picker_aligns_long_names_and_offers_what_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    long = "acme-platform-production-readonly-access"
    role = "sso_session = corp\nsso_account_id = 345678901230\nsso_role_name = ReadOnly\n"
    text = f"[profile {long}]\nregion = eu-west-1\n{role}[profile base]\nregion = eu-west-1\n{{}}"
    key = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = made-up\n"
    titles: list[str] = []

    def first(question: str, options: list[prompts.Option], **_: object) -> str:
        titles[:] = [option.title for option in options]
        return options[0].value

    monkeypatch.setattr(profile_picker, "select", first)
    catalog = Catalog.from_bytes(text.format(key).encode(), None)
    profile_picker.pick_profile(catalog, ())
    assert len({title.index("eu-west-1") for title in titles}) == 1
    assert profile_picker.pick_profile(catalog, (), access_key) == "base"
    assert len(titles) == 1
    profile_picker.pick_profile(Catalog.from_bytes(text.format("").encode(), None), (), access_key)
    assert len(titles) == 2


def test_an_error_at_a_prompt_breaks_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    words = "Use one or more of {account_name}, {account_id}, {role} and {session}"

    def refuse(answer: str) -> None:
        raise UsageError(f"{answer!r} is not a valid name template.", words)

    shown = prompts._validator(refuse, str, True)("zz")
    assert isinstance(shown, str)
    assert shown.split() == f"'zz' is not a valid name template. {words}.".split()
    assert max(map(len, shown.split("\n"))) <= 37
