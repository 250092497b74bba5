"""Every entry point of awsprof finds the identity that botocore finds, for every mix of values.

The judge is botocore itself, and AWS's stand-in, which says whose credentials they are and refuses
what AWS refuses. Known differences:

- botocore raises a raw Python error where a credential_process is empty, is not there or prints no
  JSON, and where a token's file is not there: awsprof reports the program or the file.
- A profile with only an sso_session that does not exist has no credentials in botocore, whose
  clients then fail too; awsprof names the session. It is not drawn.
- ``mfa_serial`` on a key in the vault without a role is read by awsprof alone, which signs the same
  user in with it. It is not drawn, and has a test of its own below.
"""

import functools
import http.client
import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from types import FunctionType
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.compat
import botocore.hooks
import botocore.loaders
import pytest
from botocore.credentials import SSOProvider
from botocore.tokens import SSOTokenProvider
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import awsprof
from awsprof import settings as own_settings
from awsprof.auth import console
from awsprof.auth.resolver import Resolver
from awsprof.awsapi.credentials import Credentials, credentials_from_json
from awsprof.doctor.check_context import LiveResult
from awsprof.doctor.live_probe import LiveProbe, deadline
from awsprof.profiles.catalog import Catalog
from awsprof.prompting import NonInteractive
from awsprof.secret import Secret
from awsprof.vault.vault import open_vault
from tests import budgets
from tests.standins import profile_mixes as mx
from tests.standins.aws import Aws
from tests.standins.cli_runner import run_unchecked
from tests.standins.profile_mixes import Mixes, Parts
from tests.standins.prompter import FakePrompter, MemoryCache

EXAMPLES = budgets.examples(8)  # of eight profiles each
LIMIT = 300 + 30 * EXAMPLES  # seconds
SHRINK = [Phase.shrink] if "AWSPROF_TEST_EXAMPLES" in os.environ else []


def bounded(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.reuse, Phase.generate, *SHRINK],
    )


@pytest.fixture
def mixes(aws: Aws, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mixes]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    cache = str(home / ".aws" / "sso" / "cache")  # botocore asks for HOME when it is imported
    for provider in (SSOProvider, SSOTokenProvider):
        monkeypatch.setattr(provider, "_SSO_TOKEN_CACHE_DIR", cache)
    _read_models_once(monkeypatch)
    before = dict(os.environ)
    yield Mixes(aws, home)
    os.environ.clear()
    os.environ.update(before)


def _read_models_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore reads AWS's models for each session anew, and looks at each of its handlers.

    What stands there never changes: a thousand sessions share it here.
    """
    read, looked = botocore.loaders.JSONFileLoader.load_file, botocore.compat.accepts_kwargs
    loader = botocore.loaders.JSONFileLoader()
    once = functools.cache(functools.partial(read, loader))
    monkeypatch.setattr(botocore.loaders.JSONFileLoader, "load_file", lambda _, path: once(path))
    known = functools.cache(looked)

    def accepts_kwargs(handler: Any) -> bool:
        plain = getattr(handler, "__func__", handler)
        return bool((known if isinstance(plain, FunctionType) else looked)(plain))

    monkeypatch.setattr(botocore.hooks, "accepts_kwargs", accepts_kwargs)


def resolver(mixes: Mixes, *, many: bool = False) -> Resolver:
    return Resolver(
        Catalog.load(),
        lambda: mixes.vault,
        NonInteractive("awsprof login x"),
        cache=MemoryCache(),
        keep_roles=not many,
        many=many,
        ask=not many,
    )


def who_resolves(mixes: Mixes, by: Resolver, names: list[str]) -> dict[str, str]:
    return {name: mixes.of_credentials(lambda n=name: by.credentials(n)) for name in names}


def who_is_told(answered: LiveResult) -> str:
    """What the doctor says of the profile, in the judge's words."""
    if answered.error is not None:
        return mx.kind_of(answered.error)
    assert answered.identity is not None
    arn = answered.identity.arn
    return arn.rsplit("/", 1)[0] if ":assumed-role/" in arn else arn


def keys_of_erin(mixes: Mixes, *, given: bool) -> dict[str, str]:
    """Keys in the environment, which answer for no profile that is named."""
    key = mixes.keys["erin"]
    named = {"AWS_ACCESS_KEY_ID": key.id, "AWS_SECRET_ACCESS_KEY": key.secret}
    return named if given else {}


