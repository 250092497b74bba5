"""Checks of profiles, keys, codes and values: when each fires, where, and what it says."""

import shlex
from collections.abc import Callable

import pytest

from awsprof.editing import profile_operations
from awsprof.editing.apply import apply
from awsprof.editing.change import Change
from awsprof.vault.index import Index
from tests.unit.doctor.conftest import Visit

KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # AWS's documented example
KEYS = f"aws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n"
TEMPORARY = KEYS.replace("AKIA", "ASIA")
LINE = f"credential_process = /usr/bin/awsprof credential-process base --key {KEY}\n"
ROLE = "role_arn = arn:aws:iam::123456789012:role/R\n"
DEVICE = "mfa_serial = arn:aws:iam::123456789012:mfa/alice\n"
BASE = f"[profile base]\n{KEYS}"
VAULT = f"[profile base]\n{LINE}"
SSO = "[profile base]\nsso_account_id = 123456789012\nsso_role_name = R\n"
A = "[profile a]\n"
ON_BASE = f"{A}{ROLE}source_profile = base\n"
LONG = "duration_seconds = 7200\n"
ON_MACHINE = f"{A}{ROLE}credential_source = Ec2InstanceMetadata\n"

# The check, the config file, the line at which it fires for the profile a, and what it says.
FIRES = [
    ("role-without-source", A + ROLE, 2, "has no source_profile"),
    ("role-without-source", f"{A}{ROLE}source_profile =\n", 2, "has no source_profile"),
    ("two-sources", f"{BASE}{ON_BASE}credential_source = Environment\n", 7, "boto3 uses neither"),
    ("source-missing", f"{BASE}{A}{ROLE}source_profile = bsae\n", 6, "Did you mean base?"),
    ("source-missing", f"{A}{KEYS}role_arn =\nsource_profile =\n", 5, "source_profile is empty"),
    ("source-missing", f"{A}{ROLE}source_profile = xyz\n", 3, "xyz names no existing profile."),
    (
        "source-cycle",
        f"[profile b]\n{ROLE}source_profile = a\n{A}{ROLE}source_profile = b\n",
        6,
        "a -> b -> a",
    ),
    ("self-source-without-keys", f"{A}{ROLE}source_profile = a\n", 3, "is its own source"),
    ("source-without-credentials", f"[profile base]\nregion = x\n{ON_BASE}", 5, "base has no"),
    ("source-has-keys-and-role", f"{BASE}{ROLE}{ON_BASE}", 7, "skip the role"),
    (
        "web-identity-with-source",
        f"{BASE}{ON_BASE}web_identity_token_file = /t\n",
        6,
        "ignores source_profile = base",
    ),
    (
        "bad-credential-source",
        f"{A}{ROLE}credential_source = environment\n",
        3,
        "Did you mean Environment?",
    ),
    ("role-with-process", f"{A}{ROLE}credential_process = /bin/true\n", 3, "in the same profile"),
    ("half-key", f"{A}aws_access_key_id = {KEY}\n", 2, "has no aws_secret_access_key"),
    ("half-key", f"{A}aws_secret_access_key = {SECRET}\n", 2, "but no aws_access_key_id"),
    ("temporary-key-without-token", A + TEMPORARY, 2, "its session token is missing"),
    ("stale-temporary-keys", f"{A}{TEMPORARY}aws_session_token = t\n", 2, "no SDK refreshes it"),
    ("plaintext-long-term-key", A + KEYS, 3, f"The secret of {KEY} is in plain text"),
    ("legacy-security-token", f"{A}{TEMPORARY}aws_security_token = t\n", 4, "Only boto3"),
    (
        "legacy-security-token",
        f"{A}{TEMPORARY}aws_security_token = t\naws_session_token = u\n",
        4,
        "another token",
    ),
    ("orphan-mfa-serial", f"{A}{KEYS}{DEVICE}", 4, "SDKs ignore mfa_serial"),
    ("orphan-external-id", f"{A}{KEYS}external_id = x1\n", 4, "external_id = x1 is never sent"),
    ("short-duration", f"{BASE}{ON_BASE}duration_seconds = 900\n", 7, "at every use"),
    ("short-duration", f"{BASE}{ON_BASE}duration_seconds = 60\n", 7, "below 900"),
    ("chained-duration", f"{VAULT}{DEVICE}{ON_BASE}{LONG}", 7, "credentials of base AWS allows"),
    ("chained-duration", f"{SSO}{ON_BASE}{LONG}", 7, "credentials of base AWS allows"),
    ("chained-duration", ON_MACHINE + LONG, 4, "= Ec2InstanceMetadata AWS allows at most 3600"),
    ("mfa-on-second-hop", f"{SSO}{ON_BASE}{DEVICE}", 7, "only with a long-term key"),
    ("mfa-on-second-hop", f"{ON_MACHINE}{DEVICE}", 4, "only with a long-term key"),
    ("mfa-twice", f"{VAULT}{DEVICE}{ON_BASE}{DEVICE}", 7, "base signs in with MFA already"),
    (
        "mfa-device-without-codes",
        f"{A}{KEYS}mfa_serial = arn:aws:iam::123456789012:u2f/user/alice\n",
        4,
        "FIDO",
    ),
    (
        "mfa-wrong-account",
        f"{BASE}aws_account_id = 210987654321\n{ON_BASE}{DEVICE}",
        8,
        "account 123456789012, but the key of base to 210987654321",
    ),
    ("bad-arn", f"{A}role_arn = arn:aws:iam::12345:role/R\n", 2, "is not a role ARN."),
    (
        "bad-arn",
        f"{A}role_arn = arn:aws:sts::123456789012:assumed-role/R/alice\n",
        2,
        "is not a role ARN, but of a session.",
    ),
    ("bad-arn", f"{A}{KEYS}mfa_serial = alice\n", 4, "'alice' is not an MFA device"),
    (
        "bad-account-id",
        f"{A}sso_account_id = 12345678901\n",
        2,
        "Did you mean 012345678901?",
    ),
    ("bad-region", f"{A}region = eu-wset-1\n", 2, "Did you mean eu-west-1?"),
    ("bad-region", f"{A}region = eu-nowhere-99\n", 2, "eu-nowhere-99 is not a region"),
    ("invalid-value", f"{A}region = my home.\n", 2, 'region = "my home." is not a region.'),
    ("region-missing", A + KEYS, 1, "No region set"),
    ("region-missing", f"{A}{KEYS}regoin = eu-west-1\n", 1, "The key regoin may be a typo of it."),
    ("region-missing", f"{A}{KEYS}[profile b]\nregion = eu-west-1\n", 1, "No region set"),
    (
        "partition-mismatch",
        f"{VAULT}{DEVICE}{A}role_arn = arn:aws-cn:iam::123456789012:role/R\n"
        "source_profile = base\n",
        6,
        "partition aws-cn, but its source base in aws.",
    ),
    (
        "partition-mismatch",
        f"{VAULT}{ON_BASE}region = cn-north-1\n",
        6,
        "partition aws, but its region cn-north-1 in aws-cn.",
    ),
]


