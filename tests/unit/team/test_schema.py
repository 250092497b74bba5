"""The JSON Schema of the team file: the same file for editors, and the same rules as the reader."""

import json
import tomllib
from importlib.resources import files

import jsonschema
import pytest

from awsprof.profiles.known_keys import S3_KEYS, SESSION_KEYS
from awsprof.team.nested_keys import NESTED_KEYS
from awsprof.team.reader import find_problems
from awsprof.team.tables import PLAIN_KEYS, VAULT_KEY
from tests.standins.cli_runner import ROOT
from tests.standins.team_source import ACCOUNTS, TEAM, MemorySource

TEXT = files("awsprof.team").joinpath("team.schema.json").read_text(encoding="utf-8")
SCHEMA = json.loads(TEXT)


def test_the_documents_have_the_same_schema() -> None:
    assert (ROOT / "docs" / "team.schema.json").read_text(encoding="utf-8") == TEXT


def test_the_schema_is_valid_and_has_every_key() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert {*SCHEMA["$defs"]["lines"]["properties"]} == {
        *(PLAIN_KEYS | NESTED_KEYS.keys()),
        *("template", VAULT_KEY),
    }
    assert {*SCHEMA["$defs"]["lines"]["properties"]["s3"]["properties"]} == S3_KEYS
    assert {*SCHEMA["$defs"]["session"]["properties"]} == SESSION_KEYS


def accepts(text: str) -> bool:
    """True if the schema accepts a TOML text."""
    return bool(jsonschema.Draft202012Validator(SCHEMA).is_valid(tomllib.loads(text)))


