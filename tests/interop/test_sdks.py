"""Every kind of profile that awsprof writes, used by every SDK: who it is, and what fails how.

docs/interop.md has the outcome; `python -m tests.interop.results` writes its tables from a run.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from awsprof import paths
from awsprof.settings import put_setting
from tests.interop.clients import ROOT, Answer, Client
from tests.interop.machine import ALICE, KINDS, InteropMachine, assumed
from tests.interop.results import ON_STDERR, OURS, PAGE, RIGHT, TITLES, Table, cell, parse, record
from tests.standins.cli_runner import AWSPROF, run, run_unchecked

pytestmark = pytest.mark.timeout(900)
_AT_ONCE = 3
_PATIENCE = 45  # seconds until a client must have told a failure; Go gives a process 60
_MFA_AT_ROLE = "role with `mfa_serial` (`--mfa-at role`)"


def ask_all(
    clients: Iterable[Client], profiles: list[str], env: Mapping[str, str] | None = None
) -> dict[str, dict[str, Answer]]:
    """What each client says of each profile, some clients at once."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        asked = {each.name: pool.submit(each.ask, profiles, env) for each in clients}
        return {name: future.result() for name, future in asked.items()}


def ask_apart(clients: list[Client], profiles: list[str]) -> dict[str, dict[str, Answer]]:
    """As ``ask_all``; who shares one stderr among profiles is started for each of them."""
    sharing = [each for each in clients if each.name in _SHARE_STDERR]
    answers = ask_all([each for each in clients if each not in sharing], profiles)
    for profile in profiles:
        for name, said in ask_all(sharing, [profile]).items():
            answers.setdefault(name, {}).update(said)
    return {each.name: answers[each.name] for each in clients}


def agrees_with_the_page(name: str, table: Table) -> None:
    """Whether docs/interop.md says just this, of the clients that are here."""
    record(name, table)
    told = parse(PAGE.read_text(), TITLES[name])
    assert list(told) == list(table)
    differing = {
        (row, client): said
        for row, cells in table.items()
        for client, said in cells.items()
        if said != told[row].get(client, told[row].get("all"))
        # The page has the AWS CLI 2 of one release of Debian; another may word it otherwise.
        and (client in told[row] or "AWS CLI 2" not in client)
    }
    assert differing == {}, "run `python -m tests.interop.results` and look at the difference"


def test_each_kind_of_profile_is_the_same_identity_to_every_sdk(
    machine: InteropMachine, clients: list[Client]
) -> None:
    machine.every_kind()
    answers = ask_all(clients, [profile for profile, _ in KINDS.values()])
    table = {
        kind: {name: cell(said[profile], wanted) for name, said in answers.items()}
        for kind, (profile, wanted) in KINDS.items()
    }
    wrong = {
        (kind, name): said
        for kind, row in table.items()
        for name, said in row.items()
        # AWS's classic form: no SDK can give a code here, and the wizard says which never can.
        if said != RIGHT and kind != _MFA_AT_ROLE
    }
    assert wrong == {}
    agrees_with_the_page("identities", table)
    assert RIGHT not in table[_MFA_AT_ROLE].values()


def _without_passphrase(patch: pytest.MonkeyPatch) -> None:
    patch.delenv("AWSPROF_PASSPHRASE")


def _token_ended(patch: pytest.MonkeyPatch) -> None:
    for path in paths.sso_cache_dir().glob("*.json"):
        token = {**json.loads(path.read_text()), "expiresAt": "2020-01-01T00:00:00Z"}
        token.pop("refreshToken", None)
        path.write_text(json.dumps(token))


def _signed_out(patch: pytest.MonkeyPatch) -> None:
    for path in paths.sso_cache_dir().glob("*.json"):
        path.unlink()


def _as_it_is(patch: pytest.MonkeyPatch) -> None:
    return None


# In the order in which they are brought about: what does it, and each row of it with its profile.
FAILURES: list[tuple[Callable[[pytest.MonkeyPatch], None], dict[str, str]]] = [
    (
        _as_it_is,
        {
            "a code for the key": "key-mfa",
            "a code for the key below the role": "role-on-mfa",
            "a code for the role (`--mfa-at process`)": "role-process",
        },
    ),
    (
        _without_passphrase,
        {
            "the vault's passphrase": "key",
            "the vault's passphrase, for the key below the role": "role",
        },
    ),
    (_token_ended, {"Identity Center: the session has ended": "sso"}),
    (
        _signed_out,
        {
            "Identity Center: nobody is signed in": "sso",
            "Identity Center: nobody is signed in below the role": "role-on-sso",
        },
    ),
]
# Their default chains keep what the program said to themselves; these providers tell it.
_HIDE = {"JavaScript": "-ini", "Java": "-profile"}
# They leave it to stderr, which does not say of which profile it is.
_SHARE_STDERR = {"Go", "Terraform"}


