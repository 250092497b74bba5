"""Core dumps and ptrace switched off, as another program of the same user finds them."""

import sys

import pytest

from tests.standins import children

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
    uid = children.ordinary_uid(3)
    protect = "resource.setrlimit(resource.RLIMIT_CORE, (4096, resource.RLIM_INFINITY))\n"
    # Becoming another user makes a process undumpable too; the probe must see one that is not.
    protect += "ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)\n"
    open_ = children.as_ordinary_user(_HOLDER.format(protect=protect), uid)
    assert open_.split()[1:] == ["open", "4096", "1"]
    protect += "hardening.protect_process()"
    closed = children.as_ordinary_user(_HOLDER.format(protect=protect), uid)
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
        children.run(code)
