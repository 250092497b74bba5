"""The edits that each operation makes, and what it refuses."""

from collections.abc import Callable
from pathlib import Path

import pytest

from awsprof.configfile.document import FileEdit, FileKind, SectionId, SetValue
from awsprof.editing import profile_operations
from awsprof.editing.change import Change, preview_change
from awsprof.errors import EditRefused, UsageError
from awsprof.profiles.catalog import Catalog
from tests.standins.botocore_files import botocore_reads

KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # AWS's documented example
LINE = f"credential_process = /usr/bin/awsprof credential-process base --key {KEY}\n"
ROLE = "role_arn = arn:aws:iam::123456789012:role/R\n"
TEXT = f"""# mine
[profile base]
{LINE}region = eu-west-1
s3 =
  max_queue_size = 10

[profile admin]
{ROLE}source_profile = base
"""


@pytest.fixture
def catalog(config: Path) -> Catalog:
    """A key in the vault and a role that uses it."""
    config.write_text(TEXT)
    return Catalog.load()


def after(change: Change, config: Path) -> str:
    """The config file as the change would leave it."""
    (kind,) = {edit.kind for edit in change.edits}
    return (change.apply_to(kind, config.read_bytes()) or b"").decode()


def test_rename_is_followed_by_those_who_refer_to_it(catalog: Catalog, config: Path) -> None:
    done = after(profile_operations.rename_profile("base", "alice", catalog), config)
    assert "[profile alice]\n" in done
    assert f"credential-process alice --key {KEY}\n" in done
    assert "source_profile = alice\n" in done
    assert done.startswith("# mine\n")


def test_rename_goes_through_both_files(config: Path, credentials: Path) -> None:
    config.write_text("[profile a]\nregion = x\n")
    credentials.write_text("[a]\naws_access_key_id = x\n")
    change = profile_operations.rename_profile("a", "b", Catalog.load())
    for edit in change.edits:
        path = config if edit.kind == "config" else credentials
        done = (change.apply_to(edit.kind, path.read_bytes()) or b"").decode()
        assert done.startswith("[profile b]\n" if path == config else "[b]\n")


BROKEN = {
    "a section that stands twice": "[profile other]\nregion = x\n[profile other]\noutput = json\n",
    "a key that stands twice": "[profile other]\nregion = x\nregion = y\n",
    "a line without a key": "[profile other]\nregion\n",
    "a nested line without =": "[profile other]\ns3 =\n  max_queue_size\n",
}


@pytest.mark.parametrize("where", ["above", "below"])
@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_what_is_wrong_with_another_profile_keeps_nobody_from_editing(
    config: Path, broken: str, where: str
) -> None:
    config.write_text(broken + TEXT if where == "above" else TEXT + broken)
    catalog = Catalog.load()
    assert catalog.unreadable
    for change, expected in (
        (profile_operations.rename_profile("base", "alice", catalog), "source_profile = alice\n"),
        (profile_operations.copy_profile("base", "alice", catalog), f"alice --key {KEY}\n"),
        (
            profile_operations.set_profile_value("base", "region", "x-y-1", catalog),
            "region = x-y-1\n",
        ),
        (
            profile_operations.unset_profile_value("admin", "role_arn", catalog),
            "[profile admin]\nsource",
        ),
        (profile_operations.remove_profile("admin", catalog), "max_queue_size = 10\n"),
    ):
        done = after(change, config)
        assert expected in done
        assert broken in f"{done}\n".replace("\n\n[", "\n[")
        (config.parent / "rest").write_text(done.replace(broken, ""))
        assert botocore_reads((config.parent / "rest").read_bytes(), FileKind.CONFIG) is not None
    gone = after(profile_operations.remove_profile("admin", catalog), config)
    assert "[profile admin]" not in gone


@pytest.mark.parametrize("name", ["other", "user"])
def test_a_section_that_stands_twice_is_not_edited_itself(config: Path, name: str) -> None:
    user = f"[profile user]\n{ROLE}source_profile = other\n"
    twice = {"other": "[profile other]\nregion = x\n", "user": user}[name]
    config.write_text(f"[profile other]\noutput = json\n{user}{twice}{TEXT}")
    catalog = Catalog.load()
    with pytest.raises(EditRefused, match=r"Line \d+: The section \[profile .*\] is defined twice"):
        after(profile_operations.rename_profile("other", "new", catalog), config)
    with pytest.raises(EditRefused, match="defined twice"):
        after(profile_operations.set_profile_value(name, "region", "x", catalog), config)


