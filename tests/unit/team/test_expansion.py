"""A team file as sections: templates, accounts and roles, variables."""

import pytest

from awsprof.errors import UsageError
from awsprof.team.expansion import expand, missing_variables
from awsprof.team.model import TeamFileError, TeamSection
from awsprof.team.reader import find_problems, load
from tests.standins.team_source import ANSWERS, MemorySource, team_source


def sections(
    changes: dict[str, str] | None = None, answers: dict[str, str] | None = None
) -> dict[str, TeamSection]:
    found = expand(load(team_source(changes)), {**ANSWERS, **(answers or {})})
    return {section.name: section for section in found}


def test_a_for_each_makes_a_profile_for_each_account_and_role_that_matches() -> None:
    assert [*sections()] == [
        *("corp", "base", "deploy"),
        *("shop-prod-Admin", "shop-prod-ReadOnly", "tools-Admin"),
    ]
    assert sections()["shop-prod-ReadOnly"].values == {
        "region": "eu-west-1",
        "output": "json",
        "sso_session": "corp",
        "sso_account_id": "111111111111",
        "sso_role_name": "ReadOnly",
    }


def test_a_profile_replaces_what_its_template_says() -> None:
    deploy = sections()["deploy"]
    assert [*deploy.values.items()][:2] == [("region", "us-east-1"), ("output", "json")]
    assert deploy.values["duration_seconds"] == "3600"
    assert deploy.template == "defaults"


def test_answers_take_their_place_and_a_default_counts_as_one() -> None:
    found = sections(answers={"home_region": "eu-north-1"})
    assert found["base"].values["mfa_serial"] == "arn:aws:iam::111122223333:mfa/alice"
    assert found["shop-prod-Admin"].values["region"] == "eu-north-1"


def test_a_key_in_the_vault_becomes_this_machines_own_process_line() -> None:
    base = sections()["base"]
    assert base.values["credential_process"].endswith(
        " credential-process base --key AKIAIOSFODNN7EXAMPLE"
    )
    assert "vault_key_id" not in base.values
    assert base.sensitive == ()


def test_only_variables_in_use_without_a_default_are_missing() -> None:
    unused = {"[sso-session.corp]": '[variables.unused]\nquestion = "?"\n[sso-session.corp]'}
    team = load(team_source(unused))
    assert [each.name for each in missing_variables(team, {})] == ["user", "key_id"]
    assert missing_variables(team, ANSWERS) == ()
    with pytest.raises(UsageError, match=r"needs a value for user, key_id\."):
        expand(team, {})


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("Alice", r"does not have the form"),
        ("alice\nregion = x", r"cannot have that value"),
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", r"looks like a secret"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(answer: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        sections(answers={"user": answer})


def test_an_answer_is_not_looked_through_for_placeholders() -> None:
    changes = {', pattern = "[a-z]+"': "", 'output = "json"': 'external_id = "{user}"'}
    with pytest.raises(TeamFileError, match=r"external_id: '\{key_id\}' is not"):
        sections(changes, {"user": "{key_id}"})


def test_what_needs_a_confirmation_is_marked() -> None:
    found = sections({'output = "json"': 'endpoint_url = "https://proxy.example.com"'})
    assert found["corp"].sensitive == ("sso_start_url",)
    assert found["deploy"].sensitive == ("endpoint_url", "role_arn")
    assert found["shop-prod-Admin"].sensitive == ("endpoint_url",)


def test_the_origin_is_where_the_file_defines_the_section() -> None:
    assert sections()["deploy"].origin == "team.toml:27"
    assert sections()["shop-prod-Admin"].origin == "team.toml:34"


def test_braces_are_written_twice() -> None:
    found = sections({'output = "json"': 'mfa_process = "op item get {{profile}} --otp"'})
    assert found["deploy"].values["mfa_process"] == "op item get {profile} --otp"


def test_a_file_is_read_once_however_often_it_is_included() -> None:
    source = team_source({'["accounts.toml"]': '["accounts.toml", "accounts.toml"]'})
    load(source)
    assert source.reads == ["team.toml", "accounts.toml"]


def test_an_include_is_relative_to_the_file_that_has_it() -> None:
    source = MemorySource(
        {
            "team.toml": 'version = 1\ninclude = ["a/b.toml"]\n',
            "a/b.toml": 'version = 1\ninclude = ["c.toml", "d/e.toml"]\n',
            "a/c.toml": "version = 1\n[profile.c]\nregion = 'eu-west-1'\n",
            "a/d/e.toml": "version = 1\n[profile.e]\nregion = 'eu-west-1'\n",
        }
    )
    assert [each.name for each in load(source).profiles] == ["c", "e"]
    assert source.reads == ["team.toml", "a/b.toml", "a/c.toml", "a/d/e.toml"]


def test_the_digest_changes_with_any_file() -> None:
    source = team_source()
    before = load(source).digest
    assert load(source).digest == before
    source.files["accounts.toml"] += b"# a comment\n"
    assert load(source).digest != before