def _those_that_fail(machine: InteropMachine) -> None:
    put_setting("key-cache", "off")  # else the kernel hands the key out for minutes more
    machine.key("key")
    machine.role("role", "Admin", "key")
    machine.key_with_mfa("key-mfa")
    machine.role("role-on-mfa", "Audit", "key-mfa", "--no-verify")
    machine.role_with_mfa("role-process", "key", "process")
    machine.sso("sso")
    machine.role("role-on-sso", "456789012345/Build", "sso")


def test_each_failure_is_told_by_our_line_or_the_page_says_who_hides_it(
    machine: InteropMachine, clients: list[Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    _those_that_fail(machine)
    table: Table = {}
    for bring_about, rows in FAILURES:
        bring_about(monkeypatch)
        for profile in rows.values():
            assert "To fix it: " in run_unchecked("credential-process", profile).stderr
        answers = ask_apart(clients, [*rows.values()])
        for row, profile in rows.items():
            table[row] = {name: cell(said[profile], "") for name, said in answers.items()}
        slow = [(name, each) for name, said in answers.items() for each in said.values()]
        assert [name for name, each in slow if each.seconds > _PATIENCE] == []
    agrees_with_the_page("failures", table)
    for row, profile in ((row, profile) for _, rows in FAILURES for row, profile in rows.items()):
        # A profile of Identity Center is plain AWS config: no SDK starts awsprof for it.
        ours = set() if "sso" in profile else set(table[row]) - set(_HIDE)
        assert RIGHT not in table[row].values(), row
        assert {name for name, said in table[row].items() if said in (OURS, ON_STDERR)} == ours, row


def test_java_and_javascript_tell_our_line_if_the_provider_of_profiles_is_named(
    machine: InteropMachine, clients: list[Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.key("key")
    put_setting("key-cache", "off")
    monkeypatch.delenv("AWSPROF_PASSPHRASE")
    for client in clients:
        if client.name in _HIDE:
            said = replace(client, command=(*client.command, _HIDE[client.name])).ask(["key"])
            assert cell(said["key"], "") == OURS, said


INSIDE = """
import dataclasses, json, sys
from pathlib import Path
from tests.interop.clients import all_clients
from tests.interop.test_sdks import ask_all
there = [each for each in all_clients(Path(sys.argv[1])) if not each.missing]
said = ask_all(there, [""])
told = {name: dataclasses.astuple(each[""]) for name, each in said.items()}
print(json.dumps(told))
"""


def _inside(words: list[str], models: Path) -> dict[str, Answer]:
    """What each client says inside of ``awsprof exec``."""
    command = ["exec", *words, "--", sys.executable, "-c", INSIDE, str(models)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [AWSPROF, *command], env=env, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    return {name: Answer(*said) for name, said in json.loads(done.stdout).items()}


def _by_env(profile: str, clients: list[Client]) -> dict[str, Answer]:
    """What each client says with the variables of ``awsprof env``."""
    told = json.loads(run("env", profile, "--shell", "json").stdout)
    env = {**os.environ, **told}
    given = {name: value for name, value in env.items() if value is not None}
    return {name: said[""] for name, said in ask_all(clients, [""], given).items()}


def test_exec_a_served_exec_and_env_hand_the_same_identity_to_every_sdk(
    machine: InteropMachine, clients: list[Client], tmp_path: Path
) -> None:
    machine.key("key")
    machine.bobs_key("bob")
    machine.role_with_mfa("role-mfa", "bob", "role")
    machine.sign_in("role-mfa")
    table: Table = {}
    for what, profile in (("a key", "key"), ("a role with MFA at the role", "role-mfa")):
        wanted = ALICE if profile == "key" else assumed("Guarded")
        ways = {
            f"`exec`, {what}": _inside([profile], tmp_path),
            f"`exec --serve`, {what}": _inside(["--serve", profile], tmp_path),
            f"`env`, {what}": _by_env(profile, clients),
        }
        for row, answers in ways.items():
            table[row] = {name: cell(said, wanted) for name, said in answers.items()}
    agrees_with_the_page("handed_out", table)
    # The SDK for Rust takes from an endpoint no key without a session token, however it is served.
    table["`exec --serve`, a key"].pop("Rust", None)
    assert {said for row in table.values() for said in row.values()} == {RIGHT}


def test_each_kind_of_profile_goes_through_exec_a_served_exec_and_env(
    machine: InteropMachine, clients: list[Client]
) -> None:
    """To every SDK these are variables, so one that starts quickly asks for each kind."""
    machine.every_kind()
    machine.sign_in("role-mfa")
    client = next((each for each in clients if each.name == "Go"), clients[0])
    program = ("--", *client.command, "")
    for kind, (profile, wanted) in KINDS.items():
        for words in ((profile,), ("--serve", profile)):
            (line,) = run("exec", *words, *program).stdout.splitlines()
            assert json.loads(line).get("arn", line).startswith(wanted), (kind, words)
        assert _by_env(profile, [client])[client.name].arn.startswith(wanted), kind