@pytest.mark.parametrize(("id", "text", "line", "says"), FIRES)
def test_it_fires_where_the_fault_is(
    visit: Visit, id: str, text: str, line: int, says: str
) -> None:
    visit.config(text)
    found = [finding for finding in visit.found(id) if finding.profile == "a"]
    assert len(found) == 1
    (fault,) = [finding.fault for finding in found]
    assert says in fault.message
    assert fault.fix
    assert fault.origin is not None
    assert (fault.origin.path.name, fault.origin.line) == ("config", line)
    assert SECRET not in f"{fault.message}{fault.fix}"


VERBS: dict[str, Callable[..., Change]] = {
    "set": profile_operations.set_profile_value,
    "unset": profile_operations.unset_profile_value,
}
# What the mend of a fault leaves to a person to fill in.
BLANKS = {"SOURCE", "OTHER", "ARN", "REGION", "arn:aws:iam::ACCOUNT:role/NAME"} | {
    "arn:aws:iam::ACCOUNT:mfa/NAME"
}


@pytest.mark.parametrize(("id", "text", "line", "says"), FIRES)
def test_the_command_that_is_told_mends_it(
    visit: Visit, id: str, text: str, line: int, says: str
) -> None:
    visit.config(text)
    (fault,) = [finding.fault for finding in visit.found(id) if finding.profile == "a"]
    words = shlex.split(fault.fix)
    if words[:2] not in (["awsprof", "set"], ["awsprof", "unset"]) or BLANKS & set(words):
        return
    for command in fault.fix.split(" && "):
        _, verb, *given = shlex.split(command)
        apply(VERBS[verb](*given, visit.context().catalog), lambda: visit.vault)
    assert [finding for finding in visit.found(id) if finding.profile == "a"] == []


