"""Who profiles are: in order, one failure hides no other, and whose code is waited for."""

import pytest

from awsprof.auth import caller_identities
from awsprof.auth.caller_identities import check_environment, check_identities
from awsprof.auth.resolver import Resolver
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.sts import Identity, get_caller_identity
from awsprof.errors import CredentialsError, InteractionRequired, UnknownProfile, VaultError
from awsprof.profiles.catalog import Catalog
from awsprof.prompting import NonInteractive
from awsprof.secret import Secret
from tests.unit.auth.conftest import Bench


def keys(name: str, bench: Bench) -> str:
    text = f"aws_access_key_id = {bench.key.id}\naws_secret_access_key = {bench.key.secret}\n"
    return f"[profile {name}]\n{text}"


def test_whose_a_key_is(bench: Bench) -> None:
    found = get_caller_identity(Credentials(bench.key.id, Secret(bench.key.secret)))
    assert found.arn == "arn:aws:iam::123456789012:user/alice"
    assert found.account == "123456789012"
    assert found.user_id
    assert not found.is_root


def test_a_root_user_is_known_as_such(bench: Bench) -> None:
    key = bench.aws.user("root")
    assert get_caller_identity(Credentials(key.id, Secret(key.secret))).is_root
    assert not Identity("arn:aws:iam::123456789012:user/root", "123456789012", "x").is_root


def test_a_key_that_aws_does_not_know(bench: Bench) -> None:
    with pytest.raises(CredentialsError) as error:
        get_caller_identity(Credentials("AKIAIOSFODNN7EXAMPLE", Secret("x" * 40)))
    assert error.value.code == "InvalidClientTokenId"
    assert "x" * 40 not in f"{error.value.message} {error.value.fix}"


def test_the_profile_s_region_is_asked(bench: Bench) -> None:
    resolver = bench.resolver(keys("a", bench) + "region = eu-south-2\n")
    profile = resolver.catalog.get("a")
    assert get_caller_identity(resolver.credentials("a"), profile=profile).account == "123456789012"


def test_the_answers_are_in_the_order_of_the_names(bench: Bench) -> None:
    names = [f"p{number}" for number in range(20)]
    resolver = bench.resolver(*(keys(name, bench) for name in reversed(names)))
    seen: list[str] = []
    checked = check_identities(resolver, names, progress=seen.append)
    assert [each.profile for each in checked] == names
    assert sorted(seen) == sorted(names)
    assert all(each.identity and each.error is None for each in checked)


def test_no_names_no_answers(bench: Bench) -> None:
    assert check_identities(bench.resolver(bench.base()), []) == ()


def test_one_failure_of_any_sort_hides_no_other(bench: Bench) -> None:
    lost = "[profile lost]\ncredential_process = awsprof credential-process lost --key AKIALOST\n"
    resolver = bench.resolver(
        bench.base(),
        lost,
        bench.role("refused"),
        bench.role("stray", source="gone"),
        "[profile empty]\nregion = eu-west-1\n",
        keys("plain", bench),
    )
    names = ["lost", "refused", "base", "stray", "empty", "none", "plain"]
    checked = {each.profile: each for each in check_identities(resolver, names)}
    assert list(checked) == names
    assert {name for name, each in checked.items() if each.identity} == {"base", "plain"}
    assert isinstance(checked["lost"].error, VaultError)
    assert isinstance(checked["none"].error, UnknownProfile)
    codes = {name: each.error.code for name, each in checked.items() if each.error}
    assert codes["refused"] == "AccessDenied"
    assert codes["stray"] == "source-missing"
    assert codes["empty"] == "source-without-credentials"
    assert all(each.error.fix for each in checked.values() if each.error)


def test_a_vault_that_cannot_be_used_does_not_hide_plain_keys(bench: Bench) -> None:
    resolver = bench.resolver(bench.base(), keys("plain", bench))
    bench.vault.broken = True
    base, plain = check_identities(resolver, ["base", "plain"])
    assert base.error is not None
    assert base.error.exit_code == 5
    assert not base.waits_for_code
    assert plain.identity is not None


