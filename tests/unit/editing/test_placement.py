"""Placement of edits: whatever the files contain, boto3 gets the requested identity."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awsprof.configfile.document import FileKind, SectionId
from awsprof.editing import profile_operations
from awsprof.errors import AwsprofError, EditRefused
from awsprof.profiles import kinds
from awsprof.profiles.catalog import Catalog
from tests.budgets import examples
from tests.standins.aws import ACCOUNT, Aws

EXAMPLES = examples(25)
OTHER = "210987654321"
LINES = (
    f"role_arn = arn:aws:iam::{OTHER}:role/Old\nsource_profile = base\n",
    f"role_arn = arn:aws:iam::{OTHER}:role/Old\n",
    "source_profile = base\n",
    "credential_source = Environment\n",
    f"sso_account_id = {ACCOUNT}\nsso_role_name = Dev\n",
    "sso_session = corp\n",
    "sso_start_url = https://old.awsapps.com/start\nsso_region = us-east-1\n",
    "credential_process = /bin/cat {home}/bob.json\n",
    "aws_access_key_id = {bob}\naws_secret_access_key = {secret}\n",
    "login_session = arn:aws:iam::123456789012:user/x\n",
    "region = us-east-1\n",
    "web_identity_token_file = {home}/token\n",
)
ASKED = {
    "role": {"role_arn": f"arn:aws:iam::{OTHER}:role/Admin", "source": "base"},
    "process": {"command": "/bin/cat {home}/carol.json"},
    "sso": {
        "session": "corp",
        "start_url": "https://corp.awsapps.com/start",
        "sso_region": "eu-west-1",
        "account": OTHER,
        "role": "Admin",
    },
}
REGION = {"region": "eu-west-1"}


class Stage:
    """The users whose keys exist, and both files."""

    def __init__(self, aws: Aws, home: Path) -> None:
        self.home, self.aws = home, aws
        aws.role("Admin")
        aws.role("Old")
        self.alice = aws.user("alice")
        for name in ("bob", "carol"):
            user = aws.user(name)
            text = {"Version": 1, "AccessKeyId": user.id, "SecretAccessKey": user.secret}
            (home / f"{name}.json").write_text(json.dumps(text))
            if name == "bob":
                self.bob = user
        (home / "token").write_text("a.b.c")
        (home / ".aws").mkdir(mode=0o700)

    def filled(self, text: str) -> str:
        return text.replace("{home}", str(self.home)).replace("{bob}", self.bob.id).replace(
            "{secret}", self.bob.secret
        )  # fmt: skip

    def write(self, config: list[str], credentials: list[str]) -> None:
        base = (
            f"[base]\naws_access_key_id = {self.alice.id}\n"
            f"aws_secret_access_key = {self.alice.secret}\n"
        )
        own = {FileKind.CONFIG: "[profile x]\n", FileKind.CREDENTIALS: base + "[x]\n"}
        for kind, lines in ((FileKind.CONFIG, config), (FileKind.CREDENTIALS, credentials)):
            text = own[kind] + "".join(dict.fromkeys(self.filled(line) for line in lines))
            (self.home / ".aws" / kind.value).write_text(text)


@pytest.fixture
def stage(aws: Aws, home: Path) -> Stage:
    return Stage(aws, home)


def who(name: str) -> str:
    """boto3's identity with that profile, or its error."""
    try:
        session = boto3.Session(profile_name=name)
        return str(session.client("sts", region_name="us-east-1").get_caller_identity()["Arn"])
    except (BotoCoreError, ClientError, OSError) as exc:
        return type(exc).__name__


def without_twice(lines: list[str]) -> bool:
    keys = [line.split(" =")[0] for text in lines for line in text.splitlines()]
    return len(keys) == len(set(keys))


_SOME = st.lists(st.sampled_from(LINES), max_size=3, unique=True).filter(without_twice)
WANTED: dict[str, tuple[str, ...]] = {
    "role": ("assumed-role/Admin/",),
    "process": (":user/carol",),
    # Without a sign-in, asking Identity Center for a token shows that it was chosen.
    "sso": ("UnauthorizedSSOTokenError", "SSOTokenLoadError", "TokenRetrievalError"),
}


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(kind=st.sampled_from(sorted(ASKED)), config=_SOME, credentials=_SOME, region=st.booleans())
def test_an_added_profile_is_who_was_asked_for_or_is_refused(
    stage: Stage, kind: str, config: list[str], credentials: list[str], region: bool
) -> None:
    stage.write(config, credentials)
    catalog = Catalog.load()
    asked = {key: stage.filled(text) for key, text in ASKED[kind].items()}
    asked |= REGION if region else {}
    before = {name: who(name) for name in ("base",)}
    try:
        made = kinds.kind_named(kind)
        values = made.validate(asked, catalog, name="x")
        change = profile_operations.add_profile(made, "x", values, catalog)
    except AwsprofError as refused:
        assert refused.fix
        return
    for each in FileKind:
        path = stage.home / ".aws" / each.value
        path.write_bytes(change.apply_to(each, path.read_bytes()) or b"")
    answers = who("x")
    # If botocore refuses for another reason, the edit is undone; no other identity may answer.
    assert any(part in answers for part in WANTED[kind]) or "arn:" not in answers, answers
    assert {name: who(name) for name in before} == before
    if region:
        assert boto3.Session(profile_name="x").region_name == "eu-west-1"