ITSELF = f"{A}{ROLE}source_profile = a\n{KEYS}region = eu-west-1\n"
SOUND = f"{VAULT}region = eu-west-1\n{ON_BASE}region = eu-west-1\n"
# What is well: a role on a key, on itself, and each check's own near misses.
QUIET = [
    *((id, SOUND) for id in sorted({id for id, *_ in FIRES})),
    ("role-without-source", ITSELF),
    ("role-without-source", f"{A}{ROLE}web_identity_token_file = /t\n"),
    ("role-without-source", f"{A}{ROLE}credential_process = /bin/true\n"),
    ("two-sources", f"{A}{ROLE}credential_source = Environment\n"),
    ("source-missing", f"{A}{KEYS}source_profile = b\n"),  # no role: no SDK reads it
    ("source-cycle", f"{BASE}{ROLE}source_profile = base\n{A}{ROLE}source_profile = base\n"),
    ("source-cycle", ITSELF),
    ("self-source-without-keys", ITSELF),
    ("source-without-credentials", f"{SSO}{ON_BASE}"),
    ("source-has-keys-and-role", ITSELF),
    ("bad-credential-source", ON_MACHINE),
    ("role-with-process", f"{VAULT}{ON_BASE}credential_process = /bin/true\n"),
    ("temporary-key-without-token", f"{A}{TEMPORARY}aws_security_token = t\n"),
    ("stale-temporary-keys", A + KEYS),
    ("plaintext-long-term-key", f"{A}{TEMPORARY}aws_session_token = t\n"),
    ("legacy-security-token", f"{A}{TEMPORARY}aws_session_token = t\n"),
    ("orphan-mfa-serial", f"{VAULT}{DEVICE}"),
    ("orphan-external-id", f"{VAULT}{ON_BASE}external_id = x1\n"),
    ("short-duration", f"{VAULT}{ON_BASE}duration_seconds = soon\n"),
    ("chained-duration", f"{VAULT}{ON_BASE}{DEVICE}{LONG}"),  # the code at the role: not chained
    ("chained-duration", f"{SSO}{ON_BASE}duration_seconds = 3600\n"),
    ("mfa-on-second-hop", f"{VAULT}{ON_BASE}{DEVICE}"),
    ("mfa-on-second-hop", f"{VAULT}{DEVICE}{ON_BASE}{DEVICE}"),  # that is mfa-twice
    ("mfa-wrong-account", f"{BASE}aws_account_id = 123456789012\n{ON_BASE}{DEVICE}"),
    ("mfa-wrong-account", f"{VAULT}mfa_serial = GAHT12345678\n"),
    ("bad-arn", f"{A}{KEYS}mfa_serial = GAHT12345678\n"),
    ("bad-account-id", f"{A}sso_account_id = 123456789012\n"),
    ("bad-region", f"{A}region = us-gov-west-1\n[profile b]\nregion =\n"),
    ("region-missing", "[profile a]\noutput = json\n"),  # settings only
    ("region-missing", f"{VAULT}{ON_BASE}region = eu-west-1\n"),  # base is there to be stood on
]


