"""rename, copy and add do what the doctor recommends, for every possible name."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session

from awsprof.configfile.dialects import as_sdk
from awsprof.configfile.document import (
    FileEdit,
    FileKind,
    PutSection,
    RenameSection,
    SectionId,
)
from awsprof.doctor.check_context import CheckContext
from awsprof.doctor.runner import run_offline
from awsprof.editing import profile_operations
from awsprof.editing.apply import apply
from awsprof.editing.change import Change
from awsprof.errors import EditRefused, UsageError
from awsprof.profiles.catalog import Catalog
from tests.standins.memory_vault import MemoryVault

KEY = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/EXAMPLEKEY\n"
ODD = ['"two words"', "'two words'", '"Someone\'s Mac"', '"a/b c"', '"é"', '"a#b"', "a;b", '"a[b"']
ODD += ['"a\\"b"', "tab\\ ed", '"[x"', "ü", "a,b", "{a}", "'$(x)'"]


def done(change: Change, home: Path) -> tuple[str, str]:
    apply(change, lambda: MemoryVault())
    files = (home / ".aws" / name for name in ("config", "credentials"))
    config, credentials = (file.read_text() if file.exists() else "" for file in files)
    return config, credentials


def botocore_reads(home: Path) -> dict[str, dict[str, Any]]:
    session = Session()
    session.set_config_variable("config_file", str(home / ".aws" / "config"))
    session.set_config_variable("credentials_file", str(home / ".aws" / "credentials"))
    profiles: dict[str, dict[str, Any]] = session.full_config["profiles"]
    return profiles


def write(home: Path, config: str, credentials: str = "") -> None:
    (home / ".aws").mkdir(mode=0o700, exist_ok=True)
    (home / ".aws" / "config").write_text(config)
    (home / ".aws" / "credentials").write_text(credentials)


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("more", ["", "\n[profile ok]\noutput = json\n"])
def test_every_name_in_the_config_file_can_be_given_up(name: str, more: str, home: Path) -> None:
    write(home, f"[profile {name}]\nregion = us-east-1\ns3 =\n  Addressing_Style = path\n{more}")
    (was,) = set(botocore_reads(home)) - {"ok"}
    done(profile_operations.rename_profile(was, "new", Catalog.load()), home)
    read = botocore_reads(home)
    assert set(read) == {"new", *({"ok"} if more else ())}
    assert read["new"]["region"] == "us-east-1"
    data = (home / ".aws" / "config").read_bytes()
    assert SectionId.profile("new") in as_sdk(data, FileKind.CONFIG).sections


@pytest.mark.parametrize(
    "name", ['"My Mac"', "two words", "profile x", "é", "a,b", "[b", "a#b", " pad "]
)
def test_every_name_in_the_credentials_file_can_be_given_up(name: str, home: Path) -> None:
    write(home, "", f"[{name}]\n{KEY}[ok]\n{KEY}")
    done(profile_operations.rename_profile(name, "new", Catalog.load()), home)
    assert set(botocore_reads(home)) == {"new", "ok"}


def test_what_the_doctor_says_of_a_name_is_what_rename_takes(home: Path) -> None:
    write(home, "".join(f"[profile {name}]\nregion = us-east-1\n" for name in ODD[2:]))
    catalog = Catalog.load()
    findings = [
        f
        for f in run_offline(CheckContext.of(catalog, tuple(catalog.profiles)))
        if "rename" in f.fix
    ]
    assert len(findings) >= 10
    for number, finding in enumerate(findings):
        words = shlex.split(finding.fix)
        assert words[:2] == ["awsprof", "rename"]
        done(profile_operations.rename_profile(words[2], f"new{number}", Catalog.load()), home)
    assert set(botocore_reads(home)) >= {f"new{number}" for number in range(len(findings))}


def test_a_role_that_is_its_own_source_follows_its_name(home: Path) -> None:
    role = "role_arn = arn:aws:iam::123456789012:role/Ops\nsource_profile = ops\n"
    write(home, f"[profile ops]\n{role}", f"[ops]\n{KEY}")
    done(profile_operations.rename_profile("ops", "operations", Catalog.load()), home)
    read = botocore_reads(home)
    assert set(read) == {"operations"}
    assert read["operations"]["source_profile"] == "operations"


def test_whatever_names_it_follows_also_where_it_is_hidden(home: Path) -> None:
    role = "role_arn = arn:aws:iam::123456789012:role/Ops\n"
    line = "credential_process = /usr/bin/awsprof credential-process base"
    write(
        home,
        f"[profile base]\nregion = x\n[profile a]\n{role}source_profile = base\n"
        f"[profile b]\n{role}source_profile = other\n[profile c]\n{line}\n[profile other]\n",
        "[a]\nsource_profile = other\n[b]\nsource_profile = base\n",
    )
    config, credentials = done(
        profile_operations.rename_profile("base", "new", Catalog.load()), home
    )
    assert "base" not in config + credentials
    assert config.count("source_profile = new") == credentials.count("source_profile = new") == 1
    assert config.count("source_profile = other") == 1
    assert "credential-process new" in config


def test_copy_keeps_the_case_of_nested_names(home: Path) -> None:
    write(home, '[profile "my own"]\ns3 =\n  Addressing_Style = path\n  x = y\n')
    done(profile_operations.copy_profile("my own", "new", Catalog.load()), home)
    assert botocore_reads(home)["new"]["s3"] == {"Addressing_Style": "path", "x": "y"}


def test_added_over_a_quoted_header_every_sdk_sees_it(home: Path) -> None:
    write(home, '[profile "dev"] # mine\noutput = json\n')
    put = PutSection(SectionId.profile("dev"), (("region", "eu-west-1"),))
    config, _ = done(Change("put", (FileEdit(FileKind.CONFIG, put),)), home)
    assert config == "[profile dev] # mine\noutput = json\nregion = eu-west-1\n"


def test_a_refusal_says_what_would_be_read_otherwise(home: Path) -> None:
    write(home, "", "[ new ]\nregion = x\n[two words]\nregion = y\n")
    with pytest.raises(EditRefused) as refused:
        done(profile_operations.rename_profile("two words", "new", Catalog.load()), home)
    assert "region of profile new would change" in refused.value.message
    assert "indents" not in refused.value.fix


@pytest.mark.parametrize("header", ["[default]", "[profile default]"])
def test_default_is_renamed_and_given(header: str, home: Path) -> None:
    write(home, f"{header}\nregion = x\n[profile a]\nregion = y\n", f"[default]\n{KEY}")
    done(profile_operations.rename_profile("default", "old", Catalog.load()), home)
    done(profile_operations.rename_profile("a", "default", Catalog.load()), home)
    read = botocore_reads(home)
    assert read["default"]["region"] == "y"
    assert read["old"]["aws_access_key_id"] == "AKIAIOSFODNN7EXAMPLE"


def test_a_nested_block_that_is_hidden_can_be_unset(home: Path) -> None:
    write(home, "[profile a]\ns3 =\n  x = y\n", "[a]\ns3 = flat\n")
    config, credentials = done(
        profile_operations.unset_profile_value("a", "s3.x", Catalog.load()), home
    )
    assert config == "[profile a]\n"
    assert credentials == "[a]\ns3 = flat\n"


@pytest.mark.parametrize("header", ["[ profile b]", "[profiles b]"])
def test_a_section_that_only_some_sdks_read_is_not_parted_from_its_profile(header: str) -> None:
    """To boto3 or to the other SDKs it would be somebody else under the new name."""
    sso = "sso_start_url = https://x.awsapps.com/start\nsso_region = us-east-1\n"
    config = f"{header}\n{sso}sso_account_id = 123456789012\nsso_role_name = R\n"
    catalog = Catalog.from_bytes(config.encode(), f"[b]\n{KEY}".encode())
    with pytest.raises(EditRefused, match=r"would change who it is: b is .*AKIAIOSFODNN7EXAMPLE"):
        profile_operations.rename_profile("b", "new", catalog)
    repaired = Catalog.from_bytes(config.replace(header, "[profile b]").encode(), b"")
    profile_operations.rename_profile("b", "new", repaired)


OURS = "[profile a]\ncredential_process = /usr/bin/awsprof credential-process b"
ROLE = "[profile a]\nrole_arn = arn:aws:iam::123456789012:role/R\nsource_profile = b"
MORE = (
    (f"{OURS} # mine\n", "a comment after it", "inline-comment"),
    (f"{ROLE} ; mine\n", "a comment after it", "inline-comment"),
    (f"{OURS}\n  [profile mine]\nregion = y\n", "an indented line below it", "indented-key"),
    (f"{ROLE}\n  output = mine\n", "an indented line below it", "indented-key"),
)


@pytest.mark.parametrize(("user", "what", "check"), MORE)
def test_a_name_with_more_in_its_value_is_refused_until_that_is_corrected(
    user: str, what: str, check: str, home: Path
) -> None:
    """boto3 reads all of it as the value, and the other SDKs follow the name."""
    write(home, f"{user}[profile b]\nregion = x\n", f"[b]\n{KEY}")
    with pytest.raises(EditRefused, match=f"of a names b, with {what}") as refused:
        profile_operations.rename_profile("b", "new", Catalog.load())
    assert refused.value.fix.endswith(f"awsprof doctor --fix {check} a")
    findings = run_offline(CheckContext.of(Catalog.load(), ("a",)))
    [found] = [f for f in findings if f.id == check]
    assert found.fault.repair is not None
    assert found.fault.repair.change is not None
    done(found.fault.repair.change, home)
    config, _ = done(profile_operations.rename_profile("b", "new", Catalog.load()), home)
    assert "mine" in config
    assert " b" not in config.replace("[profile b]", "")


@pytest.mark.parametrize(
    ("whole", "cut"),
    [
        ("/usr/bin", "/u\n  sr/bin"),
        ("/usr/bin", "/u\n  sr/b\n  in"),
        ("credential-process b", "cred\n  ential-process\n  b"),
        ("bin/awsprof credential-process b", "b\n  in/awsprof credential-process b\n  region = x"),
    ],
)
def test_a_name_in_a_process_line_that_was_cut_is_refused(whole: str, cut: str) -> None:
    catalog = Catalog.from_bytes(
        f"{OURS.replace(whole, cut)}\n[profile b]\nregion = x\n".encode(), b""
    )
    with pytest.raises(
        EditRefused, match="of a names b, with an indented line below it"
    ) as refused:
        profile_operations.rename_profile("b", "new", catalog)
    assert refused.value.fix.endswith("awsprof doctor --offline a")


def test_a_process_line_that_was_cut_holds_up_no_other_name() -> None:
    cut = OURS.replace("credential-process b", "credential-pro\n  cess prod")
    catalog = Catalog.from_bytes(f"{cut}\n[profile p]\nregion = x\n".encode(), b"")
    profile_operations.rename_profile("p", "new", catalog)


def test_the_source_that_an_sso_session_repeats_is_renamed_too(home: Path) -> None:
    """boto3 refuses a profile with another value than its session has for the same key."""
    sso = "sso_account_id = 123456789012\nsso_role_name = R\nsso_session = b\n"
    session = "[sso-session b]\nsso_start_url = https://x.awsapps.com/start\nsso_region = r\n"
    write(home, f"[profile b]\n{sso}source_profile = b\n{session}source_profile = b\n", "")
    config, _ = done(profile_operations.rename_profile("b", "new", Catalog.load()), home)
    assert config.count("source_profile = new") == 2
    assert "[sso-session b]" in config
    assert "sso_session = b" in config


def test_a_comment_after_the_name_in_an_sso_session_is_corrected_for_all(home: Path) -> None:
    session = "[sso-session s]\nsource_profile = b # c\n"
    write(home, f"[profile b]\nregion = x\n{session}", "")
    with pytest.raises(EditRefused) as refused:
        profile_operations.rename_profile("b", "new", Catalog.load())
    assert refused.value.fix.endswith("awsprof doctor --fix inline-comment")


@pytest.mark.parametrize(
    "header",
    [
        "[dev]aws_access_key_id = AKIAIOSFODNN7EXAMPLE aws_secret_access_key = SECRET[q]",
        "[aws_secret_access_key = SECRET]",
        "[SECRET]",
    ],
)
def test_a_profile_whose_header_holds_a_secret_is_not_edited(
    header: str, credentials: Path
) -> None:
    """The bytes of the secret are nowhere else, and no message may show the name."""
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # AWS's documented example
    credentials.write_text(f"{header.replace('SECRET', secret)}\nregion = eu-west-1\n")
    catalog = Catalog.load()
    (name,) = catalog.profiles
    edits: list[Callable[[], Change]] = [
        lambda: profile_operations.rename_profile(name, "new", catalog),
        lambda: profile_operations.copy_profile(name, "new", catalog),
        lambda: profile_operations.remove_profile(name, catalog),
        lambda: profile_operations.set_profile_value(name, "region", "eu-west-2", catalog),
        lambda: profile_operations.unset_profile_value(name, "region", catalog),
        lambda: profile_operations.move_key(catalog.get(name), None, None, catalog),
    ]
    for edit in edits:
        with pytest.raises((EditRefused, UsageError)) as refused:
            edit()
        assert secret not in refused.value.message + refused.value.fix
    raw = Change(
        "x", (FileEdit(FileKind.CREDENTIALS, RenameSection(SectionId.profile(name), "n")),)
    )
    with pytest.raises(EditRefused, match="a new name would overwrite it"):
        raw.apply_to(FileKind.CREDENTIALS, credentials.read_bytes())


@pytest.mark.parametrize("name", ["user:develop@corp", "secret=prod-team", "key=prod1", "svc:a1@x"])
def test_a_name_that_only_resembles_a_password_is_renamed(name: str, credentials: Path) -> None:
    credentials.write_text(f"[{name}]\nregion = eu-west-1\n")
    catalog = Catalog.load()
    change = profile_operations.rename_profile(name, "new", catalog)
    after = change.apply_to(FileKind.CREDENTIALS, credentials.read_bytes()) or b""
    assert after.startswith(b"[new]")
