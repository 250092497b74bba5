"""Which programs a role with MFA serves, and the process line in front of it that serves all."""

import shlex

import pytest

from awsprof.cli.main import run_command
from tests.unit.doctor.conftest import Visit
from tests.unit.doctor.test_mends_are_done import parses

KEY = "AKIAIOSFODNN7EXAMPLE"
KEYS = (
    f"aws_access_key_id = {KEY}\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
)
LINE = "credential_process = /bin/awsprof credential-process"
ROLE = "role_arn = arn:aws:iam::123456789012:role/R\n"
CODE = "mfa_serial = arn:aws:iam::123456789012:mfa/alice\n"
BASE = f"[profile base]\n{KEYS}"
ON_BASE = f"{ROLE}source_profile = base\n"
ADMIN = f"[profile admin]\n{ON_BASE}{CODE}"
ITSELF = "boto3 and the AWS CLI ask for its MFA code"

# What stands beside the key, who serves not every tool, and what is said of it.
FEW = {
    "a role on a key": (ADMIN, {"admin": ITSELF}),
    "a role on such a role": (
        f"{ADMIN}[profile top]\n{ROLE}source_profile = admin\n",
        {"admin": ITSELF, "top": "ask for the MFA code of admin"},
    ),
    "a role on its own key": (
        f"[profile own]\n{KEYS}{ROLE}source_profile = own\n{CODE}",
        {"own": ITSELF},
    ),
    "a role on the variables": (
        f"[profile ci]\n{ROLE}credential_source = Environment\n{CODE}",
        {"ci": ITSELF},
    ),
    "a name with a space": (f'[profile "my admin"]\n{ON_BASE}{CODE}', {"my admin": ITSELF}),
    "a line with a key is in front of none": (
        f"{ADMIN}[profile x]\n{LINE} admin --key {KEY}\n",
        {"admin": ITSELF},
    ),
    "one in front": (
        f"{ADMIN}[profile all]\n{LINE} admin\n[profile top]\n{ROLE}source_profile = all\n",
        {},
    ),
    "asked at the key, by awsprof": (
        f"[profile v]\n{LINE} v --key {KEY}\n{CODE}[profile r]\n{ROLE}source_profile = v\n",
        {},
    ),
    "a role whose keys are used as a source": (
        f"[profile k]\n{KEYS}{ON_BASE}{CODE}[profile top]\n{ROLE}source_profile = k\n",
        {"k": ITSELF},
    ),
}


@pytest.mark.parametrize("case", FEW)
def test_who_is_served_is_said_of_each_profile(visit: Visit, case: str) -> None:
    text, told = FEW[case]
    visit.config(BASE + text)
    found = {f.profile: f for f in visit.found("mfa-in-few-tools")}
    assert found.keys() == told.keys()
    for name, finding in found.items():
        assert told[name or ""] in finding.message
        assert (
            "Go, Terraform and JavaScript stop, and Java and Rust send no code" in finding.message
        )


@pytest.mark.parametrize("case", [case for case, (_, told) in FEW.items() if told])
def test_the_command_that_is_printed_makes_a_profile_for_every_tool(
    visit: Visit, case: str
) -> None:
    visit.config(BASE + FEW[case][0])
    for finding in visit.found("mfa-in-few-tools"):
        command, _, rest = finding.fix.partition(" makes it work")
        assert rest == " in every tool"
        words = shlex.split(command)[1:]
        assert parses(words)
        assert run_command([*words, "--no-verify", "--yes"]) == 0
    assert visit.found("mfa-in-few-tools") == []
    assert visit.found("process-calls-itself") == []


def test_a_source_identity_is_sent_by_awsprof_alone(visit: Visit) -> None:
    role = f"[profile admin]\n{ON_BASE}source_identity = alice\n"
    visit.config(BASE + role)
    (finding,) = visit.found("source-identity-unsent")
    assert "Only awsprof sends its source_identity" in finding.message
    command, _, rest = finding.fix.partition(" makes it work")
    assert rest == " in every tool"
    assert run_command([*shlex.split(command)[1:], "--no-verify", "--yes"]) == 0
    assert visit.found("source-identity-unsent") == []
    visit.config("[profile x]\nsource_identity = alice\n")
    assert visit.found("source-identity-unsent") == []