def test_every_error_is_found_at_once_with_its_line_and_the_nearest_key() -> None:
    source = team_source(
        {
            'output = "json"': 'outptu = "json"',
            'source_profile = "base"': 'source_profile = "bas"',
            "duration_seconds = 3600": "duration_seconds = 1979-05-27",
            'profile.template = "sso"': 'profile.template = "ssso"',
            "mfa/{user}": "mfa/{usr}",
        }
    )
    source.files["accounts.toml"] = source.files["accounts.toml"].replace(b'"222222222222"', b"2")
    assert [f"{problem} {problem.fix}" for problem in find_problems(source)] == [
        "team.toml:15 template.defaults.outptu: There is no such key here. did you mean output?",
        "team.toml:25 profile.base.mfa_serial: There is no variable usr. did you mean user?",
        "team.toml:30 profile.deploy.source_profile: The team file has no profile bas."
        " did you mean base?",
        "team.toml:31 profile.deploy.duration_seconds: This should be a text. write it in quotes",
        "team.toml:34 template: There is no template ssso. did you mean sso?",
        "accounts.toml:10 accounts[2].id: This should be a text. write it in quotes",
    ]


def test_only_the_first_errors_are_compared_with_all_names() -> None:
    templates = "".join(f"[template.base{n}]\nregion = 'eu-west-1'\n" for n in range(30))
    profiles = "".join(f"[profile.p{n}]\ntemplate = 'bsae{n}'\n" for n in range(30))
    found = find_problems(MemorySource(f"version = 1\n{templates}{profiles}"))
    assert len(found) == 30
    assert [bool(each.fix) for each in found] == [n < 10 for n in range(30)]


def test_a_pattern_without_a_match_is_told_also_if_no_profile_can_have_the_name() -> None:
    loop = "[[for_each]]\nname = '{{}}'\naccounts = ['a', 'b*']\nprofile.region = 'eu-west-1'\n"
    account = "[[accounts]]\nname = 'a'\nid = '111111111111'\n"
    found = find_problems(MemorySource(f"version = 1\n{account}{loop}"))
    assert [each.key for each in found] == ["for_each.name", "for_each.accounts"]
    assert found[1].says == "b* matches none of the accounts."


def test_too_many_variables_are_told_once() -> None:
    variables = "".join(f"{{0}}{n} = {{{{ question = '?' }}}}\n" for n in range(40))
    files = {
        f"{name}.toml": f"version = 1\n[variables]\n{variables.format(name)}" for name in "abc"
    }
    head = "version = 1\ninclude = ['a.toml', 'b.toml', 'c.toml']\n"
    (found,) = find_problems(MemorySource({"team.toml": head, **files}))
    assert (str(found.place), found.says) == ("b.toml:2", "There are too many variables.")


def test_a_file_that_is_too_large_is_told_by_what_includes_it() -> None:
    large = "version = 1\n#" + "x" * (2 << 20)
    (found,) = find_problems(MemorySource(large))
    assert (str(found.place), found.key) == ("team.toml:1", "")
    head = "version = 1\n\ninclude = ['a.toml']\n"
    (found,) = find_problems(MemorySource({"team.toml": head, "a.toml": large}))
    assert (str(found.place), found.key) == ("team.toml:3", "include")


def test_a_wrong_bracket_is_told_with_the_header_to_write() -> None:
    text = "version = 1\n[accounts]\nname = 'x'\n[[for_each]]\nname = 'a'\nprofile = 3\n"
    found = find_problems(MemorySource({"team.toml": text.encode()}))
    assert [each.fix for each in found] == [
        "write [[accounts]] above its keys",
        "write [for_each.profile] above its keys",
    ]


def test_an_error_says_how_to_see_the_others() -> None:
    source = team_source({'output = "json"': 'outptu = "json"', "mfa/{user}": "mfa/{usr}"})
    source.label = "~/my team"
    with pytest.raises(
        TeamFileError, match=r"outptu: There is no such key here\. There is"
    ) as error:
        load(source)
    assert error.value.fix == "awsprof team check '~/my team' lists them all"


def test_a_valid_file_has_no_problems() -> None:
    assert find_problems(team_source()) == ()


def test_a_secret_is_named_by_its_line_and_not_shown() -> None:
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # AWS's documented example
    team = f'version = 1\n# {secret}\n[profile.x]\nregion = "eu-west-1"\noutput = "{secret}"\n'
    problems = find_problems(MemorySource(team))
    assert [problem.place.line for problem in problems] == [2, 5]
    assert secret not in repr(problems)


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ('credential_process = "/opt/x --user {user} --password hunter2"', True),
        ('credential_process = "/opt/x --password=hunter2{user}"', True),
        ('mfa_process = "curl https://bob:hunter2@example.com/{user}"', True),
        ('mfa_process = "/opt/x {{a}} --password hunter2"', True),
        ('credential_process = "/opt/x --user {user} --password {user}"', False),
        ('mfa_process = "op item get {{profile}} --otp"', False),
    ],
)
def test_a_placeholder_beside_a_secret_does_not_hide_it(line: str, is_one: bool) -> None:
    head = 'version = 1\n[variables]\nuser = { question = "Your name" }\n'
    problems = find_problems(MemorySource(f"{head}[profile.x]\n{line}\n"))
    assert [each.says for each in problems] == ["This line has what looks like a secret."] * is_one
    assert "hunter2" not in repr(problems)
