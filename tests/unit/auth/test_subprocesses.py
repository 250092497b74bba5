"""Other people's programs: what they say is heard while they run, and nothing is endless."""

import os
import time
from pathlib import Path

import pytest

from awsprof.awsapi import subprocesses


def run(script: str, limit_s: float = 20, **more: object) -> subprocesses.FinishedProgram:
    command = ["/bin/sh", "-c", script]
    return subprocesses.run_program(command, limit_s=limit_s, env=os.environ, **more)  # type: ignore[arg-type]  # only tell


def test_what_it_prints_and_how_it_ends() -> None:
    done = run("echo 123456; echo no >&2; exit 3")
    assert (done.stdout, done.stderr, done.code) == (b"123456\n", b"no\n", 3)


def test_what_it_says_is_heard_while_it_runs(tmp_path: Path) -> None:
    heard: list[str] = []

    def tell(text: str) -> None:
        heard.append(text)
        (tmp_path / "touched").touch()

    touch = (
        f"printf 'Touch your \\033[31mYubiKey' >&2; echo >&2; while ! test -e {tmp_path}/touched"
    )
    done = run(f"{touch}; do sleep 0.05; done; echo 123456", tell=tell)
    assert done.stdout == b"123456\n"
    assert len(heard) == 1
    assert heard[0].startswith("Touch your ")
    assert "\033" not in heard[0]


def test_it_is_ended_when_its_time_is_over(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(subprocesses.ProgramTimeout, match="too long"):
        run(f"trap '' TERM; echo $$ > {tmp_path}/pid; while :; do sleep 0.1; done", limit_s=1)
    assert time.monotonic() - began < 10
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.mark.parametrize("where", ["", ">&2"])
def test_output_without_end_is_given_up(where: str) -> None:
    with pytest.raises(subprocesses.OutputTooLarge, match="more than 1024 KB"):
        run(f"yes {where}")


def test_what_it_left_running_is_not_waited_for() -> None:
    began = time.monotonic()
    assert run("sleep 30 & echo 123456").stdout == b"123456\n"
    assert time.monotonic() - began < 15


def test_a_program_that_is_none() -> None:
    with pytest.raises(OSError, match="No such file"):
        subprocesses.run_program(["/nowhere"], limit_s=1, env={})