@pytest.mark.parametrize(("id", "text"), QUIET)
def test_it_is_quiet_where_all_is_well(visit: Visit, id: str, text: str) -> None:
    visit.config(text)
    assert visit.found(id) == []


AFTER = "[profile c]\n# kept\noutput=json\n"
# The check, both files before, and both files after its repairs.
MENDS = [
    (
        "source-missing",
        (f"{BASE}{A}{ROLE}source_profile = bsae\n{AFTER}", ""),
        (f"{BASE}{A}{ROLE}source_profile = base\n{AFTER}", ""),
    ),
    (
        "role-with-process",
        (f"{A}{ROLE}credential_process = /bin/true x\n{AFTER}", ""),
        (
            f"{A}{ROLE}source_profile = a-source\n{AFTER}\n"
            "[profile a-source]\ncredential_process = /bin/true x\n",
            "",
        ),
    ),
    (
        "legacy-security-token",
        (AFTER, f"[a]\n{TEMPORARY}aws_security_token = t\naws_session_token = u\noutput = text\n"),
        (AFTER, f"[a]\n{TEMPORARY}aws_session_token = t\noutput = text\n"),
    ),
    (
        "short-duration",
        (f"{BASE}{ON_BASE}duration_seconds = 900\n{AFTER}", ""),
        (f"{BASE}{ON_BASE}{AFTER}", ""),
    ),
    (
        "chained-duration",
        (f"{SSO}{ON_BASE}duration_seconds = 7200\n{AFTER}", ""),
        (f"{SSO}{ON_BASE}{AFTER}", ""),
    ),
]


@pytest.mark.parametrize(("id", "before", "after"), MENDS)
def test_the_repair_mends_it_and_changes_nothing_else(
    visit: Visit, id: str, before: tuple[str, str], after: tuple[str, str]
) -> None:
    visit.config(before[0])
    visit.credentials(before[1])
    assert visit.found(id)
    assert visit.repaired(id) == (after[0].encode(), after[1].encode())
    assert visit.found(id) == []


def test_a_device_of_another_account_than_the_vault_s_key(visit: Visit) -> None:
    visit.config(f"{VAULT}{DEVICE}")
    Index.load().record(KEY, "210987654321", backend="memory")
    (finding,) = visit.found("mfa-wrong-account")
    assert (finding.profile, finding.fault.origin and finding.fault.origin.line) == ("base", 3)
    Index.load().record(KEY, "123456789012", backend="memory")
    assert visit.found("mfa-wrong-account") == []


def test_a_key_of_another_partition_than_the_role(visit: Visit) -> None:
    visit.config(f"{VAULT}{ON_BASE}")
    Index.load().record(KEY, arn="arn:aws-us-gov:iam::210987654321:user/a", backend="memory")
    (finding,) = visit.found("partition-mismatch")
    assert "its source base in aws-us-gov" in finding.fault.message


def test_the_environment_s_own_keys_chain_only_with_a_token(visit: Visit) -> None:
    visit.config(f"{A}{ROLE}credential_source = Environment\n{LONG}")
    assert visit.found("chained-duration") == []
    visit.environment["AWS_SESSION_TOKEN"] = "t"
    assert len(visit.found("chained-duration")) == 1


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_a_region_in_the_environment_is_one(visit: Visit, variable: str) -> None:
    visit.config(A + KEYS)
    visit.environment[variable] = "eu-west-1"
    assert visit.found("region-missing") == []


@pytest.mark.parametrize("text", [f"{A}{KEYS}region = my own home.\n", A + KEYS])
def test_no_region_is_proposed_that_nothing_speaks_for(visit: Visit, text: str) -> None:
    visit.config(text)
    (found,) = (*visit.found("invalid-value"), *visit.found("region-missing"))
    assert found.fix == "set its region to the one that its calls should go to"
    usual = f"{text}[profile b]\nregion = eu-west-1\n"
    visit.config(usual)
    fixes = [finding.fix for finding in visit.found("region-missing")]
    assert fixes == (["awsprof set a region eu-west-1"] if "home" not in text else [])


