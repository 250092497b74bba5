"""One Ctrl-C ends every prompt and every wait of the command line at once, with 130.

The wizard's prompts: ``test_wizard.test_ctrl_c_leaves_everything_as_it_was``.
"""

import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from awsprof.configfile import storage
from awsprof.configfile.document import FileKind
from awsprof.locks import lock_path
from tests.standins.cli_runner import AWSPROF, run
from tests.standins.sample_config import Machine, machine
from tests.standins.secret_service import SecretService
from tests.standins.tmux_screen import ENTER, INTERRUPT_S, PATIENCE, Screen, screen

__all__ = ["machine"]


@contextmanager
def started(*words: str, env: Mapping[str, str] | None = None) -> Iterator[Screen]:
    """awsprof in a terminal, which Ctrl-C then ends in time."""
    with screen(AWSPROF, *words, env={**os.environ, **(env or {})}) as shown:
        yield shown
        seconds = shown.interrupt()
        print(f"{' '.join(words)}: {seconds:.2f} s")
        assert seconds < INTERRUPT_S


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


PROMPTS = {
    "yes or no": (("set", "plain", "output", "json", "--no-verify"), "Write this?"),
    "MFA code": (("login", "base"), "MFA code for base"),
    "secret": (("add", "keys", "x", "--access-key-id", "AKIAIOSFODNN7EXAMPLE"), "Secret"),
    "passphrase": (("credential-process", "base"), "Passphrase for the encrypted file"),
    "two codes": (("mfa", "resync", "base"), "code"),
}


@pytest.mark.parametrize("prompt", PROMPTS)
def test_at_a_prompt(machine: Machine, prompt: str) -> None:
    words, seen = PROMPTS[prompt]
    env = {"AWSPROF_PASSPHRASE": ""} if prompt == "passphrase" else {}
    with started(*words, env=env) as shown:
        shown.see(seen)


@pytest.mark.parametrize("words", [("env", "prod-eu"), ("doctor",)], ids=" ".join)
def test_while_aws_does_not_answer(machine: Machine, words: tuple[str, ...]) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with started(*words, env=dict.fromkeys(machine.aws.environment, url)):
            silent.settimeout(PATIENCE)
            asking, _ = silent.accept()
        asking.close()


def test_while_another_holds_the_lock(machine: Machine) -> None:
    words = ("set", "plain", "output", "json", "--no-verify", "--yes")
    with storage.transaction(), started(*words) as shown:
        files = Path(f"/proc/{shown.pid}/fd")
        targets = (os.path.realpath(storage.config_path(kind)) for kind in FileKind)
        locks = {os.path.realpath(lock_path(Path(target))) for target in targets}
        wait_until(lambda: bool(locks & {os.path.realpath(file) for file in files.iterdir()}))


@pytest.mark.parametrize("key", ["mfa_process", "credential_process"])
def test_while_a_program_takes_its_time(machine: Machine, tmp_path: Path, key: str) -> None:
    begun, program = tmp_path / "begun", tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch '{begun}'\nsleep 60\n")
    program.chmod(0o755)
    line = f"{key} = {program}\n"
    if key == "mfa_process":
        text = machine.config.read_text().replace("[profile base]\n", f"[profile base]\n{line}")
    else:
        text = f"[profile base]\nregion = eu-west-1\n{line}"
    machine.config.write_text(text)
    with started("env", "base"):
        wait_until(begun.exists)


@pytest.mark.parametrize(
    ("flags", "seen"), [((), "browser"), (("--device-code",), "ABCD-EFGH")], ids=["PKCE", "device"]
)
def test_while_a_person_signs_in(machine: Machine, flags: tuple[str, ...], seen: str) -> None:
    session = f"sso_start_url = {machine.aws.url}/start\nsso_region = eu-west-1\n"
    machine.config.write_text(
        f"[sso-session corp]\n{session}sso_registration_scopes = sso:account:access\n"
    )
    with started("login", "--session", "corp", *flags, env={"BROWSER": "/bin/true"}) as shown:
        shown.see(seen)


def test_until_the_device_shows_the_next_code(machine: Machine) -> None:
    code = machine.device.code()
    with screen(AWSPROF, "login", "base") as shown:
        shown.prompt("MFA code for base")
        shown.press(code, ENTER)
        assert shown.ended() == 0
    run("logout", "base")
    with started("login", "base") as shown:
        shown.prompt("MFA code for base")
        shown.press(code, ENTER)
        shown.see("already used")


def test_while_the_keyring_does_not_answer(secret_service: SecretService, machine: Machine) -> None:
    run("settings", "vault", "keyring")
    secret_service.freeze()
    with started("env", "base"):
        time.sleep(2)