@pytest.mark.timeout(LIMIT)
def test_resolver_and_doctor_are_who_boto3_is(mixes: Mixes) -> None:
    @bounded(EXAMPLES)
    @given(mx.profiles(mixes), st.booleans())
    def judged(parts: dict[str, Parts], keys_given: bool) -> None:
        mx.set_variables(keys_of_erin(mixes, given=keys_given))
        mixes.write(parts)
        names = list(parts)
        judge = {name: mixes.boto3(name) for name in names}
        one, many = resolver(mixes), resolver(mixes, many=True)
        assert who_resolves(mixes, one, names) == judge
        assert who_resolves(mixes, one, names) == judge  # what was kept
        assert who_resolves(mixes, many, names) == judge
        asked = LiveProbe(many).answers(names, deadline(120))
        assert {each.profile.name: who_is_told(each) for each in asked} == judge

    judged()


@pytest.mark.parametrize("program", ["fails", "chats", "nowhere"])
def test_a_program_that_fails_is_the_same_kind_in_the_factory(mixes: Mixes, program: str) -> None:
    mixes.write({"a": Parts({"credential_process": f"{mixes.folder}/{program}"})})
    assert mixes.of(lambda: boto3.Session(profile_name="a")) == "process"
    assert mixes.of(partial(awsprof.session, "a", interactive=False)) == "process"


@pytest.mark.timeout(LIMIT)
def test_the_factory_is_who_boto3_is(mixes: Mixes) -> None:
    _vault_in_file(mixes)

    @bounded(EXAMPLES)
    @given(mx.profiles(mixes), mx.environment(mixes))
    def judged(parts: dict[str, Parts], variables: dict[str, str]) -> None:
        mx.set_variables(variables)
        mixes.write(parts)
        for name in parts:
            ours = mixes.of(partial(awsprof.session, name, interactive=False))
            assert (name, ours) == (name, mixes.of(partial(boto3.Session, profile_name=name)))
        # Without a name: the variables decide, keys and a web identity among them.
        ours = mixes.of(lambda: awsprof.session(interactive=False))
        assert ours == mixes.of(boto3.Session)

    judged()


