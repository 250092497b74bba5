"""Signing out: nothing counts as deleted that is still here."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from awsprof import paths
from awsprof.auth.identity_center import token_cache
from awsprof.auth.logout import Forgotten, forget_profile_sessions
from awsprof.auth.resolver import Resolver
from awsprof.auth.session_options import PLAIN, SessionOptions
from awsprof.awsapi.credentials import Credentials
from awsprof.profiles.catalog import Catalog
from awsprof.prompting import NonInteractive
from awsprof.secret import Secret
from awsprof.vault import kernel_keyring
from awsprof.vault.session_cache import SessionCache
from tests.standins.memory_vault import MemoryVault

DEVICE = "mfa_serial = arn:aws:iam::123456789012:mfa/base\n"
KEY = "credential_process = awsprof credential-process base --key AKIAIOSFODNN7EXAMPLE\n"


@pytest.fixture
def kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> MemoryVault:
    """A vault with the MFA session of a profile, on a machine without the kernel's keyring."""
    monkeypatch.setattr(kernel_keyring, "_CALLS", {})
    paths.config_file().parent.mkdir(exist_ok=True)
    paths.config_file().write_text(f"[profile base]\n{KEY}{DEVICE}")
    vault = MemoryVault()
    cache, resolver = parts(vault)
    keep(cache, resolver, "base")
    return vault


def keep(
    cache: SessionCache, resolver: Resolver, name: str, options: SessionOptions = PLAIN
) -> None:
    """Put a session of the profile into the vault."""
    expires = datetime.now(UTC) + timedelta(hours=12)
    session = Credentials("ASIAIOSFODNN7EXAMPLE", Secret("made up"), Secret("token"), expires)
    key = resolver.recipe(resolver.catalog.get(name), session_options=options).key
    assert key is not None
    assert cache.put(key, session.process_json().encode(), expires, needs_person=True)


def parts(vault: MemoryVault) -> tuple[SessionCache, Resolver]:
    cache = SessionCache(lambda: vault)
    return cache, Resolver(
        Catalog.load(), lambda: vault, NonInteractive(), cache=cache, keep_roles=True
    )


def forget(vault: MemoryVault, *, every: bool = False) -> Forgotten:
    cache, resolver = parts(vault)
    return forget_profile_sessions(resolver, cache, ["base"], every=every)


@pytest.mark.parametrize("every", [False, True])
def test_a_vault_that_cannot_be_used_is_told_and_the_session_deleted_later(
    kept: MemoryVault, every: bool
) -> None:
    kept.broken = True
    forgotten = forget(kept, every=every)
    assert not forgotten.still_valid
    assert forgotten.failure is not None
    assert "still in the vault" in forgotten.failure.message
    kept.broken = False
    again = forget(kept, every=every)
    assert [session.profile for session in again.still_valid] == ["base"]
    assert again.failure is None
    assert kept.secrets == {}


ROLE = "\n[profile admin]\nsource_profile = base\nrole_arn = arn:aws:iam::210987654321:role/{}\n"


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("base", SessionOptions(duration=3600)),
        ("admin", PLAIN),
        ("admin", SessionOptions(policy_arns=("arn:aws:iam::aws:policy/ReadOnlyAccess",))),
    ],
)
def test_sessions_of_other_options_and_of_an_earlier_text_are_deleted(
    kept: MemoryVault, name: str, options: SessionOptions
) -> None:
    config = paths.config_file()
    base = config.read_text()
    config.write_text(base + ROLE.format("Former") + DEVICE)
    keep(*parts(kept), name, options)
    config.write_text(base + ROLE.format("Admin"))
    assert [session.profile for session in forget(kept).still_valid] == ["base"]
    assert kept.secrets == {}


SSO = """\
[profile base]
sso_session = corp
sso_account_id = 345678901234
sso_role_name = ReadOnly

[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
"""
LEGACY = SSO.replace("sso_session = corp\n", "").replace("\n[sso-session corp]\n", "")


@pytest.mark.parametrize("text", [SSO, LEGACY], ids=["sso-session", "legacy"])
def test_sessions_of_a_token_that_was_renewed_since_are_deleted(
    kept: MemoryVault, text: str
) -> None:
    forget(kept)
    paths.config_file().write_text(text)
    session = Catalog.load().chain("base").session
    assert session is not None
    for token in ("first", "renewed"):
        token_cache.save_token(session, {"accessToken": token})
        keep(*parts(kept), "base")
    token_cache.save_token(session, {"accessToken": "renewed again"})
    assert len(kept.secrets) == 2
    assert [session.profile for session in forget(kept).still_valid] == ["base"]
    assert kept.secrets == {}


def test_sessions_of_a_sign_in_are_deleted_whose_profile_is_gone(kept: MemoryVault) -> None:
    paths.config_file().write_text(SSO)
    keep(*parts(kept), "base")
    paths.config_file().write_text("")
    cache, resolver = parts(kept)
    forgotten = forget_profile_sessions(resolver, cache, (), sign_ins=["corp"])
    assert [session.profile for session in forgotten.still_valid] == ["a profile that is gone"]
    assert len(kept.secrets) == 1  # that of the key


def test_sessions_of_other_keys_stay(kept: MemoryVault) -> None:
    config = paths.config_file()
    other = config.read_text().replace("base", "other").replace("AKIAIOSF", "AKIAI44Q")
    config.write_text(config.read_text() + other)
    keep(*parts(kept), "other")
    assert len(forget(kept).still_valid) == 1
    assert len(kept.secrets) == 1
