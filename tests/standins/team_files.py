"""A team file that was applied here: what the doctor, lists and selections make of it."""

from pathlib import Path

from tests.standins.cli_runner import run_in_process

TEAM = """\
version = 1

[sso-session.corp]
sso_start_url = "https://example.awsapps.com/start"
sso_region = "eu-west-1"

[profile.dev]
sso_session = "corp"
sso_account_id = "123456789012"
sso_role_name = "Developer"
region = "eu-west-1"

[profile.prod]
sso_session = "corp"
sso_account_id = "210987654321"
sso_role_name = "ReadOnly"
region = "eu-west-1"
"""


def apply_team_file(folder: Path, text: str = TEAM, *accept: str) -> Path:
    """Write ``text`` as team.toml into the folder, and apply it; its path."""
    path = folder / "team.toml"
    path.write_text(text)
    names = ("dev", "prod", "sso-session corp", *accept)
    accepted = [word for name in names for word in ("--accept", name)]
    run_in_process("team", "apply", str(path), "--yes", *accepted)
    return path