@pytest.mark.timeout(LIMIT)
def test_the_commands_are_who_boto3_is(mixes: Mixes) -> None:
    _vault_in_file(mixes)
    printed = "import os, json; print(json.dumps(dict(os.environ)))"
    commands: list[Callable[[str], tuple[str, ...]]] = [
        lambda name: ("env", name, "--shell", "json"),
        lambda name: ("credential-process", name),
        lambda name: ("exec", name, "--", "python3", "-c", printed),
    ]

    @bounded(max(2, EXAMPLES // 8))
    @given(mx.profiles(mixes), st.booleans())
    def judged(parts: dict[str, Parts], keys_given: bool) -> None:
        mx.set_variables(keys_of_erin(mixes, given=keys_given))
        mixes.write(parts)
        for number, name in enumerate(parts):
            done = run_unchecked(*commands[number % 3](name))
            judge = mixes.boto3(name)
            if done.returncode:
                assert not judge.startswith("arn:"), (name, judge, done.stderr)
            else:
                assert mixes.who(_printed(done.stdout)) == judge, name

    judged()


def test_the_console_is_who_boto3_is(mixes: Mixes) -> None:
    """A key in the file hides the vault's line; with a role on it, the role's own is meant."""
    hidden = Parts(
        {"credential_process": mixes.line("a", "alice"), "region": "eu-west-1"},
        mx.keys(mixes, "bob", "whole"),
    )
    role = Parts({"role_arn": mx.ADMIN, "source_profile": "a", "region": "eu-west-1"})
    mixes.write({"a": hidden, "b": role})
    for name, arn in (("a", "federated-user"), ("b", "assumed-role/Admin")):
        link = console.console_link(resolver(mixes), name).reveal()
        parts = urlsplit(link)
        with closing(http.client.HTTPConnection(parts.netloc)) as asking:
            asking.request("GET", f"{parts.path}?{parts.query}")
            with asking.getresponse() as answer:
                assert answer.status == 302
        assert arn in mixes.aws.signed_in[-1]
    assert ":210987654321:" in mixes.aws.signed_in[0]  # bob's account, and not alice's
    assert mixes.boto3("a") == mixes.keys["bob"].arn


def test_what_an_sdk_runs_gives_the_key_that_the_line_names(mixes: Mixes) -> None:
    """Whatever else the profile has: that line is what the SDK asks for."""
    mixes.write({"a": Parts({"region": "eu-west-1"}, mx.keys(mixes, "bob", "whole"))})
    key = mixes.keys["alice"]
    given_key = resolver(mixes).credentials("a", key_id=key.id)
    assert mixes.who(given_key) == key.arn
    assert mixes.who(resolver(mixes).credentials("a")) == mixes.keys["bob"].arn
    # As a source its process comes before the keys of its config, and its own role is not asked.
    source = {**mx.keys(mixes, "carol", "whole"), "role_arn": mx.OTHER, "source_profile": "b"}
    source["credential_process"] = mixes.line("b", "alice")
    mixes.write({"b": Parts(source), "c": Parts({"role_arn": mx.ADMIN, "source_profile": "b"})})
    assert mixes.boto3("c") == mixes.of_credentials(lambda: resolver(mixes).credentials("c"))
    assert mixes.who(resolver(mixes).credentials("b", key_id=key.id)) == key.arn


def test_mfa_on_a_key_is_the_same_user(mixes: Mixes) -> None:
    """The one difference that is meant: botocore overlooks the device, awsprof signs in with it."""
    device = mixes.aws.device("alice")
    line = {"credential_process": mixes.line("a", "alice"), "mfa_serial": device.serial}
    mixes.write({"a": Parts({**line, "region": "eu-west-1"})})
    person = FakePrompter(device.code)
    by = Resolver(Catalog.load(), lambda: mixes.vault, person, cache=MemoryCache())
    made = by.credentials("a")
    assert made.token is not None
    assert mixes.who(made) == mixes.boto3("a") == mixes.keys["alice"].arn


def test_a_profile_with_nothing_is_the_machine_as_in_boto3(
    mixes: Mixes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """boto2's file, which botocore still reads; as a source the machine is not asked."""
    boto = mixes.folder / "boto.cfg"
    key = mixes.keys["carol"]
    boto.write_text(
        f"[Credentials]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
    )
    monkeypatch.setenv("BOTO_CONFIG", str(boto))
    role = Parts({"role_arn": mx.ADMIN, "source_profile": "a"})
    mixes.write({"a": Parts({"region": "eu-west-1"}), "b": role})
    for by in (resolver(mixes), resolver(mixes, many=True)):
        assert who_resolves(mixes, by, ["a", "b"]) == {"a": key.arn, "b": "config"}
    assert [mixes.boto3(name) for name in ("a", "b")] == [key.arn, "config"]


def test_a_role_on_a_session_of_aws_login_does_not_wait_for_itself(mixes: Mixes) -> None:
    login = {"login_session": "arn:aws:iam::123456789012:user/nobody"}
    role = {"role_arn": mx.ADMIN, "source_profile": "a"}
    mixes.write({"a": Parts({**login, "region": "eu-west-1"}), "b": Parts(role)})
    for by in (resolver(mixes), resolver(mixes, many=True)):
        found = who_resolves(mixes, by, ["a", "b"])
        assert found["a"] == found["b"] != "LockTimeout"


def test_another_profile_s_broken_session_stops_no_call(mixes: Mixes) -> None:
    broken = {"sso_session": "undefined", **mx.keys(mixes, "carol", "whole")}
    role = {"role_arn": mx.ADMIN, "source_profile": "a"}
    mixes.write({"a": Parts(broken), "b": Parts(role), "c": Parts({**role, "output": "json"})})
    by = resolver(mixes)
    found = who_resolves(mixes, by, ["a", "b", "c"])
    assert found == {name: mixes.boto3(name) for name in found}
    assert found["b"] == "arn:aws:sts::210987654321:assumed-role/Admin"


def test_a_role_s_own_broken_session_comes_before_its_source_s_sign_in(mixes: Mixes) -> None:
    ended = {"sso_session": "ended", "sso_account_id": "345678901234", "sso_role_name": "ReadOnly"}
    role = {"role_arn": mx.ADMIN, "source_profile": "a", "sso_session": "undefined"}
    mixes.write({"a": Parts(ended), "b": Parts(role)})
    found = who_resolves(mixes, resolver(mixes), ["a", "b"])
    assert found == {name: mixes.boto3(name) for name in found}
    assert found["b"] == "config"


def _vault_in_file(mixes: Mixes) -> None:
    own_settings.put_setting("vault", "file")
    vault = open_vault(NonInteractive(), "file")
    for key_id, secret in mixes.vault.secrets.items():
        vault.put(key_id, secret)


def _printed(text: str) -> Credentials:
    data = json.loads(text)
    if "Version" in data:
        return credentials_from_json(text.encode())
    token = data.get("AWS_SESSION_TOKEN")
    return Credentials(
        data["AWS_ACCESS_KEY_ID"],
        Secret(data["AWS_SECRET_ACCESS_KEY"]),
        Secret(token) if token else None,
    )