@pytest.mark.parametrize(
    "verb", [profile_operations.rename_profile, profile_operations.copy_profile]
)
def test_a_name_that_is_taken_or_unreadable_is_refused(
    verb: Callable[[str, str, Catalog], Change], catalog: Catalog
) -> None:
    with pytest.raises(UsageError, match="There is already a profile admin"):
        verb("base", "admin", catalog)
    with pytest.raises(UsageError, match="not a profile name that every SDK"):
        verb("base", "a b", catalog)


def test_copy_shares_the_key_and_names_the_copy(catalog: Catalog, config: Path) -> None:
    done = after(profile_operations.copy_profile("base", "again", catalog), config)
    copied = done.partition("[profile again]\n")[2]
    assert f"credential-process again --key {KEY}\n" in copied
    assert "region = eu-west-1\n" in copied
    assert "s3 =\n" in copied
    assert "max_queue_size = 10" in copied
    assert done.startswith(TEXT.rstrip("\n"))


def test_a_profile_with_a_secret_in_a_value_is_not_copied(config: Path) -> None:
    """It would stand in plain text once more."""
    answer = f'{{"Version":1,"AccessKeyId":"{KEY}","SecretAccessKey":"{SECRET}"}}'
    config.write_text(f"[profile a]\ncredential_process = /bin/echo '{answer}'\n")
    with pytest.raises(UsageError, match="a secret in its credential_process") as refused:
        profile_operations.copy_profile("a", "b", Catalog.load())
    assert SECRET not in refused.value.message + refused.value.fix
    text = (
        f"[profile a]\ns3 =\n  use_dualstack_endpoint = true\n  aws_secret_access_key = {SECRET}\n"
    )
    config.write_text(text)
    with pytest.raises(UsageError, match=r"a secret in its s3\.aws_secret_access_key"):
        profile_operations.copy_profile("a", "b", Catalog.load())
    config.write_text(f"[profile a]\nregion = eu-west-1\nnote = {SECRET}\n")
    with pytest.raises(UsageError, match="a secret in its note, which awsprof does not copy"):
        profile_operations.copy_profile("a", "b", Catalog.load())


def test_an_external_id_that_looks_random_is_set_and_copied(config: Path) -> None:
    value = "zR4kQ0vT8pLmX2aB9cD7eF5gH3iJ1kL6mN0oPqW3"
    config.write_text(f"[profile a]\n{ROLE}source_profile = b\n[profile b]\n")
    set_ = profile_operations.set_profile_value("a", "external_id", value, Catalog.load())
    config.write_text(after(set_, config))
    copied = after(profile_operations.copy_profile("a", "c", Catalog.load()), config)
    assert copied.count(f"external_id = {value}\n") == 2


def test_a_key_in_plain_text_is_not_copied(credentials: Path) -> None:
    credentials.write_text(f"[a]\naws_access_key_id={KEY}\naws_secret_access_key={SECRET}\n")
    with pytest.raises(UsageError, match="plain text"):
        profile_operations.copy_profile("a", "b", Catalog.load())


def test_remove_names_those_who_stand_on_it(catalog: Catalog, config: Path) -> None:
    with pytest.raises(UsageError, match="admin has base as source_profile"):
        profile_operations.remove_profile("base", catalog)
    assert "[profile admin]" not in after(
        profile_operations.remove_profile("admin", catalog), config
    )


def test_a_secret_goes_along_unless_another_profile_needs_it(config: Path) -> None:
    other = LINE.replace("process base", "process other")
    config.write_text(f"[profile base]\n{LINE}[profile other]\n{other}")
    with pytest.raises(UsageError, match="other uses the key"):
        profile_operations.remove_profile("base", Catalog.load(), with_secret=True)
    config.write_text(f"[profile base]\n{LINE}")
    assert profile_operations.remove_profile("base", Catalog.load(), with_secret=True).forget == (
        KEY,
    )
    with pytest.raises(UsageError, match="no key in the vault"):
        config.write_text("[profile base]\nregion = x\n")
        profile_operations.remove_profile("base", Catalog.load(), with_secret=True)


def test_set_goes_where_the_value_is(config: Path, credentials: Path) -> None:
    config.write_text("[profile a]\noutput = json\n")
    credentials.write_text("[a]\nregion = x\n")
    catalog = Catalog.load()
    assert (
        profile_operations.set_profile_value("a", "region", "y", catalog).edits[0].kind
        == "credentials"
    )
    assert (
        profile_operations.set_profile_value("a", "output", "text", catalog).edits[0].kind
        == "config"
    )
    assert (
        profile_operations.set_profile_value("a", "cli_pager", "", catalog).edits[0].kind
        == "config"
    )