def test_a_role_is_not_given_the_nonsense_that_its_source_has_as_region(visit: Visit) -> None:
    visit.config(f"{A}{KEYS}region = my own home.\n[profile b]\n{ROLE}source_profile = a\n")
    (found,) = visit.found("region-missing")
    assert found.fix == "set its region to the one that its calls should go to"


def test_a_session_s_region_is_looked_at_once(visit: Visit) -> None:
    on = "sso_session = corp\n"
    session = "[sso-session corp]\nsso_region = eu-wset-1\n"
    visit.config(f"{A}{on}[profile b]\n{on}{session}")
    (finding,) = visit.found("bad-region")
    assert finding.profile is None
    assert str(finding.fault.origin) == "~/.aws/config:6"


def test_only_the_profiles_in_question_are_told(visit: Visit) -> None:
    visit.config(f"{A}{ROLE}source_profile = x\n[profile b]\n{ROLE}source_profile = x\n")
    assert [f.profile for f in visit.found("source-missing", "b")] == ["b"]


def test_a_name_that_needs_quotes_has_them_in_the_command(visit: Visit) -> None:
    visit.config(f'{BASE}[profile "my own"]\n{ROLE}source_profile = bsae\n')
    (finding,) = visit.found("source-missing")
    assert finding.fault.fix == "awsprof set 'my own' source_profile base"


def test_keys_end_a_cycle_for_others_and_not_for_whoever_has_them(visit: Visit) -> None:
    visit.config(f"[profile b]\n{KEYS}{ROLE}source_profile = a\n{A}{ROLE}source_profile = b\n")
    assert [finding.profile for finding in visit.found("source-cycle")] == ["b"]


def test_a_source_without_a_role_is_no_credentials(visit: Visit) -> None:
    visit.config(
        f"{BASE}[profile a]\nsource_profile = base\n"
        "[profile b]\nsource_profile = base\nrolearn = arn:aws:iam::123456789012:role/R\n"
        f"[profile c]\nsource_profile = base\n{KEYS}"
    )
    found = visit.found("role-arn-missing")
    assert [(f.profile, "unknown-key" in f.fix) for f in found] == [("a", False), ("b", True)]


@pytest.mark.parametrize("named", ["profile base", "Base", '"base"', "bsae"])
def test_a_source_that_is_written_otherwise_is_offered(visit: Visit, named: str) -> None:
    visit.config(f"{BASE}{A}{ROLE}source_profile = {named}\n")
    (found,) = visit.found("source-missing")
    assert found.fix == "awsprof set a source_profile base"


@pytest.mark.parametrize(
    ("written", "fix"),
    [
        ("arn:aws:sts::210987654321:assumed-role/Admin/me", "role/Admin"),
        ("arn:aws:iam::2109-8765-4321:role/Admin", "arn:aws:iam::210987654321:role/Admin"),
        ("arn:aws:iam::210987654321\\role/Admin", "arn:aws:iam::210987654321:role/Admin"),
        ("arn:aws:iam::210987654321:Admin", "arn:aws:iam::210987654321:role/Admin"),
        ("arn:aws:iam:eu-west-1:210987654321:role/A", "arn:aws:iam::210987654321:role/A"),
        (
            "https://signin.aws.amazon.com/switchrole?roleName=A&account=210987654321",
            "arn:aws:iam::210987654321:role/A",
        ),
        ("arn:aws:iam::210987654321:user/alice", "write the ARN"),
    ],
)
def test_a_role_that_is_written_otherwise_is_offered(visit: Visit, written: str, fix: str) -> None:
    visit.config(f"{BASE}{A}role_arn = {written}\nsource_profile = base\n")
    (found,) = visit.found("bad-arn")
    assert fix in found.fix


