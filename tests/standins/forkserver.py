"""awsprof as a process of its own, without Python's start: forked from one that has imported it.

Each run has its own environment, folder, session and standard streams, as a program that a shell
starts; only what importing costs is paid once. What is about the start itself uses the program.
"""

import contextlib
import gc
import io
import json
import os
import signal
import socket
import subprocess
import sys
from importlib import import_module
from typing import Any, NoReturn

from awsprof.cli.command_table import COMMAND_MODULES
from tests.standins.shared_costs import warm_up

# What commands import; each of them is bound to import nothing that depends on a HOME. So keyring
# itself is not here, only what it imports: it reads its settings while it is imported.
WARM = (
    "awsprof.cli.root",
    *COMMAND_MODULES,
    "awsprof.cli.main",
    "awsprof.accesskeys.inventory",
    "awsprof.accesskeys.move",
    "awsprof.accesskeys.rotation.flows",
    "awsprof.cli.doctor_fix",
    "awsprof.cli.doctor_output",
    "awsprof.doctor.checks",
    "awsprof.doctor.report",
    "awsprof.doctor.live_probe",
    "awsprof.doctor.report",
    "awsprof.doctor.runner",
    "awsprof.editing.apply",
    "awsprof.editing.change_flow",
    "awsprof.editing.history_old_secrets",
    "awsprof.editing.recovery",
    "awsprof.editing.profile_operations",
    "awsprof.editing.undo",
    "awsprof.profiles.change_harm",
    "awsprof.awsapi.iam",
    "awsprof.awsapi.organizations",
    "awsprof.auth.fast_path",
    "awsprof.auth.identity_center.login",
    "awsprof.auth.identity_center.orphan_tokens",
    "awsprof.auth.identity_center.portal",
    "awsprof.auth.plain_boto3",
    "awsprof.auth.resolver",
    "awsprof.auth.credential_process",
    "awsprof.auth.logout",
    "awsprof.team.drift",
    "awsprof.team.generation",
    "awsprof.team.git_source",
    "awsprof.team.opening",
    "awsprof.vault.backend_sessions",
    "awsprof.vault.vault",
    "awsprof.vault.libc",
    "awsprof.vault.migration",
    "awsprof.vault.encrypted_sessions",
    "botocore.session",
    "botocore.credentials",
    "botocore.httpsession",
    "cryptography.hazmat.primitives.ciphers.aead",
    "cryptography.hazmat.primitives.kdf.scrypt",
    "encodings.idna",
    "importlib.metadata",
    "rich.console",
    "tomlkit",
    "tomllib",
)
# What keyring imports, where it is installed.
WARM_IF_THERE = (
    *("importlib_metadata", "jaraco.classes.properties", "jaraco.context", "jaraco.functools"),
    *("jeepney.io.blocking", "secretstorage"),
)


class ForkServer:
    """The process that is forked; ``run`` does what subprocess.run would."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self._socket = ours
        self._process = subprocess.Popen(
            [sys.executable, "-c", f"from {__name__} import serve; serve({theirs.fileno()})"],
            pass_fds=[theirs.fileno()],
            cwd=os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))),  # noqa: PTH100, PTH120
            stdin=subprocess.DEVNULL,
        )
        theirs.close()

    def run(self, words: list[str], stdin: str, limit: float) -> "subprocess.CompletedProcess[str]":
        """The command's outcome. TimeoutExpired after ``limit`` seconds; it is killed then."""
        with contextlib.ExitStack() as opened:
            files = [opened.enter_context(_memory(name)) for name in ("in", "out", "err")]
            files[0].write(stdin.encode())
            files[0].seek(0)
            asked = {"words": words, "environment": dict(os.environ), "folder": os.getcwd()}  # noqa: PTH109
            self._socket.settimeout(limit)
            socket.send_fds(
                self._socket,
                [json.dumps(asked).encode() + b"\n"],
                [file.fileno() for file in files],
            )
            pid = int(self._line())
            try:
                code = int(self._line())
            except TimeoutError:
                os.killpg(pid, signal.SIGKILL)
                self._line()
                raise subprocess.TimeoutExpired(words, limit) from None
            said = [os.pread(file.fileno(), 1 << 24, 0).decode() for file in files[1:]]
        return subprocess.CompletedProcess(words, code, *said)

    def _line(self) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            part = self._socket.recv(1)
            if not part:
                raise AssertionError("the process that is forked has ended")
            line += part
        return line


def _memory(name: str) -> Any:
    if sys.platform != "linux":
        raise OSError("files in memory need Linux")
    return os.fdopen(os.memfd_create(name), "w+b", buffering=0)


def serve(connection: int) -> None:
    """Fork for each request, and tell how it went; until whoever asks has gone."""
    for name in WARM:
        import_module(name)
    import_module("awsprof.doctor.checks").all_checks()  # which imports them
    for name in WARM_IF_THERE:
        with contextlib.suppress(ImportError):
            import_module(name)
    warm_up("sts", "iam", "sso", "sso-oidc")
    gc.collect()
    gc.freeze()  # a collection in a child would copy each page that it looks at
    asked = socket.socket(fileno=connection)
    while True:
        data, fds, _, _ = socket.recv_fds(asked, 1 << 20, 3)
        if not data:
            return
        while not data.endswith(b"\n"):
            data += asked.recv(1 << 20)
        pid = os.fork()
        if pid == 0:
            asked.close()
            _become(json.loads(data), fds)
        for fd in fds:
            os.close(fd)
        asked.sendall(b"%d\n" % pid)
        _, status = os.waitpid(pid, 0)
        asked.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))


def _become(asked: dict[str, Any], fds: list[int]) -> NoReturn:
    code = 70
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number, fd in enumerate(fds):
            os.dup2(fd, number)
            os.close(fd)
        os.environ.clear()
        os.environ.update(asked["environment"])
        os.chdir(asked["folder"])
        sys.argv = asked["words"]
        sys.stdin, sys.stdout, sys.stderr = (
            io.TextIOWrapper(os.fdopen(number, mode), encoding="utf-8", line_buffering=number == 2)
            for number, mode in ((0, "rb"), (1, "wb"), (2, "wb"))
        )
        from awsprof.__main__ import main

        code = main()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)
