"""Keys on their way in: where from, and which are refused."""

import pytest

from awsprof.accesskeys import move
from awsprof.accesskeys.import_key import import_key
from awsprof.accesskeys.key_sources import key_from_environment, key_from_profile, key_from_stdin
from awsprof.accesskeys.move import move_keys, profiles_to_move
from awsprof.errors import AwsprofError, CredentialsError, UsageError
from awsprof.profiles.catalog import Catalog
from awsprof.secret import Secret
from tests.unit.accesskeys.conftest import KeyRig

ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
GIVEN = {"AWS_ACCESS_KEY_ID": ID, "AWS_SECRET_ACCESS_KEY": SECRET}


@pytest.mark.parametrize(
    "text",
    [
        f"{ID}\n{SECRET}\n",
        f"\n  {ID}\r\n{SECRET}",
        f"Access key ID,Secret access key\n{ID},{SECRET}\n",
        f'\ufeff"User name","Access key ID","Secret access key"\r\nalice,{ID},{SECRET}\r\n',
    ],
)
def test_stdin_is_taken_in_both_forms(text: str) -> None:
    key = key_from_stdin(text)
    assert (key.key_id, key.secret.reveal()) == (ID, SECRET)


@pytest.mark.parametrize("text", ["", ID, f"{ID},{SECRET}", f"x\n{SECRET}", "a\nb\nc\n"])
def test_what_is_no_key_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        key_from_stdin(text)
    assert SECRET not in f"{refused.value.message}{refused.value.fix}"


def test_the_environment_gives_lasting_keys_alone() -> None:
    assert key_from_environment(GIVEN).key_id == ID
    for wrong in (
        {},
        {"AWS_ACCESS_KEY_ID": ID},
        {**GIVEN, "AWS_SESSION_TOKEN": "token"},
        {**GIVEN, "AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7EXAMPLE"},
    ):
        with pytest.raises(UsageError):
            key_from_environment(wrong)


def test_a_profile_gives_its_own_plain_key(key_rig: KeyRig) -> None:
    credentials = key_rig.home / ".aws" / "credentials"
    plain = f"aws_access_key_id={ID}\naws_secret_access_key={SECRET}\n"
    credentials.write_text(f"[old]\n{plain}[session]\n{plain}aws_session_token=x\n[none]\n")
    catalog = Catalog.load()
    assert key_from_profile(catalog.get("old")).key_id == ID
    for name in ("session", "none", "base"):
        with pytest.raises(UsageError):
            key_from_profile(catalog.get(name))


def test_which_keys_are_moved(key_rig: KeyRig, capsys: pytest.CaptureFixture[str]) -> None:
    assert profiles_to_move(key_rig.key_context(), (), every=True) == ()
    plain = f"aws_access_key_id={ID}\naws_secret_access_key={SECRET}\n"
    credentials = key_rig.home / ".aws" / "credentials"
    credentials.write_text(f"[default]\n{plain}")
    assert profiles_to_move(key_rig.key_context(), (), every=False) == ("default",)
    role = "role_arn=arn:aws:iam::123456789012:role/A\nsource_profile=own\n"
    credentials.write_text(f"[default]\n{plain}[old]\n{plain}[own]\n{plain}{role}")
    assert profiles_to_move(key_rig.key_context(), ("old", "old"), every=False) == ("old",)
    assert profiles_to_move(key_rig.key_context(), (), every=True) == ("default", "old")
    assert "own was skipped" in capsys.readouterr().err
    with pytest.raises(UsageError, match="default, old, own"):
        profiles_to_move(key_rig.key_context(), (), every=False)
    credentials.write_text(f"[DEFAULT]\n{plain}[a]\n[b]\n{plain.replace('I', 'J', 1)}")
    assert profiles_to_move(key_rig.key_context(), (), every=True) == ()
    assert "The key of DEFAULT, a is in [DEFAULT]" in capsys.readouterr().err
    with pytest.raises(UsageError, match=r"a has its key from \[DEFAULT\]"):
        profiles_to_move(key_rig.key_context(), ("a",), every=False)