def test_nested_values_are_set_and_unset(catalog: Catalog, config: Path) -> None:
    assert "max_queue_size = 20" in after(
        profile_operations.set_profile_value("base", "s3.max_queue_size", "20", catalog), config
    )
    assert "max_queue_size" not in after(
        profile_operations.unset_profile_value("base", "s3.max_queue_size", catalog), config
    )


@pytest.mark.parametrize("key", ["aws_secret_access_key", "AWS_SESSION_TOKEN", "aws_access_key_id"])
def test_a_secret_is_never_set_in_a_file(catalog: Catalog, key: str) -> None:
    with pytest.raises(UsageError, match="does not write") as error:
        profile_operations.set_profile_value("base", key, SECRET, catalog)
    assert SECRET not in str(error.value)


SSO = (
    "[profile a]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = R\n{}"
    "[sso-session s]\nsso_start_url = https://x.awsapps.com/start\nsso_region = us-east-1\n{}"
)


def test_a_value_that_contradicts_the_sso_session_is_refused(config: Path) -> None:
    """botocore stops where both have a key and the values differ."""
    config.write_text(SSO.format("", "output = json\n"))
    with pytest.raises(EditRefused, match=r"has output = json, and SDKs stop") as refused:
        profile_operations.set_profile_value("a", "output", "text", Catalog.load())
    assert "config:8" in refused.value.fix
    change = profile_operations.set_profile_value("a", "output", "json", Catalog.load())
    assert "output = json\n[sso-session s]" in after(change, config)


def test_a_session_is_not_joined_that_contradicts_the_profile(config: Path) -> None:
    text = SSO.format("region = eu-west-1\n", "region = us-east-1\n")
    config.write_text(text.replace("sso_session = s\n", ""))
    with pytest.raises(EditRefused, match=r"s, its sso-session, has region = us-east-1"):
        profile_operations.set_profile_value("a", "sso_session", "s", Catalog.load())


def test_what_is_not_there_is_not_unset(catalog: Catalog) -> None:
    with pytest.raises(UsageError, match="base has no output"):
        profile_operations.unset_profile_value("base", "output", catalog)


def test_what_is_in_default_in_capitals_is_not_unset_in_one_profile(config: Path) -> None:
    config.write_text("[DEFAULT]\nregion = eu-west-1\n[profile a]\n")
    with pytest.raises(
        EditRefused, match=r"a has region from \[DEFAULT\] \(~/.aws/config:2\)"
    ) as no:
        profile_operations.unset_profile_value("a", "region", Catalog.load())
    assert no.value.fix.startswith("move region from [DEFAULT] (~/.aws/config:2) to the profiles")


def test_a_line_of_default_in_capitals_is_the_value_though_the_profile_has_another(
    config: Path, credentials: Path
) -> None:
    config.write_text("[profile a]\nregion = eu-west-1\n")
    credentials.write_text("[DEFAULT]\nregion = us-east-1\n[a]\n")
    with pytest.raises(EditRefused, match=r"a has region from \[DEFAULT\]"):
        profile_operations.unset_profile_value("a", "region", Catalog.load())


def test_a_key_in_default_in_capitals_is_not_said_to_move_first(credentials: Path) -> None:
    keys = f"aws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n"
    credentials.write_text(f"[DEFAULT]\n{keys}[a]\n")
    catalog = Catalog.load()
    with pytest.raises(EditRefused, match="takes precedence over credential_process") as no:
        profile_operations.move_key(catalog.get("a"), None, None, catalog)
    with pytest.raises(UsageError, match="in plain text") as no_copy:
        profile_operations.copy_profile("a", "b", catalog)
    assert no.value.fix == no_copy.value.fix
    assert no.value.fix.startswith("move aws_access_key_id and aws_secret_access_key from [DEFAULT")