@pytest.mark.parametrize("kind", sorted(ASKED))
def test_a_free_name_is_never_refused(stage: Stage, kind: str) -> None:
    stage.write([], [])
    asked = {key: stage.filled(text) for key, text in ASKED[kind].items()}
    made = kinds.kind_named(kind)
    values = made.validate(asked, Catalog.load(), name="free")
    assert profile_operations.add_profile(made, "free", values, Catalog.load()).edits


SETS: tuple[tuple[str, str, Any], ...] = (
    ("role_arn", f"arn:aws:iam::{OTHER}:role/Admin", "assumed-role/Admin/"),
    ("credential_process", "/bin/cat {home}/carol.json", ":user/carol"),
    ("source_profile", "base", None),
    ("region", "eu-west-1", None),
)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(which=st.sampled_from(SETS), config=_SOME, credentials=_SOME)
def test_a_value_that_is_set_is_the_one_that_counts(
    stage: Stage, which: tuple[str, str, Any], config: list[str], credentials: list[str]
) -> None:
    key, text, wanted = which
    stage.write(config, credentials)
    try:
        change = profile_operations.set_profile_value("x", key, stage.filled(text), Catalog.load())
    except AwsprofError as refused:
        assert refused.fix
        return
    for each in FileKind:
        path = stage.home / ".aws" / each.value
        path.write_bytes(change.apply_to(each, path.read_bytes()) or b"")
    assert Catalog.load().get("x").get(key) == stage.filled(text)
    answers = who("x")
    named = ("user/bob", "assumed-role/Old", "user/carol", "assumed-role/Admin")
    if wanted is not None and any(name in answers for name in named):
        assert wanted in answers, answers


@pytest.mark.parametrize(
    ("config", "credentials"),
    [
        ("[default]\nregion = us-east-1\n[profile default]\nregion = us-east-2\n", ""),
        ("[profile default]\nregion = us-east-1\n[default]\nregion = us-east-2\n", ""),
        ("[default]\noutput = json\n[profile default]\nregion = us-east-2\n", ""),
        ("[profile default]\noutput = json\n[default]\nregion = us-east-2\n", ""),
        ("[default]\nregion = us-east-1\n", "[profile default]\nregion = us-east-2\n"),
        ("[profile default]\nregion = us-east-1\n", "[default]\nregion = us-east-2\n"),
        ("", "[profile default]\nregion = us-east-2\n[default]\noutput = json\n"),
    ],
)
def test_a_value_set_is_what_boto3_reads_or_is_refused_however_default_is_spelt(
    home: Path, config: str, credentials: str
) -> None:
    (home / ".aws").mkdir(mode=0o700)
    for kind, text in ((FileKind.CONFIG, config), (FileKind.CREDENTIALS, credentials)):
        (home / ".aws" / kind.value).write_text(text)
    paths = {kind: home / ".aws" / kind.value for kind in FileKind}
    try:
        change = profile_operations.set_profile_value(
            "default", "region", "eu-west-3", Catalog.load()
        )
        after = {kind: change.apply_to(kind, path.read_bytes()) for kind, path in paths.items()}
    except EditRefused as refused:  # with two in one file it is ambiguous
        assert "both define profile default" in refused.message
        assert config.count("default]") == 2
        return
    for kind, data in after.items():
        paths[kind].write_bytes(data or b"")
    assert boto3.Session().region_name == "eu-west-3"


@pytest.mark.parametrize("other", ["credential_process = x", "sso_role_name = Other"])
def test_no_section_of_a_session_that_is_defined_twice_contradicts_the_profile(other: str) -> None:
    """The fix of the duplicate merges them, and boto3 then reads all values."""
    session = "[sso-session s]\nsso_start_url = https://x.awsapps.com/start\n"
    own = "[profile a]\ncredential_process = y\nsso_role_name = R\n"
    text = f"{session}{other}\n{own}{session}sso_region = eu-west-1\n"
    with pytest.raises(EditRefused, match="SDKs stop where the two differ"):
        profile_operations.set_profile_value(
            "a", "sso_session", "s", Catalog.from_bytes(text.encode(), b"")
        )


def test_profiles_of_one_session_are_placed_without_reading_every_section_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [f"p{number}" for number in range(300)]
    own = "".join(f"[profile {n}]\nsso_session = s\nregion = eu-west-1\n" for n in names)
    session = "[sso-session s]\nsso_start_url = https://x.awsapps.com/start\nsso_region = a\n"
    catalog = Catalog.from_bytes((session + own).encode(), b"")
    compared = 0
    same = SectionId.__eq__

    def count(one: SectionId, other: object) -> bool:
        nonlocal compared
        compared += 1
        return same(one, other)

    monkeypatch.setattr(SectionId, "__eq__", count)
    for name in names:
        profile_operations.set_profile_value(name, "region", "eu-west-2", catalog)
    assert compared < 50 * len(names)
