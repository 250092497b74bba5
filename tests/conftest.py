"""What every test stands on: a HOME of its own, no AWS variable, and no network but loopback."""

import gc
import itertools
import os
import re
import signal
import socket
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from awsprof.__main__ import _PYTHON_VARIABLES
from awsprof.vault import kernel_keyring
from awsprof.vault.file_format import KdfParameters
from tests.budgets import load_hypothesis_profile
from tests.standins import shared_costs, surroundings
from tests.standins.secret_service import secret_service

if TYPE_CHECKING:
    from tests.standins.aws import Aws

__all__ = ["secret_service"]

_CLEARED = ("AWS_", "AWSPROF_", "XDG_", "SSH_", "PYTHON_KEYRING_")
_CLEARED_NAMES = frozenset(
    {
        "DBUS_SESSION_BUS_ADDRESS",
        "DISPLAY",
        "SHELL",
        "WAYLAND_DISPLAY",
        "NO_COLOR",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "http_proxy",
        "https_proxy",
        "BROWSER",
        *_PYTHON_VARIABLES,  # awsprof starts Python a second time where one of them is set
    }
)


# Those that wait for clocks and for killed programs: begun last, one would be left alone with them.
_FIRST = frozenset(
    {
        *("test_canary.py", "test_canary_lane.py", "test_factory.py", "test_keys_life.py"),
        *("test_mfa_device.py", "test_rotation_killed.py", "test_signals.py"),
        *("test_stop_killed.py", "test_wizard_killed.py"),
    }
)


# `make test` leaves these to `make test-long`: lanes of kills, attacks, secrets and fuzzing, in
# which each command is tried in each way, and whole flows whose parts `unit/` tests.
_LONG = frozenset(
    {
        *("test_aiobotocore.py", "test_completion.py", "test_concurrent_processes.py"),
        *("test_console.py", "test_examples.py", "test_exec_and_env.py", "test_identity_proof.py"),
        *("test_exec_many.py", "test_failures_of_aws.py", "test_failures_shared.py"),
        *("test_example_team.py", "test_foreign_clients.py", "test_import_tools.py"),
        *("test_keys_life.py",),
        *("test_keys_stopped.py", "test_move_back.py", "test_newcomer.py"),
        *(
            "test_nothing_on_disk.py",
            "test_one_off_role.py",
            "test_page_in_browser.py",
            "test_real_browser.py",
        ),
        *("test_reference.py", "test_sso_discover.py", "test_surroundings.py"),
        *("test_wizard.py", "test_wizard_screens.py"),
        *("test_attacks.py", "test_canary.py", "test_canary_lane.py", "test_cli_race.py"),
        *("test_ctrl_c.py", "test_every_kill.py", "test_every_kill_at_aws.py", "test_factory.py"),
        *("test_fuzz_checks.py", "test_fuzz_repairs.py", "test_fuzzed.py", "test_hostile_text.py"),
        *("test_mfa_device.py", "test_read_only.py", "test_rotation_killed.py", "test_sessions.py"),
        *("test_signals.py", "test_stop_killed.py", "test_streams.py", "test_two_users.py"),
        *("test_team_killed.py", "test_two_versions.py", "test_untrusted_config.py"),
        *("test_wizard_killed.py", "test_wizard_walk.py"),
    }
)


# Folders whose tests only a `make` target of their own runs.
_LANES = frozenset({"interop", "load", "windows"})


# Slow by what they do: a test module that has one of these, or a test with one of these fixtures.
_STARTERS = frozenset(
    {
        "subprocess",
        *(f"tests.standins.{name}" for name in ("aws", "cli_runner", "secret_service", "serving")),
        *(f"tests.standins.{name}" for name in ("subprocess_helpers", "tmux_screen")),
        "tests.standins.team_repository",
        *("tests.syscall_faults", "tests.crash_runner"),
    }
)
# A test module that has one of these tries as many examples as its budget says.
_BUDGETS = frozenset({"hypothesis.core", "tests.budgets"})
_SLOW_FIXTURES = frozenset({"aws", "secret_service"})
# Slow by what they try: thousands of examples, or scrypt at its full cost.
_SLOW_MODULES = frozenset(
    {
        *("test_boto3_agrees.py", "test_corpus.py", "test_dialects_at_scale.py"),
        *("test_encrypted_file.py",),
        *("test_fix_commands.py", "test_fuzz_checks.py", "test_fuzz_repairs.py", "test_fuzzed.py"),
        *("test_plain_boto3.py", "test_repairs_combined.py"),
    }
)


def _is_slow(item: pytest.Item) -> bool:
    if item.path.name in _SLOW_MODULES:
        return True
    if _SLOW_FIXTURES & set(getattr(item, "fixturenames", ())):
        return True
    return not _STARTERS.isdisjoint(_modules_used(getattr(item, "module", None)))


def _reads_sources(item: pytest.Item) -> bool:
    return "tests.standins.sources" in _modules_used(getattr(item, "module", None))


