"""Display masks what looks like a secret: never the doctor's own words."""

import pytest

from awsprof.accesskeys.key_sources import key_from_profile
from awsprof.doctor import checks
from awsprof.errors import UsageError
from awsprof.masking.mask import MASK, for_display
from awsprof.profiles.catalog import Catalog
from awsprof.text import one_line
from tests.e2e.all_faults_config import CONFIG, CREDENTIALS
from tests.unit.doctor.conftest import Visit

ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
TOKEN = "FwoGZXIvYXdzEXAMPLE" * 8
DAMAGED = {
    "config": f"""\
[profile shell]
export AWS_SECRET_ACCESS_KEY="$(cat secret)"
export AWS_SESSION_TOKEN={TOKEN}
set AWS_ACCESS_KEY_ID={ID}
[profile glued]
region = eu-west-1 aws_secret_access_key = {SECRET}
aws_secret_access_key = {SECRET} region = eu-west-1
[profile keyless]
{ID}
{SECRET}
[profile odd]
aws_secret_key = {SECRET}
mfa_serial = {SECRET}
role_arn = {SECRET}
password: hunter2hunter2
[profile swapped]
aws_access_key_id = {SECRET}
aws_secret_access_key = {ID}
aws_session_token = {TOKEN}
""",
    "credentials": f"[keys]\naws_access_key_id = {ID}\naws_secret_access_key = '{SECRET}'\n"
    f"aws_session_token = {TOKEN}\n{SECRET} = x\n",
}
VARIABLES = {
    "AWS_ACCESS_KEY_ID": SECRET,
    "AWS_SECRET_ACCESS_KEY": ID,
    "AWS_SESSION_TOKEN": TOKEN,
    "AWS_SECRET_KEY": SECRET,
    "AWS_PROFILE": "nobody",
    "HTTPS_PROXY": "http://bob:hunter2@proxy.example.com:port",
}


@pytest.mark.parametrize("files", ["all faults", "damaged"])
def test_no_word_of_a_finding_is_masked(files: str, visit: Visit) -> None:
    faults = files == "all faults"
    visit.config(CONFIG if faults else DAMAGED["config"])
    own = CREDENTIALS.format(id=ID, secret=SECRET)
    visit.credentials(own if faults else DAMAGED["credentials"])
    visit.environment |= VARIABLES
    context = visit.context()
    seen = 0
    for check in checks.all_checks():
        for fault in () if check.live else check.run(context):
            change = fault.repair.change if fault.repair else None
            for text in (fault.message, fault.fix, change.summary if change else ""):
                expected = one_line(text)
                for secret in (SECRET, TOKEN, "hunter2"):
                    expected = expected.replace(secret, MASK)
                assert for_display(text) == expected, check.id
                seen += 1
    assert seen > 30


def test_no_word_of_a_refusal_is_masked() -> None:
    text = f"[a]\naws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n"
    catalog = Catalog.from_bytes(b"", f"{text}aws_session_token = {TOKEN}\n".encode())
    with pytest.raises(UsageError) as error:
        key_from_profile(catalog.get("a"))
    assert for_display(error.value.message) == error.value.message


def test_a_key_that_is_a_piece_of_a_secret_is_not_named(visit: Visit) -> None:
    pieces = ["vbq7wLtTmXpZcRkH+sGd", "kTmXqRnHvJzLwPxCbGdS"]  # made up; boto3 reads lower case
    visit.config(
        f"[profile a]\n{pieces[0]} region = eu-west-1 [profile x]\noutput = json\n"
        f"[profile b]\n{pieces[1]} x : 'y'\n{pieces[1]} x : 'y'\n{pieces[1]} z = 1\n"
        f"  [profile c]\n  region = eu-west-1\n"
    )
    context = visit.context()
    found = [
        fault for check in checks.all_checks() if not check.live for fault in check.run(context)
    ]
    texts = [text for f in found for text in (f.message, f.fix)]
    texts += [f.repair.change.summary for f in found if f.repair and f.repair.change]
    assert len(texts) > 6
    assert [t for t in texts for piece in pieces if piece.lower() in t.lower()] == []


@pytest.mark.parametrize(
    ("key", "lines"),
    [
        (
            "s3.addressing_style",
            f"s3 =\n  addressing_style = path aws_secret_access_key = {SECRET}",
        ),
        ("retry_mode", f"retry_mode = legacy aws_secret_access_key = {SECRET}"),
        ("cli_timestamp_format", f"cli_timestamp_format = x\n  was {SECRET}"),
        ("parameter_validation", f"parameter_validation = maybe aws_session_token={TOKEN}"),
    ],
)
def test_no_finding_prints_an_edit_that_is_refused_for_a_secret(
    key: str, lines: str, visit: Visit
) -> None:
    visit.config(f"[profile a]\nregion = eu-west-1\n{lines}\n")
    fixes = [
        f.fix for check in checks.all_checks() if not check.live for f in check.run(visit.context())
    ]
    assert [
        fix for fix in fixes if fix.startswith(("awsprof set", "awsprof unset")) and key in fix
    ] == []