VALID = (
    "version = 1\n",
    ACCOUNTS,
    'version = 1\n[profile.dev]\nregion = "eu-west-1"\n',
    'version = 1\n[profile."a.b@c"]\nregion = "eu-west-1"\nduration_seconds = 900\n',
    "version = 1\n[profile.dev]\nuse_fips_endpoint = true\n",
    'version = 1\n[sso-session.s]\nsso_start_url = "https://s.awsapps.com/start"\n'
    'sso_region = "eu-west-1"\n',
    'version = 1\n[template.t]\nregion = "eu-west-1"\n',
    'version = 1\n[template.t]\nretry_mode = "adaptive"\n[profile.p]\ntemplate = "t"\n',
    'version = 1\n[variables]\nuser = { question = "Who?", default = "me", pattern = "[a-z]+" }\n',
    "version = 1\n[profile.p]\ns3 = { addressing_style = 'path', max_concurrent_requests = 20 }\n",
    "version = 1\n[profile.p.api_versions]\nec2 = '2015-03-01'\n",
    "version = 1\n[services.local.s3]\nendpoint_url = 'http://localhost:4566'\n"
    "[profile.p]\nservices = 'local'\n",
    "version = 1\nvariables.user.question = 'Who?'\n",
    'version = 1\n[[accounts]]\nname = "a"\nid = "111111111111"\nstage = "prod"\n',
    'version = 1\naccounts = [{ name = "a", id = "111111111111", roles = ["Admin"] }]\n'
    '[[for_each]]\nname = "{account.name}"\naccounts = ["a"]\nprofile = { region = "eu-west-1" }\n',
)
INVALID = (
    "",
    "version = 2\n",
    "version = true\n",
    'version = "1"\n',
    "version = 1\nprofiles = {}\n",
    "version = 1\nprofile = 1\n",
    "version = 1\n[profile.dev]\n",
    "version = 1\n[profile.dev]\nregion = 1979-05-27\n",
    "version = 1\n[profile.dev]\nregion = 1.5\n",
    "version = 1\n[profile.dev]\nregion = ''\n",
    "version = 1\n[profile.dev]\nregion = { a = 'b' }\n",
    "version = 1\n[profile.dev]\nregion = ['eu-west-1']\n",
    "version = 1\n[profile.dev]\nregoin = 'eu-west-1'\n",
    "version = 1\n[profile.dev]\nduration_seconds = -1\n",
    "version = 1\n[profile.dev]\nmax_attempts = 99999999999\n",
    "version = 1\n[profile.dev]\naws_access_key_id = 'AKIAIOSFODNN7EXAMPLE'\n",
    "version = 1\n[profile.dev]\nsso_account_id = 111111111111\n",
    "version = 1\n[profile.dev]\nsso_account_id = '1111'\n",
    "version = 1\n[profile.dev]\nretry_mode = 'Adaptive'\n",
    'version = 1\n[profile.dev]\nregion = "eu\\nwest"\n',
    "version = 1\n[profile.'a b']\nregion = 'eu-west-1'\n",
    "version = 1\n[profile.'a]']\nregion = 'eu-west-1'\n",
    f"version = 1\n[profile.{'a' * 129}]\nregion = 'eu-west-1'\n",
    "version = 1\n[sso-session.s]\nsso_region = 'eu-west-1'\n",
    "version = 1\n[profile.p]\ns3 = 'path'\n",
    "version = 1\n[profile.p.s3]\n",
    "version = 1\n[profile.p.s3]\naddresing_style = 'path'\n",
    "version = 1\n[profile.p.s3.addressing_style]\nx = 'path'\n",
    "version = 1\n[profile.p.s3]\nendpoint_url = 'http://localhost:4566'\n",
    "version = 1\n[profile.p.ec2]\nx = 'y'\n",
    "version = 1\n[profile.p.api_versions]\n'a b' = 'y'\n",
    "version = 1\n[services.local]\n",
    "version = 1\n[services.local]\nendpoint_url = 'http://localhost:4566'\n",
    "version = 1\n[services.local.s3]\nregion = 'eu-west-1'\n",
    "version = 1\n[services.local.'s 3']\nendpoint_url = 'http://localhost:4566'\n",
    "version = 1\n[services.local.s3]\nendpoint_url = ['http://localhost:4566']\n",
    "version = 1\n[sso-session.s]\nregion = 'eu-west-1'\n",
    "version = 1\n[template]\nregion = 'eu-west-1'\n",
    "version = 1\n[variables]\nuser = 'Who?'\n",
    "version = 1\n[variables]\nuser = { default = 'x' }\n",
    "version = 1\n[variables]\nUser = { question = 'Who?' }\n",
    "version = 1\n[variables]\nrole = { question = 'Which?' }\n",
    "version = 1\n[variables]\nuser = { question = 'Who?', ask = true }\n",
    "version = 1\ninclude = 'a.toml'\n",
    "version = 1\ninclude = ['/a.toml']\n",
    "version = 1\ninclude = ['../a.toml']\n",
    "version = 1\ninclude = ['a.txt']\n",
    "version = 1\naccounts = {}\n",
    "version = 1\n[[accounts]]\nname = 'a'\n",
    "version = 1\n[[accounts]]\nid = '111111111111'\n",
    "version = 1\n[[accounts]]\nname = 'a'\nid = '1'\n",
    "version = 1\n[[accounts]]\nname = 'a b'\nid = '111111111111'\n",
    "version = 1\n[[accounts]]\nname = 'a'\nid = '111111111111'\nroles = 'Admin'\n",
    "version = 1\n[[accounts]]\nname = 'a'\nid = '111111111111'\nOU = 'x'\n",
    "version = 1\n[[accounts]]\nname = 'a'\nid = '111111111111'\nou = []\n",
    "version = 1\n[for_each]\nname = 'a'\n",
    "version = 1\n[[for_each]]\nname = 'a'\n",
    "version = 1\n[[for_each]]\nprofile.region = 'eu-west-1'\n",
    "version = 1\n[[for_each]]\nname = 'a'\nprofile = 'b'\n",
    "version = 1\n[[for_each]]\nname = 'a'\nprofile.region = 'eu-west-1'\nwhere = 'x'\n",
)


@pytest.mark.parametrize("text", VALID)
def test_the_schema_and_the_reader_accept(text: str) -> None:
    assert accepts(text)
    assert find_problems(MemorySource(text)) == ()


@pytest.mark.parametrize("text", INVALID)
def test_the_schema_and_the_reader_refuse(text: str) -> None:
    assert not accepts(text)
    assert find_problems(MemorySource(text))


def test_the_example_with_everything_is_accepted() -> None:
    assert accepts(TEAM)