def test_which_profiles_wait_for_a_code(bench: Bench) -> None:
    bench.aws.role("Admin", mfa=True)
    sso = (
        "[sso-session corp]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\n"
    )
    prod = "[profile prod]\nsso_session = corp\nsso_account_id = 345678901234\nsso_role_name = R\n"
    mfa = f"mfa_serial = {bench.device.serial}\n"
    bench.resolver(bench.base(mfa), bench.role(), sso, prod, keys("plain", bench))
    resolver = Resolver(Catalog.load(), lambda: bench.vault, NonInteractive(), cache=bench.cache)
    checked = check_identities(resolver, ["base", "admin", "prod", "plain"])
    assert [each.waits_for_code for each in checked] == [True, True, False, False]
    assert [isinstance(each.error, InteractionRequired) for each in checked] == [
        True,
        True,
        True,
        False,
    ]
    assert "GetSessionToken" not in bench.aws.calls


def test_a_profile_is_checked_with_its_own_name_in_what_is_told(bench: Bench) -> None:
    bench.key.active = False
    (checked,) = check_identities(bench.resolver(bench.base()), ["base"])
    assert checked.error is not None
    assert "awsprof add keys base" in checked.error.fix


def test_an_id_without_a_secret_in_variables_stops_boto3(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = bench.resolver(bench.base()).catalog
    assert check_environment(catalog) is None
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", bench.key.id)
    found = check_environment(catalog)
    assert found is not None and found.error is not None
    assert found.error.message == "AWS_SECRET_ACCESS_KEY is not set, so boto3 stops."
    assert "unset AWS_ACCESS_KEY_ID" in found.error.fix


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2020-01-01T00:00:00Z", "was 2020-01-01T00:00:00Z"),
        ("tomorrow", "is not a time with its zone"),
        ("2099-01-01T00:00:00", "is not a time with its zone"),
        ("2099-01-01T00:00:00Z", None),
        ("", None),
    ],
)
def test_an_old_expiration_in_variables_stops_boto3(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, text: str, told: str | None
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", bench.key.id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", bench.key.secret)
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", text)
    found = check_environment(bench.resolver(bench.base()).catalog)
    assert found is not None
    if told is None:
        assert found.error is None and found.identity is not None
    else:
        assert found.error is not None and told in found.error.message
        assert "unset AWS_CREDENTIAL_EXPIRATION" in found.error.fix


def test_a_container_s_credentials_are_asked_if_no_profile_has_any(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys_of_default = keys("x", bench).replace("profile x", "default")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/")
    assert check_environment(bench.resolver(keys_of_default).catalog) is None
    for text in ("", "[default]\nregion = eu-west-1\n"):
        found = check_environment(bench.resolver(text).catalog)
        assert found is not None and found.error is not None
        assert found.variable == "AWS_CONTAINER_CREDENTIALS_FULL_URI"
        assert "unset AWS_CONTAINER_CREDENTIALS_FULL_URI" in found.error.fix
    monkeypatch.setenv("AWS_PROFILE", "x")
    assert check_environment(bench.resolver(keys("x", bench)).catalog) is None


@pytest.mark.parametrize("answers", [True, False])
def test_only_a_session_that_aws_accepted_is_proven(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, answers: bool
) -> None:
    given = Credentials("ASIAIOSFODNN7EXAMPLE", Secret("made up"), Secret("token"))
    resolver = bench.resolver(keys("a", bench))
    noted: list[Credentials] = []
    monkeypatch.setattr(resolver, "credentials", lambda *_: given)
    monkeypatch.setattr(resolver, "needs_proof", lambda _: True)
    monkeypatch.setattr(resolver, "note_proven", noted.append)

    def ask(*_: object, **__: object) -> None:
        if not answers:
            raise CredentialsError("No network.", "connect")

    monkeypatch.setattr(caller_identities, "get_caller_identity", ask)
    assert caller_identities.verified_credentials(resolver, "a") is given
    assert noted == [given] * answers
