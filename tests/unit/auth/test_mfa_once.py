"""Codes are asked once, of the right device, for whoever it is that asks for them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from awsprof.auth.resolver import Resolver
from awsprof.awsapi.credentials import credentials_from_json
from awsprof.awsapi.sts import get_caller_identity
from awsprof.errors import CredentialsError
from awsprof.profiles.catalog import Catalog
from awsprof.prompting import NonInteractive
from tests.standins.prompter import FakePrompter
from tests.unit.auth.conftest import ADMIN, Bench

AGAIN = "AWS rejected that code. It accepts each code once: type the next one."
DEEP = "[profile deep]\nrole_arn = arn:aws:iam::345678901234:role/Deep\nsource_profile = admin\n"


class Forgetful:
    """A cache that keeps nothing, as where the kernel refuses its keyring."""

    def get(self, key: str) -> bytes | None:
        return None

    def put(self, key: str, payload: bytes, expires: datetime, *, needs_person: bool) -> bool:
        return False

    def drop(self, key: str) -> None:
        """There is nothing."""


def mfa(bench: Bench) -> str:
    return f"mfa_serial = {bench.device.serial}\n"


def test_a_device_at_the_role_and_at_its_source_asks_at_the_role_alone(bench: Bench) -> None:
    bench.aws.role("Admin", mfa=True, longest=14400)
    role = bench.role(more=f"{mfa(bench)}duration_seconds = 14400\n")
    found = bench.resolver(bench.base(mfa(bench)), role).credentials("admin")
    assert get_caller_identity(found).arn.startswith(
        "arn:aws:sts::210987654321:assumed-role/Admin/"
    )
    assert found.expires is not None
    assert found.expires > datetime.now(UTC) + timedelta(hours=3)
    assert bench.anew().credentials("admin") == found
    assert bench.person.asked == [("admin", bench.device.serial)]
    assert "GetSessionToken" not in bench.aws.calls


def test_a_role_on_a_role_asks_for_the_one_beneath(bench: Bench) -> None:
    bench.aws.role("Admin", mfa=True)
    trusted = ("arn:aws:iam::210987654321:root",)
    bench.aws.role("Deep", account="345678901234", trusted=trusted)
    resolver = bench.resolver(bench.base(), bench.role(more=mfa(bench)), DEEP)
    found = resolver.credentials("deep")
    assert "345678901234:assumed-role/Deep" in get_caller_identity(found).arn
    assert bench.anew().credentials("deep") == found
    assert bench.person.asked == [("admin", bench.device.serial)]


def test_a_role_on_a_role_stands_on_the_code_of_the_key(bench: Bench) -> None:
    bench.aws.role("Admin", mfa=True)
    trusted = ("arn:aws:iam::210987654321:root",)
    bench.aws.role("Deep", account="345678901234", trusted=trusted)
    resolver = bench.resolver(bench.base(mfa(bench)), bench.role(), DEEP)
    assert get_caller_identity(resolver.credentials("deep")).account == "345678901234"
    assert bench.person.asked == [("base", bench.device.serial)]


def test_without_a_cache_threads_still_ask_once(bench: Bench) -> None:
    sections = (bench.base(mfa(bench)), bench.role())
    bench.aws.role("Admin", mfa=True)
    bench.resolver(*sections)
    for cache in (Forgetful(), None):
        bench.person.asked.clear()
        bench.person.shown.clear()
        resolver = Resolver(Catalog.load(), lambda: bench.vault, bench.person, cache=cache)
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(resolver.credentials, ["base", "admin"] * 4))
        assert {each.token is not None for each in found} == {True}
        told = [said for said in bench.person.shown if "could not be cached" in said]
        assert len(told) == (1 if cache else 0)  # once, whatever the number of profiles
        assert len(bench.person.asked) == 1


def test_the_shortest_session_is_asked_for_once_too(bench: Bench) -> None:
    resolver = bench.resolver(bench.base(f"{mfa(bench)}duration_seconds = 900\n"))
    first = resolver.credentials("base")
    assert first.expires is not None
    assert first.expires < datetime.now(UTC) + timedelta(minutes=16)
    assert bench.anew().credentials("base") == first
    assert len(bench.person.asked) == 1


def test_a_session_that_is_about_to_end_is_made_anew(bench: Bench) -> None:
    bench.resolver(bench.base(mfa(bench))).credentials("base")
    ((key, payload),) = bench.cache.sessions.items()
    kept = credentials_from_json(payload)
    assert kept.expires is not None
    ending = (datetime.now(UTC) + timedelta(minutes=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    whole = kept.expires.strftime("%Y-%m-%dT%H:%M:%SZ")
    bench.cache.kept[key] = payload.replace(whole.encode(), ending.encode())
    assert bench.anew().credentials("base").access_key_id != kept.access_key_id
    assert len(bench.person.asked) == 2


def test_the_second_role_of_a_chain_that_wants_mfa_is_told_how_to_have_it(bench: Bench) -> None:
    bench.aws.role("Admin", mfa=True)
    trusted = ("arn:aws:iam::210987654321:root", "arn:aws:iam::123456789012:root")
    bench.aws.role("Deep", account="345678901234", trusted=trusted, mfa=True)
    sections = bench.base(mfa(bench)), bench.role()
    with pytest.raises(CredentialsError, match="cannot be assumed") as error:
        bench.resolver(*sections, DEEP).credentials("deep")
    assert "set the profile with the key as source_profile of deep" in error.value.fix
    mended = DEEP.replace("source_profile = admin", "source_profile = base")
    assert bench.resolver(*sections, mended).credentials("deep").token is not None


def aged(bench: Bench) -> None:
    """The cached MFA session is two hours old, for AWS and for awsprof."""
    ((key, payload),) = bench.cache.sessions.items()
    kept = credentials_from_json(payload)
    assert kept.expires is not None
    bench.aws.keys[kept.access_key_id].made -= timedelta(hours=2)
    then = f"{kept.expires - timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}"
    whole = f"{kept.expires:%Y-%m-%dT%H:%M:%SZ}"
    bench.cache.kept[key] = payload.replace(whole.encode(), then.encode())


def test_a_role_that_wants_a_code_of_just_now_gets_one(bench: Bench) -> None:
    role = bench.aws.role("Admin", mfa=True)
    sections = (bench.base(mfa(bench)), bench.role())
    bench.resolver(*sections).credentials("admin")
    aged(bench)
    assert "assumed-role/Admin/" in get_caller_identity(bench.anew().credentials("admin")).arn
    assert len(bench.person.asked) == 1
    role.mfa_age = 1800
    assert "assumed-role/Admin/" in get_caller_identity(bench.anew().credentials("admin")).arn
    assert len(bench.person.asked) == 2
    assert "The role of admin refused this session" in bench.person.shown[0]
    bench.anew().credentials("admin")
    assert len(bench.person.asked) == 2


def test_a_role_that_refuses_a_new_session_asks_for_no_other(bench: Bench) -> None:
    bench.aws.role("Admin", mfa=True, trusted=("arn:aws:iam::999999999999:root",))
    resolver = bench.resolver(bench.base(mfa(bench)), bench.role())
    with pytest.raises(CredentialsError, match="cannot be assumed"):
        resolver.credentials("admin")
    assert len(bench.person.asked) == 1
    aged(bench)
    with pytest.raises(CredentialsError, match="cannot be assumed"):
        bench.anew().credentials("admin")
    assert len(bench.person.asked) == 2


def test_a_short_session_of_login_is_as_young_as_it_is(bench: Bench) -> None:
    bench.aws.role("Admin", mfa=True, trusted=("arn:aws:iam::999999999999:root",))
    resolver = bench.resolver(bench.base(mfa(bench)), bench.role())
    resolver.renew("base", duration=3600, region=None)
    with pytest.raises(CredentialsError, match="cannot be assumed"):
        bench.anew().credentials("admin")
    assert len(bench.person.asked) == 1


def test_where_nobody_gives_a_fresh_code_it_is_told_how_to(bench: Bench) -> None:
    role = bench.aws.role("Admin", mfa=True)
    bench.resolver(bench.base(mfa(bench)), bench.role()).credentials("admin")
    aged(bench)
    role.mfa_age = 1800
    alone = Resolver(
        Catalog.load(), lambda: bench.vault, NonInteractive("awsprof login base"), cache=bench.cache
    )
    with pytest.raises(CredentialsError, match="cannot be assumed") as error:
        alone.credentials("admin")
    assert error.value.fix.startswith("awsprof login admin tries it with a fresh code")
    assert bench.anew().credentials("base").token is not None
    assert len(bench.person.asked) == 1  # what was cached is still cached


def typing(bench: Bench, *codes: str) -> None:
    """Who is asked types these, and then what the device shows."""
    left = list(codes)
    bench.person = FakePrompter(lambda: left.pop(0) if left else bench.device.code())


def test_a_mistyped_code_is_asked_for_again(bench: Bench) -> None:
    typing(bench, "000000", "000001")
    assert bench.resolver(bench.base(mfa(bench))).credentials("base").token is not None
    assert len(bench.person.asked) == 3
    assert bench.person.shown == [AGAIN] * 2
    assert bench.aws.calls.count("GetSessionToken") == 3


def test_a_mistyped_code_of_a_role_is_asked_for_again(bench: Bench) -> None:
    bench.aws.role("Admin", mfa=True)
    typing(bench, "000000")
    found = bench.resolver(bench.base(), bench.role(more=mfa(bench))).credentials("admin")
    assert get_caller_identity(found).account == "210987654321"
    assert len(bench.person.asked) == 2


def test_three_wrong_codes_are_told_and_nothing_is_kept(bench: Bench) -> None:
    typing(bench, "000000", "000001", "000002")
    resolver = bench.resolver(bench.base(mfa(bench)))
    with pytest.raises(CredentialsError, match="code was not accepted"):
        resolver.credentials("base")
    assert len(bench.person.asked) == 3
    assert bench.cache.sessions == {}
    assert resolver.credentials("base").token is not None


def test_a_code_that_a_program_gave_is_not_tried_again(bench: Bench, tmp_path: Path) -> None:
    program = tmp_path / "code"
    program.write_text("#!/bin/sh\necho 000000\n")
    program.chmod(0o755)
    resolver = bench.resolver(bench.base(f"{mfa(bench)}mfa_process = {program}\n"))
    with pytest.raises(CredentialsError, match="code was not accepted"):
        resolver.credentials("base")
    assert bench.aws.calls.count("GetSessionToken") == 1
    assert bench.person.shown == []


@pytest.mark.parametrize("text", ["many", "3600.5", "-1"])
def test_a_duration_that_is_no_number_is_no_setting(bench: Bench, text: str) -> None:
    resolver = bench.resolver(bench.base(f"{mfa(bench)}duration_seconds = {text}\n"))
    expires = resolver.credentials("base").expires
    assert expires is not None
    assert expires > datetime.now(UTC) + timedelta(hours=11)


def test_other_devices_and_keys_never_share_a_session(bench: Bench) -> None:
    bench.resolver(bench.base(mfa(bench))).credentials("base")
    other = bench.aws.device("alice2")
    second = f"[profile second]\ncredential_process = {bench.line}\nmfa_serial = {other.serial}\n"
    resolver = bench.resolver(bench.base(mfa(bench)), second.replace(" base ", " second "))
    bench.person = FakePrompter(iter(["000000", "000001", "000002"]).__next__)
    resolver = bench.anew()
    with pytest.raises(CredentialsError, match="code was not accepted"):
        resolver.credentials("second")
    assert bench.person.asked[-1] == ("second", other.serial)


def test_no_code_and_no_secret_lies_in_a_file_of_ours(bench: Bench, home: Path) -> None:
    bench.aws.role("Admin", mfa=True)
    resolver = bench.resolver(bench.base(mfa(bench)), bench.role())
    found = resolver.credentials("admin")
    assert found.token is not None
    secrets = [found.secret.reveal(), found.token.reveal(), bench.key.secret]
    for path in filter(Path.is_file, home.rglob("*")):
        text = path.read_text(errors="replace")
        assert not [secret for secret in secrets if secret in text], path
    assert ADMIN in bench.config.read_text()
