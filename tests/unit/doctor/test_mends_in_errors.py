"""What an error says to type is typed: then what was refused works, or a person is asked."""

import pytest

from awsprof import settings
from awsprof.cli.root import awsprof_command
from awsprof.errors import AwsprofError, InteractionRequired
from tests.standins.aws import Aws
from tests.unit.doctor.conftest import Visit
from tests.unit.doctor.test_mends_are_done import ASKS, SHOWS, typed, ways

A = "[profile a]\nregion = eu-west-1\n"
ROLE = "role_arn = arn:aws:iam::210987654321:role/Admin\nsource_profile = base\n"
BASE = "[profile base]\n{KEYS}[profile a]\n" + ROLE
CORP = "[sso-session corp]\nsso_start_url = {URL}/start\nsso_region = eu-west-1\n"
PARTS = "sso_account_id = 123456789012\nsso_role_name = Developer\n"
LONELY = "source_profile = gone\nrole_arn = arn:aws:iam::210987654321:role/Admin\n"

# What is typed, the config that refuses it, and how the mend begins; {KEYS} are alice's.
REFUSED = {
    "no such profile": ("show nope", A, "awsprof list"),
    "nearly a name": ("show prodd", "[profile prod]\n", "awsprof list"),
    "no such value": ("unset a output", A, "awsprof show a"),
    "a secret in a file": ("set a aws_secret_access_key x", A, "awsprof add keys a"),
    "a token that is left over": (
        "keys move a --yes",
        A + "{KEYS}aws_session_token = FwoGZXIvYXdzEXAMPLE\n",
        "awsprof unset a aws_session_token, then awsprof keys move a",
    ),
    "a process beside the key": (
        "keys move a --yes",
        A + "{KEYS}credential_process = /bin/x\n",
        "if you do not need the process: awsprof unset a credential_process",
    ),
    "a secret with a comment": (
        "keys move a --yes",
        A + "aws_access_key_id = {ID}\naws_secret_access_key = {SECRET} # mine\n",
        "awsprof doctor --fix inline-comment, then awsprof keys move a",
    ),
    "halves in each other's place": (
        "keys move a --yes",
        A + "aws_access_key_id = {SECRET}\naws_secret_access_key = {ID}\n",
        "awsprof doctor --fix key-id-shape",
    ),
    "an ID in quotes": (
        "keys move a --yes",
        A + "aws_access_key_id = '{ID}'\naws_secret_access_key = {SECRET}\n",
        "awsprof doctor --fix key-id-shape",
    ),
    "a secret with a space": (
        "keys move a --yes",
        A + "aws_access_key_id = {ID}\naws_secret_access_key = '{SECRET}'\n",
        "awsprof doctor --fix secret-shape",
    ),
    "a key in a copy": ("copy a b --yes", A + "{KEYS}", "move it into the vault first"),
    "a header that few read": (
        "rename a b --yes",
        "[profiles a]\n" + CORP.split("\n", 1)[1] + PARTS,
        "correct the header first: awsprof doctor --offline a",
    ),
    "a cycle": ("env a", A + ROLE.replace("= base", "= a"), "awsprof show a"),
    "a source that is not there": ("env a", A + LONELY, "awsprof"),
    "a role that nobody assumes": ("env a", A, "awsprof show a"),
    "nobody signed in": ("env a", CORP + A + "sso_session = corp\n" + PARTS, "awsprof login a"),
    "a session that is not there": ("sso discover corp", A, "awsprof setup sso"),
    "too long a session": (
        "env a",
        BASE + "duration_seconds = 43200\n",
        "awsprof unset a duration_seconds",
    ),
}


@pytest.fixture
def there(visit: Visit, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Visit:
    """A vault, and an AWS with a role, an account and somebody who approves sign-ins."""
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    settings.put_setting("vault", "file")
    aws.role("Admin")
    aws.accounts["123456789012"] = ("Main", ("Developer",))
    aws.approve_at_once = True
    return visit


def refusal(words: list[str]) -> AwsprofError | None:
    try:
        awsprof_command.main(words, prog_name="awsprof", standalone_mode=False)
    except AwsprofError as exc:
        return exc
    return None


@pytest.mark.parametrize("case", REFUSED)
def test_the_mend_of_an_error_is_typed(
    there: Visit, aws: Aws, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    line, config, begins = REFUSED[case]
    key = aws.user("alice")
    keys = f"aws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
    values = {"{KEYS}": keys, "{ID}": key.id, "{SECRET}": key.secret, "{URL}": aws.url}
    for name, value in values.items():
        config = config.replace(name, value)
    if "rename" in line:
        there.credentials(f"[a]\n{keys}")
    there.config(config)
    refused = refusal(line.split())
    assert refused is not None
    assert refused.fix.startswith(begins), refused.fix
    assert key.secret not in f"{refused.message} {refused.fix}"
    for steps in ways(refused.fix):
        there.config(config)
        for words in steps:
            code, said = typed(words)
            asked = words[0] in ASKS and (
                code == InteractionRequired.exit_code or "terminal" in said
            )
            findings = words[0] == "doctor" and code == 1
            assert code == 0 or asked or findings, (refused.fix, said)
        person = {*SHOWS, "history"} | ASKS - {"login"}  # who looks, or is asked, and goes on
        if steps[-1][0] not in person or "--fix" in steps[-1]:
            again = refusal(line.split())
            assert again is None or again.message != refused.message, refused.fix
    assert key.secret not in capsys.readouterr().err