def test_what_is_there_is_replaced_only_where_the_person_says_so(key_rig: KeyRig) -> None:
    credentials = key_rig.home / ".aws" / "credentials"
    key = key_rig.aws.moto.key_of("bob", "123456789012")
    credentials.write_text(
        f"[old]\naws_access_key_id={key.id}\naws_secret_access_key={key.secret}\n"
    )
    given = key_from_profile(Catalog.load().get("old"))
    before = key_rig.names()
    key_rig.vault.put(key.id, Secret("wrong"))
    for no in ("already", "Replace it"):
        key_rig.no = (no,)
        with pytest.raises(UsageError, match="Nothing was written"):
            import_key(key_rig.key_context(), "base", given, None)
        assert key_rig.names() == before
        assert key_rig.vault.get(key.id) == Secret("wrong")


def test_a_key_that_aws_does_not_take_comes_into_no_vault(key_rig: KeyRig) -> None:
    wrong = key_from_stdin(f"{key_rig.key.id}\n{SECRET}\n")
    with pytest.raises(CredentialsError):
        import_key(key_rig.key_context(), "new", wrong, None)
    assert key_rig.vault.get(key_rig.key.id).reveal() == key_rig.key.secret


def test_what_sdks_do_not_get_is_not_left_behind(key_rig: KeyRig) -> None:
    """The program that they start has another vault than this one, in memory."""
    key = key_rig.aws.moto.key_of("bob", "123456789012")
    with pytest.raises(AwsprofError, match="prints no credentials"):
        import_key(key_rig.key_context(), "new", key_from_stdin(f"{key.id}\n{key.secret}"), None)
    assert "new" not in Catalog.load().profiles
    assert not key_rig.vault.holds(key.id)


def test_a_stale_token_beside_a_long_term_key_is_named_and_the_key_kept() -> None:
    text = (
        "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
        "aws_session_token = stale\n"
    )
    profile = Catalog.from_bytes(None, text.encode()).get("default")
    with pytest.raises(UsageError, match="the profile has an") as refused:
        key_from_profile(profile)
    assert refused.value.fix.startswith("awsprof unset default aws_session_token")


@pytest.mark.parametrize(
    ("key_id", "secret", "more", "fix"),
    [
        (f'"{ID}"', SECRET, "", "awsprof doctor --fix key-id-shape"),
        (ID, f"{SECRET}%", "", "awsprof add keys p asks for the whole key"),
        (ID, f"'{SECRET}'", "", "awsprof doctor --fix secret-shape"),
        (ID, "test", "endpoint_url = http://localhost:4566\n", "leave it in the file"),
    ],
)
def test_a_key_in_a_file_that_aws_cannot_have_made_is_said_to_be_so(
    key_id: str, secret: str, more: str, fix: str
) -> None:
    keys = f"aws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n"
    catalog = Catalog.from_bytes(f"[profile p]\n{more}{keys}".encode(), b"")
    with pytest.raises(UsageError, match=r"^The aws_\w+ of p ") as refused:
        key_from_profile(catalog.get("p"))
    assert refused.value.fix.startswith(fix)
    assert secret not in f"{refused.value.message}{refused.value.fix}" or secret == "test"


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (
            "role_arn = arn:aws:iam::210987654321:role/Admin\nsource_profile = base\n",
            "it is a role, which signs in with the key of base",
        ),
        ("sso_session = corp\n", "it signs in with IAM Identity Center"),
        (
            f"credential_process = awsprof credential-process a --key {ID}\n",
            f"{ID} is in the vault already",
        ),
        ("region = eu-west-1\n", "no access key in plain text."),
    ],
)
def test_a_profile_without_a_key_is_called_what_it_is(lines: str, says: str) -> None:
    catalog = Catalog.from_bytes(f"[profile a]\n{lines}".encode(), None)
    with pytest.raises(UsageError, match=says) as refused:
        key_from_profile(catalog.get("a"))
    assert "keys move" not in str(refused.value.fix)


def test_a_rotation_that_fails_does_not_keep_the_other_keys_in_plain_text(
    key_rig: KeyRig, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(move, "_move_key", lambda _, name: f"the key of {name}")
    moved = []

    def rotate(name: str, key_id: str) -> None:
        moved.append(key_id)
        if name == "a":
            raise CredentialsError("AWS does not allow ListAccessKeys.", "ask for it")

    assert move_keys(key_rig.key_context(), ["a", "b"], rotate) == 1
    assert moved == ["the key of a", "the key of b"]
    told = " ".join(capsys.readouterr().err.split())
    assert "a was moved, but the next step failed: AWS does not allow ListAccessKeys." in told
    with pytest.raises(CredentialsError):
        move_keys(key_rig.key_context(), ["a"], rotate)