@cache
def _modules_used(module: ModuleType | None) -> frozenset[object]:
    """The modules that a test module imports, or imports something of."""
    return frozenset(
        name
        for value in vars(module).values()
        for name in (getattr(value, "__module__", None), getattr(value, "__name__", None))
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even import what -m leaves out whole: a third of the time before the first test."""
    left_out = config.getoption("markexpr").split(" and ")
    long = "not long" in left_out and collection_path.name in _LONG
    lane = "not lane" in left_out and collection_path.name in _LANES
    return True if long or lane else None


@pytest.hookimpl(tryfirst=True)  # before pytest takes out what -m leaves out
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what is slow and what is long; what waits comes first in each worker's share."""
    for item in items:
        if _is_slow(item):
            item.add_marker(pytest.mark.slow)
        if item.path.name in _LONG:
            item.add_marker(pytest.mark.long)
        if not _BUDGETS.isdisjoint(_modules_used(getattr(item, "module", None))):
            item.add_marker(pytest.mark.budget)
        if item.path.parent.name in _LANES:
            item.add_marker(pytest.mark.lane)
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    first = [item for item in items if item.path.name in _FIRST]
    rest = [item for item in items if item.path.name not in _FIRST]
    rest.sort(key=lambda item: not _reads_sources(item))  # by one worker, which parses them once
    size = len(items) // workers
    ordered: list[pytest.Item] = []
    for number in range(workers):
        share = first[number::workers]
        room = size - len(share)
        ordered += [*share, *rest[:room]]
        rest = rest[room:]
    items[:] = [*ordered, *rest]


def pytest_collection_finish() -> None:
    """Leave modules and tests, which stay to the end, out of each later garbage collection."""
    gc.collect()
    gc.freeze()


# The data of botocore's services stays too, and so does what collecting the tests makes: each full
# collection looks through all of it, which by Python's own thresholds takes a fifteenth of a run.
gc.set_threshold(700, 10, 200)

# A run in the background ignores these signals, and so would all that it starts; tests send them.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
surroundings.join_a_keyring_of_our_own()
load_hypothesis_profile()
shared_costs.share_botocore_data()
shared_costs.share_event_names()
shared_costs.share_handlers()
shared_costs.share_derived_keys()
_FOLDERS = itertools.count()
_KEYS = surroundings.OwnKeys()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown() -> Generator[None, None, None]:
    """Drop the kernel's keys that the test added, once none of its patches is left."""
    yield
    _KEYS.drop_new()


@pytest.fixture(scope="session", autouse=True)
def theirs_untouched() -> Iterator[surroundings.Surroundings]:
    """Whoever runs the tests: their keyring and files are afterwards as they were."""
    theirs = surroundings.Surroundings()
    yield theirs
    assert theirs.changed() == []


@pytest.fixture(autouse=True)
def touching(
    theirs_untouched: surroundings.Surroundings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Keep the test's sessions out of the person's keyring; note which folder it ran with."""
    for name, value in surroundings.RING.items():
        monkeypatch.setenv(name, value)
    _KEYS.remember()
    yield
    theirs_untouched.used()


@pytest.fixture(autouse=True)
def home(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, touching: None
) -> Path:
    """The test's own HOME; every variable that leads elsewhere is gone."""
    for name in list(os.environ):
        ours = name.startswith("AWSPROF_TEST_") or name in surroundings.RING
        if not ours and (name.startswith(_CLEARED) or name in _CLEARED_NAMES):
            monkeypatch.delenv(name)
    folder = _new_folder(tmp_path_factory, "home")
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    run = _new_folder(tmp_path_factory, "run")  # what was told once
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    return folder


def _new_folder(factory: pytest.TempPathFactory, name: str) -> Path:
    """A new folder. pytest would look through those of all tests before for a number."""
    folder = factory.getbasetemp() / f"{name}-{next(_FOLDERS)}"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The test's own folder, named after it."""
    return _new_folder(tmp_path_factory, re.sub(r"\W", "_", request.node.name)[:30])


@pytest.fixture(autouse=True)
def one_salt(monkeypatch: pytest.MonkeyPatch, touching: None) -> Iterator[None]:
    """New vaults share a salt, so that their key is derived once; the next test finds none kept."""
    monkeypatch.setattr(KdfParameters, "fresh", lambda: shared_costs.ONE_SALT)
    yield
    for name in surroundings.key_names("awsprof:passphrase:"):
        kernel_keyring.drop_key(name)


@pytest.fixture(autouse=True)
def loopback_alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail whatever would leave this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        inet = self.family in {socket.AF_INET, socket.AF_INET6}
        if inet and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise OSError(f"a test would connect to {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    yield


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> "Iterator[Aws]":
    """An AWS on loopback, to which the environment leads."""
    # moto takes a second, which the process that hands out the tests does not need
    from tests.standins.aws import Aws, serving

    with serving(Aws()) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running
