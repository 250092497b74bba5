"""Core dumps and ptrace are off, as seen by another program of the same user."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.standins import subprocess_helpers
from tests.standins.cli_runner import AWSPROF

_HOLDER = """
{protect}
reader, writer = os.pipe()
if not (child := os.fork()):
    parent = os.getppid()
    libc = ctypes.CDLL(None, use_errno=True)
    attached = libc.ptrace(0x4206, parent, 0, 0)  # PTRACE_SEIZE: attaches without a stop
    try:
        os.close(os.open(f"/proc/{{parent}}/mem", os.O_RDONLY))
        memory = "open"
    except PermissionError:
        memory = "closed"
    os.write(writer, f"{{attached}} {{memory}}".encode())
    os._exit(0)
os.waitpid(child, 0)
core = resource.getrlimit(resource.RLIMIT_CORE)[0]
print(os.read(reader, 100).decode(), core, ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ptrace and prctl as Linux has them")
def test_nobody_of_the_same_user_looks_into_a_protected_process() -> None:
    uid = subprocess_helpers.ordinary_uid(3)
    protect = "resource.setrlimit(resource.RLIMIT_CORE, (4096, resource.RLIM_INFINITY))\n"
    # Becoming another user makes a process undumpable too; the probe must see one that is not.
    protect += "ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)\n"
    open_ = subprocess_helpers.as_ordinary_user(_HOLDER.format(protect=protect), uid)
    assert open_.split()[1:] == ["open", "4096", "1"]
    protect += "hardening.protect_process()"
    closed = subprocess_helpers.as_ordinary_user(_HOLDER.format(protect=protect), uid)
    assert closed.split() == ["-1", "closed", "0", "0"]


def test_programs_that_it_starts_may_be_traced_and_may_raise_their_limit() -> None:
    code = """
        import resource, subprocess, sys
        from awsprof.vault.hardening import protect_process
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        protect_process()
        child = "import ctypes, resource; r = resource.getrlimit(resource.RLIMIT_CORE);"
        child += "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), *r)"
        out = subprocess.run([sys.executable, "-c", child], capture_output=True, text=True).stdout
        assert out.split() == ["1", "0", str(hard)], out
    """
    if sys.platform == "linux":
        subprocess_helpers.run(code)


def test_opening_the_vault_protects_and_a_program_that_uses_awsprof_decides_itself() -> None:
    code = """
        import ctypes
        from awsprof.prompting import NonInteractive
        from awsprof.vault.vault import open_vault
        for ours, expected in ((False, 1), (True, 0)):
            try:
                open_vault(NonInteractive(), "keyring.backends.null.Keyring", ours=ours)
            except Exception:
                pass
            assert ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == expected, ours
    """
    if sys.platform == "linux":
        subprocess_helpers.run(code)


@pytest.mark.parametrize(
    "words",
    [
        ("add", "keys", "x", "--access-key-id", "AKIAIOSFODNN7EXAMPLE", "--secret-stdin", "--yes"),
        ("keys", "import", "x", "--stdin"),
    ],
    ids=" ".join,
)
@pytest.mark.skipif(sys.platform != "linux", reason="/proc as Linux has it")
def test_a_command_that_waits_for_a_secret_is_closed_to_others(
    words: tuple[str, ...], home: Path
) -> None:
    with subprocess.Popen(
        ["bash", "-c", 'ulimit -c 4096; exec "$@"', "-", AWSPROF, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        deadline = time.monotonic() + 30
        # The /proc files of an undumpable process belong to root; as root only the limit shows.
        limits = Path(f"/proc/{child.pid}/limits")
        while _core(limits) != "0" and time.monotonic() < deadline:
            time.sleep(0.05)
        assert _core(limits) == "0"
        assert child.poll() is None
        child.kill()


def _core(limits: Path) -> str:
    return next(line.split()[4] for line in limits.read_text().splitlines() if "core file" in line)


def test_what_exec_becomes_has_the_person_s_limit(home: Path) -> None:
    code = """
        import os, resource, sys
        from awsprof.vault import hardening
        soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (hard if hard >= 0 else 4096, hard))
        before = resource.getrlimit(resource.RLIMIT_CORE)
        hardening.protect_process()
        hardening.protect_process()
        hardening.restore_core_limit()
        assert resource.getrlimit(resource.RLIMIT_CORE) == before
    """
    if sys.platform == "linux":
        subprocess_helpers.run(code)