def test_a_key_moves_and_all_else_of_its_profile_stays(config: Path, credentials: Path) -> None:
    config.write_text("[profile a]\nregion = eu-west-1\n")
    credentials.write_text(
        f"# mine\n[a]\naws_access_key_id={KEY}\naws_secret_access_key={SECRET}\noutput=json\n"
    )
    catalog = Catalog.load()
    change = profile_operations.move_key(catalog.get("a"), None, None, catalog)
    assert [new.key_id for new in change.secrets] == [KEY]
    shown = "\n".join(line.text for file in preview_change(change).files for line in file.lines)
    assert SECRET not in shown
    assert "aws_secret_access_key=***" in shown
    for kind, path in (("config", config), ("credentials", credentials)):
        edits = [edit for edit in change.edits if edit.kind == kind]
        done = (change.apply_to(edits[0].kind, path.read_bytes()) or b"").decode()
        assert SECRET not in done
        if path == credentials:
            assert done == "# mine\n[a]\noutput=json\n"
        else:
            assert f"credential-process a --key {KEY}" in done


def test_the_diff_shows_where_a_line_stands_and_hides_control_characters(
    catalog: Catalog, config: Path
) -> None:
    config.write_text("[profile base]\nregion = x\n[profile b]\noutput = \x1b[31mred\n")
    (file,) = preview_change(
        profile_operations.set_profile_value("b", "output", "json", Catalog.load())
    ).files
    assert next((line.mark, line.text) for line in file.lines) == (" ", "[profile b]")
    assert "\x1b" not in "".join(line.text for line in file.lines)
    assert ("+", "output = json") in [(line.mark, line.text) for line in file.lines]


def test_a_preview_says_that_other_sdks_cannot_read_the_file(config: Path) -> None:
    config.write_text("[profile a]\n  region = x\n")
    edit = SetValue(SectionId.profile("a"), "region", "y")
    (diff,) = preview_change(Change("set region", (FileEdit(FileKind.CONFIG, edit),))).files
    (warning,) = diff.warnings
    assert warning.startswith("SDKs other than boto3 cannot read this file (line 2")


def test_a_profile_that_another_one_s_process_line_asks_for_is_not_removed(config: Path) -> None:
    text = (
        "[profile a]\nregion = x\n[profile b]\ncredential_process = awsprof credential-process a\n"
    )
    config.write_text(text)
    with pytest.raises(UsageError, match="b gets the credentials of a"):
        profile_operations.remove_profile("a", Catalog.load())


@pytest.mark.parametrize(
    ("line", "renamed"),
    [
        ("aws configure export-credentials --profile a", "--profile new"),
        ("/bin/aws configure export-credentials --profile=a --format process", "=new --format"),
        ('aws configure export-credentials --profile "a"', "--profile new"),
        ("sh -c 'aws configure export-credentials --profile a'", "--profile new'"),
    ],
)
def test_a_line_of_the_aws_cli_that_asks_for_a_profile_follows_its_name(
    config: Path, line: str, renamed: str
) -> None:
    config.write_text(f"[profile a]\nregion = x\n[profile b]\ncredential_process = {line}\n")
    done = after(profile_operations.rename_profile("a", "new", Catalog.load()), config)
    assert renamed in done.partition("[profile b]")[2]
    with pytest.raises(UsageError, match="b gets the credentials of a"):
        profile_operations.remove_profile("a", Catalog.load())


@pytest.mark.parametrize(
    "line",
    [
        "aws configure export-credentials --profile ab",
        "env AWS_CONFIG_FILE=/other aws configure export-credentials --profile a",
        "aws-vault exec a --json",
    ],
)
def test_a_line_that_asks_for_another_profile_stays(config: Path, line: str) -> None:
    config.write_text(f"[profile a]\nregion = x\n[profile b]\ncredential_process = {line}\n")
    done = after(profile_operations.rename_profile("a", "new", Catalog.load()), config)
    assert f"credential_process = {line}\n" in done


def test_a_profile_that_sdks_read_differently_is_not_copied(config: Path) -> None:
    """The copy would have what awsprof reads, and lack what the other SDKs merge."""
    config.write_text(f"[profile a]\n{LINE}[profile a]\noutput = json\n")
    with pytest.raises(EditRefused, match="Line 3"):
        profile_operations.copy_profile("a", "b", Catalog.load())


@pytest.mark.parametrize("asks", [True, False])
def test_a_key_that_asks_for_codes_in_the_vault_only_says_so(
    config: Path, credentials: Path, asks: bool
) -> None:
    device = "mfa_serial = arn:aws:iam::123456789012:mfa/alice\n" if asks else ""
    config.write_text(f"[profile a]\nregion = eu-west-1\n{device}")
    credentials.write_text(f"[a]\naws_access_key_id={KEY}\naws_secret_access_key={SECRET}\n")
    catalog = Catalog.load()
    said = preview_change(profile_operations.move_key(catalog.get("a"), None, None, catalog)).vault
    assert any("a will need an MFA code" in line for line in said) is asks
