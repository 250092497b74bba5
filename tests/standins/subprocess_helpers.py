"""Python in a process of its own, for what a test cannot do to itself."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Mapping

import pytest

from tests.requirements import need

# Far from the people of any machine; one for each worker, for the kernel counts by user.
_FIRST_UID = 61_000

# Imported first: an ordinary user may be unable to read root's Python.
_AS_SOMEONE = """
import ctypes, encodings.idna, json, os, pathlib, resource, subprocess, sys, time, traceback
import zlib
from datetime import UTC, datetime, timedelta
from awsprof import paths
from awsprof.vault import hardening, kernel_keyring, backend_sessions, session_cache
from tests.standins import memory_vault
os.setgroups([])
os.setgid({uid})
os.setuid({uid})
os.environ.pop("AWSPROF_KERNEL_KEYRING", None)  # this user's keyring is nobody's
"""
# A container's usual answer: add_key, request_key and keyctl are refused.
_REFUSED = """
import ctypes, errno, os, struct
from awsprof.vault import kernel_keyring
libc = ctypes.CDLL(None, use_errno=True)
numbers = kernel_keyring._CALLS[os.uname().machine, True]
code = [(0x20, 0, 0, 0)]  # load the call's number
for number in numbers:
    code += [(0x15, 0, 1, number), (0x06, 0, 0, 0x00050000 | errno.{error})]
code += [(0x06, 0, 0, 0x7FFF0000)]  # allow
filters = b"".join(struct.pack("HBBI", *step) for step in code)
buffer = ctypes.create_string_buffer(filters, len(filters))
program = struct.pack("HxxxxxxP", len(code), ctypes.addressof(buffer))
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.c_char_p(program), 0, 0) == 0, os.strerror(ctypes.get_errno())
"""


def run(code: str, *arguments: str, env: Mapping[str, str] | None = None) -> str:
    """What ``code`` prints; its failure is the test's. Warnings are errors there too."""
    child = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **(env or {})},
    )
    if child.returncode:
        pytest.fail(f"the child ended with {child.returncode}:\n{child.stdout}{child.stderr}")
    return child.stdout


def ordinary_uid(n: int = 0) -> int:
    """The number of a user who is nobody; tests that need one run as root alone."""
    need(hasattr(os, "geteuid") and os.geteuid() == 0, "root, to become an ordinary user")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    return _FIRST_UID + 10 * int(worker) + n


def as_ordinary_user(code: str, uid: int) -> str:
    """As ``run``, for the user ``uid``."""
    return run(_AS_SOMEONE.format(uid=uid) + textwrap.dedent(code))


def where_the_kernel_refuses(code: str, error: str = "EPERM") -> str:
    """As ``run``, where calls about keys are refused with ``error``, as in most containers."""
    return run(_REFUSED.format(error=error) + textwrap.dedent(code))
