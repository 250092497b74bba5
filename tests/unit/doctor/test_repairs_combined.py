"""All repairs of one visit are one change: none undoes another's work."""

from botocore.session import Session

from awsprof.doctor.repair_planning import plan_repairs, withhold_harmful_repairs
from awsprof.doctor.runner import run_offline
from awsprof.editing.apply import apply
from awsprof.secret import Secret
from awsprof.vault.index import Index
from tests.unit.doctor.conftest import Visit, joined

KEY, OTHER, LOST = "AKIAIOSFODNN7EXAMPLE", "AKIAI44QH7DHBEXAMPLE", "AKIAI55QH7DHBEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # AWS's documented example
ROLE = "role_arn = arn:aws:iam::123456789012:role/R\n"
PLACE = "sso_start_url = https://my-corp.awsapps.com/start\nsso_region = eu-west-1\n"
PARTS = "sso_account_id = 123456789012\nsso_role_name = R\n"
GONE = "credential_process = /nowhere/awsprof credential-process"

MENDED = (
    *("source-missing", "role-with-process", "plaintext-long-term-key", "short-duration"),
    *("chained-duration", "legacy-security-token", "process-missing", "sso-legacy"),
    *("sso-no-scopes", "vault-entry-orphan"),
)
CONFIG = f"""# all of it
[profile base]
{GONE} base --key {KEY}
mfa_serial = arn:aws:iam::123456789012:mfa/alice

[profile admin]
{ROLE}source_profile = bsae
duration_seconds = 900

[profile long]
{ROLE}source_profile = base
duration_seconds = 7200

[profile both]
{ROLE}{GONE} both --key {KEY}

[profile through]
{ROLE}{GONE} base --key {KEY}

[profile legacy]
{PLACE}{PARTS}
[sso-session corp]
{PLACE}
[profile plain]
region = eu-west-1
"""
CREDENTIALS = f"""[plain]
aws_access_key_id = {OTHER}
aws_secret_access_key = {SECRET}

[pasted]
aws_access_key_id = ASIAIOSFODNN7EXAMPLE
aws_secret_access_key = {SECRET}
aws_security_token = t
"""


def test_one_change_mends_all_that_can_be_mended(visit: Visit) -> None:
    visit.config(CONFIG)
    visit.credentials(CREDENTIALS)
    for key_id in (KEY, LOST, OTHER):  # the last one is moved there anew
        visit.vault.put(key_id, Secret(SECRET))
        Index.load().record(key_id, backend="memory")

    assert all(visit.found(id) for id in MENDED)
    repairs = [f.fault.repair for id in MENDED for f in visit.found(id) if f.fault.repair]
    apply(joined([r.change for r in repairs if r.change]), lambda: visit.vault)
    for act in (act for repair in repairs for act in repair.acts):
        act.do()

    left = {id: [f.fault.message for f in visit.found(id)] for id in MENDED}
    assert not any(left.values()), left
    assert {KEY, OTHER} <= set(visit.vault.secrets)
    assert LOST not in visit.vault.secrets
    assert visit.bytes("config").startswith(b"# all of it\n[profile base]\n")


def test_a_corrected_secret_covers_no_other_repair_of_the_profile(visit: Visit) -> None:
    """['q'] is another user's key: its header, corrected, would win over the key of q."""
    other = "AKIAI44QH8DHBEXAMPLE", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"
    keys = "aws_access_key_id = {}\naws_secret_access_key = {}\n"
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    visit.config(f"[profile 'q']\n{keys.format('AKIAIOSFODNN7EXAMPLE', secret + chr(0x200B))}")
    visit.credentials(f"['q']\n{keys.format(*other)}")
    found = withhold_harmful_repairs(visit.context(), run_offline(visit.context()))
    fixed = {finding.id for finding in found if finding.auto_fixable}
    assert "secret-shape" in fixed
    assert "bad-header" not in fixed
    plan = plan_repairs(visit.context(), found, lambda given, _: given)
    apply(plan.change, lambda: visit.vault)
    assert Session(profile="q").get_credentials().access_key == "AKIAIOSFODNN7EXAMPLE"
