"""Edits of what boto3 and the other SDKs read differently, and of what a move would overwrite."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import pytest

from awsprof.configfile.document import (
    Edit,
    FileEdit,
    FileKind,
    PutSection,
    SectionId,
    SetValue,
    UnsetValue,
)
from awsprof.editing import profile_operations
from awsprof.editing.change import Change
from awsprof.errors import EditRefused, UsageError
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.change_harm import ImpactChecker
from tests.standins.identity_judge import Judged, judged

ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
PAIR = f"aws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n"
OTHER = PAIR.replace("IOSFODNN7", "I44QH8DHB").replace("wJalr", "je7Mt")
ROLE = "role_arn = arn:aws:iam::123456789012:role/R\n"
SSO = (
    "sso_start_url = https://x.awsapps.com/start\nsso_region = us-east-1\n"
    "sso_account_id = 123456789012\nsso_role_name = R\n"
)
PROCESS = "credential_process = /bin/x --for a\n"
OURS = "credential_process = awsprof credential-process a\n"
# Other SDKs read a's key from the credentials file, boto3 does not, or cannot read the file.
SPACED = f"[ a]\n{PAIR}"
TWICE = f"[ a]\n{PAIR}{PAIR}"  # boto3 cannot parse this
BROKEN = f"[ a]\n{PAIR}[c]\nregion = x\nregion = y\n"  # nor this, for another section's sake
TABBED = f"[\ta\t]\n{PAIR}"


def verbs(name: str) -> dict[str, Callable[[Catalog], Change]]:
    return {
        "rename": lambda catalog: profile_operations.rename_profile(name, "new", catalog),
        "copy": lambda catalog: profile_operations.copy_profile(name, "new", catalog),
        "remove": lambda catalog: profile_operations.remove_profile(name, catalog),
        "set": lambda catalog: profile_operations.set_profile_value(
            name, "credential_process", "/bin/y", catalog
        ),
    }


def after(
    change: Change, catalog: Catalog, vault: Mapping[str, str] = MappingProxyType({})
) -> tuple[Judged | None, Judged | None]:
    config, credentials = (change.apply_to(k, catalog.stored(k).data) or b"" for k in FileKind)
    return judged(config, credentials, vault)


@pytest.mark.parametrize("verb", verbs("a"))
@pytest.mark.parametrize("credentials", [SPACED, TWICE, BROKEN, TABBED])
@pytest.mark.parametrize("config", [OURS, PROCESS])
def test_a_key_that_only_other_sdks_read_is_not_parted_from_its_profile(
    verb: str, credentials: str, config: str
) -> None:
    catalog = Catalog.from_bytes(f"[profile a]\n{config}".encode(), credentials.encode())
    with pytest.raises(EditRefused) as refused:
        verbs("a")[verb](catalog)
    assert "Not every SDK reads the same sections of a" in refused.value.message
    assert refused.value.fix == "correct the header first: awsprof doctor --offline a"
    assert SECRET not in refused.value.message


@pytest.mark.parametrize("verb", ["rename", "copy"])
@pytest.mark.parametrize("credentials", [SPACED, TWICE, TABBED])
def test_a_new_name_that_other_sdks_have_already_is_refused(verb: str, credentials: str) -> None:
    """awsprof knows no profile of that name, but its key would win over what is renamed."""
    text = credentials.replace("a", "new", 1)
    catalog = Catalog.from_bytes(f"[profile a]\n{PROCESS}".encode(), text.encode())
    assert "new" not in catalog.profiles
    with pytest.raises(EditRefused, match="would change who it is"):
        verbs("a")[verb](catalog)


@pytest.mark.parametrize("config", [f"[ profile b]\n{SSO}", f"[profiles b]\n{SSO}"])
@pytest.mark.parametrize("verb", ["rename", "remove"])
def test_a_section_of_the_config_file_counts_too(config: str, verb: str) -> None:
    catalog = Catalog.from_bytes(config.encode(), f"[b]\n{PAIR}".encode())
    if verb == "remove" and config.startswith("[profiles"):
        boto3, others = after(verbs("b")[verb](catalog), catalog)
        assert boto3 is not None
        assert others is not None
        assert not {"b"} & {*boto3.merged, *others.merged}
        return
    with pytest.raises(EditRefused, match="Not every SDK reads the same sections of b"):
        verbs("b")[verb](catalog)


def test_users_of_a_half_seen_source_stay_who_they_are() -> None:
    config = f"[profile a]\n{PROCESS}[profile b]\n{ROLE}source_profile = a\n"
    catalog = Catalog.from_bytes(config.encode(), SPACED.encode())
    with pytest.raises(EditRefused):
        profile_operations.rename_profile("a", "new", catalog)


@pytest.mark.parametrize("name", ["two words", "é", "a,b"])
@pytest.mark.parametrize("verb", verbs("x"))
def test_a_name_that_is_boto3_s_alone_can_be_edited(name: str, verb: str) -> None:
    catalog = Catalog.from_bytes(f'[profile "{name}"]\n{PROCESS}'.encode(), b"")
    boto3, _ = after(verbs(name)[verb](catalog), catalog)
    assert boto3 is not None
    if verb in {"rename", "copy"}:
        assert boto3.who("new") == ("process", "/bin/x", "--for", "a")
    if verb in {"rename", "remove"}:
        assert name not in boto3.merged
    if verb == "set":
        assert boto3.who(name) == ("process", "/bin/y")


@pytest.mark.parametrize("credentials", [SPACED, TWICE, TABBED])
def test_what_decides_no_identity_can_be_set_beside_it(credentials: str) -> None:
    catalog = Catalog.from_bytes(f"[profile a]\n{PROCESS}".encode(), credentials.encode())
    change = profile_operations.set_profile_value("a", "output", "text", catalog)
    _, others = after(change, catalog)
    assert others is not None
    assert others.merged["a"]["output"] == "text"
    with pytest.raises(EditRefused, match="which reads region from another section"):
        profile_operations.set_profile_value(
            "a",
            "region",
            "eu-west-1",
            Catalog.from_bytes(
                f"[profile a]\n{PROCESS}".encode(), f"{SPACED}region = us-east-1\n".encode()
            ),
        )


@pytest.mark.parametrize(
    ("config", "credentials", "what"),
    [
        (OTHER, PAIR, "another key, or a part of one, at .*config:2"),
        (f"aws_secret_access_key = {OTHER.split()[-1]}\n", PAIR, "a part of one, at .*config:2"),
        (f"region = x\naws_session_token = t\n{PAIR}", PAIR, "a part of one, at .*config:3"),
        ("region = x\n", f"{PAIR}aws_security_token = t\n", "has a session token"),
    ],
)
def test_moving_one_key_never_deletes_another(config: str, credentials: str, what: str) -> None:
    texts = f"[profile a]\n{config}".encode(), f"[a]\n{credentials}".encode()
    catalog = Catalog.from_bytes(*texts)
    with pytest.raises(UsageError, match=what):
        profile_operations.move_key(catalog.get("a"), None, None, catalog)


FOREIGN = "credential_process = /bin/x\n"
INSTEAD = "which boto3 uses instead of the key"


@pytest.mark.parametrize(
    ("config", "credentials", "used", "line"),
    [
        (PAIR + FOREIGN, "", True, "config:4"),
        (PAIR, FOREIGN, True, "credentials:2"),
        (FOREIGN, PAIR, False, "config:2"),
        ("", PAIR + FOREIGN, False, "credentials:4"),
        (PAIR + "credential_process = awsprof credential-process b\n", "", True, "config:4"),
        (f"{PAIR}{OURS[:-1]} --key AKIAI44QH8DHBEXAMPLE\n", "", True, "config:4"),
        (PAIR + FOREIGN, OURS, False, "config:4"),  # nobody uses it, and it would be lost
        (f"credential_process =\n  a = b\n{PAIR}", "", False, "config:2"),  # a nested block
        (f"{PAIR}{OURS}{FOREIGN}", "", True, "config:5"),  # boto3 cannot parse it
    ],
)
def test_a_key_is_not_moved_over_a_process(
    config: str, credentials: str, used: bool, line: str
) -> None:
    texts = f"[profile a]\n{config}".encode(), f"[a]\n{credentials}".encode()
    catalog = Catalog.from_bytes(*texts)
    with pytest.raises(UsageError, match=rf"credential_process \(.*{line}\)") as refused:
        profile_operations.move_key(catalog.get("a"), None, None, catalog)
    assert (INSTEAD in refused.value.message) is used
    assert "awsprof unset a credential_process, then awsprof keys move a;" in refused.value.fix
    assert refused.value.fix.endswith(
        "awsprof keys import a-key --from=a, then awsprof unset a aws_access_key_id, then awsprof"
        " unset a aws_secret_access_key"
    )
    assert SECRET not in refused.value.message
    boto3, _ = judged(*texts, {})
    if used and boto3 is not None:
        assert boto3.who("a") != ("key", ID, SECRET, "")


def test_the_process_can_be_removed_and_then_the_key_moved() -> None:
    catalog = Catalog.from_bytes(f"[profile a]\n{FOREIGN}".encode(), f"[a]\n{PAIR}".encode())
    unset = profile_operations.unset_profile_value("a", "credential_process", catalog)
    texts = [unset.apply_to(kind, catalog.stored(kind).data) or b"" for kind in FileKind]
    left = Catalog.from_bytes(*texts)
    change = profile_operations.move_key(left.get("a"), None, None, left)
    for who in after(change, left, {ID: SECRET}):
        assert who is not None
        assert who.who("a") == ("key", ID, SECRET, "")


@pytest.mark.parametrize(
    "line", [OURS, f"{OURS[:-1]} --key {ID}\n", "credential_process =\n", f"{OURS[:-1]} # mine\n"]
)
@pytest.mark.parametrize("in_config", [True, False])
def test_a_key_is_moved_over_a_line_that_supplies_it_anyway(line: str, in_config: bool) -> None:
    config, credentials = (PAIR, "") if in_config else ("", PAIR)
    texts = f"[profile a]\n{config}{line}".encode(), f"[a]\n{credentials}".encode()
    catalog = Catalog.from_bytes(*texts)
    change = profile_operations.move_key(catalog.get("a"), None, None, catalog)
    for who in after(change, catalog, {ID: SECRET}):
        assert who is not None
        assert who.who("a") == ("key", ID, SECRET, "")


@pytest.mark.parametrize("comment", [" # mine", "\t; mine"])
@pytest.mark.parametrize("key", ["aws_access_key_id", "aws_secret_access_key"])
@pytest.mark.parametrize("credentials", [True, False])
def test_a_key_that_sdks_read_differently_is_not_moved(
    comment: str, key: str, credentials: bool
) -> None:
    """boto3 takes the comment for a part of the value, which the vault would then hand to all."""
    lines = [line + comment * line.startswith(key) for line in PAIR.splitlines()]
    text = "\n".join(lines) + "\n"
    config = "" if credentials else f"[profile a]\n{text}"
    catalog = Catalog.from_bytes(config.encode(), f"[a]\n{text}".encode() if credentials else b"")
    with pytest.raises(EditRefused) as refused:
        profile_operations.move_key(catalog.get("a"), None, None, catalog)
    assert f"do not read the same {key} from" in refused.value.message
    assert refused.value.fix == "correct the line first: awsprof doctor --offline a"
    assert SECRET not in refused.value.message


def test_white_space_around_a_key_is_no_difference() -> None:
    text = f"[a]\n{PAIR[:-1]}\u00a0\n"
    catalog = Catalog.from_bytes(b"", text.encode())
    change = profile_operations.move_key(catalog.get("a"), None, None, catalog)
    assert [new.secret.reveal() for new in change.secrets] == [SECRET]


def test_the_same_key_in_both_files_is_moved_from_both() -> None:
    catalog = Catalog.from_bytes(f"[profile a]\n{PAIR}".encode(), f"[a]\n{PAIR}".encode())
    change = profile_operations.move_key(catalog.get("a"), None, None, catalog)
    left = [change.apply_to(kind, catalog.stored(kind).data) or b"" for kind in FileKind]
    assert not any(SECRET.encode() in data for data in left)
    assert [new.secret.reveal() for new in change.secrets] == [SECRET]


# boto3 cannot read these files: the other SDKs merge two sections, or keep the last of two keys.
MERGED = {
    "section": f"[a]\nregion = us-east-1\n{PAIR}[b]\nregion = x\n[a]\n{PAIR}",
    "key": f"[a]\n{PAIR}region = us-east-1\n[b]\nregion = x\nregion = y\n[a]\n{PAIR}",
}


@pytest.mark.parametrize("credentials", MERGED.values(), ids=MERGED)
@pytest.mark.parametrize("verb", ["set", "unset", "set-other"])
def test_a_value_that_only_other_sdks_read_is_not_hidden_by_an_edit(
    verb: str, credentials: str
) -> None:
    config = "[profile a]\nregion = eu-west-1\noutput = text\n"
    catalog = Catalog.from_bytes(config.encode(), credentials.encode())
    if verb == "set-other":
        change = profile_operations.set_profile_value("a", "output", "json", catalog)
        _, others = after(change, catalog)
        assert others is not None
        assert others.merged["a"]["output"] == "json"
        return
    with pytest.raises(
        EditRefused,
        match="which reads region from another line",
    ):
        if verb == "set":
            profile_operations.set_profile_value("a", "region", "eu-central-1", catalog)
        else:
            profile_operations.unset_profile_value("a", "region", catalog)


@pytest.mark.parametrize("verb", ["set", "unset"])
def test_a_profile_with_a_space_in_front_is_another_one_to_other_sdks(verb: str) -> None:
    """They call it ``a``, so that its role would become the role of theirs."""
    config = b"[profile a]\nregion = x\ncredential_source = Environment\n"
    catalog = Catalog.from_bytes(config, f"[ a]\n{ROLE if verb == 'unset' else PAIR}".encode())
    with pytest.raises(EditRefused, match="so this edit would change who it is: a is"):
        if verb == "set":
            profile_operations.set_profile_value(" a", "role_arn", "arn:aws:iam::1:role/T", catalog)
        else:
            profile_operations.unset_profile_value(" a", "role_arn", catalog)


@pytest.mark.parametrize("end", [" # mine", "\t; mine"])
@pytest.mark.parametrize("key", ["aws_access_key_id", "aws_secret_access_key"])
def test_a_comment_is_not_moved_with_a_key_that_only_boto3_reads(end: str, key: str) -> None:
    lines = [line + end * line.startswith(key) for line in PAIR.splitlines()]
    text = "\n".join(("[a]\u200b", *lines, ""))  # other SDKs cannot read that header
    catalog = Catalog.from_bytes(b"", text.encode())
    assert catalog.stored(FileKind.CREDENTIALS).sdk.error
    with pytest.raises((EditRefused, UsageError)) as refused:
        profile_operations.move_key(catalog.get("a"), None, None, catalog)
    assert SECRET not in refused.value.message


def test_a_copy_of_our_line_in_the_credentials_file_asks_for_itself() -> None:
    line = f"credential_process = awsprof credential-process a --key {ID}\n"
    catalog = Catalog.from_bytes(b"", f"[a]\n{line}".encode())
    change = profile_operations.copy_profile("a", "new", catalog)
    for who in after(change, catalog, {ID: SECRET}):
        assert who is not None
        assert who.who("new") == ("key", ID, SECRET, "")
        assert "credential-process new --key" in who.merged["new"]["credential_process"]


@pytest.mark.parametrize("char", ["\u200b", "\u00e9", "\u2060"])
def test_a_character_that_no_key_has_is_not_moved_with_it(char: str) -> None:
    catalog = Catalog.from_bytes(b"", f"[a]\n{PAIR[:-1]}{char}\n".encode())
    with pytest.raises(EditRefused, match="invisible characters") as refused:
        profile_operations.move_key(catalog.get("a"), None, None, catalog)
    assert SECRET not in refused.value.message


def test_a_header_with_a_secret_is_masked_in_what_would_be_lost() -> None:
    text = f"[a] aws_secret_access_key = {SECRET}[b]\n{OTHER}".encode()
    was, now = ({FileKind.CONFIG: b"", FileKind.CREDENTIALS: t} for t in (text, b"[a]\n"))
    harms = ImpactChecker(was).harms(now)
    assert harms
    assert not any(SECRET in harm.says for harm in harms)


def test_a_profile_with_a_space_in_its_header_is_removed_where_it_is_alone() -> None:
    catalog = Catalog.from_bytes(b"", f"[ base]\n{PAIR}[other]\n{OTHER}".encode())
    for who in after(profile_operations.remove_profile(" base", catalog), catalog, {}):
        assert who is not None
        assert set(who.merged) == {"other"}
    profile_operations.unset_profile_value(" base", "aws_access_key_id", catalog)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "below",
    [
        f"\taws_secret_access_key = {SECRET}",
        f"  {SECRET}",
        f"  # was {SECRET}",
        f"  first\n  export AWS_SECRET_ACCESS_KEY={SECRET}",
    ],
)
@pytest.mark.parametrize("key", ["region", "credential_process", "aws_access_key_id"])
def test_no_value_takes_a_secret_below_it_along(key: str, below: str, end: str) -> None:
    text = f"[q]\noutput = json\n{key} = eu-west-1\n{below}\n".replace("\n", end)
    catalog = Catalog.from_bytes(b"", text.encode())
    edits: list[Callable[[], Change]] = [
        lambda: profile_operations.set_profile_value("q", key, "us-east-1", catalog),
        lambda: profile_operations.unset_profile_value("q", key, catalog),
    ]
    for edit in edits:
        try:
            after = edit().apply_to(FileKind.CREDENTIALS, text.encode())
        except (EditRefused, UsageError) as refused:
            assert SECRET not in refused.message + refused.fix
        else:
            assert SECRET in (after or b"").decode()  # a comment stays where it is
    profile_operations.set_profile_value("q", "output", "text", catalog)  # beside it


@pytest.mark.parametrize(
    "line",
    [
        f"region = eu-west-1 aws_secret_access_key = {SECRET}",
        f"region = eu-west-1 aws_secret_access_key = {SECRET}aws_security_token = {SECRET * 4}",
        f"region = eu-west-1 {SECRET}",
        f"region = eu-west-1aws_session_token={SECRET * 4}",
        f"region = eu-west-1 # was {SECRET}",
    ],
)
def test_an_edit_of_a_value_keeps_the_secret_in_its_line(line: str) -> None:
    text = f"[q]\n{line}\noutput = json\n"
    catalog = Catalog.from_bytes(b"", text.encode())
    edits: list[Callable[[], Change]] = [
        lambda: profile_operations.set_profile_value("q", "region", "eu-west-2", catalog),
        lambda: profile_operations.unset_profile_value("q", "region", catalog),
    ]
    for edit in edits:
        try:
            after = edit().apply_to(FileKind.CREDENTIALS, text.encode())
        except (EditRefused, UsageError) as refused:
            assert SECRET not in refused.message + refused.fix
        else:
            assert SECRET in (after or b"").decode()  # a comment stays where it is


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("credential_process", f"/opt/x devaws_secret_access_key = {SECRET}"),
        ("aws_access_key_id", f"AKIAIOSFODNN7EXAMPLE{SECRET}"),
    ],
)
def test_no_process_or_id_takes_along_the_secret_joined_to_it(key: str, value: str) -> None:
    text = f"[q]\n{key} = {value}\n".encode()
    with pytest.raises(EditRefused, match=f"A secret is in the same line as {key}, line 2"):
        unset = profile_operations.unset_profile_value("q", key, Catalog.from_bytes(b"", text))
        unset.apply_to(FileKind.CREDENTIALS, text)


def test_no_nested_value_takes_along_the_secret_in_its_line() -> None:
    nested = f"addressing_style = path aws_secret_access_key = {SECRET}"
    text = f"[profile q]\ns3 =\n  {nested}\n  max_queue_size = 5\n".encode()
    catalog, key = Catalog.from_bytes(text, b""), "s3.addressing_style"
    for edit in (
        profile_operations.set_profile_value("q", key, "virtual", catalog),
        profile_operations.unset_profile_value("q", key, catalog),
    ):
        with pytest.raises(EditRefused, match="in the same line as addressing_style, line 3"):
            edit.apply_to(FileKind.CONFIG, text)
    other = profile_operations.set_profile_value("q", "s3.max_queue_size", "6", catalog)
    assert SECRET in (other.apply_to(FileKind.CONFIG, text) or b"").decode()


def test_a_role_beside_an_empty_token_file_is_set() -> None:
    arn = "arn:aws:iam::123456789012:role/"
    text = f"[profile a]\nrole_arn = {arn}W\nweb_identity_token_file =\n".encode()
    change = profile_operations.set_profile_value(
        "a", "role_arn", f"{arn}T", Catalog.from_bytes(text, b"")
    )
    assert f"role_arn = {arn}T".encode() in (change.apply_to(FileKind.CONFIG, text) or b"")


def test_a_value_that_is_a_secret_is_removed_with_its_lines() -> None:
    catalog = Catalog.from_bytes(
        b"", f"[q]\naws_secret_access_key = {SECRET[:20]}\n  {SECRET[20:]}\n".encode()
    )
    profile_operations.unset_profile_value("q", "aws_secret_access_key", catalog)
    catalog = Catalog.from_bytes(
        b"", f"[q]\ncredential_process = /bin/x --token {SECRET}\n".encode()
    )
    profile_operations.unset_profile_value("q", "credential_process", catalog)


def refused_by_the_text(text: str, *edits: Edit) -> None:
    change = Change("x", tuple(FileEdit(FileKind.CONFIG, edit) for edit in edits))
    with pytest.raises(EditRefused, match="A secret is in the lines below"):
        change.apply_to(FileKind.CONFIG, text.encode())


@pytest.mark.parametrize("below", [f"aws_secret_access_key = {SECRET}", f"region = {SECRET}"])
def test_no_edit_of_any_kind_takes_a_secret_below_a_value_along(below: str) -> None:
    """Team files and repairs make their edits by themselves: the text refuses, whoever asks."""
    text = f"[sso-session s]\nsso_region = a\n  {below}\n[profile q]\nregion = a\n  {below}\n"
    session, profile = SectionId.sso_session("s"), SectionId.profile("q")
    refused_by_the_text(text, SetValue(session, "sso_region", "us-east-1"))
    refused_by_the_text(text, UnsetValue(profile, "region"))
    refused_by_the_text(text, PutSection(profile, (("region", "us-east-1"),)))
    refused_by_the_text(text, SetValue(profile, "output", "x"), SetValue(profile, "region", "b"))


def test_no_secret_takes_that_of_another_key_along() -> None:
    text = f"[profile q]\naws_session_token = x\n  aws_secret_access_key = {SECRET}\n"
    refused_by_the_text(text, UnsetValue(SectionId.profile("q"), "aws_session_token"))
    text = "[profile q]\nregion = a\n  my_password = us-e\n"
    refused_by_the_text(text, SetValue(SectionId.profile("q"), "region", "us-east-1"))
