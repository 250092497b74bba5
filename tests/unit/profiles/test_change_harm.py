"""Identities before and after a change agree with the catalog's."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awsprof.configfile.document import FileKind
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.change_harm import ImpactChecker
from awsprof.profiles.provider_order import ProviderType, provider_type, secret_of_key
from tests.budgets import examples

ONE, TWO = "AKIAIOSFODNN7EXAMPLE", "AKIAI44QH7DHBEXAMPLE"  # AWS's documented examples
LINES = (
    f"aws_access_key_id = {ONE}",
    f"aws_access_key_id = {TWO}",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "aws_secret_access_key = je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY",
    "aws_session_token = IQoJb3JpZ2luX2VjEXAMPLE",
    "role_arn = arn:aws:iam::123456789012:role/R",
    "source_profile = a",
    "credential_process = /bin/one",
    "login_session = arn:aws:iam::123456789012:user/a",
)
SECTION = st.lists(st.sampled_from(LINES), max_size=4, unique_by=lambda line: line.split()[0])
FILE = st.dictionaries(st.sampled_from(("a", "b")), SECTION, max_size=2)
EXAMPLES = examples(100)


def text(sections: dict[str, list[str]], kind: FileKind) -> bytes:
    word = "profile " if kind is FileKind.CONFIG else ""
    return "".join(
        f"[{word}{name}]\n" + "".join(f"{line}\n" for line in lines)
        for name, lines in sections.items()
    ).encode()


@settings(max_examples=EXAMPLES, deadline=None, database=None)
@given(FILE, FILE, FILE, FILE)
def test_a_change_of_whose_key_it_is_is_told(
    config: dict[str, list[str]],
    credentials: dict[str, list[str]],
    new_config: dict[str, list[str]],
    new_credentials: dict[str, list[str]],
) -> None:
    """Each profile that the catalog gives another key or none afterwards is reported as harmed."""
    before = dict(
        zip(
            FileKind,
            (text(config, FileKind.CONFIG), text(credentials, FileKind.CREDENTIALS)),
            strict=True,
        )
    )
    after = dict(
        zip(
            FileKind,
            (text(new_config, FileKind.CONFIG), text(new_credentials, FileKind.CREDENTIALS)),
            strict=True,
        )
    )
    was, now = (keys_of(Catalog.from_bytes(*texts.values())) for texts in (before, after))
    told = {
        section.name
        for harm in ImpactChecker(before).harms(after)
        for section in harm.sections
        if "now and would be" in harm.says
    }
    assert {name for name, key in was.items() if now.get(name) != key} <= told
    assert not ImpactChecker(before).harms(before)


def keys_of(catalog: Catalog) -> dict[str, str | None]:
    return {
        name: profile.get("aws_access_key_id")
        for name, profile in catalog.profiles.items()
        if provider_type(profile) is ProviderType.KEYS and secret_of_key(profile)
    }


def test_a_half_in_the_other_file_does_not_overrule_a_whole_key() -> None:
    whole = f"{LINES[0]}\n{LINES[2]}\n"
    before = {
        FileKind.CONFIG: f"[profile a]\n{whole}".encode(),
        FileKind.CREDENTIALS: f"[a]\n{LINES[3]}\n{LINES[4]}\n".encode(),
    }
    catalog = Catalog.from_bytes(*before.values())
    assert secret_of_key(catalog.get("a")) == LINES[2].partition(" = ")[2]
    assert catalog.get("a").get("aws_session_token") is None
    gone = {**before, FileKind.CONFIG: b"[profile a]\n"}
    assert [harm.says for harm in ImpactChecker(before).harms(gone) if "would be" in harm.says] == [
        f"a is the key {ONE} now and would be without credentials."
    ]


def test_what_is_told_alike_is_called_another_secret_only_of_a_key() -> None:
    def harm(was: str, now: str) -> str:
        before, after = (
            {FileKind.CONFIG: t.encode(), FileKind.CREDENTIALS: b""} for t in (was, now)
        )
        (found,) = (harm for harm in ImpactChecker(before).harms(after) if harm.profile)
        return found.says

    key = "[profile a]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = "
    assert "another secret" in harm(f"{key}one\n", f"{key}two\n")
    portal = (
        "[profile a]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = Admin\n"
        "[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://"
    )
    said = harm(f"{portal}one.awsapps.com/start\n", f"{portal}two.awsapps.com/start\n")
    assert "secret" not in said
    assert "credentials from elsewhere" in said


@pytest.mark.parametrize(
    ("before", "line"),
    [
        ("sso_session = s\n", "sso_start_url = https://y.awsapps.com/start"),
        ("sso_session = s\n", "sso_region = us-east-1"),
        ("sso_start_url = https://x.awsapps.com/start\nsso_region = r\n", "sso_session = t"),
    ],
)
def test_what_contradicts_a_session_or_names_none_harms_the_profile(before: str, line: str) -> None:
    """boto3 refuses such a profile, so a repair does not make one, as by removing an indent."""
    session = "[sso-session s]\nsso_start_url = https://x.awsapps.com/start\nsso_region = r\n"
    profile = f"[profile a]\n{before}sso_account_id = 123456789012\nsso_role_name = R\n"
    was = {FileKind.CONFIG: f"{profile}{session}".encode(), FileKind.CREDENTIALS: b""}
    now = was | {FileKind.CONFIG: f"{profile}{line}\n{session}".encode()}
    assert [harm.profile for harm in ImpactChecker(was).harms(now)] == ["a"]


def test_a_comment_that_sdks_read_as_part_of_a_session_s_value_contradicts_the_profile() -> None:
    session = (
        "[sso-session s]\nsso_start_url = https://x.awsapps.com/start\nsso_region = r\n"
        "region = eu-west-1\n  # indented\n"
    )
    legacy = "sso_start_url = https://x.awsapps.com/start\nsso_region = r\n"
    profile = "[profile a]\nsso_account_id = 123456789012\nsso_role_name = R\n"
    was = {FileKind.CONFIG: f"{profile}{legacy}{session}".encode()}
    now = {FileKind.CONFIG: f"{profile}sso_session = s\n{session}".encode()}
    own = {FileKind.CREDENTIALS: b"[a]\nregion = eu-west-1\n"}
    assert [harm.profile for harm in ImpactChecker(was | own).harms(now | own)] == ["a"]
    none = {FileKind.CREDENTIALS: b""}
    assert ImpactChecker(was | none).harms(now | none) == ()
