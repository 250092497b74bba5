"""A source of a team file in memory, and a team file to vary."""

from pathlib import PurePosixPath

from awsprof.errors import FileError


class MemorySource:
    """Files by path; ``reads`` are the paths asked for."""

    label = "memory"

    def __init__(self, files: dict[str, str | bytes] | str) -> None:
        files = {"team.toml": files} if isinstance(files, str) else files
        self.files = {k: v.encode() if isinstance(v, str) else v for k, v in files.items()}
        self.reads: list[str] = []

    def read(self, relative: PurePosixPath) -> bytes:
        self.reads.append(str(relative))
        try:
            return self.files[str(relative)]
        except KeyError:
            raise FileError(f"There is no file {relative}.", "add it") from None


TEAM = """\
version = 1
include = ["accounts.toml"]

[variables]
user = { question = "Your IAM user name", pattern = "[a-z]+" }
key_id = { question = "The id of your access key" }
home_region = { question = "Your region", default = "eu-west-1" }

[sso-session.corp]
sso_start_url = "https://corp.awsapps.com/start"
sso_region = "eu-west-1"

[template.defaults]
region = "{home_region}"
output = "json"

[template.sso]
template = "defaults"
sso_session = "corp"
sso_account_id = "{account.id}"
sso_role_name = "{role}"

[profile.base]
vault_key_id = "{key_id}"
mfa_serial = "arn:aws:iam::111122223333:mfa/{user}"

[profile.deploy]
template = "defaults"
role_arn = "arn:aws:iam::111122223333:role/Deploy"
source_profile = "base"
duration_seconds = 3600
region = "us-east-1"

[[for_each]]
name = "{account.name}-{role}"
accounts = ["*-prod", "333333333333"]
roles = ["Read*", "Admin"]
profile.template = "sso"
"""
ACCOUNTS = """\
version = 1

[[accounts]]
name = "shop-prod"
id = "111111111111"
roles = ["Admin", "ReadOnly", "Billing"]

[[accounts]]
name = "shop-test"
id = "222222222222"
roles = ["Admin"]

[[accounts]]
name = "tools"
id = "333333333333"
"""
ANSWERS = {"user": "alice", "key_id": "AKIAIOSFODNN7EXAMPLE"}


def team_source(changes: dict[str, str] | None = None) -> MemorySource:
    """The team file above, with texts replaced."""
    team = TEAM
    for old, new in (changes or {}).items():
        assert old in team
        team = team.replace(old, new)
    return MemorySource({"team.toml": team, "accounts.toml": ACCOUNTS})
