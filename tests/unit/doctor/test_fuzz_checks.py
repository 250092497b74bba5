"""Whatever the files hold, no check fails, and each says what is wrong in a way one can show."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awsprof.doctor import checks
from awsprof.doctor.check_context import CheckContext
from awsprof.doctor.findings import Finding
from awsprof.editing.change import Change
from awsprof.errors import EditRefused
from awsprof.profiles.catalog import Catalog
from awsprof.text import sanitize
from tests.standins.memory_vault import MemoryVault

NAMES = ("a", "b", "c", "default", "my own", "ü", "")
LINE = "/usr/bin/awsprof credential-process"
ROLES = ("arn:aws:iam::123456789012:role/R", "arn:aws-cn:iam::123456789012:role/R")
DEVICES = ("arn:aws:iam::210987654321:mfa/alice", "arn:aws:iam::123456789012:u2f/user/a")
# What a key would have, so that the profiles stand on each other and on something.
LIKELY: dict[str, tuple[str, ...]] = {
    "aws_access_key_id": ("AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"),
    "aws_secret_access_key": ("x" * 40,),
    "aws_session_token": ("t",),
    "aws_security_token": ("t", "u"),
    "aws_account_id": ("123456789012", "12345678901"),
    "role_arn": (*ROLES, "arn:aws:sts::123456789012:assumed-role/R/a", "arn:"),
    "source_profile": NAMES,
    "credential_source": ("Environment", "environment", "EcsContainer"),
    "external_id": ("x1",),
    "mfa_serial": DEVICES,
    "duration_seconds": ("900", "7200", "-1", "9" * 30, "soon"),
    "web_identity_token_file": ("/t",),
    "credential_process": (
        *("~/x $HOME | y > z", '"open', "/bin/true", "/" + "n" * 300, "/etc/passwd"),
        *(f"{LINE} a", f"{LINE} b --key AKIAIOSFODNN7EXAMPLE", f"{LINE} gone"),
        "aws configure export-credentials --profile b",
    ),
    "sso_session": NAMES,
    "sso_account_id": ("123456789012",),
    "sso_role_name": ("R",),
    "sso_start_url": ("https://corp.awsapps.com/start", "https://[x"),
    "sso_region": ("eu-west-1", "us-east-1"),
    "sso_registration_scopes": ("sso:account:access",),
    "login_session": ("x",),
    "region": ("eu-west-1", "eu-wset-1", "EU-WEST-1 ", "cn-north-1"),
    "endpoint_url": ("http://x", "\n  nested = x", "\n  broken"),
    "services": NAMES,
    "ignore_configured_endpoint_urls": ("true",),
    "s3": ("\n  endpoint_url = http://x", "x"),
}
VARIABLES = ("AWS_PROFILE", "AWS_REGION", "AWS_ACCESS_KEY_ID", "HOME", "PATH")
ODD = st.one_of(st.sampled_from(("", "a\0b", "\n", "ü", "[x]")), st.text(max_size=12))


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A file of known keys with values that refer to each other, or are odd."""
    lines = []
    for _ in range(draw(st.integers(0, 8))):
        name = draw(st.sampled_from(NAMES))
        prefix = draw(st.sampled_from(("profile ", "profile ", "sso-session ", "services ", "")))
        lines.append(f"[{prefix}{name}]")
        for key in draw(st.lists(st.sampled_from([*LIKELY]), max_size=8, unique=True)):
            likely = draw(st.integers(0, 9))
            value = draw(st.sampled_from(LIKELY[key]) if likely else ODD)
            lines.append(f"{key} = {value}")
    return "\n".join(lines).encode(errors="surrogatepass")


def look(config: bytes, credentials: bytes, environment: dict[str, str]) -> Iterator[Finding]:
    """What all checks without the network find."""
    catalog = Catalog.from_bytes(config, credentials)
    context = CheckContext(
        catalog,
        tuple(catalog.profiles),
        environment,
        MemoryVault,
        datetime(2026, 11, 26, tzinfo=UTC),
        timedelta(days=90),
    )
    for check in checks.all_checks():
        if not check.live:
            yield from (Finding(check.id, check.severity, fault) for fault in check.run(context))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files(), files(), st.dictionaries(st.sampled_from(VARIABLES), ODD))
def test_no_file_and_no_variable_makes_a_check_fail(
    home: Path, config: bytes, credentials: bytes, environment: dict[str, str]
) -> None:
    for finding in look(config, credentials, environment):
        fault = finding.fault
        for text in (fault.message, fault.fix):
            assert text
            assert text.replace(" ", "") == sanitize(text, 10_000).replace(" ", "")
        assert (finding.profile is None) or fault.origin is not None
        if fault.repair is not None and fault.repair.change is not None:
            done(fault.repair.change, config, credentials)
    assert home.is_dir()


def done(change: Change, config: bytes, credentials: bytes) -> None:
    """A repair is done, or refused whole with a reason; it is never done wrongly."""
    for edit in change.edits:
        data = config if edit.kind == "config" else credentials
        try:
            change.apply_to(edit.kind, data)
        except EditRefused as exc:
            assert exc.fix


def test_every_check_explains_itself_in_a_few_lines() -> None:
    every = checks.all_checks()
    assert len({check.id for check in every}) == len(every)
    for check in every:
        lines = check.explain.splitlines()
        assert 3 <= len(lines) <= 12, check.id
        assert all(len(line) <= 100 for line in lines), check.id
        assert lines[1] == "", f"{check.id}: what is wrong stands by itself, above the reason"


@pytest.mark.parametrize("shape", ["cycle", "missing", "keys", "legacy"])
def test_a_thousand_faults_take_no_more_than_their_number(shape: str, home: Path) -> None:
    """Ten times the profiles are not a hundred times the work, whatever is wrong with them."""
    few, many = (_seconds(shape, number) for number in (100, 1000))
    assert many < 40 * few + 0.5
    assert home.is_dir()


def _seconds(shape: str, number: int) -> float:
    role = "role_arn = arn:aws:iam::123456789012:role/R\nduration_seconds = 7200\n"
    bodies: dict[str, Callable[[int], str]] = {
        "cycle": lambda i: f"{role}source_profile = p{(i + 1) % number}\n",
        "missing": lambda i: f"{role}source_profile = q{i}\nregion = eu-wset-{i}\n",
        "keys": lambda i: "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n",
        "legacy": lambda i: f"sso_start_url = https://c{i}.awsapps.com/start\nsso_region = x\n",
    }
    text = "".join(f"[profile p{i}]\n{bodies[shape](i)}" for i in range(number)).encode()
    before = os.times()
    assert sum(1 for _ in look(text, b"", {})) >= number
    after = os.times()
    return after.user + after.system - before.user - before.system