def test_half_a_key_looks_for_its_other_half(visit: Visit) -> None:
    visit.config(f"{A}{KEYS}".replace("aws_access_key_id", "aws_access_key"))
    (found,) = visit.found("half-key")
    assert found.fix == "awsprof doctor --fix unknown-key"
    visit.repaired("unknown-key")
    assert visit.found("half-key") == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("arn:aws:iam:123456789012:role/Admin", "arn:aws:iam::123456789012:role/Admin"),
        ("arn:aws:iam::123456789012role/Admin", "arn:aws:iam::123456789012:role/Admin"),
        ("arn:aws::iam::123456789012:role/Admin", "arn:aws:iam::123456789012:role/Admin"),
        ("aws-cn:iam::123456789012:role/a/b/R", "arn:aws-cn:iam::123456789012:role/a/b/R"),
        ("arn:aws:iam:eu-west-1:123456789012:role/a/R", "arn:aws:iam::123456789012:role/a/R"),
        ("arn:aws:sts:123456789012:assumed-role/R/alice", "arn:aws:iam::123456789012:role/R"),
        ("arn:aws:iam:123456789012:user/alice", None),
        ("arn:aws:iam::123456789012:mfa/alice", None),
        ("arn:aws:iam::123456789012:instance-profile/R", None),
        ("arn:aws:iam::1234567890123:role/R", None),  # a digit too many: which one?
    ],
)
def test_a_role_arn_with_a_slip_is_offered_whole_or_not_at_all(
    visit: Visit, written: str, meant: str | None
) -> None:
    visit.config(f"{A}role_arn = {written}\ncredential_source = Environment\n")
    (finding,) = visit.found("bad-arn")
    offered = f"awsprof set a role_arn {meant}"
    assert (finding.fix == offered) if meant else ("awsprof set" not in finding.fix)


@pytest.mark.parametrize(("secret", "moves"), [(SECRET, True), ("test", False)])
def test_a_key_that_is_not_awss_is_not_offered_to_be_moved(
    visit: Visit, secret: str, moves: bool
) -> None:
    keys = f"aws_access_key_id = {KEY}\naws_secret_access_key = {secret}\n"
    visit.config(f"[profile local]\nendpoint_url = http://localhost:4566\n{keys}")
    assert bool(visit.found("plaintext-long-term-key")) == moves


def test_keys_below_a_header_with_a_slip_are_not_asked_for_again(visit: Visit) -> None:
    visit.config(
        f"{A}role_arn = arn:aws:iam::123456789012:role/R\nsource_profile = my mac\n"
        "[profile 'my mac']\nregion = eu-west-1\n"
    )
    visit.credentials(f'["my mac"]\n{KEYS}')
    (finding,) = visit.found("source-without-credentials")
    assert '["my mac"] at ~/.aws/credentials:1 may be meant' in finding.message
    assert finding.fix == "awsprof doctor --fix bad-header"
    visit.repaired("bad-header")
    assert visit.found("source-without-credentials") == []


def test_a_source_whose_keys_are_below_the_other_default_is_merged_not_filled(visit: Visit) -> None:
    visit.config(
        f"[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
        f"aws_secret_access_key = {SECRET}\n[profile default]\nregion = eu-west-1\n"
        f"{A}{ROLE}source_profile = default\n"
    )
    (found,) = visit.found("source-without-credentials")
    assert found.fault.fix == "awsprof doctor --fix default-twice"
    visit.config(visit.repaired("default-twice")[0].decode())
    assert visit.found("source-without-credentials") == []


def test_a_misspelt_credential_source_is_corrected_to_the_one_that_was_meant(visit: Visit) -> None:
    visit.config(f"{A}{ROLE}credential_source = EcsContainers\n")
    (found,) = visit.found("bad-credential-source")
    assert found.fault.fix == "awsprof set a credential_source EcsContainer"
